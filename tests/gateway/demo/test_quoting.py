import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.demo.pairs import Pair
from gateway.demo.quoting import BUY, SELL, Place, Quote, Quoter, QuoteStyle, ReferenceWalk
from tests.gateway.demo.pairs import BTC, EDGE, USDT

STYLE = QuoteStyle(levels=4)


def quoter(pair: Pair = BTC, style: QuoteStyle = STYLE, seed: int = 1) -> Quoter:
    return Quoter(pair, style, random.Random(seed))


def play(pair: Pair, style: QuoteStyle, seed: int, steps: int) -> list[dict[Place, Quote]]:
    """Grant every wish at once and return the quotes after each step."""
    subject = quoter(pair, style, seed)
    quotes: dict[Place, Quote] = {}
    history = []
    for _ in range(steps):
        for place, quote in subject.next_wishes(quotes, frozenset()):
            if quote is None:
                del quotes[place]
            else:
                quotes[place] = quote
        history.append(dict(quotes))
    return history


def best(quotes: dict[Place, Quote]) -> tuple[int, int]:
    return (
        max(quote.price for place, quote in quotes.items() if place.side == BUY),
        min(quote.price for place, quote in quotes.items() if place.side == SELL),
    )


def test_the_first_step_fills_the_whole_ladder_on_both_sides() -> None:
    [quotes] = play(BTC, STYLE, 1, 1)
    assert set(quotes) == {Place(side, index) for side in (BUY, SELL) for index in range(4)}
    bid, ask = best(quotes)
    assert BTC.shift(bid, 2 * STYLE.half_spread) == ask


@pytest.mark.parametrize("pair", [BTC, USDT, EDGE], ids=lambda pair: pair.symbol)
@given(seed=st.integers(min_value=0, max_value=1000))
def test_the_ladder_is_never_crossed_and_always_valid(pair: Pair, seed: int) -> None:
    for quotes in play(pair, QuoteStyle(levels=3, volatility=1e-3, cancel_share=0.2), seed, 50):
        sides = {place.side for place in quotes}
        if sides == {BUY, SELL}:
            bid, ask = best(quotes)
            assert bid < ask
        for quote in quotes.values():
            assert quote.price % pair.tick(quote.price) == 0
            assert quote.quantity % pair.lot == 0
            assert quote.quantity * quote.price >= pair.min_notional


def test_every_later_step_changes_one_quote() -> None:
    history = play(BTC, QuoteStyle(levels=4, cancel_share=0), 1, 100)
    for before, after in pairwise(history):
        assert sum(before[place] != after[place] for place in before) <= 1


def test_quotes_follow_the_reference() -> None:
    history = play(BTC, STYLE, 3, 4000)
    mids = [sum(best(quotes)) / 2 for quotes in history if len(quotes) == 8]
    assert max(mids) - min(mids) > 50 * BTC.tick(BTC.reference_price)


def test_now_and_then_a_quote_is_canceled_and_entered_again() -> None:
    sizes = [len(quotes) for quotes in play(BTC, QuoteStyle(levels=4, cancel_share=0.5), 1, 200)]
    assert {7, 8} <= set(sizes)


def test_the_same_seed_gives_the_same_market() -> None:
    assert play(BTC, STYLE, 5, 300) == play(BTC, STYLE, 5, 300)
    assert play(BTC, STYLE, 5, 300) != play(BTC, STYLE, 6, 300)


def test_busy_places_are_left_alone() -> None:
    subject = quoter()
    places = frozenset(subject.places)
    assert subject.next_wishes({}, places) == []
    [quotes] = play(BTC, STYLE, 1, 1)
    assert subject.next_wishes(quotes, places) == []
    some = places - {Place(BUY, 0)}
    for _ in range(50):
        assert all(wish.place == Place(BUY, 0) for wish in subject.next_wishes(quotes, some))


def test_a_new_quote_stays_off_the_own_other_side() -> None:
    far_bid = {Place(BUY, 0): Quote(BTC.reference_price + 50_000_00, 10**8)}
    far_ask = {Place(SELL, 0): Quote(BTC.reference_price - 50_000_00, 10**8)}
    for place, quote in quoter().next_wishes(far_bid, frozenset()):
        assert quote is not None
        assert place.side == BUY or quote.price > far_bid[Place(BUY, 0)].price
    for place, quote in quoter().next_wishes(far_ask, frozenset()):
        assert quote is not None
        assert place.side == SELL or quote.price < far_ask[Place(SELL, 0)].price


def test_the_reference_never_strays_from_home() -> None:
    walk = ReferenceWalk(BTC, 0.01, random.Random(1))
    prices = [walk.step() for _ in range(2000)]
    assert min(prices) >= BTC.reference_price * 0.979
    assert max(prices) <= BTC.reference_price * 1.021
    assert all(price % BTC.tick(price) == 0 for price in prices)
