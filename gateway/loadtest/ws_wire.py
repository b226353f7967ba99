"""The client's side of a WebSocket connection (RFC 6455), without I/O: as little as load takes.

Frames are masked with a key of zeros, which the standard allows and leaves the payload as it is. NOT here:
the gateway's messages.
"""

from typing import Final

_TEXT: Final = 0x81
_CLOSE: Final = 0x88
_PING: Final = 0x89
_PONG: Final = 0x8A
_MASKED: Final = 0x80
_NO_MASK: Final = bytes(4)
_MAX_HEAD: Final = 16_384
_MAX_MESSAGE: Final = 1 << 24
_KEY: Final = "AAAAAAAAAAAAAAAAAAAAAA=="


class WsWireError(Exception):
    """What came is no WebSocket, or the handshake was refused; ``str()`` says so in one line."""


class WsWire:
    """One connection. ``pongs`` are frames to be written; ``closed`` is code and reason once they came."""

    def __init__(self) -> None:
        self.is_open = False
        self.closed: tuple[int, str] | None = None
        self.pongs: list[bytes] = []
        self._tail = b""

    def receive(self, received: bytes) -> list[bytes]:
        """Return the text messages that are complete now; raise ``WsWireError``."""
        buffer = self._tail + received if self._tail else received
        at = 0
        if not self.is_open:
            end = buffer.find(b"\r\n\r\n")
            if end < 0:
                if len(buffer) > _MAX_HEAD:
                    raise WsWireError("no answer to the handshake")
                self._tail = buffer
                return []
            status = buffer.partition(b"\r\n")[0]
            if b" 101 " not in status + b" ":
                raise WsWireError(f"handshake refused: {status[:100].decode('ascii', 'backslashreplace')}")
            self.is_open = True
            at = end + 4
        messages = []
        size = len(buffer)
        while size - at >= 2:
            length = buffer[at + 1]
            start = at + 2
            if length == 126:
                start = at + 4
                length = int.from_bytes(buffer[at + 2 : start])
            elif length == 127:
                start = at + 10
                length = int.from_bytes(buffer[at + 2 : start])
            elif length > 127:
                raise WsWireError("a masked frame came from the server")
            if length > _MAX_MESSAGE:
                raise WsWireError(f"a message of {length:,} bytes, more than {_MAX_MESSAGE:,}")
            end = start + length
            if start > size or end > size:
                break
            if buffer[at] == _TEXT:
                messages.append(buffer[start:end])
            else:
                self._on_control(buffer[at], buffer[start:end])
            at = end
        self._tail = buffer[at:]
        return messages

    def _on_control(self, opcode: int, payload: bytes) -> None:
        if opcode == _PING:
            self.pongs.append(pong_frame(payload))
        elif opcode == _CLOSE:
            self.closed = int.from_bytes(payload[:2]), payload[2:].decode("utf-8", "replace")
        elif opcode != _PONG:
            raise WsWireError(f"unexpected frame {opcode:#04x}")


def handshake(host: str, path: str) -> bytes:
    """Return the request that opens a connection."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {_KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode()


def text_frame(payload: bytes) -> bytes:
    """Return one text message."""
    return _frame(_TEXT, payload)


def pong_frame(payload: bytes) -> bytes:
    """Return the answer to a ping."""
    return _frame(_PONG, payload)


def close_frame() -> bytes:
    """Return a close with code 1000."""
    return _frame(_CLOSE, b"\x03\xe8")


def _frame(opcode: int, payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        return b"%c%c%b%b" % (opcode, _MASKED | size, _NO_MASK, payload)
    return b"%c%c%b%b%b" % (opcode, _MASKED | 126, size.to_bytes(2), _NO_MASK, payload)
