"""The gateway comes back as it was: after SIGKILL, after a clean end; never from a damaged log."""

import json
import resource
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.system.conftest import DEMO_PASSWORD
from tests.system.gateway_process import (
    FREE_PORTS,
    SNAPSHOTS,
    STOP_TIMEOUT_S,
    GatewayProcess,
    bdax,
    children,
    eventually,
    is_alive,
)
from tests.system.raw_fix import RawFix
from tests.system.ws_client import TIMEOUT_S, WsPeer

BTC = "BTC-KRW"


def one_line(ended: "subprocess.CompletedProcess[str]") -> str:
    """Return the one line on stderr of a run that failed with exit 1, log lines apart."""
    assert ended.returncode == 1, (ended.returncode, ended.stderr)
    assert ended.stdout == ""
    [line] = [line for line in ended.stderr.splitlines() if not line.startswith('{"ts":')]
    assert line.startswith("bdax: ")
    return line


def kill(gateway: GatewayProcess) -> None:
    gateway.signal(signal.SIGKILL)
    assert gateway.wait() == -signal.SIGKILL


def book(gateway: GatewayProcess, symbol: str = BTC) -> Any:
    """Return what a newcomer sees of a book: its levels and the place in its channel."""
    with WsPeer(gateway.ws) as newcomer:
        newcomer.result("subscribe", channels=[f"book.{symbol}"])
        push = newcomer.push(f"book.{symbol}")
        assert push["type"] == "snapshot"
        return push["data"], push["seq"], push["eseq"]


def news(peer: WsPeer, count: int) -> list[dict[str, Any]]:
    """Return the next pushes that are no heartbeats, by channel, without their times of encoding."""
    found: list[dict[str, Any]] = []
    while len(found) < count:
        push = peer.next_push(TIMEOUT_S)
        if push["type"] != "heartbeat":
            found.append({name: value for name, value in push.items() if name != "sent"})
    return sorted(found, key=lambda push: (push["ch"], push["seq"]))


def trade(gateway: GatewayProcess) -> int:
    """Fill a little of an order by FIX with one by WebSocket; return the client's next MsgSeqNum(34)."""
    with RawFix(gateway.fix, "DEMO1") as fix, WsPeer(gateway.ws) as ws:
        fix.logon(DEMO_PASSWORD)
        fix.send_order("stays", BTC, 1, "0.5", "95000000")
        assert fix.receive()[150] == "0"
        fix.send_order("deeper", BTC, 1, "0.25", "94000000")
        assert fix.receive()[150] == "0"
        ws.logon("DEMO2", "demo-secret-of-DEMO2")
        terms = {"symbol": BTC, "side": "sell", "type": "limit", "quantity": "0.2", "price": "95000000"}
        assert ws.result("order.place", cl_ord_id="hits", **terms)["status"] == "filled"
        assert fix.receive()[150] == "F"
        return fix.next_out


def replayed(gateway: GatewayProcess, *options: str) -> list[dict[str, Any]]:
    """Return what ``bdax replay`` prints."""
    ended = bdax("replay", "--data", str(gateway.data_dir), *options)
    assert (ended.returncode, ended.stderr) == (0, "")
    return [json.loads(line) for line in ended.stdout.splitlines()]


def recovered(gateway: GatewayProcess) -> dict[str, Any]:
    """Return the log line about the start."""
    [line] = [line for line in gateway.log() if line["event"] == "state recovered"]
    return line


@pytest.mark.parametrize("durability", ["fsync", "os"])
def test_after_sigkill_the_book_is_the_same_and_what_was_sent_can_be_asked_for(
    folder: Path, durability: str
) -> None:
    with GatewayProcess(folder, "--durability", durability) as gateway:
        assert gateway.ready["durability"] == durability
        next_out = trade(gateway)
        before = book(gateway)
        assert before[0] == {"bids": [["95000000", "0.3"], ["94000000", "0.25"]], "asks": []}
        kill(gateway)
    with GatewayProcess(folder, "--durability", durability) as gateway:
        assert recovered(gateway)["commands"] == 3
        assert book(gateway) == before
        with RawFix(gateway.fix, "DEMO1") as fix:
            fix.next_out = next_out
            fix.send("A", (98, 0), (108, 30), (553, "DEMO1"), (554, DEMO_PASSWORD))
            logon = fix.receive()
            assert (logon[35], logon[34]) == ("A", "5"), "numbers go on"
            fix.send("2", (7, 2), (16, 0))
            reports = [fix.receive() for _ in range(3)]
            assert [(report[34], report[43], report[150]) for report in reports] == [
                ("2", "Y", "0"),
                ("3", "Y", "0"),
                ("4", "Y", "F"),
            ]
        with WsPeer(gateway.ws) as ws:
            ws.logon("DEMO1", "demo-secret-of-DEMO1")
            assert [order["cl_ord_id"] for order in ws.result("orders.open")] == ["stays", "deeper"]


def test_a_clean_end_writes_a_snapshot_from_which_the_next_start_goes_on(folder: Path) -> None:
    with GatewayProcess(folder, at_full_speed=False) as gateway:
        trade(gateway)
        before = book(gateway)
        gateway.signal(signal.SIGTERM)
        assert gateway.wait() == 0
    for start in range(2):
        with GatewayProcess(folder, at_full_speed=False) as gateway:
            assert book(gateway) == before
            line = recovered(gateway)
            assert (line["commands"], line["eseq"]) == (0, 3)
            assert line["snapshot"] > 0
            gateway.signal(signal.SIGTERM)
            assert gateway.wait() == 0
        snapshots = list((folder / "data" / "snapshots").iterdir())
        assert len(snapshots) == 1, f"no command, no snapshot (start {start})"


def test_whole_books_and_trades_resume_after_a_clean_end_and_after_sigkill(folder: Path) -> None:
    channels = [f"book.{BTC}", f"trades.{BTC}"]
    with GatewayProcess(folder) as gateway:
        with WsPeer(gateway.ws) as follower:
            epoch = follower.result("subscribe", channels=channels)[0]["epoch"]
            assert [push["type"] for push in news(follower, 2)] == ["snapshot"] * 2
            trade(gateway)
            told = news(follower, 4)
        assert [(push["type"], push["seq"]) for push in told] == [
            *(("delta", seq) for seq in (1, 2, 3)),
            ("event", 3),
        ]
        gateway.signal(signal.SIGTERM)
        assert gateway.wait() == 0
    for _ in range(2):
        with GatewayProcess(folder) as gateway:
            with WsPeer(gateway.ws) as late:
                places = dict.fromkeys(channels, 0)
                joined = late.result("subscribe", channels=channels, from_seq=places, epoch=epoch)
                assert [channel["recovered"] for channel in joined] == [True, True]
                assert news(late, 4) == told
            kill(gateway)


def test_with_durability_none_nothing_is_kept(folder: Path) -> None:
    with GatewayProcess(folder, "--durability", "none") as gateway:
        assert gateway.ready["durability"] == "none"
        trade(gateway)
        gateway.signal(signal.SIGTERM)
        assert gateway.wait() == 0
    assert [path.name for path in (folder / "data").iterdir()] == ["gateway.lock"]


def test_a_second_start_says_who_holds_the_directory(gateway: GatewayProcess) -> None:
    ended = bdax("run", "--data", str(gateway.data_dir), *FREE_PORTS)
    assert ended.returncode == 2
    assert f"process {gateway.pid}" in ended.stderr


def test_a_damaged_log_is_refused_in_one_line(folder: Path) -> None:
    with GatewayProcess(folder) as gateway:
        trade(gateway)
        kill(gateway)
    [segment] = (folder / "data" / "log").iterdir()
    content = bytearray(segment.read_bytes())
    at = content.index(b"stays")
    content[at] ^= 1
    segment.write_bytes(content)
    ended = bdax("run", "--data", str(folder / "data"), *FREE_PORTS)
    line = one_line(ended)
    assert segment.name in line
    assert " byte " in line
    assert segment.read_bytes() == content, "nothing is cut off"
    assert segment.name in one_line(bdax("replay", "--data", str(folder / "data")))


def test_any_moment_is_replayed_beside_a_live_gateway(gateway: GatewayProcess) -> None:
    trade(gateway)
    data, _, eseq = book(gateway)
    shown = {line["symbol"]: line for line in replayed(gateway, "--print", "book")}
    assert {"bids": shown[BTC]["bids"], "asks": shown[BTC]["asks"]} == data
    assert (shown[BTC]["eseq"], shown[BTC]["status"]) == (eseq, "open")
    [earlier, *_] = replayed(gateway, "--print", "book", "--until", "1")
    assert (earlier["symbol"], earlier["bids"]) == (BTC, [["95000000", "0.5"]])
    orders = replayed(gateway, "--print", "orders")
    assert [(order["account"], order["cl_ord_id"], order["remaining_quantity"]) for order in orders] == [
        ("DEMO1", "stays", "0.3"),
        ("DEMO1", "deeper", "0.25"),
    ]
    [now], [then] = replayed(gateway), replayed(gateway, "--until", str(eseq))
    assert now["hash"] == then["hash"]
    assert [now["eseq"], then["eseq"]] == [eseq, eseq]
    [empty] = replayed(gateway, "--until", "0")
    assert (empty["eseq"], empty["hash"] == now["hash"]) == (0, False)
    late = bdax("replay", "--data", str(gateway.data_dir), "--until", str(eseq + 1))
    assert f"the log ends with the command {eseq}" in one_line(late)


def test_the_process_that_takes_snapshots_ends_with_the_gateway(folder: Path) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with GatewayProcess(folder) as gateway:
            [child] = eventually(lambda: children(gateway.pid, SNAPSHOTS), "the process that takes snapshots")
            gateway.signal(number)
            gateway.wait()
            eventually(lambda child=child: not is_alive(child), "its end")  # type: ignore[misc]  # bound early


def test_the_process_that_takes_snapshots_ends_at_once_and_in_order(folder: Path) -> None:
    with GatewayProcess(folder) as gateway:
        trade(gateway)
        kill(gateway)
    command = [sys.executable, "-m", "gateway.app.snapshot_process", str(folder / "data")]
    for ends_with_stdin in (False, True):
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            assert process.stdin is not None
            process.stdin.write(b'{"retention_ns":3600000000000,"log":{}}\n')
            process.stdin.flush()
            eventually(lambda pid=process.pid: ignores_sigint(pid), "its start")  # type: ignore[misc]  # bound early
            if not ends_with_stdin:
                process.terminate()
                assert process.wait(STOP_TIMEOUT_S) == 0
            said, errors = process.communicate(timeout=STOP_TIMEOUT_S)
            assert (process.returncode, said, errors) == (0, b"", b"")


def ignores_sigint(pid: int) -> bool:
    """Whether the process has set its signals, this one last; coverage handles SIGTERM before it does."""
    status = Path(f"/proc/{pid}/status").read_text()
    ignored = int(status.partition("SigIgn:")[2].split()[0], 16)
    return bool(ignored >> (signal.SIGINT - 1) & 1)


def test_the_demo_comes_back_to_the_book_it_left(folder: Path) -> None:
    with GatewayProcess(folder, "--demo") as gateway, WsPeer(gateway.ws) as newcomer:
        newcomer.result("subscribe", channels=["trades.BTC-KRW"])
        newcomer.push("trades.BTC-KRW", lambda push: push["type"] == "event", 20.0)
        kill(gateway)
    left = {line["symbol"]: (line["bids"], line["asks"]) for line in replayed(gateway, "--print", "book")}
    assert all(left[BTC])
    with GatewayProcess(folder) as gateway:
        for symbol, (bids, asks) in left.items():
            assert book(gateway, symbol)[0] == {"bids": bids, "asks": asks}
        kill(gateway)
    with GatewayProcess(folder, "--demo") as gateway, WsPeer(gateway.ws) as newcomer:
        newcomer.result("subscribe", channels=["trades.BTC-KRW"])
        newcomer.push("trades.BTC-KRW", lambda push: push["type"] == "event", 20.0)
        ladders = 4 * 20
        assert len(replayed(gateway, "--print", "orders")) <= ladders + 4 * 4, "nothing piles up"


def test_a_disk_that_is_full_ends_the_run_with_one_line_and_nothing_unsafe(folder: Path) -> None:
    with GatewayProcess(folder) as gateway:
        with RawFix(gateway.fix, "DEMO1") as fix:
            fix.logon(DEMO_PASSWORD)
            segment = folder / "data" / "log" / f"{1:016}.log"
            # Zeros are ahead of what it holds.
            limit = len(segment.read_bytes().rstrip(b"\0")) + 1500
            resource.prlimit(gateway.pid, resource.RLIMIT_FSIZE, (limit, limit))
            accepted = 0
            with suppress(EOFError, ConnectionError):
                for n in range(10):
                    fix.send_order(f"o{n}", BTC, 1, "0.5", "95000000")
                    assert fix.receive()[150] == "0"
                    accepted += 1
        assert gateway.wait() == 1
        lines = [line for line in gateway.log_path.read_text().splitlines() if not line.startswith('{"ts":')]
        assert [line.partition(" ")[0] for line in lines] == ["bdax:"]
    assert 0 < accepted < 10
    [now] = replayed(gateway)
    assert now["eseq"] == accepted, "what was not said is not there"
