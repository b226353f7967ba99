"""What a scenario plans: times, requests, shares. The same seed plans the same."""

from itertools import islice, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.loadtest.amounts import WRONG, Scaled, Texts
from gateway.loadtest.findings import NEVER, NS
from gateway.loadtest.flow import BUY, Flow, Kind
from gateway.loadtest.pacing import Part, planned_count, planned_times
from gateway.loadtest.scenario import Load, Orders, scaled
from gateway.loadtest.worker import sessions_of
from tests.gateway.loadtest.runs import scenario_of

ALL = Part(0, 1, 1)


def test_a_steady_rate_is_evenly_spaced() -> None:
    times = list(planned_times(Load(rate=100, duration_s=1), ALL, NEVER))
    assert times == [n * NS // 100 for n in range(100)]


def test_workers_share_a_rate_and_take_turns() -> None:
    load = Load(rate=100, duration_s=1)
    both = [time for phase in (0.0, 0.5) for time in planned_times(load, Part(0, 1, 2, phase), NEVER)]
    assert sorted(both) == list(planned_times(load, ALL, NEVER))


def test_a_ramp_climbs_from_nothing_to_the_rate() -> None:
    times = list(planned_times(Load(rate=1000, duration_s=4, ramp_s=2), ALL, NEVER))
    assert len(times) == pytest.approx(3000, abs=2)
    per_half = [sum(half * NS // 2 <= time < (half + 1) * NS // 2 for time in times) for half in range(8)]
    assert per_half[:4] == pytest.approx([62, 187, 312, 437], abs=3)
    assert per_half[4:] == pytest.approx([500] * 4, abs=2)


def test_bursts_come_on_top() -> None:
    times = list(
        planned_times(Load(rate=10, duration_s=2.5, burst=7, burst_every_s=1), Part(0, 1, 1, 0.5), NEVER)
    )
    assert times.count(NS) == times.count(2 * NS) == 7
    assert len(times) == 25 + 14


@given(
    st.floats(0.5, 5000),
    st.floats(0, 3),
    st.integers(0, 20),
    st.integers(1, 10),
    st.floats(0, 0.9),
    st.integers(0, 300),
)
def test_times_never_go_back_and_end_with_their_number(
    rate: float, ramp_s: float, burst: int, own: int, phase: float, most: int
) -> None:
    load = Load(rate=rate, ramp_s=ramp_s, burst=burst, burst_every_s=0.3, count=1)
    times = list(planned_times(load, Part(0, own, 10, phase), most))
    assert len(times) == most
    assert all(before <= after for before, after in pairwise(times))


@given(st.integers(1, 12), st.integers(1, 8), st.integers(0, 1000))
def test_the_parts_of_all_workers_add_up(sessions: int, workers: int, total: int) -> None:
    plan = scenario_of(fix={"sessions": sessions})
    own = [len(sessions_of(plan, index, workers)) for index in range(workers)]
    parts = [Part(sum(own[:n]), count, sessions) for n, count in enumerate(own)]
    assert sum(part.of(total) for part in parts) == total
    assert sum(part.share for part in parts) == pytest.approx(1)


@given(
    st.floats(0.5, 500),
    st.floats(0, 3),
    st.integers(0, 20),
    st.sampled_from([0.1, 0.25, 0.3, 1.0]),
    st.floats(0, 0.9),
    st.sampled_from([0.1, 0.5, 1.0, 2.0, 2.7]),
)
def test_what_is_planned_is_counted_as_it_is_sent(
    rate: float, ramp_s: float, burst: int, every_s: float, phase: float, duration_s: float
) -> None:
    load = Load(rate=rate, ramp_s=ramp_s, burst=burst, burst_every_s=every_s, duration_s=duration_s)
    part = Part(2, 2, 7, phase)
    assert planned_count(load, part) == len(list(planned_times(load, part, NEVER)))


def test_a_burst_that_is_due_at_the_end_is_not_planned() -> None:
    load = Load(rate=10, duration_s=2, burst=7)
    assert planned_count(load, ALL) == 20 + 7


MIX = {"rest": 3, "cross": 2, "cancel": 2, "replace": 1, "quantity_steps": 5, "open_max": 10}


def _orders(**values: Any) -> Orders:
    return Orders(**{**MIX, **values})


def test_a_pair_sells_what_it_buys_and_draws_the_same_every_time() -> None:
    flows = [Flow(_orders(), index, 2) for index in (0, 1, 0)]
    drawn = [[flow.draw() for _ in range(500)] for flow in flows]
    shape = [[(r.kind, r.price, r.qty, r.named) for r in requests] for requests in drawn]
    assert shape[0] == shape[1] == shape[2]
    crosses = [[r for r in requests if r.kind is Kind.CROSS] for requests in drawn]
    assert {r.order.side for r in crosses[0]}.isdisjoint({r.order.side for r in crosses[1]})


def test_a_session_without_a_partner_trades_with_itself() -> None:
    flow = Flow(_orders(rest=0, cancel=0, replace=0), 2, 3)
    sides = [flow.draw().order.side for _ in range(4)]
    assert sides[0] != sides[1]
    assert sides[:2] == sides[2:]


@given(st.integers(0, 5), st.integers(1, 30))
def test_cancels_and_replaces_name_an_open_order_as_it_is_called(seed: int, open_max: int) -> None:
    orders = _orders(seed=seed, open_max=open_max)
    flow = Flow(orders, 0, 2)
    resting: dict[int, int] = {}  # by the number of the request that named it: its price
    price = scaled(orders.price)
    for number, request in enumerate(islice(iter(flow.draw, None), 300)):
        assert request.number == number
        match request.kind:
            case Kind.REST:
                assert (request.price < price) == (request.order.side == BUY)
                resting[number] = request.price
            case Kind.CROSS:
                assert request.price == price
            case Kind.CANCEL:
                del resting[request.named]
            case Kind.REPLACE:
                assert (request.price < price) == (request.order.side == BUY)
                del resting[request.named]
                resting[number] = request.price
        assert len(resting) <= open_max


@given(st.integers(0, 10**20))
def test_amounts_become_text_and_come_back(value: int) -> None:
    assert Scaled()[Texts()[value]] == value


@pytest.mark.parametrize("text", [b"", b"-1", b"1e3", b"1.2.3", b".", b"0.000000001", b"x", b"1,5"])
def test_what_is_no_amount_is_wrong(text: bytes) -> None:
    assert Scaled()[text] == WRONG


def test_trailing_zeros_are_no_places() -> None:
    assert Scaled()[b"0.0100000000000"] == Scaled()[b".01"] == 1_000_000


def test_amounts_are_not_remembered_without_end() -> None:
    texts, values = Texts(), Scaled()
    for value in range(100_010):
        assert values[texts[value]] == value
    assert len(texts) == len(values) == 10


@pytest.mark.parametrize(("sessions", "workers"), [(7, 2), (1, 1), (10, 3)])
def test_sessions_are_dealt_in_pairs(sessions: int, workers: int) -> None:
    plan = scenario_of(fix={"sessions": sessions})
    dealt = [sessions_of(plan, index, workers) for index in range(workers)]
    assert sorted(n for part in dealt for n in part) == list(range(sessions))
    assert all(n ^ 1 in part or n == sessions - 1 for part in dealt for n in part)
