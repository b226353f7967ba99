"""Who does what in the demo market: one maker and one taker for each instrument.

NOT here: how they quote and trade, and the process around them (``__main__``).
"""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gateway.demo.briefing import Briefing, Participant
from gateway.demo.fix_maker import FixMaker, MakerStation
from gateway.demo.maker import Maker
from gateway.demo.pairs import Pair
from gateway.demo.quoting import Quoter, QuoteStyle
from gateway.demo.reconnect import until_done
from gateway.demo.taking import Taker, TakerStyle
from gateway.demo.ws_client import WsClient
from gateway.demo.ws_taker import TakerStation, WsTaker
from gateway.demo.ws_wire import pairs_of

BUSIEST: Final = "BTC-KRW"
"""The instrument with at least 20 book changes a second; a step makes one."""

_BUSY_STEP_S: Final = 1 / 36
_CALM_STEP_S: Final = 1 / 8
_FINE_TICK: Final = 5e-5


@dataclass(frozen=True)
class Booth:
    """One instrument with its two participants."""

    pair: Pair
    maker: Participant
    taker: Participant


def booths(pairs: Sequence[Pair], participants: Sequence[Participant]) -> list[Booth]:
    """Give each instrument a maker from the first half of the participants and a taker from the second.

    What does not come out even stays unused.
    """
    half = len(participants) // 2
    return [
        Booth(pair, maker, taker)
        for pair, maker, taker in zip(pairs, participants[:half], participants[half:], strict=False)
    ]


def quote_style(pair: Pair) -> QuoteStyle:
    """Return a ladder that suits the tick: where a tick is next to nothing, levels lie further apart."""
    tick = pair.tick(pair.reference_price)
    if tick < _FINE_TICK * pair.reference_price:
        return QuoteStyle(levels=10, spacing=3, half_spread=2)
    return QuoteStyle(levels=10, spacing=1, half_spread=1, tolerance=1)


async def run(briefing: Briefing, seed: int) -> None:
    """Run the market until canceled. ``seed`` decides on all chance and marks this start's ClOrdIDs."""
    pairs = await until_done("instruments", lambda: look_up(briefing))
    async with asyncio.TaskGroup() as group:
        for booth in booths(pairs, briefing.participants):
            maker, taker = _maker(booth, briefing, seed), _taker(booth, briefing, seed)
            group.create_task(until_done(booth.maker.comp_id, maker.connect_once))
            group.create_task(until_done(booth.taker.comp_id, taker.connect_once))


async def look_up(briefing: Briefing) -> list[Pair]:
    """Ask the gateway for its instruments; those of the briefing, or all."""
    async with WsClient(briefing.ws_url) as client:
        known = pairs_of(await client.request("instruments"))
    return [pair for pair in known if not briefing.symbols or pair.symbol in briefing.symbols]


def _maker(booth: Booth, briefing: Briefing, seed: int) -> FixMaker:
    pair, participant = booth.pair, booth.maker
    step_s = _BUSY_STEP_S if pair.symbol == BUSIEST else _CALM_STEP_S
    quoter = Quoter(pair, quote_style(pair), _chance(seed, participant))
    station = MakerStation(briefing.fix_host, briefing.fix_port, briefing.ws_url, participant, pair, step_s)
    return FixMaker(station, Maker(quoter, f"{participant.comp_id}-{seed:x}"))


def _taker(booth: Booth, briefing: Briefing, seed: int) -> WsTaker:
    pair, participant = booth.pair, booth.taker
    style = TakerStyle() if pair.symbol == BUSIEST else TakerStyle(interval_s=2.0)
    taker = Taker(pair, style, f"{participant.comp_id}-{seed:x}", _chance(seed, participant))
    return WsTaker(TakerStation(briefing.ws_url, participant, pair), taker)


def _chance(seed: int, participant: Participant) -> random.Random:
    return random.Random(f"{seed} {participant.comp_id}")  # noqa: S311 - a market's whims, no secret
