"""QuickFIX and fixcore-engine log on with signatures, over TLS, and outside their hours."""

import datetime as dt
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.system.fix_engine import Credential, EngineClient, TlsFiles, by_ed25519, by_hmac
from tests.system.fix_exchange import (
    DESK_NAMES,
    DESKS,
    HMAC_SECRET,
    PRIVATE_KEY,
    Desk,
    ed25519_public_key,
    exchange,
    hmac_secret,
    place,
    pushes,
    schedule,
    screen,
    sessions_for,
)
from tests.system.fix_line import FixLine
from tests.system.fix_versions import VERSIONS, shown, told
from tests.system.gateway_process import GatewayProcess, eventually
from tests.system.tls import FIX_TLS, write_certificate

FIX_42, FIX_44, FIX_50 = VERSIONS
OPEN_FOR_S = 12
NAME = "client.example"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory, authority: trustme.CA) -> Iterator[GatewayProcess]:
    folder = tmp_path_factory.mktemp("exchange")
    write_certificate(folder, authority, "localhost", "127.0.0.1")
    hour, moment = dt.timedelta(hours=1), dt.timedelta(seconds=OPEN_FOR_S)
    sessions = [
        *sessions_for("TLS"),
        *sessions_for("HMAC", credential=hmac_secret()),
        *sessions_for("ED25519", credential=ed25519_public_key()),
        *sessions_for("CLOSED", more=schedule(2 * hour, 4 * hour)),
        *sessions_for("ENDING", more=schedule(-hour, moment)),
    ]
    with exchange(folder, sessions, tls=FIX_TLS) as running:
        yield running


@pytest.fixture(params=DESKS, ids=DESK_NAMES)
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Desk:
    engine, version = request.param
    return Desk(engine, version, tmp_path)


@pytest.fixture(scope="module", autouse=True)
def ending(market: GatewayProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineClient]:
    """A client whose session ends before long, logged on while the other tests run."""
    desk = Desk("fixcore", FIX_44, tmp_path_factory.mktemp("ending"))
    with desk.client(market.fix, "ENDING") as client:
        client.wait_state("logged on")
        yield client


def line_for(desk: Desk, gateway: GatewayProcess, files: TlsFiles) -> FixLine:
    """Return a line to the TLS listener: QuickFIX speaks TLS through it, it does for fixcore-engine."""
    if desk.engine == "quickfix":
        return FixLine(gateway.fix_tls)
    trust = ssl.create_default_context(cafile=str(files.authority))
    if files.certificate and files.key:
        trust.load_cert_chain(files.certificate, files.key)
    return FixLine(gateway.fix_tls, trust)


SIGNED = [
    *(("fixcore", version, kind) for version in VERSIONS for kind in ("HMAC", "ED25519")),
    ("quickfix", FIX_42, "HMAC"),
    ("quickfix", FIX_44, "ED25519"),
    ("quickfix", FIX_50, "HMAC"),
]


@pytest.mark.parametrize(
    ("desk", "kind"),
    [((engine, version), kind) for engine, version, kind in SIGNED],
    ids=[f"{engine} {version.begin_string} {kind}" for engine, version, kind in SIGNED],
    indirect=["desk"],
)
def test_a_signed_logon(desk: Desk, market: GatewayProcess, kind: str) -> None:
    name = desk.comp_id(kind)
    credential = by_hmac(name, HMAC_SECRET) if kind == "HMAC" else by_ed25519(name, PRIVATE_KEY)
    with desk.client(market.fix, kind, credential=credential) as client:
        client.wait_state("logged on")
        place(client, desk, [f"{kind}-1"])
        client.receive(t35="8", t150="0", t11=f"{kind}-1")


@pytest.mark.parametrize("kind", ["HMAC", "ED25519"])
@pytest.mark.parametrize("desk", [("fixcore", FIX_44)], ids=["fixcore"], indirect=True)
def test_a_wrong_signature_hears_nothing(desk: Desk, line: FixLine, kind: str) -> None:
    name = desk.comp_id(kind)
    other_key = Ed25519PrivateKey.generate()
    wrong: Credential = by_hmac(name, "another secret") if kind == "HMAC" else by_ed25519(name, other_key)
    with desk.client(line.address, kind, credential=wrong) as client:
        eventually(lambda: line.hung_up, "the end of the connection")
        assert "logged on" not in states(client)
    assert len(line.said("A")) >= 1
    assert line.heard("A") == line.heard("5") == []


@pytest.mark.parametrize(
    "desk", [("quickfix", FIX_44), ("fixcore", FIX_50)], ids=["quickfix", "fixcore"], indirect=True
)
def test_a_line_of_tls_breaks_and_loses_no_message(
    desk: Desk, market: GatewayProcess, authority: trustme.CA
) -> None:
    ca = desk.folder / "authority.pem"
    authority.cert_pem.write_to_path(str(ca))
    files = TlsFiles(ca)
    own_tls = files if desk.engine == "quickfix" else None
    names = [f"TLS-{n}" for n in range(9)]
    with (
        screen(market, desk.comp_id("TLS")) as own,
        line_for(desk, market, files) as line,
        desk.client(line.address, "TLS", tls=own_tls) as client,
    ):
        client.wait_state("logged on")
        place(client, desk, names[:3])
        reports = [client.receive(t150="0") for _ in range(3)]
        line.lose(heard_after=100)
        place(client, desk, names[3:6])
        executions = pushes(own, 6)
        line.cut()
        client.wait_state("logged out")
        client.wait_state("logged on")
        place(client, desk, names[6:])
        executions += pushes(own, 3)
        reports += [client.receive(t150="0") for _ in range(6)]
        assert client.is_quiet()
    assert [told(report) for report in reports] == [shown(execution) for execution in executions]
    assert [report[11] for report in reports] == names


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory, authority: trustme.CA) -> Iterator[GatewayProcess]:
    """A gateway that asks clients for certificates."""
    folder = tmp_path_factory.mktemp("strict")
    write_certificate(folder, authority, "localhost", "127.0.0.1")
    sessions = sessions_for("CERTIFIED", more=f'certificate_name = "{NAME}"')
    with exchange(folder, sessions, tls=f'{FIX_TLS}client_ca = "authority.pem"\n') as running:
        yield running


@pytest.mark.parametrize(
    "desk", [("quickfix", FIX_50), ("fixcore", FIX_42)], ids=["quickfix", "fixcore"], indirect=True
)
@pytest.mark.parametrize("shows", [NAME, "another.example", ""], ids=["its own", "another's", "none"])
def test_a_client_shows_a_certificate(
    desk: Desk, strict: GatewayProcess, authority: trustme.CA, shows: str
) -> None:
    files = write_certificate(desk.folder, authority, shows or NAME)
    if not shows:
        files = TlsFiles(files.authority)
    own_tls = files if desk.engine == "quickfix" else None
    seen = len(strict.log())
    with (
        line_for(desk, strict, files) as line,
        desk.client(line.address, "CERTIFIED", tls=own_tls) as client,
    ):
        if shows == NAME:
            client.wait_state("logged on")
            place(client, desk, ["CERTIFIED-1"])
            client.receive(t150="0", t11="CERTIFIED-1")
        else:
            eventually(lambda: line.hung_up, "the end of the connection")
            assert "logged on" not in states(client)
    # Without a certificate there is no TLS, and so no Logon.
    assert (shows == "another.example") == any(
        entry["event"] == "fix logon refused" for entry in strict.log()[seen:]
    )


@pytest.mark.parametrize(
    "desk", [("quickfix", FIX_42), *DESKS[3:]], ids=[DESK_NAMES[0], *DESK_NAMES[3:]], indirect=True
)
def test_a_session_outside_its_hours_is_refused(desk: Desk, line: FixLine) -> None:
    with desk.client(line.address, "CLOSED") as client:
        eventually(lambda: line.hung_up, "the end of the connection")
        assert "logged on" not in states(client)
    assert line.heard("A") == []


@pytest.mark.parametrize("desk", [("fixcore", FIX_44)], ids=["fixcore"], indirect=True)
def test_a_session_is_logged_out_at_its_end_and_refused_from_then_on(
    desk: Desk, line: FixLine, ending: EngineClient
) -> None:
    eventually(lambda: "logged out" in states(ending), "the end of the session", OPEN_FOR_S)
    assert ending.receive_admin("5")[58] == "the session has ended"
    with desk.client(line.address, "ENDING", reset_on_logon=True) as client:
        eventually(lambda: line.hung_up, "the end of the connection")
        assert "logged on" not in states(client)
    assert line.heard("A") == []


def states(client: EngineClient) -> list[str]:
    return list(client.inbox.states.queue)
