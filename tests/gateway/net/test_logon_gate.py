"""Verification away from the loop: few at a time, bounded, and never stuck."""

import asyncio
import threading
import time
from collections.abc import Callable

import pytest

from gateway.auth import Accounts, FailedAttempts, FixClaim, FixCredentials, fix_logons
from gateway.net import logon_gate
from gateway.net.logon_gate import LogonGate
from gateway.settings import FixSession, FixSettings, LogonSettings
from tests.gateway.net.running import PASSWORD, accounts


def claim_of(name: str, password: str, address: str = "127.0.0.1") -> FixClaim:
    """Return what a Logon by password says."""
    comp_id = name.encode()
    return FixClaim(
        sender_comp_id=comp_id,
        target_comp_id=b"BDAX",
        username=comp_id,
        password=password.encode(),
        raw_data=b"",
        msg_type=b"A",
        msg_seq_num=b"1",
        sending_time=b"",
        signed_at=0,
        address=address,
        certificate_name=None,
        utc_ns=time.time_ns(),
    )


Verdict = FixSession | None


class Desk:
    """A gate, and the verdicts in the order in which they came."""

    def __init__(self, threads: int = 1, **settings: float) -> None:
        self.attempts = FailedAttempts(LogonSettings(**settings))  # type: ignore[arg-type]
        directory = Accounts(accounts())
        credentials = FixCredentials(directory, FixSettings(), threading.Lock(), not_before=0)
        self.gate = LogonGate(directory, credentials, self.attempts, threads=threads)
        self.verdicts: asyncio.Queue[Verdict] = asyncio.Queue()

    def ask(self, name: str = "ALICE", password: str = PASSWORD, address: str = "127.0.0.1") -> None:
        self.gate.verify_logon(claim_of(name, password, address), self.verdicts.put_nowait)

    async def verdict(self) -> Verdict:
        async with asyncio.timeout(5):
            return await self.verdicts.get()


async def test_right_and_wrong() -> None:
    desk = Desk()
    desk.ask()
    verdict = await desk.verdict()
    assert verdict is not None
    assert verdict.sender_comp_id == "ALICE"
    for name, password in (("ALICE", "wrong"), ("NOBODY", PASSWORD), ("ERIN", PASSWORD)):
        desk.ask(name, password)
        assert await desk.verdict() is None
    assert desk.attempts.failures == 3
    desk.gate.close()


async def test_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    running = most = 0
    lock = threading.Lock()
    two = threading.Barrier(2, timeout=5)

    def verify(_stored: str, _password: str) -> bool:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        two.wait()
        with lock:
            running -= 1
        return True

    monkeypatch.setattr(fix_logons, "verify_password", verify)
    desk = Desk(threads=2)
    for _ in range(8):
        desk.ask()
    assert None not in [await desk.verdict() for _ in range(8)]
    assert most == 2
    desk.gate.close()


async def test_more_than_may_wait_are_refused_unheard(monkeypatch: pytest.MonkeyPatch) -> None:
    free = threading.Event()

    def verify(_stored: str, _password: str) -> bool:
        return free.wait(5)

    monkeypatch.setattr(fix_logons, "verify_password", verify)
    monkeypatch.setattr(logon_gate, "MAX_WAITING", 2)
    desk = Desk()
    for _ in range(4):
        desk.ask()
    assert await desk.verdict() is None
    free.set()
    assert None not in [await desk.verdict() for _ in range(3)]
    assert desk.attempts.failures == 0
    desk.gate.close()


async def test_an_address_whose_budget_is_spent_while_it_waits() -> None:
    desk = Desk(max_failures=1, failure_interval_s=3600.0)
    desk.ask("ALICE", "wrong", "10.0.0.1")
    desk.ask("ALICE", PASSWORD, "10.0.0.1")
    desk.ask("BOB", PASSWORD, "10.0.0.2")
    verdicts = [await desk.verdict() for _ in range(3)]
    assert [verdict and verdict.account for verdict in verdicts].count("BOB") == 1
    assert verdicts.count(None) == 2
    assert desk.attempts.refusals == 1
    desk.gate.close()


async def test_a_check_that_breaks_refuses_and_the_next_is_made(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    verify: list[Callable[[], bool]] = [lambda: True, lambda: 1 // 0 > 0]
    monkeypatch.setattr(fix_logons, "verify_password", lambda _stored, _password: verify.pop()())
    desk = Desk()
    desk.ask()
    desk.ask("BOB")
    assert await desk.verdict() is None
    second = await desk.verdict()
    assert second is not None
    assert second.account == "BOB"
    assert desk.attempts.failures == 0
    assert "a logon could not be verified" in [record.message for record in caplog.records]
    desk.gate.close()


async def test_a_verdict_that_cannot_be_told_does_not_stop_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[object] = []
    loop = asyncio.get_running_loop()
    monkeypatch.setattr(fix_logons, "verify_password", lambda _stored, _password: True)
    loop.set_exception_handler(lambda _loop, context: told.append(context["exception"]))
    desk = Desk()

    def fail(_verdict: Verdict) -> None:
        raise RuntimeError("gone")

    desk.gate.verify_logon(claim_of("ALICE", PASSWORD), fail)
    desk.ask("BOB")
    verdict = await desk.verdict()
    assert verdict is not None
    assert [str(error) for error in told] == ["gone"]
    desk.gate.close()


async def test_the_close_waits_for_the_check_under_way_and_takes_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun, free = threading.Event(), threading.Event()

    def verify(_stored: str, _password: str) -> bool:
        begun.set()
        return free.wait(5)

    monkeypatch.setattr(fix_logons, "verify_password", verify)
    desk = Desk(threads=2)
    desk.ask()
    desk.ask("BOB")
    desk.ask("CAROL")
    assert begun.wait(5)
    free.set()
    desk.gate.close()
    for _ in range(2):
        assert await desk.verdict() is not None
    desk.ask("DAVE")
    assert await desk.verdict() is None
    assert desk.verdicts.empty()


async def test_signatures_count_against_the_address_too() -> None:
    desk = Desk(max_failures=1, failure_interval_s=3600.0)
    for _ in range(2):
        assert desk.gate.verify_signature("ALICE", 0, "00" * 32, "10.0.0.1", 10.0) is None
    assert (desk.attempts.failures, desk.attempts.refusals) == (1, 1)
    desk.gate.close()
