"""The fuzz targets by name. Each is one function of bytes whose docstring is its invariant."""

from collections.abc import Callable, Mapping
from typing import Final

from tests.fuzz.fix_market_data import fix_market_data
from tests.fuzz.fix_orders import fix_orders
from tests.fuzz.fix_session import fix_session, fix_stream, fix_validation
from tests.fuzz.fix_twins import fix_twins
from tests.fuzz.ws_forms import ws_deflate, ws_packed
from tests.fuzz.ws_requests import ws_connection, ws_requests_of_text, ws_session

TARGETS: Final[Mapping[str, Callable[[bytes], None]]] = {
    target.__name__: target
    for target in (
        fix_session,
        fix_stream,
        fix_validation,
        fix_twins,
        fix_orders,
        fix_market_data,
        ws_connection,
        ws_session,
        ws_deflate,
        ws_packed,
        ws_requests_of_text,
    )
}
