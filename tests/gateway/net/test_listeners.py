"""Listening sockets: what cannot be used is one line; TLS is 1.2 and up, on both front ends."""

import asyncio
import contextlib
import logging
import ssl
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from gateway.net.listeners import ListenError, listen
from gateway.settings import TlsFiles, TlsSettings
from tests.gateway.net.running import PASSWORD, TIMEOUT_S, Running, StartRunning, hang_up, soon, watched

Changes = dict[str, dict[str, object]]


class Authority:
    """A certificate authority and a certificate of it for loopback."""

    def __init__(self, folder: Path) -> None:
        self._authority = trustme.CA()
        certificate = self._authority.issue_cert("127.0.0.1")
        self.files = {"certificate": str(folder / "cert.pem"), "key": str(folder / "key.pem")}
        chain = b"".join(blob.bytes() for blob in certificate.cert_chain_pems)
        Path(self.files["certificate"]).write_bytes(chain)
        certificate.private_key_pem.write_to_path(self.files["key"])

    def lose_key(self) -> None:
        """Leave something in the key's file that is none."""
        Path(self.files["key"]).write_text("nothing")

    def client(self) -> ssl.SSLContext:
        """Return the context of a client that trusts the authority."""
        context = ssl.create_default_context()
        self._authority.configure_trust(context)
        return context


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
async def secure(authority: Authority, start: StartRunning) -> Running:
    return await start(
        fix={"tls": TlsSettings(**authority.files, port=0)}, ws={"tls": TlsFiles(**authority.files)}
    )


def tls_port(gateway: Running) -> int:
    assert gateway.endpoints.fix_tls is not None
    return int(gateway.endpoints.fix_tls.rpartition(":")[2])


async def test_fix_over_tls(secure: Running, authority: Authority, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    peer = await secure.fix_session("ALICE", port=tls_port(secure), ssl=authority.client())
    closed = watched(secure.gateway.fix, "closed")
    peer.send(peer.order("o1"))
    assert (await peer.expect("8"))[11] == "o1"
    await peer.close()
    await soon(closed)
    assert caplog.messages == []


async def test_websocket_over_tls(
    secure: Running, authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    assert secure.endpoints.ws.startswith("wss://127.0.0.1:")
    peer = await secure.ws("ALICE", ssl=authority.client())
    assert (await peer.place("o1"))["status"] == "new"
    closed = watched(secure.gateway.ws, "closed")
    await peer.close()
    assert (await soon(closed))[1] == "peer"
    other = await secure.ws(ssl=authority.client())
    other.connection.transport.abort()
    assert (await soon(closed))[1] == "eof"
    broken = await secure.ws(ssl=authority.client())
    await broken.connection.send(b"binary")
    assert (await broken.end())[0] == 1003
    assert (await soon(closed))[1] == "violation"
    assert caplog.messages == []


async def test_goodbye_over_tls(secure: Running, authority: Authority) -> None:
    fix = await secure.fix_session("ALICE", port=tls_port(secure), ssl=authority.client())
    ws = await secure.ws(ssl=authority.client())
    end = asyncio.create_task(secure.shut_down())
    await fix.expect("5")
    fix.send(fix.encode("5"))
    assert (await ws.end())[0] == 1001
    await end
    assert secure.gateway.fix.counters.disconnects == {"logout_answered": 1}


async def test_old_tls_is_refused(secure: Running, authority: Authority) -> None:
    context = authority.client()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await secure.fix("ALICE", port=tls_port(secure), ssl=context)
    assert secure.gateway.fix.counters.connections == 0


async def test_plain_bytes_on_a_tls_port_are_dropped(secure: Running) -> None:
    peer = await secure.fix("ALICE", port=tls_port(secure))
    peer.send(peer.logon(PASSWORD))
    said = await peer.rest()
    assert b"8=FIX" not in said
    assert secure.gateway.fix.counters.connections == 0


async def test_a_handshake_that_fails_makes_no_connection(authority: Authority) -> None:
    connections: list[asyncio.Protocol] = []
    said: asyncio.Queue[tuple[asyncio.Protocol, bytes]] = asyncio.Queue()
    lost: asyncio.Queue[tuple[asyncio.Protocol, Exception | None]] = asyncio.Queue()

    class Connection(asyncio.Protocol):
        def __init__(self) -> None:
            connections.append(self)

        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            assert transport.get_extra_info("cipher")

        def data_received(self, data: bytes) -> None:
            said.put_nowait((self, data))

        def connection_lost(self, exc: Exception | None) -> None:
            lost.put_nowait((self, exc))

    listener = await listen("fix", "127.0.0.1", 0, Connection, TlsFiles(**authority.files))
    port = int(listener.address.rpartition(":")[2])
    with contextlib.closing(listener):
        reader, stranger = await asyncio.open_connection("127.0.0.1", port)
        stranger.write(b"GET / HTTP/1.1\r\n\r\n")
        async with asyncio.timeout(TIMEOUT_S):
            await reader.read()
        await hang_up(stranger)
        with pytest.raises(ssl.SSLError):
            await asyncio.open_connection("127.0.0.1", port, ssl=ssl.create_default_context())
        made_of_strangers = len(connections)
        _, client = await asyncio.open_connection("127.0.0.1", port, ssl=authority.client())
        client.write(b"hello")
        connection, data = await soon(said)
        await hang_up(client)
        assert await soon(lost) == (connection, None)
    assert (made_of_strangers, connections, data) == (0, [connection], b"hello")


async def test_a_client_must_present_a_certificate_where_it_is_asked_for_one(
    authority: Authority, start: StartRunning, tmp_path: Path
) -> None:
    ours = trustme.CA()
    ours.cert_pem.write_to_path(str(tmp_path / "clients.pem"))
    tls = TlsSettings(**authority.files, port=0, client_ca=str(tmp_path / "clients.pem"))
    gateway = await start(fix={"tls": tls})
    context = authority.client()
    ours.issue_cert("alice@example.com", common_name="ALICE").configure_cert(context)
    peer = await gateway.fix_session("ALICE", port=tls_port(gateway), ssl=context)
    assert gateway.client().line.certificate_name == "ALICE"
    peer.send(peer.order("o1"))
    await peer.expect("8")
    for stranger in (None, trustme.CA().issue_cert("mallory@example.com")):
        context = authority.client()
        if stranger is not None:
            stranger.configure_cert(context)
        with pytest.raises((ssl.SSLError, ConnectionError, EOFError)):
            await gateway.fix_session("BOB", port=tls_port(gateway), ssl=context)
    assert gateway.client("BOB").line is None


async def test_a_changed_certificate_is_taken_for_new_connections(
    secure: Running, authority: Authority, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    before = await secure.fix_session("ALICE", port=tls_port(secure), ssl=authority.client())
    renewed = Authority(tmp_path)
    secure.gateway.reload()
    with pytest.raises(ssl.SSLError):
        await secure.fix("BOB", port=tls_port(secure), ssl=authority.client())
    after = await secure.fix_session("BOB", port=tls_port(secure), ssl=renewed.client())
    for peer in (before, after):
        peer.send(peer.order(f"{peer.name}1"))
        await peer.expect("8")
    renewed.lose_key()
    secure.gateway.reload()
    assert "certificate not reloaded" in caplog.messages
    assert (await secure.fix_session("CAROL", port=tls_port(secure), ssl=renewed.client())).name == "CAROL"


# ---- what cannot be used


async def test_a_client_ca_that_cannot_be_read(authority: Authority) -> None:
    line = await refused(tls=TlsSettings(**authority.files, port=0, client_ca="gone.pem"))
    assert "client_ca gone.pem" in line


async def refused(host: str = "127.0.0.1", port: int = 0, tls: TlsFiles | None = None) -> str:
    """Return the one line of a listener that cannot be."""
    with pytest.raises(ListenError) as caught:
        await listen("fix", host, port, asyncio.Protocol, tls)
    line = str(caught.value)
    assert len(line.splitlines()) == 1
    return line


async def test_a_port_in_use(gateway: Running) -> None:
    line = await refused(port=gateway.fix_port)
    assert f"fix listener 127.0.0.1:{gateway.fix_port}: " in line


@pytest.mark.parametrize("host", ["no such host.invalid", "a..b", "x" * 80])
async def test_a_host_that_is_none(host: str) -> None:
    assert f"fix listener {host}:0: " in await refused(host=host)


def missing(files: dict[str, str]) -> dict[str, str]:
    return {**files, "certificate": files["certificate"] + ".gone"}


def no_certificate(files: dict[str, str]) -> dict[str, str]:
    Path(files["certificate"]).write_text("nothing")
    return files


def other_key(files: dict[str, str]) -> dict[str, str]:
    trustme.CA().issue_cert("127.0.0.1").private_key_pem.write_to_path(files["key"])
    return files


def key_under_a_passphrase(files: dict[str, str]) -> dict[str, str]:
    path = Path(files["key"])
    key = load_pem_private_key(path.read_bytes(), None)
    path.write_bytes(
        key.private_bytes(
            Encoding.PEM, PrivateFormat.TraditionalOpenSSL, BestAvailableEncryption(b"passphrase")
        )
    )
    return files


@pytest.mark.parametrize("spoil", [missing, no_certificate, other_key, key_under_a_passphrase])
async def test_a_certificate_that_cannot_be_used(
    authority: Authority, spoil: Callable[[dict[str, str]], dict[str, str]]
) -> None:
    files = spoil(authority.files)
    line = await refused(tls=TlsFiles(**files))
    assert files["certificate"] in line


async def test_an_ipv6_address_is_written_in_brackets() -> None:
    listener = await listen("fix", "::1", 0, asyncio.Protocol)
    assert listener.address.startswith("[::1]:")
    listener.close()
