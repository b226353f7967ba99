"""Listening sockets, plain and TLS."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Final

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
    certificate = None if tls is None else Certificate(tls)
    timeout = None if certificate is None else TLS_TIMEOUT_S
    try:
        server = await asyncio.get_running_loop().create_server(
            factory,
            host,
            port,
            backlog=BACKLOG,
            ssl=None if certificate is None else certificate.context,
            ssl_handshake_timeout=timeout,
            ssl_shutdown_timeout=timeout,
        )
    except (OSError, ValueError) as error:
        # A host that no name service takes is a ValueError.
        reason = getattr(error, "strerror", None) or str(error)
        raise ListenError(f"{name} listener {host}:{port}: {reason}") from None
    return Listener(server, host, certificate)
