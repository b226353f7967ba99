"""The FIX clients of the gateway, made from what is configured: those that trade, and market data sessions.

NOT here: who of them is connected (``gateway.net.fix_acceptor``).
"""

import time
from collections.abc import Sequence
from typing import Final, NamedTuple

from gateway.app.dictionaries import validator_for
from gateway.dialects.native.fix_refreshes import FixRefreshEncoder
from gateway.marketdata import Hub, Publisher
from gateway.net.counters import FrontCounters
from gateway.net.desk import Desk
from gateway.net.fix_client import FixClient
from gateway.net.fix_market_data import FixMarketDataClient, MarketDataFloor
from gateway.net.fix_party import FixParty
from gateway.ports.market_data import FIRST_FIX_FORM
from gateway.settings import FixSession, GatewaySettings
from protocols.fix import Session, SessionSettings, Timestamps

_NS: Final = 1_000_000_000
_MARKET_DATA: Final = "market_data"


class FixParties(NamedTuple):
    """All FIX clients, by kind."""

    traders: Sequence[FixClient]
    followers: Sequence[FixMarketDataClient]

    @property
    def all(self) -> list[FixParty]:
        """Clients of each kind."""
        return [*self.traders, *self.followers]


class FixFloor(NamedTuple):
    """What FIX clients are made with, besides their configuration."""

    desk: Desk
    hub: Hub
    publisher: Publisher
    timestamps: Timestamps
    counters: FrontCounters


def make_fix_parties(settings: GatewaySettings, floor: FixFloor) -> FixParties:
    """Return a client for each configured session; market data gets its encoders, one for each wire form."""
    desk, hub, publisher, timestamps, counters = floor
    fix = settings.fix
    forms: dict[tuple[str, bool], int] = {}
    traders: list[FixClient] = []
    followers: list[FixMarketDataClient] = []
    for entry in settings.accounts.fix_sessions:
        numbers = desk.store.numbers(entry.sender_comp_id)
        session = Session(session_settings(entry, settings), numbers, timestamps)
        if entry.kind != _MARKET_DATA:
            traders.append(FixClient(entry, session, desk, timestamps, counters, fix.max_pending_bytes))
            continue
        terms = MarketDataFloor(
            hub=hub,
            publisher=publisher,
            form=_form_of(entry, forms, publisher),
            max_pending_bytes=fix.max_pending_bytes,
            max_subscriptions=fix.max_subscriptions,
            slow_consumer_s=fix.slow_consumer_s,
        )
        followers.append(FixMarketDataClient(entry, session, desk, timestamps, counters, terms))
    return FixParties(traders, followers)


def _form_of(entry: FixSession, forms: dict[tuple[str, bool], int], publisher: Publisher) -> int:
    """Return the wire form of a session; sessions that speak alike share it."""
    spoken = entry.begin_string, entry.extra_tags
    form = forms.get(spoken)
    if form is None:
        form = forms[spoken] = FIRST_FIX_FORM + len(forms)
        begin_string = entry.begin_string.encode("ascii")
        encoder = FixRefreshEncoder(begin_string, extra_tags=entry.extra_tags, clock=time.time_ns)
        publisher.add_encoder(form, encoder)
    return form


def session_settings(entry: FixSession, settings: GatewaySettings) -> SessionSettings:
    """Return the protocol's settings of one configured session."""
    fix = settings.fix
    heart_bt_int_min, heart_bt_int_max = entry.heart_bt_int(fix)
    return SessionSettings(
        begin_string=entry.begin_string.encode("ascii"),
        sender_comp_id=fix.target_comp_id.encode("ascii"),
        target_comp_id=entry.sender_comp_id.encode("ascii"),
        validate=validator_for(entry, settings.accounts_file).validate,
        heart_bt_int_min=heart_bt_int_min,
        heart_bt_int_max=heart_bt_int_max,
        sending_time_window=int(fix.sending_time_window_s * _NS),
        logon_timeout=int(fix.logon_timeout_s * _NS),
        logout_timeout=int(fix.logout_timeout_s * _NS),
        reset_on_logon=entry.reset_on_logon,
    )
