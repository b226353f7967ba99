import base64
import hashlib
import hmac
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from threading import Barrier, Lock
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import assume, given
from hypothesis import strategies as st

from gateway.auth import Accounts, FixClaim, FixCredentials, ScryptCost, hash_password, signed_text
from gateway.auth import fix_logons as module
from gateway.auth.passwords import cost_of, verify_password
from gateway.auth.signatures import STAND_IN_KEY, STAND_IN_SECRET, verify_both
from gateway.auth.spent_logons import SpentLogons
from gateway.settings import Account, AccountsSettings, FixSession, FixSettings

S = 1_000_000_000
NOW = 1_760_000_000 * S
START = NOW - 3600 * S
CHEAP, DEAR = ScryptCost(2, 1, 1), ScryptCost(16, 1, 1)
SECRET = "0123456789abcdef"
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = base64.b64encode(PRIVATE.public_key().public_bytes_raw()).decode()


def session(name: str, **keys: Any) -> FixSession:
    return FixSession(sender_comp_id=name, account="A", username=f"user-{name}", **keys)


PASS = session("PASS", password_hash=hash_password("open", CHEAP))
WORD = session("WORD", password_hash=hash_password("sesame", DEAR))
HMAC = session("HMAC", hmac_secret=SECRET)
ED = session("ED", ed25519_public_key=PUBLIC)
CERT = session("CERT", hmac_secret=SECRET, certificate_name="desk-7")
NEAR = session("NEAR", password_hash=hash_password("open", CHEAP), allow_addresses=("10.0.0.0/8",))
OLD = session("OLD", password_hash=hash_password("open", DEAR), begin_string="FIX.4.2")
OLD_HMAC = session("OLDHMAC", hmac_secret=SECRET, begin_string="FIX.4.2")
SESSIONS = (PASS, WORD, HMAC, ED, CERT, NEAR, OLD, OLD_HMAC)


def credentials(*sessions: FixSession) -> FixCredentials:
    accounts = Accounts(AccountsSettings(accounts=(Account(id="A"),), fix_sessions=sessions or SESSIONS))
    return FixCredentials(accounts, FixSettings(signature_window_s=10), Lock(), not_before=START)


def unsigned(name: str, *, password: str = "", signed_at: int = NOW, **fields: Any) -> FixClaim:
    claim = FixClaim(
        sender_comp_id=name.encode(),
        target_comp_id=b"BDAX",
        username=f"user-{name}".encode(),
        password=password.encode(),
        raw_data=b"",
        msg_type=b"A",
        msg_seq_num=b"1",
        sending_time=b"at %d" % signed_at,
        signed_at=signed_at,
        address="203.0.113.9",
        certificate_name=None,
        utc_ns=NOW,
    )
    return claim._replace(**fields)


def by_hmac(claim: FixClaim, secret: bytes = SECRET.encode()) -> FixClaim:
    signature = hmac.new(secret, signed_text(claim), hashlib.sha256).digest()
    return claim._replace(raw_data=base64.b64encode(signature))


def by_ed25519(claim: FixClaim, private: Ed25519PrivateKey = PRIVATE) -> FixClaim:
    return claim._replace(raw_data=base64.b64encode(private.sign(signed_text(claim))))


def by_stand_in(claim: FixClaim) -> FixClaim:
    """Sign with the stand-in's private scalar, which is 1 and no secret (RFC 8032, 5.1.6, with r = 1)."""
    order = 2**252 + 27742317777372353535851937790883648493
    point = STAND_IN_KEY.public_bytes_raw()
    digest = hashlib.sha512(point + point + signed_text(claim)).digest()
    scalar = (1 + int.from_bytes(digest, "little")) % order
    signature = point + scalar.to_bytes(32, "little")
    STAND_IN_KEY.verify(signature, signed_text(claim))
    return claim._replace(raw_data=base64.b64encode(signature))


def fix_42(name: str, **fields: Any) -> FixClaim:
    return unsigned(name, **({"begin_string": b"FIX.4.2", "username": b""} | fields))


def test_the_signed_text_is_the_documented_one() -> None:
    claim = unsigned("ED", sending_time=b"20251009-08:53:20.000", msg_seq_num=b"7")
    assert signed_text(claim) == b"20251009-08:53:20.000\x01A\x017\x01ED\x01BDAX\x01user-ED"


GOOD = [
    (unsigned("PASS", password="open"), PASS),
    (unsigned("WORD", password="sesame"), WORD),
    # A claim with a password is no signed one: SendingTime is the session layer's matter.
    (unsigned("PASS", password="open", signed_at=0, raw_data=b"?"), PASS),
    (by_hmac(unsigned("HMAC")), HMAC),
    (by_hmac(unsigned("HMAC", signed_at=NOW - 10 * S)), HMAC),
    (by_hmac(unsigned("HMAC", signed_at=NOW + 10 * S)), HMAC),
    (by_ed25519(unsigned("ED")), ED),
    (by_hmac(unsigned("CERT", certificate_name="desk-7")), CERT),
    (unsigned("NEAR", password="open", address="10.1.2.3"), NEAR),
    (unsigned("PASS", password="open", certificate_name="any"), PASS),
    # FIX.4.2 has no Username and no Password; a dictionary of one's own may add them.
    (fix_42("OLD", raw_data=b"open"), OLD),
    (fix_42("OLD", raw_data=b"open", username=b"user-OLD"), OLD),
    (fix_42("OLD", password="open", username=b"user-OLD"), OLD),
    (by_hmac(fix_42("OLDHMAC")), OLD_HMAC),
    (by_hmac(fix_42("OLDHMAC", username=b"user-OLDHMAC")), OLD_HMAC),
    (unsigned("PASS", begin_string=b"FIX.4.2", raw_data=b"open"), PASS),
]


@pytest.mark.parametrize(("claim", "entry"), GOOD)
def test_a_right_claim_gives_the_session(claim: FixClaim, entry: FixSession) -> None:
    assert credentials().check(claim) == entry


BAD = [
    unsigned("PASS", password="opens"),
    unsigned("PASS", password="sesame"),
    unsigned("PASS"),
    unsigned("NONE", password="open"),
    unsigned("", password="open"),
    unsigned("PASS", password="open", username=b"PASS"),
    unsigned("PASS", password="open", username=b""),
    unsigned("PASS", password="open", target_comp_id=b"OTHER"),
    unsigned("PASS", password="\ufffd", sender_comp_id=b"\xff"),
    unsigned("NEAR", password="open"),
    unsigned("NEAR", password="open", address=""),
    unsigned("HMAC", password=SECRET),
    unsigned("HMAC"),
    by_hmac(unsigned("HMAC"), b"0123456789abcdeF"),
    by_hmac(unsigned("HMAC"), STAND_IN_SECRET),
    by_hmac(unsigned("HMAC"))._replace(password=b"x"),
    by_hmac(unsigned("HMAC", signed_at=NOW - 10 * S - 1)),
    by_hmac(unsigned("HMAC", signed_at=NOW + 10 * S + 1)),
    by_hmac(unsigned("HMAC", signed_at=0)),
    by_hmac(unsigned("HMAC", username=b"HMAC")),
    by_hmac(unsigned("HMAC", target_comp_id=b"OTHER")),
    by_hmac(unsigned("CERT")),
    by_hmac(unsigned("CERT", certificate_name="desk-8")),
    by_hmac(unsigned("CERT", certificate_name="")),
    by_hmac(unsigned("PASS")),
    by_hmac(unsigned("PASS"), STAND_IN_SECRET),
    by_hmac(unsigned("PASS"), b""),
    by_hmac(unsigned("NONE"), STAND_IN_SECRET),
    by_hmac(unsigned("ED"), STAND_IN_SECRET),
    by_hmac(unsigned("ED"), PUBLIC.encode()),
    by_ed25519(unsigned("ED"), Ed25519PrivateKey.generate()),
    by_ed25519(unsigned("HMAC")),
    by_stand_in(unsigned("HMAC")),
    by_stand_in(unsigned("PASS")),
    by_stand_in(unsigned("NONE")),
    fix_42("OLD"),
    fix_42("OLD", raw_data=b"opens"),
    fix_42("OLD", raw_data=b"open", username=b"OLD"),
    fix_42("OLD", raw_data=b"open", begin_string=b"FIX.4.4"),
    fix_42("PASS", raw_data=b"open"),
    fix_42("NONE", raw_data=b"open"),
    fix_42("OLDHMAC", raw_data=SECRET.encode()),
    by_hmac(fix_42("OLDHMAC", signed_at=NOW - 11 * S)),
    by_hmac(fix_42("HMAC")),
    by_hmac(fix_42("OLD"), STAND_IN_SECRET),
]


@pytest.mark.parametrize("claim", BAD)
def test_whatever_is_wrong_the_answer_is_the_same(claim: FixClaim) -> None:
    assert credentials().check(claim) is None


@pytest.mark.parametrize("sign", [by_hmac, by_ed25519])
@pytest.mark.parametrize(
    "changed",
    [
        {"sending_time": b"another"},
        {"msg_type": b"5"},
        {"msg_seq_num": b"2"},
        {"target_comp_id": b"BDAX\x01user"},
        {"username": b"user-"},
    ],
)
def test_every_field_is_signed(sign: Callable[[FixClaim], FixClaim], changed: dict[str, Any]) -> None:
    claim = sign(unsigned("HMAC" if sign is by_hmac else "ED"))
    check = credentials().check
    assert check(claim._replace(**changed)) is None
    assert check(claim) is not None


def test_a_signature_logs_on_once() -> None:
    check = credentials().check
    claim = by_hmac(unsigned("HMAC"))
    assert check(claim) == HMAC
    assert check(claim) is None
    assert check(claim._replace(utc_ns=NOW + 10 * S)) is None
    assert check(by_hmac(unsigned("HMAC", msg_seq_num=b"2"))) == HMAC
    assert check(by_ed25519(unsigned("ED"))) == ED


def test_a_refused_claim_spends_nothing() -> None:
    check = credentials().check
    claim = by_hmac(unsigned("CERT"))
    assert check(claim) is None
    assert check(claim._replace(utc_ns=NOW + 20 * S, certificate_name="desk-7")) is None
    assert check(claim._replace(certificate_name="desk-7")) == CERT


def test_what_was_signed_before_the_start_is_refused() -> None:
    early = by_hmac(unsigned("HMAC", signed_at=START - 1, utc_ns=START))
    assert credentials().check(early) is None
    assert credentials().check(by_hmac(unsigned("HMAC", signed_at=START, utc_ns=START))) == HMAC


def test_a_password_logs_on_as_often_as_it_likes() -> None:
    check = credentials().check
    assert [check(unsigned("PASS", password="open")) for _ in range(3)] == [PASS] * 3


def test_threads_that_hold_the_same_signature_are_let_in_once() -> None:
    check, claim, threads = credentials().check, by_hmac(unsigned("HMAC")), 4
    barrier = Barrier(threads)

    def log_on() -> FixSession | None:
        barrier.wait()
        return check(claim)

    with ThreadPoolExecutor(threads) as pool:
        outcomes = [future.result() for future in [pool.submit(log_on) for _ in range(threads)]]
    assert outcomes.count(HMAC) == 1
    assert outcomes.count(None) == threads - 1


def test_the_guard_is_held_while_a_logon_is_spent(monkeypatch: pytest.MonkeyPatch) -> None:
    guard, held = Lock(), []
    spend = SpentLogons.spend

    def watched(self: SpentLogons, name: str, text: bytes, signed_at: int) -> bool:
        held.append(guard.locked())
        return spend(self, name, text, signed_at)

    monkeypatch.setattr(SpentLogons, "spend", watched)
    accounts = Accounts(AccountsSettings(fix_sessions=(HMAC,)))
    assert FixCredentials(accounts, FixSettings(), guard, not_before=0).check(by_hmac(unsigned("HMAC")))
    assert held == [True]
    assert not guard.locked()


class Work:
    """What a check derives and verifies, in the order it does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.done: list[object] = []
        monkeypatch.setattr(module, "verify_password", self._password)
        monkeypatch.setattr(module, "verify_both", self._both)

    def _password(self, stored: str, password: str) -> bool:
        self.done.append(cost_of(stored))
        return verify_password(stored, password)

    def _both(
        self, text: bytes, raw: bytes, *, hmac_secret: bytes, public_key: Ed25519PublicKey
    ) -> tuple[bool, bool]:
        self.done.append("signature")
        return verify_both(text, raw, hmac_secret=hmac_secret, public_key=public_key)

    def of(self, claim: FixClaim) -> list[object]:
        self.done = []
        credentials().check(claim)
        return self.done


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    return Work(monkeypatch)


@pytest.mark.parametrize("claim", [*BAD, *(claim for claim, _ in GOOD)])
def test_the_work_depends_on_the_claim_alone(work: Work, claim: FixClaim) -> None:
    has_password = claim.password or (claim.begin_string == b"FIX.4.2" and claim.raw_data)
    expected: list[object] = [CHEAP, DEAR] if has_password else []
    assert work.of(claim) == (expected if claim.password else [*expected, "signature"])


def test_without_passwords_none_is_derived(work: Work) -> None:
    assert credentials(HMAC).check(unsigned("HMAC", password="x")) is None
    assert work.done == []


def test_secrets_are_not_in_a_repr() -> None:
    shown = repr(by_hmac(unsigned("PASS", password="the password")))
    assert shown == "FixClaim(sender_comp_id=b'PASS', address='203.0.113.9')"


SHARED = credentials()


@given(
    st.sampled_from([entry.sender_comp_id for entry in SESSIONS] + ["NONE"]),
    st.binary(max_size=12),
    st.binary(max_size=100) | st.binary(max_size=70).map(base64.b64encode),
)
def test_no_guess_is_let_in(name: str, password: bytes, raw_data: bytes) -> None:
    assume(not {password, raw_data} & {b"open", b"sesame"})
    for claim in (unsigned(name), fix_42(name)):
        assert SHARED.check(claim._replace(password=password, raw_data=raw_data)) is None


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["HMAC", "ED"]), st.integers(-12, 12), st.integers(1, 2), st.integers(0, 5)
        ),
        max_size=15,
    )
)
def test_a_signed_logon_passes_once_and_in_its_window_only(logons: list[tuple[str, int, int, int]]) -> None:
    accounts = Accounts(AccountsSettings(fix_sessions=SESSIONS))
    check = FixCredentials(accounts, FixSettings(), nullcontext(), not_before=START).check
    passed: set[tuple[str, int, int]] = set()
    now = NOW
    for name, offset, number, wait in logons:
        now += wait * S
        at = NOW + offset * S
        claim = unsigned(name, signed_at=at, msg_seq_num=b"%d" % number, utc_ns=now)
        entry = check(by_hmac(claim) if name == "HMAC" else by_ed25519(claim))
        assert (entry is not None) == (abs(now - at) <= 10 * S and (name, at, number) not in passed)
        if entry is not None:
            passed.add((name, at, number))
