"""A gateway with a FIX session for every engine, version and purpose, each on an account of its own."""

import base64
import datetime as dt
import functools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.system.fix_engine import Credential, EngineClient, Initiator, TlsFiles, by_password
from tests.system.fix_versions import VERSIONS, FixVersion
from tests.system.fixcore_client import FixCoreClient
from tests.system.gateway_process import ROOT, GatewayProcess, bdax
from tests.system.quickfix_client import QuickFixClient
from tests.system.ws_client import WsPeer

ENGINES: dict[str, type[QuickFixClient] | type[FixCoreClient]] = {
    "quickfix": QuickFixClient,
    "fixcore": FixCoreClient,
}
PASSWORD = "a password"
HMAC_SECRET = "a secret of the tests"
PRIVATE_KEY = Ed25519PrivateKey.generate()
COUNTERPARTY = "COUNTER"
PRICE = "98000000"
PATIENCE_S = 15.0  # for a gateway that asks again after 10 s

_CONFIG = """
accounts_file = "accounts.toml"
instruments_file = "{config}/instruments.toml"
[logons]
max_failures = 1000
"""


@dataclass(frozen=True)
class Session:
    """An entry of the accounts file; ``more`` is further TOML of it."""

    comp_id: str
    version: FixVersion
    credential: str
    more: str = ""

    def toml(self) -> str:
        """Return the session, its account and the account's API key."""
        name = self.comp_id
        return (
            f'[[accounts]]\nid = "{name}"\n'
            f'[[api_keys]]\nid = "{name}"\naccount = "{name}"\nhmac_secret = "{HMAC_SECRET}"\n'
            f'[[fix_sessions]]\nsender_comp_id = "{name}"\naccount = "{name}"\n'
            f'begin_string = "{self.version.begin_string}"\n{self.credential}\n{self.more}\n'
        )


@functools.cache
def password_hash() -> str:
    """Return the key of an accounts file for ``PASSWORD``."""
    hashed = bdax("hash-password", stdin=f"{PASSWORD}\n").stdout.strip()
    return f'password_hash = "{hashed}"'


def hmac_secret() -> str:
    """Return the key of an accounts file for ``HMAC_SECRET``."""
    return f'hmac_secret = "{HMAC_SECRET}"'


def ed25519_public_key() -> str:
    """Return the key of an accounts file for ``PRIVATE_KEY``."""
    public = base64.b64encode(PRIVATE_KEY.public_key().public_bytes_raw()).decode()
    return f'ed25519_public_key = "{public}"'


def sessions_for(*purposes: str, credential: str = "", more: str = "") -> list[Session]:
    """Return a session for each purpose, engine and version, with ``PASSWORD`` if not with ``credential``."""
    return [
        Session(comp_id(engine, version, purpose), version, credential or password_hash(), more)
        for engine in ENGINES
        for version in VERSIONS
        for purpose in purposes
    ]


def comp_id(engine: str, version: FixVersion, purpose: str) -> str:
    """Return the SenderCompID of one of ``sessions_for``."""
    return f"{engine}-{version.name}-{purpose}"


def schedule(opens: dt.timedelta, closes: dt.timedelta) -> str:
    """Return the TOML of a session that opens and closes so long from now."""
    now = dt.datetime.now(dt.UTC)
    start, end = ((now + shift).strftime("%H:%M:%S") for shift in (opens, closes))
    return f'[fix_sessions.schedule]\nstart = "{start}"\nend = "{end}"\ntime_zone = "UTC"\n'


@contextmanager
def exchange(folder: Path, sessions: list[Session], *, tls: str = "") -> Iterator[GatewayProcess]:
    """Run a gateway for ``sessions`` and a counterparty on WebSocket; ``tls`` is the table of that name."""
    name = COUNTERPARTY
    entries = [session.toml() for session in sessions]
    entries.append(f'[[accounts]]\nid = "{name}"\n')
    entries.append(f'[[api_keys]]\nid = "{name}"\naccount = "{name}"\nhmac_secret = "{HMAC_SECRET}"\n')
    (folder / "accounts.toml").write_text("".join(entries))
    config = folder / "gateway.toml"
    config.write_text(_CONFIG.format(config=ROOT / "config") + tls)
    with GatewayProcess(folder, config=str(config)) as running:
        yield running


@contextmanager
def screen(gateway: GatewayProcess, account: str) -> Iterator[WsPeer]:
    """Return a WebSocket client of an account that has subscribed to its executions.

    In the end it cancels what the account has open.
    """
    with WsPeer(gateway.ws) as client:
        client.logon(account, HMAC_SECRET)
        client.result("subscribe", channels=["executions"])
        try:
            yield client
        finally:
            for order in client.result("orders.open"):
                client.result("order.cancel", order_id=order["order_id"])


@dataclass(frozen=True)
class Desk:
    """One engine with one version; makes clients for its sessions."""

    engine: str
    version: FixVersion
    folder: Path

    def client(
        self,
        address: tuple[str, int],
        purpose: str,
        *,
        credential: Credential | None = None,
        store: str = "store",
        reset_on_logon: bool = False,
        next_expected: bool = False,
        tls: TlsFiles | None = None,
    ) -> EngineClient:
        """Return a client that has not started; the same ``store`` gives it the numbers of an earlier one."""
        name = self.comp_id(purpose)
        folder = self.folder / store
        folder.mkdir(exist_ok=True)
        initiator = Initiator(
            address,
            name,
            credential or by_password(name, PASSWORD),
            folder,
            self.version.begin_string,
            reset_on_logon,
            next_expected,
            tls,
        )
        return ENGINES[self.engine](initiator)

    def comp_id(self, purpose: str) -> str:
        """Return the SenderCompID of a session."""
        return comp_id(self.engine, self.version, purpose)


def place(client: EngineClient, desk: Desk, names: list[str]) -> None:
    """Buy 0.1 each, by orders that rest."""
    for name in names:
        client.send("D", desk.version.limit(name, 1, "0.1", PRICE))


def sell(counterparty: WsPeer, quantity: str) -> None:
    """Trade with what rests."""
    taken = counterparty.result(
        "order.place",
        symbol="BTC-KRW",
        side="sell",
        type="limit",
        quantity=quantity,
        price=PRICE,
        time_in_force="ioc",
    )
    assert taken["filled_quantity"] == quantity


def pushes(own: WsPeer, count: int) -> list[dict[str, str]]:
    """Return the next executions of a ``screen``."""
    return [own.push("executions", timeout_s=PATIENCE_S)["data"] for _ in range(count)]


DESKS = [(engine, version) for engine in ENGINES for version in VERSIONS]
DESK_NAMES = [f"{engine} {version.begin_string}" for engine, version in DESKS]
