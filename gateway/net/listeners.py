"""Listening sockets, plain and TLS."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, cast

from gateway.settings import TlsFiles, TlsSettings

BACKLOG: Final = 4096
TLS_TIMEOUT_S: Final = 5.0
"""For the handshake, before the connection is one, and for the goodbye of TLS."""


class ListenError(Exception):
    """An address cannot be listened on, or its certificate cannot be used; one line says why."""


class Certificate:
    """A server certificate and what is asked of clients, for one listener.

    TLS 1.2 and up. With a ``client_ca`` every client must present a certificate that an authority in it
    signed. Raises ``ListenError`` that names the file.
    """

    def __init__(self, files: TlsFiles) -> None:
        self._files = files
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.reload()
        client_ca = files.client_ca if isinstance(files, TlsSettings) else None
        if client_ca is not None:
            self.context.verify_mode = ssl.CERT_REQUIRED
            try:
                self.context.load_verify_locations(client_ca)
            except OSError as error:
                raise ListenError(f"client_ca {client_ca}: {error}") from None

    def reload(self) -> None:
        """Read certificate and key again, for connections from now on; on a fault the old ones stay."""
        certificate, key = Path(self._files.certificate), Path(self._files.key)
        try:
            # Into a context of its own first, so that a half-changed pair does no harm. A key under a
            # passphrase is an error, not a question on the terminal.
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
            self.context.load_cert_chain(certificate, key, password="")
        except OSError as error:
            raise ListenError(f"certificate {certificate}, key {key}: {error}") from None


class _Handshake(asyncio.Protocol):
    """Stands for a connection until its TLS handshake is done.

    A handshake that fails, or never ends, is told to no protocol: nothing would take apart what a connection
    is made of, which is in cycles from its beginning.
    """

    def __init__(self, factory: Callable[[], asyncio.Protocol]) -> None:
        self._factory = factory

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Put the connection in this one's place."""
        connection = self._factory()
        # uvloop's transports have the interface without the base class.
        cast("asyncio.Transport", transport).set_protocol(connection)
        connection.connection_made(transport)


class Listener:
    """One listening address. ``address`` is ``HOST:PORT`` as bound."""

    def __init__(self, server: asyncio.Server, host: str, certificate: Certificate | None) -> None:
        self._server = server
        self._certificate = certificate
        port = server.sockets[0].getsockname()[1]
        self.address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def bound_kernel(self, *, unsent_bytes: int, send_buffer: int) -> None:
        """Bound what the kernel holds for each connection from now on; 0 leaves it to the kernel.

        ``unsent_bytes`` is TCP_NOTSENT_LOWAT of tcp(7), ``send_buffer`` SO_SNDBUF of socket(7), which counts
        what the peer has not acknowledged too. Connections have them of their listener.
        """
        for listening in self._server.sockets:
            if unsent_bytes:
                listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, unsent_bytes)
            if send_buffer:
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)

    def reload(self) -> bool:
        """Read a changed certificate; open connections go on. ``False``: there is none to read.

        Raises ``ListenError``.
        """
        if self._certificate is None:
            return False
        self._certificate.reload()
        return True

    def close(self) -> None:
        """Take no new connections; open ones stay."""
        self._server.close()


async def listen(
    name: str, host: str, port: int, factory: Callable[[], asyncio.Protocol], tls: TlsFiles | None = None
) -> Listener:
    """Listen on ``host:port``; port 0 takes a free one. Raises ``ListenError``."""
    return await _serve(name, host, factory, tls, host=host, port=port)


async def listen_on(
    name: str,
    bound: socket.socket,
    host: str,
    factory: Callable[[], asyncio.Protocol],
    tls: TlsFiles | None = None,
) -> Listener:
    """Take connections from a socket that is bound to ``host`` already. Raises ``ListenError``."""
    return await _serve(name, host, factory, tls, sock=bound)


async def _serve(
    name: str,
    shown: str,
    factory: Callable[[], asyncio.Protocol],
    tls: TlsFiles | None,
    **address: Any,
) -> Listener:
    certificate = None if tls is None else Certificate(tls)
    timeout = None if certificate is None else TLS_TIMEOUT_S
    try:
        server = await asyncio.get_running_loop().create_server(
            factory if certificate is None else lambda: _Handshake(factory),
            backlog=BACKLOG,
            ssl=None if certificate is None else certificate.context,
            ssl_handshake_timeout=timeout,
            ssl_shutdown_timeout=timeout,
            **address,
        )
    except (OSError, ValueError) as error:
        raise _unusable(name, f"{shown}:{address.get('port', '')}", error) from None
    return Listener(server, shown, certificate)


def bind_shared(name: str, host: str, port: int, count: int) -> list[list[socket.socket]]:
    """Bind ``count`` sets of sockets to ``host:port``, one for each address of ``host`` in each set.

    The kernel spreads connections over the sets (SO_REUSEPORT of socket(7)); they wait in the set's queue,
    whoever takes them. Port 0 takes a free one. Raises ``ListenError``; also where another process has the
    address, which SO_REUSEPORT alone would share.
    """
    bound: list[list[socket.socket]] = []
    try:
        infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        addresses = list(dict.fromkeys((family, where) for family, _, _, _, where in infos))
        for _ in range(count):
            of_one: list[socket.socket] = []
            bound.append(of_one)
            for family, where in addresses:
                free = bound[0][0].getsockname()[1] if bound[0] else port
                place = (where[0], free, *where[2:])
                if len(bound) == 1:
                    # Raises when the address is somebody else's.
                    _bind(family, place, shared=False).close()
                sock = _bind(family, place, shared=True)
                of_one.append(sock)
                sock.listen(BACKLOG)
    except (OSError, UnicodeError) as error:
        for of_one in bound:
            for sock in of_one:
                sock.close()
        raise _unusable(name, f"{host}:{port}", error) from None
    return bound


def _bind(family: int, where: tuple[Any, ...], *, shared: bool) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.settimeout(0)
        sock.bind(where)
    except OSError:
        sock.close()
        raise
    return sock


def _unusable(name: str, address: str, error: Exception) -> ListenError:
    # A host that no name service takes is a ValueError.
    reason = getattr(error, "strerror", None) or str(error)
    return ListenError(f"{name} listener {address}: {reason}")
