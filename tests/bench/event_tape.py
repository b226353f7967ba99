"""A recorded tape: the events of commands that an engine worked, for what is to be fed without one."""

import random
from typing import Final

import msgspec

from gateway.matching import MatchingEngine
from gateway.model import (
    BookDelta,
    CancelOrder,
    Command,
    Event,
    Instruments,
    NewOrder,
    OrdType,
    Side,
    TimeInForce,
)

START_NS: Final = 1_700_000_000_000_000_000
MILLISECOND_NS: Final = 1_000_000
MOST_OPEN: Final = 200


def record(instruments: Instruments, symbol: str, count: int, seed: int = 5) -> list[list[Event]]:
    """Return the events of ``count`` commands, each of which changed the book of ``symbol``.

    They are numbered 1, 2, ... whatever was left out between them. The same arguments give the same tape.
    """
    chance = random.Random(seed)
    engine = MatchingEngine(instruments)
    instrument = instruments[symbol]
    middle, lot = instrument.reference_price, instrument.lot
    tick = instrument.ticks.tick(middle)
    open_orders: list[bytes] = []
    tape: list[list[Event]] = []
    number = 0
    while len(tape) < count:
        number += 1
        command: Command
        if len(open_orders) > MOST_OPEN or (open_orders and chance.random() < 0.45):
            orig = open_orders.pop(chance.randrange(len(open_orders)))
            command = CancelOrder(
                session="TAPE",
                msg_seq_num=number,
                account="TAPE",
                transact_time=START_NS + number * MILLISECOND_NS,
                cl_ord_id=b"C%d" % number,
                orig_cl_ord_id=orig,
                order_id=0,
                symbol=symbol,
            )
        else:
            side = chance.choice((Side.BUY, Side.SELL))
            away = chance.randint(-2, 30) * tick
            command = NewOrder(
                session="TAPE",
                msg_seq_num=number,
                account="TAPE",
                transact_time=START_NS + number * MILLISECOND_NS,
                cl_ord_id=b"N%d" % number,
                symbol=symbol,
                side=side,
                ord_type=OrdType.LIMIT,
                time_in_force=TimeInForce.GTC,
                order_qty=chance.randint(1, 500) * lot,
                price=middle - away if side is Side.BUY else middle + away,
            )
            open_orders.append(command.cl_ord_id)
        events = engine.work(command)
        if any(type(event) is BookDelta for event in events):
            eseq = len(tape) + 1
            tape.append([msgspec.structs.replace(event, eseq=eseq) for event in events])
    return tape
