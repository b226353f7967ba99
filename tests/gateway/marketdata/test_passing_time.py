"""What changes by itself when time passes: candles close, trades leave the last 24 hours."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.marketdata import Mode, Subscription
from gateway.model import Event
from tests.gateway.marketdata.market import (
    BTC,
    DAY,
    ETH,
    MINUTE,
    TS,
    Inbox,
    Market,
    S,
    Told,
    bid,
    brief,
    private,
    resumed,
    trade,
)

SECOND = f"candles.{BTC}.1s"
MINUTES = f"candles.{BTC}.1m"
TICKER = f"ticker.{BTC}"
NEXT_SECOND = TS - TS % S + S
_KINDS = (("ticker", ""), ("candles", ".1s"), ("candles", ".1m"), ("candles", ".1d"))


def opened() -> Market:
    market = Market()
    market.publisher.set_epoch("e1")
    return market


def place(push: Told) -> tuple[str, int, int, int, int]:
    return push["type"], push["seq"], push["prev"], push["eseq"], push["ts"]


def test_a_candle_closes_when_its_time_is_over_without_another_command() -> None:
    market = opened()
    inbox = market.subscriber(SECOND, MINUTES)
    market.publisher.apply([trade(1)])
    market.publisher.apply([private(2)])
    [first, _] = inbox.take()
    assert first["is_open"]
    market.publisher.pass_time(NEXT_SECOND - 1)
    assert inbox.frames == []
    market.publisher.pass_time(NEXT_SECOND)
    [push] = inbox.take()
    # It keeps the channel's place.
    assert (push["ch"], place(push)) == (SECOND, ("event", 1, 1, 2, NEXT_SECOND))
    assert (push["candles"], push["is_open"]) == (first["candles"], False)
    market.publisher.pass_time(NEXT_SECOND + S)
    assert inbox.frames == []
    # What comes next goes on from there.
    market.publisher.apply([trade(5)])
    assert [brief(push) for push in inbox.take()] == [(SECOND, "event", 5, 1), (MINUTES, "event", 5, 1)]


def test_trades_leave_the_ticker_when_nothing_else_happens() -> None:
    market = opened()
    inbox = market.subscriber(TICKER)
    market.publisher.apply([trade(1)])
    inbox.take()
    market.publisher.pass_time(TS + DAY - MINUTE)
    assert inbox.frames == []
    market.publisher.pass_time(TS + DAY)
    [push] = inbox.take()
    assert place(push) == ("event", 1, 1, 1, TS + DAY)
    assert (push["volume"], push["trades"], push["last"]) == (0, 0, 1000)


def test_a_late_follower_finds_what_time_has_left() -> None:
    market = opened()
    market.publisher.apply([trade(1)])
    market.publisher.pass_time(TS + 2 * DAY)
    inbox = Inbox()
    for channel in (TICKER, MINUTES):
        market.publisher.subscribe(channel, inbox)
    ticker, candles = inbox.take()
    assert (ticker["volume"], ticker["last"], candles["is_open"], len(candles["candles"])) == (
        0,
        1000,
        False,
        1,
    )


def test_the_first_follower_finds_closed_what_a_command_without_a_trade_has_left_behind() -> None:
    market = opened()
    market.publisher.apply([trade(1)])
    market.publisher.apply([msgspec.structs.replace(bid(2, 990, 1), transact_time=NEXT_SECOND)])
    inbox = Inbox()
    market.publisher.subscribe(SECOND, inbox)
    [snapshot] = inbox.take()
    assert (len(snapshot["candles"]), snapshot["is_open"]) == (1, False)


def test_trades_that_left_the_ticker_while_others_followed_candles_are_told_who_resumes_it() -> None:
    market = opened()
    market.publisher.apply([bid(1, 990, 1), trade(1)])
    market.subscriber(SECOND)
    market.publisher.apply([msgspec.structs.replace(bid(2, 1, 1), transact_time=TS + DAY)])
    inbox = Inbox()
    seq = market.publisher.seq(TICKER)
    assert market.publisher.subscribe(TICKER, inbox, resumed(seq)) == (seq, True)
    assert [(*brief(push)[1:], push["trades"]) for push in inbox.take()] == [("event", seq, seq, 0)]


def test_time_that_is_behind_the_last_command_changes_nothing() -> None:
    market = opened()
    inbox = market.subscriber(SECOND)
    market.publisher.apply([trade(1)])
    inbox.take()
    for before in (TS - DAY, TS, TS + 1):
        market.publisher.pass_time(before)
    assert inbox.frames == []


def test_a_trade_stamped_before_the_time_that_has_passed_counts_in_what_runs_now() -> None:
    market = opened()
    inbox = market.subscriber(SECOND)
    market.publisher.apply([trade(1)])
    market.publisher.pass_time(NEXT_SECOND + 5 * S)
    inbox.take()
    market.publisher.apply([trade(2)])
    [push] = inbox.take()
    assert [candle[0] for candle in push["candles"]] == [NEXT_SECOND + 5 * S]


def test_who_resumes_from_the_place_is_told_again_what_changed_by_itself_there() -> None:
    market = opened()
    publisher = market.publisher
    keeps = market.subscriber(SECOND, TICKER)
    publisher.apply([trade(1)])
    publisher.pass_time(NEXT_SECOND)
    publisher.apply([bid(4, 1, 1)])
    keeps.take()
    late = Inbox()
    joined = publisher.subscribe(SECOND, late, resumed(1))
    assert joined is not None
    assert joined.recovered
    assert [place(push)[:3] for push in late.take()] == [("event", 1, 1)]
    replayed = publisher.resume(SECOND, 0, "e1")
    assert replayed is not None
    assert [push.position[:2] for push in replayed] == [(1, 0), (1, 1)]
    again = publisher.resume(SECOND, 1, "e1")
    assert again is not None
    assert [push.position[:2] for push in again] == [(1, 1)]


def test_of_what_left_the_ticker_minute_by_minute_the_last_is_told_again() -> None:
    market = opened()
    market.subscriber(TICKER)
    for minute in range(9):
        event = trade(minute + 1)
        market.publisher.apply([msgspec.structs.replace(event, transact_time=TS + minute * MINUTE)])
    for minute in range(9):
        market.publisher.pass_time(TS + DAY + minute * MINUTE)
    again = market.publisher.resume(TICKER, 9, "e1")
    assert again is not None
    assert [push.position for push in again] == [(9, 9, 9, TS + DAY + 8 * MINUTE)]


def test_trades_that_leave_with_a_command_that_shows_nothing_else_are_told_with_it() -> None:
    market = opened()
    inbox = market.subscriber(TICKER)
    market.publisher.apply([bid(1, 990, 1), trade(1)])
    inbox.take()
    deep = msgspec.structs.replace(bid(2, 1, 1), transact_time=TS + DAY)
    market.publisher.apply([deep])
    [push] = inbox.take()
    assert place(push) == ("event", 2, 1, 2, TS + DAY)
    assert (push["volume"], push["trades"], push["last"]) == (0, 0, 1000)


@pytest.mark.parametrize("channel", [TICKER, SECOND])
def test_who_resumes_a_stream_that_is_made_anew_is_told_what_changed_by_itself_meanwhile(
    channel: str,
) -> None:
    market = opened()
    publisher = market.publisher
    first = market.subscriber(channel)
    publisher.apply([trade(1)])
    known = first.take()[-1]
    market.hub.drop(first)
    publisher.on_tick(0)
    publisher.on_tick(60 * S)
    assert publisher.streams == 0
    publisher.pass_time(TS + 2 * DAY)
    other = market.subscriber(channel)
    late = Inbox()
    assert publisher.subscribe(channel, late, resumed(known["seq"])) == (1, True)
    [push] = late.take()
    assert place(push)[:4] == ("event", 1, 1, 1)
    if channel == TICKER:
        assert (push["trades"], push["last"]) == (0, 1000)
    else:
        assert (push["candles"], push["is_open"]) == (known["candles"], False)
    publisher.apply([trade(2)])
    assert [brief(push) for push in (*late.take(), *other.take())] == 2 * [(channel, "event", 2, 1)]


def test_who_resumes_from_a_place_at_which_time_passed_too_long_ago_to_be_kept_has_a_snapshot() -> None:
    market = opened()
    publisher = market.publisher
    keeps = market.subscriber(SECOND)
    publisher.apply([trade(1)])
    publisher.pass_time(NEXT_SECOND)
    for eseq, later in ((2, 50 * S), (3, 100 * S)):
        publisher.apply([msgspec.structs.replace(trade(eseq), transact_time=NEXT_SECOND + later)])
    keeps.take()
    late = Inbox()
    assert publisher.subscribe(SECOND, late, resumed(1)) == (3, False)
    assert [push["type"] for push in late.take()] == ["snapshot"]


@pytest.mark.parametrize("mode", list(Mode))
def test_each_mode_is_told_what_changed_by_itself(mode: Mode) -> None:
    market = opened()
    inbox = Inbox()
    market.publisher.subscribe(SECOND, inbox, Subscription(mode=mode, interval_ns=S))
    market.publisher.on_tick(0)
    market.publisher.apply([trade(1)])
    market.publisher.on_tick(S)
    inbox.take()
    if mode is not Mode.INTERVAL:
        inbox.full = True
    market.publisher.pass_time(NEXT_SECOND)
    inbox.full = False
    market.hub.resync(inbox, S)
    market.publisher.on_tick(2 * S)
    *_, push = [push for push in inbox.take() if push["type"] != "heartbeat"]
    assert (push["type"], push["seq"], push["is_open"]) == ("snapshot", 1, False)


_steps = st.lists(
    st.one_of(
        st.tuples(st.just("trade"), st.integers(0, 90), st.sampled_from([BTC, ETH])),
        st.tuples(st.just("level"), st.integers(0, 90), st.sampled_from([BTC, ETH])),
        st.tuples(st.just("time"), st.integers(0, 2 * 86_400), st.just("")),
    ),
    max_size=25,
)


@settings(max_examples=60)
@given(_steps)
def test_what_is_known_does_not_depend_on_how_often_time_was_told(steps: list[tuple[str, int, str]]) -> None:
    channels = [f"{kind}.{symbol}{more}" for symbol in (BTC, ETH) for kind, more in _KINDS]
    told, untold = opened(), opened()
    inbox = told.subscriber(*channels)
    known: dict[str, int] = {}
    now, eseq = TS, 0
    for act, seconds, symbol in steps:
        now += seconds * S
        if act == "time":
            told.publisher.pass_time(now - now % S)
            continue
        eseq += 1
        one = trade(eseq, symbol=symbol) if act == "trade" else bid(eseq, 990, eseq, symbol)
        events: list[Event] = [msgspec.structs.replace(one, transact_time=now)]
        told.publisher.apply(events)
        untold.publisher.follow(events)
    for push in inbox.take():
        assert push["prev"] == known.get(push["ch"], 0) <= push["seq"]
        known[push["ch"]] = push["seq"]
    for market in (told, untold):
        market.publisher.pass_time(now - now % S + S)
    views: list[list[Any]] = []
    for market in (told, untold):
        late = Inbox()
        for channel in channels:
            market.publisher.subscribe(channel, late)
        pushes = late.take()
        for push in pushes:
            # Where a channel stands, and when it last moved, is as it was told.
            for name in ("seq", "ts"):
                push.pop(name)
        views.append(pushes)
    assert views[0] == views[1]
