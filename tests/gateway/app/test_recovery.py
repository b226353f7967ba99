"""The start from a data directory: newest whole snapshot, then the commands behind it; and ``replay``."""

import logging
from collections.abc import Callable
from pathlib import Path

import msgspec
import orjson
import pytest

from gateway.app import replay
from gateway.app.origin import Origin
from gateway.app.replica import DivergenceError, Replica, ReplicaError
from gateway.model import CancelOrder, Side
from gateway.ports import Batch, StoreError
from gateway.store import snapshots
from gateway.store.segments import segment_names
from gateway.store.snapshots import newest_snapshots, write_snapshot
from tests.gateway.app.live import LIMITS, TIME, order_maker, origin
from tests.gateway.app.starts import Start
from tests.gateway.matching.trading_floor import BTC, ETH, instrument

StartOn = Callable[..., Start]


@pytest.fixture
def start(tmp_path: Path) -> StartOn:
    def start(origin: Origin = origin()) -> Start:  # noqa: B008 - never changed
        return Start(tmp_path, origin)

    return start


async def test_an_empty_directory_starts_fresh(start: StartOn) -> None:
    life = start()
    recovered = life.recovered
    assert (recovered.replica.batch, recovered.replica.eseq, recovered.commands) == (0, 0, 0)
    assert recovered.snapshot is None
    life.end()


async def test_the_state_comes_back_from_the_log_alone(
    start: StartOn, caplog: pytest.LogCaptureFixture
) -> None:
    make, life = order_maker(), start()
    life.commit(make(), make(price=101))
    life.commit(make(Side.SELL, 101, 2))
    expected = life.replica.snapshot()
    life.end()
    caplog.set_level(logging.INFO)
    again = start()
    assert again.replica.snapshot() == expected
    [line] = [record for record in caplog.records if record.message == "state recovered"]
    assert (vars(line)["batches"], vars(line)["commands"], vars(line)["snapshot"]) == (2, 3, 0)
    again.commit(make(Side.SELL, 100, 4))
    assert again.replica.eseq == 4
    again.end()


async def test_only_what_is_behind_the_newest_snapshot_is_worked(start: StartOn) -> None:
    make, life = order_maker(), start()
    life.commit(make())
    life.snapshot()
    life.commit(make(price=101))
    expected = life.replica.snapshot()
    life.end()
    again = start()
    assert (again.recovered.commands, again.replica.snapshot()) == (1, expected)
    assert again.recovered.snapshot is not None
    again.end()


@pytest.mark.parametrize("fault", ["cut", "flip", "empty"])
async def test_a_broken_snapshot_falls_back_to_the_one_before(
    start: StartOn, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    make, life = order_maker(), start()
    life.commit(make())
    life.snapshot()
    life.commit(make(price=101))
    broken = life.snapshot()
    expected = life.replica.snapshot()
    life.end()
    content = bytearray(broken.read_bytes())
    content[-1] ^= 1
    broken.write_bytes({"cut": content[:-1], "flip": content, "empty": bytearray()}[fault])
    again = start()
    assert (again.recovered.commands, again.replica.snapshot()) == (1, expected)
    assert "snapshot not used" in caplog.text
    again.end()


@pytest.mark.parametrize("part", range(3))
async def test_a_snapshot_of_a_newer_version_is_no_broken_one(
    start: StartOn, monkeypatch: pytest.MonkeyPatch, part: int
) -> None:
    make, life = order_maker(), start()
    life.commit(make())
    life.snapshot()
    life.commit(make())
    saved = life.replica.snapshot()
    life.end()
    body = msgspec.msgpack.decode(saved.body)
    name, version, *state = msgspec.msgpack.decode(body[part])
    body[part] = msgspec.msgpack.encode([name, version + 1, "what is not known here", *state])
    write_snapshot(life.data_dir, saved._replace(body=msgspec.msgpack.encode(body)))
    line = (
        rf"^snapshot of batch 2: {name} version {version + 1}, and this gateway knows {version}: "
        "start the version of the gateway that wrote it$"
    )
    with pytest.raises(ReplicaError, match=line):
        start()
    with pytest.raises(ReplicaError, match=line):
        replay.rebuild(life.data_dir, None)
    monkeypatch.setattr(snapshots, "VERSION", 2)
    write_snapshot(life.data_dir, saved)
    monkeypatch.undo()
    with pytest.raises(StoreError, match=r"snapshot: format version 2, and this gateway knows 1: start"):
        start()


async def test_without_a_whole_snapshot_a_log_that_begins_later_is_refused(
    start: StartOn, tmp_path: Path
) -> None:
    make, life = order_maker(), start()
    life.commit(make())
    life.snapshot().write_bytes(b"")
    life.end()
    life = start()
    life.commit(make())
    life.end()
    first = min((tmp_path / "log").iterdir())
    first.unlink()
    with pytest.raises(StoreError):
        start()
    with pytest.raises((StoreError, ReplicaError)):
        replay.rebuild(tmp_path, None)


async def test_a_changed_configuration_goes_on_with_the_same_orders(start: StartOn, tmp_path: Path) -> None:
    make, life = order_maker(), start()
    life.commit(make())
    life.end()
    other = origin([instrument(BTC), instrument("XRP-KRW")])
    life = start(other)
    life.commit(make(Side.SELL, 100, 2))
    expected = life.replica.snapshot()
    life.end()
    assert replay.rebuild(tmp_path, None).snapshot() == expected
    again = start(other)
    assert again.replica.snapshot() == expected
    again.end()
    with pytest.raises(ReplicaError, match="BTC-KRW is gone but has open orders"):
        start(origin([instrument(ETH)]))


async def test_a_configuration_that_nothing_was_worked_under_leaves_no_trace(start: StartOn) -> None:
    make, life = order_maker(), start()
    for side in (Side.BUY, Side.SELL, Side.BUY, Side.SELL):
        life.commit(make(side))
    expected = life.replica.snapshot()
    life.end()
    # It forgets closed orders, and is replaced by the next one.
    start(origin(limits=msgspec.structs.replace(LIMITS, closed_max=1))).end()
    life = start()
    assert life.replica.snapshot() == expected
    life.commit(CancelOrder("DEMO1", 9, "ACC1", TIME + 9, b"c1", b"", 1, BTC))
    life.end()
    start().end()


async def test_a_moment_is_shown_under_the_configuration_of_its_time(start: StartOn, tmp_path: Path) -> None:
    make, life = order_maker(), start()
    life.commit(make())
    expected = life.replica.snapshot()
    life.end()
    other = origin([instrument(BTC)], msgspec.structs.replace(LIMITS, closed_max=1))
    life = start(other)
    assert replay.rebuild(tmp_path, None).origin.limits == other.limits
    life.commit(make())
    life.end()
    for until in (0, 1):
        replica = replay.rebuild(tmp_path, until)
        assert (replica.eseq, replica.origin.limits, len(replica.origin.instruments)) == (until, LIMITS, 2)
    assert replay.rebuild(tmp_path, 1).snapshot() == expected
    assert replay.rebuild(tmp_path, 2).origin.limits == other.limits
    life.snapshot()
    assert replay.rebuild(tmp_path, 2).origin.limits == other.limits


async def test_a_log_in_which_nothing_was_worked_is_an_empty_moment(start: StartOn, tmp_path: Path) -> None:
    start().end()
    assert replay.rebuild(tmp_path, None).eseq == 0


async def test_a_divergence_stops_the_start(start: StartOn) -> None:
    make, life = order_maker(), start()
    record = life.work([make()])
    life.recovered.store.commit(Batch(record.commands, [], {}, [], life.last_events[:1]), lambda _: None)
    life.end()
    with pytest.raises(DivergenceError, match="batch 1"):
        start()


async def test_every_moment_is_replayed_the_same_with_a_snapshot_and_without(
    start: StartOn, tmp_path: Path
) -> None:
    make, life = order_maker(), start()
    hashes = [life.replica.state_hash()]
    for n in range(4):
        commands = [make(Side.SELL if n % 2 else Side.BUY, 100 + n) for _ in range(3)]
        alone = Replica.restore(life.replica.snapshot())
        for command in commands:
            alone.engine.submit(command)
            alone.router.deliver(alone.engine.drain())
            hashes.append(alone.state_hash())
        life.commit(*commands)
        if n == 1:
            life.snapshot()
    assert hashes[-1] == life.replica.state_hash()
    for eseq, expected in enumerate(hashes):
        replica = replay.rebuild(tmp_path, eseq)
        assert (replica.eseq, replica.state_hash()) == (eseq, expected)
    life.end()
    with pytest.raises(ReplicaError, match="ends with the command 12, before 13"):
        replay.rebuild(tmp_path, 13)


async def test_a_moment_that_is_not_kept_any_more_is_refused(start: StartOn, tmp_path: Path) -> None:
    make, life = order_maker(), start()
    life.commit(make(), make())
    life.end()
    life = start()
    life.commit(make())
    life.snapshot()
    life.end()
    start().end()
    log_dir = tmp_path / "log"
    assert len(segment_names(log_dir)) == 3
    min(log_dir.iterdir()).unlink()
    assert replay.rebuild(tmp_path, 3).eseq == 3
    with pytest.raises(ReplicaError, match="reaches back to the command 3 only"):
        replay.rebuild(tmp_path, 2)


def test_without_a_log_there_is_nothing_to_replay(tmp_path: Path) -> None:
    with pytest.raises(ReplicaError, match="there is no log"):
        replay.rebuild(tmp_path, None)


async def test_what_replay_shows(start: StartOn, tmp_path: Path) -> None:
    make, life = order_maker(), start()
    life.commit(make(price=250, quantity=7), make(Side.SELL, 300, 5), make(price=255, symbol=ETH))
    life.end()
    replica = replay.rebuild(tmp_path, None)
    books = [orjson.loads(line) for line in replay.books(replica)]
    assert books[0] == {
        "symbol": BTC,
        "eseq": 3,
        "status": "open",
        "bids": [["2.5", "0.00000007"]],
        "asks": [["3", "0.00000005"]],
    }
    assert [line["symbol"] for line in books] == [BTC, ETH]
    orders = [orjson.loads(line) for line in replay.orders(replica)]
    assert [(order["order_id"], order["account"], order["side"]) for order in orders] == [
        ("1", "ACC1", "buy"),
        ("2", "ACC1", "sell"),
        ("3", "ACC1", "buy"),
    ]
    [line] = replay.state_hash(replica)
    assert orjson.loads(line) == {"eseq": 3, "batch": 1, "hash": replica.state_hash()}
    assert len(newest_snapshots(tmp_path)) == 0
    assert replica.origin.limits == LIMITS
