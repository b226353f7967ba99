"""Any moment of a data directory, rebuilt read-only: what ``bdax replay`` prints.

Works beside a live gateway too: the log ends where whole batches end. NOT here: the command line.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from gateway.app.origin import Origin
from gateway.app.recovery import restore_newest
from gateway.app.replica import Replica, ReplicaError, decode_origin, replica_under
from gateway.dialects.native.terms import places_of
from gateway.dialects.native.ws_replies import TRADING_STATUSES, order_object
from gateway.model import format_scaled
from gateway.ports import BookLevels
from gateway.store.log_end import check_end
from gateway.store.log_reader import LogReader
from gateway.store.segments import LOG_NAME, Segment, list_segments


def rebuild(data_dir: Path, until: int | None) -> Replica:
    """Return the state after the command ``until`` (an engine sequence), or at the end of the log.

    It is under the configuration that ``until`` was worked under, at the end under the last one. Raises
    ``ReplicaError`` or ``StoreError``.
    """
    if until is None:
        check_end(data_dir)
    replica, _ = restore_newest(data_dir, until)
    _check_reach(data_dir, replica, until)
    begun: Origin | None = None
    for item in LogReader(data_dir).read(0 if replica is None else replica.batch):
        if isinstance(item, Segment):
            begun = decode_origin(item.origin)
            continue
        if begun is not None:
            if replica is not None and replica.eseq == until:
                # What comes now was worked under a configuration of its own.
                break
            replica, begun = replica_under(begun, replica), None
        if replica is not None:
            if until is not None and item.eseq > until:
                replica.apply_until(item, until)
                return replica
            replica.apply(item)
    if begun is not None and (replica is None or until is None):
        replica = replica_under(begun, replica)
    if replica is None:
        raise ReplicaError(f"{data_dir}: there is no log in it")
    if until is not None and replica.eseq < until:
        raise ReplicaError(f"{data_dir}: the log ends with the command {replica.eseq}, before {until}")
    return replica


def books(replica: Replica) -> Iterator[bytes]:
    """Yield the book of each instrument as a JSON line: levels as ``[price, quantity]``, best first."""
    for symbol, instrument in sorted(replica.origin.instruments.items()):
        bids, asks = replica.publisher.book(symbol).levels()
        yield orjson.dumps(
            {
                "symbol": symbol,
                "eseq": replica.eseq,
                "status": TRADING_STATUSES[replica.router.trading_status(symbol)],
                "bids": _levels(bids, instrument.price_places, instrument.qty_places),
                "asks": _levels(asks, instrument.price_places, instrument.qty_places),
            }
        )


def orders(replica: Replica) -> Iterator[bytes]:
    """Yield each open order as a JSON line, as WebSocket shows it, with its account; oldest first."""
    instruments = replica.origin.instruments
    found = [
        order for orders in replica.router.registry.accounts.values() for order in orders.open_by_id.values()
    ]
    for order in sorted(found, key=lambda order: order.order_id):
        shown: dict[str, Any] = order_object(order, places_of(instruments, order.symbol))
        yield orjson.dumps({"account": order.account, "owner": order.owner, **shown})


def state_hash(replica: Replica) -> Iterator[bytes]:
    """Yield one JSON line with a hash over the state of engine and orders."""
    yield orjson.dumps({"eseq": replica.eseq, "batch": replica.batch, "hash": replica.state_hash()})


def _check_reach(data_dir: Path, replica: Replica | None, until: int | None) -> None:
    """Say it in the user's terms when the log begins too late."""
    segments = list_segments(data_dir / LOG_NAME)
    if replica is None and segments and segments[0].first > 1:
        eseq = segments[0].eseq
        moment = "the end" if until is None else until
        raise ReplicaError(
            f"{data_dir}: no snapshot at or before {moment} is whole, and the log reaches back to the command"
            f" {eseq + 1} only"
        )


def _levels(levels: BookLevels, price_places: int, qty_places: int) -> list[list[str]]:
    return [
        [format_scaled(price, price_places), format_scaled(quantity, qty_places)]
        for price, quantity in levels
    ]
