"""Listening sockets, plain and TLS."""

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Final

from gateway.settings import TlsFiles

BACKLOG: Final = 4096
TLS_TIMEOUT_S: Final = 5.0
"""For the handshake, before the connection is one, and for the goodbye of TLS."""


class ListenError(Exception):
    """An address cannot be listened on, or its certificate cannot be used; one line says why."""


class Listener:
    """One listening address. ``address`` is ``HOST:PORT`` as bound."""

    def __init__(self, server: asyncio.Server, host: str) -> None:
        self._server = server
        port = server.sockets[0].getsockname()[1]
        self.address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def close(self) -> None:
        """Take no new connections; open ones stay."""
        self._server.close()


async def listen(
    name: str, host: str, port: int, factory: Callable[[], asyncio.Protocol], tls: TlsFiles | None = None
) -> Listener:
    """Listen on ``host:port``; port 0 takes a free one. Raises ``ListenError``."""
    context = None if tls is None else tls_context(tls)
    timeout = None if tls is None else TLS_TIMEOUT_S
    try:
        server = await asyncio.get_running_loop().create_server(
            factory,
            host,
            port,
            backlog=BACKLOG,
            ssl=context,
            ssl_handshake_timeout=timeout,
            ssl_shutdown_timeout=timeout,
        )
    except (OSError, ValueError) as error:
        # A host that no name service takes is a ValueError.
        reason = getattr(error, "strerror", None) or str(error)
        raise ListenError(f"{name} listener {host}:{port}: {reason}") from None
    return Listener(server, host)


def tls_context(files: TlsFiles) -> ssl.SSLContext:
    """Return a server context of TLS 1.2 and up. Raises ``ListenError`` that names the file."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        # A key under a passphrase is an error, not a question on the terminal.
        context.load_cert_chain(Path(files.certificate), Path(files.key), password="")
    except OSError as error:
        raise ListenError(f"certificate {files.certificate}, key {files.key}: {error}") from None
    return context
