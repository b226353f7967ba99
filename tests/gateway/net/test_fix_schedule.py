"""Sessions open, close and reset at their times, also over a time the gateway was down."""

from datetime import datetime, time, timedelta
from time import monotonic_ns, time_ns
from zoneinfo import ZoneInfo

import pytest

from gateway.net.fix_schedule import ScheduleKeeper, schedule_of
from gateway.settings import FixSession, ScheduleSettings
from protocols.fix import Timestamps
from protocols.fix.schedule import Schedule
from tests.gateway.net.running import PASSWORD, Running, soon, watched

DAILY = ScheduleSettings(start="09:00:00", end="17:00:00", time_zone="Asia/Seoul", days=("mon", "tue"))
WEEKLY = ScheduleSettings(
    start="17:00:00", end="16:00:00", time_zone="Asia/Seoul", start_day="sun", end_day="fri"
)
SEOUL = ZoneInfo("Asia/Seoul")


def entry(schedule: ScheduleSettings | None) -> FixSession:
    return FixSession(sender_comp_id="A", account="A", schedule=schedule)


def test_what_is_configured_is_what_is_kept() -> None:
    assert schedule_of(entry(None)) is None
    assert schedule_of(entry(DAILY)) == Schedule(
        start=time(9), end=time(17), time_zone=SEOUL, days=frozenset({0, 1})
    )
    assert schedule_of(entry(WEEKLY)) == Schedule(
        start=time(17), end=time(16), time_zone=SEOUL, days=frozenset({6}), end_day=4
    )


class Client:
    """Counts how often it was asked to keep its schedule."""

    def __init__(self, schedule: Schedule | None) -> None:
        self.schedule = schedule
        self.looks = 0

    def keep_schedule(self, now: int) -> None:
        assert now > 0
        self.looks += 1


async def test_only_clients_with_a_schedule_are_asked() -> None:
    always, daily = Client(None), Client(schedule_of(entry(DAILY)))
    keeper = ScheduleKeeper([always, daily], Timestamps(0))
    keeper.start()
    assert (always.looks, daily.looks) == (0, 1)
    keeper.stop()
    idle = ScheduleKeeper([always], Timestamps(0))
    idle.start()
    idle.stop()
    assert always.looks == 0


@pytest.mark.parametrize("schedule", [DAILY, WEEKLY])
async def test_the_next_look_is_at_the_boundary_or_within_a_minute(schedule: ScheduleSettings) -> None:
    client = Client(schedule_of(entry(schedule)))
    assert client.schedule is not None
    change = client.schedule.next_change(0)
    soon = ScheduleKeeper([client], Timestamps(change - 5_000_000))
    soon.start()
    assert client.looks == 1
    soon.stop()


def around(hours_from: float, hours_to: float) -> Schedule:
    """Return a daily schedule, open between two times relative to now."""
    now = datetime.now(SEOUL)
    start, end = now + timedelta(hours=hours_from), now + timedelta(hours=hours_to)
    return Schedule(
        start=start.time().replace(microsecond=0), end=end.time().replace(microsecond=0), time_zone=SEOUL
    )


async def test_a_client_is_not_taken_outside_its_times(gateway: Running) -> None:
    gateway.client().schedule = around(2, 3)
    peer = await gateway.fix()
    peer.send(peer.logon(PASSWORD))
    closed = watched(gateway.gateway.fix, "closed")
    with pytest.raises(EOFError):
        await peer.receive()
    await peer.close()
    await soon(closed)
    assert gateway.gateway.fix.counters.disconnects["outside_schedule"] == 1
    gateway.client().schedule = around(-1, 2)
    again = await gateway.fix_session()
    assert again.next_out == 2


async def test_the_end_of_a_session_logs_the_client_out_and_the_next_one_starts_at_1(
    gateway: Running,
) -> None:
    client = gateway.client()
    peer = await gateway.fix_session()
    peer.send(peer.order("o1"))
    await peer.expect("8")
    closed = watched(gateway.gateway.fix, "closed")
    client.schedule = around(-3, -1)
    client.keep_schedule(monotonic_ns())
    assert (await peer.expect("5"))[58] == "the session has ended"
    await soon(closed)
    assert client.session.numbers.epoch == 0, "nothing is reset while the session is closed"
    client.schedule = around(-1, 2)
    client._opened_at -= 5 * 3600 * 10**9
    client.keep_schedule(monotonic_ns())
    client.keep_schedule(monotonic_ns())
    numbers = client.session.numbers
    assert (numbers.next_out, numbers.next_in, numbers.epoch) == (1, 1, 1)
    again = await gateway.fix()
    assert (await again.log_on(PASSWORD))[34] == "1"
    kept = gateway.gateway._store.numbers("ALICE")
    assert (kept.epoch, kept.opened_at) == (1, client._opened_at)


async def test_a_session_around_the_clock_is_cut_at_its_boundary(gateway: Running) -> None:
    client = gateway.client()
    client.schedule = around(-2, -2)
    client._opened_at = time_ns()
    peer = await gateway.fix_session()
    closed = watched(gateway.gateway.fix, "closed")
    client._opened_at -= 3 * 3600 * 10**9
    client.keep_schedule(monotonic_ns())
    await peer.expect("5")
    await soon(closed)
    assert client.session.numbers.epoch == 1
