import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import pytest

from gateway.demo import fix_session, market, reconnect
from gateway.demo.briefing import Briefing
from gateway.demo.market import booths, quote_style
from gateway.demo.quoting import QuoteStyle
from tests.gateway.demo.acceptor import Acceptor, fields
from tests.gateway.demo.pairs import BTC, EDGE, USDT
from tests.gateway.demo.venue import BEST, PARTICIPANTS, Venue


@asynccontextmanager
async def running(briefing: Briefing) -> AsyncIterator["asyncio.Task[None]"]:
    task = asyncio.create_task(market.run(briefing, 1))
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconnect, "FIRST_PAUSE_S", 0.0)


def test_each_instrument_gets_a_maker_and_a_taker() -> None:
    names = [(booth.pair, booth.maker.comp_id, booth.taker.comp_id) for booth in booths([BTC], PARTICIPANTS)]
    assert names == [(BTC, "SIM1", "SIM2")]


def test_what_does_not_come_out_even_stays_unused() -> None:
    assert len(booths([BTC, USDT], PARTICIPANTS)) == 1
    assert booths([BTC], PARTICIPANTS[:1]) == []
    assert booths([], PARTICIPANTS) == []


def test_the_ladder_suits_the_tick() -> None:
    assert quote_style(BTC).spacing > quote_style(USDT).spacing == QuoteStyle(spacing=1).spacing


def open_order(order_id: str, side: str = "buy", price: str = "99990000") -> dict[str, str]:
    quantities = {"filled_quantity": "0", "remaining_quantity": "0.5"}
    names = {"order_id": order_id, "cl_ord_id": f"old-{order_id}", "symbol": "BTC-KRW"}
    return {**names, "side": side, "price": price, **quantities}


async def test_the_maker_takes_over_what_it_left() -> None:
    async with Venue() as venue:
        venue.open_orders = [open_order("8"), open_order("9", "sell", "100010000")]
        async with running(venue.briefing):
            orders = [await venue.fix_message(b"D") for _ in range(18)]
            assert not {order.get(11) for order in orders} & {b"old-8", b"old-9"}
            moved = [await venue.fix_message(b"G") for _ in range(12)]
            assert {b"old-8", b"old-9"} & {move.get(41) for move in moved}


async def test_the_maker_logs_on_cancels_leftovers_and_quotes_both_sides() -> None:
    async with Venue() as venue:
        venue.open_orders = [{**open_order("7"), "symbol": "ETH-KRW"}]
        async with running(venue.briefing):
            assert (await venue.ws_request("order.cancel"))["params"] == {"order_id": "7"}
            logon = await venue.fix_message(b"A")
            assert fields(logon, 49, 553, 554) == ["SIM1", "SIM1", "password 1"]
            orders = [await venue.fix_message(b"D") for _ in range(20)]
            assert {order.get(54) for order in orders} == {b"1", b"2"}
            assert len({order.get(11) for order in orders}) == 20
            assert fields(await venue.fix_message(b"G"), 55) == ["BTC-KRW"]


async def test_the_taker_logs_on_and_trades(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.demo.taking.Taker.pause_s", lambda _: 0.0)
    async with Venue() as venue:
        venue.ws_errors["order.cancel"] = "UNKNOWN_ORDER"
        async with running(venue.briefing):
            assert (await venue.ws_request("subscribe"))["params"] == {"channels": ["bbo.BTC-KRW"]}
            assert (await venue.ws_request("order.place"))["params"]["symbol"] == "BTC-KRW"
            await venue.ws_request("order.cancel")
            await venue.ws_request("order.place")


async def test_a_maker_whose_line_is_cut_comes_back_with_an_empty_ladder() -> None:
    async with Venue() as venue, running(venue.briefing):
        await venue.fix_message(b"G")
        venue.lines[0].transport.abort()
        await venue.fix_message(b"A")
        orders = [await venue.fix_message(b"D") for _ in range(20)]
        assert len({order.get(11) for order in orders}) == 20


async def test_a_gateway_that_says_goodbye_gets_an_answer_and_is_called_again() -> None:
    async with Venue() as venue, running(venue.briefing):
        await venue.fix_message(b"D")
        venue.lines[0].write(Acceptor().say("5", (58, "closing"), number=10**6))
        await venue.fix_message(b"5")
        await venue.fix_message(b"A")


async def test_a_silent_gateway_is_called_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Venue() as venue:
        monkeypatch.setattr(venue, "_answer_fix", lambda *_: b"")
        monkeypatch.setattr(fix_session, "_SILENCE_NS", 1)
        async with running(venue.briefing):
            await venue.fix_message(b"A")
            await venue.fix_message(b"A")


async def test_refusals_are_survived(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Venue() as venue:
        answers = iter([b"8", b"9"])

        def refuse(acceptor: Acceptor, message: object) -> bytes:
            msg_type, cl_ord_id = message.message_type, message.get(11)  # type: ignore[attr-defined]  # simplefix
            if msg_type == b"D" and next(answers, b"") == b"8":
                return acceptor.say("8", (11, cl_ord_id), (150, 8), (39, 8))
            if msg_type == b"G":
                return acceptor.say("9", (11, cl_ord_id), (39, 0), (102, 99))
            return honest(acceptor, message)

        honest = venue._answer_fix
        monkeypatch.setattr(venue, "_answer_fix", refuse)
        async with running(venue.briefing):
            for _ in range(21):
                await venue.fix_message(b"D")
            await venue.fix_message(b"G")
            await venue.fix_message(b"G")
        assert len(venue.lines) == 1


async def test_a_taker_waits_for_both_sides(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses = iter((0.0, 0.0))
    waiting = asyncio.Event()

    def pause(_: object) -> float:
        delay = next(pauses, 3600.0)
        if delay:
            waiting.set()
        return delay

    monkeypatch.setattr("gateway.demo.taking.Taker.pause_s", pause)
    monkeypatch.setitem(BEST, "bid", None)
    async with Venue() as venue, running(venue.briefing):
        async with asyncio.timeout(5):
            await waiting.wait()
        seen = [venue.ws_requests.get_nowait()["method"] for _ in range(venue.ws_requests.qsize())]
        assert "subscribe" in seen
        assert "order.place" not in seen


async def test_pauses_grow_and_start_afresh_after_a_connection_that_held(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reconnect, "FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr(reconnect, "LONGEST_PAUSE_S", 0.004)
    pauses: list[float] = []
    sleep = asyncio.sleep

    async def spy(pause: float) -> None:
        pauses.append(pause)
        await sleep(0)

    monkeypatch.setattr(asyncio, "sleep", spy)

    async def attempt() -> str:
        if len(pauses) == 4:
            monkeypatch.setattr(reconnect, "_SETTLED_S", -1.0)
        if len(pauses) == 6:
            return "done"
        raise ConnectionError("lost")

    assert await reconnect.until_done("SIM1", attempt) == "done"
    assert pauses == [0.001, 0.002, 0.004, 0.004, 0.001, 0.001]


async def test_only_the_instruments_of_the_briefing_are_traded() -> None:
    async with Venue() as venue:
        told = replace(venue.briefing, symbols=("ETH-KRW",))
        assert await market.look_up(told) == []
        assert await market.look_up(replace(told, symbols=("BTC-KRW",))) != []
        await market.run(told, 1)


async def test_the_market_waits_for_a_gateway_that_is_not_there_yet() -> None:
    async with Venue() as venue:
        venue.ws_errors["instruments"] = "NOT_YET"
        async with running(venue.briefing):
            await venue.ws_request("instruments")
            await venue.ws_request("instruments")
            del venue.ws_errors["instruments"]
            await venue.fix_message(b"D")


def test_the_edge_of_two_bands_has_a_style_too() -> None:
    assert quote_style(EDGE).levels > 0
