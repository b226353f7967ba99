"""The client's side of the wire for tests: handshake and frames, without the code under test."""

import struct
from collections.abc import Iterable

from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from protocols.ws import WsConnection, WsEvent, WsLimits

SECOND = 1_000_000_000
NOW = 1_000 * SECOND

HANDSHAKE = (
    b"GET /v1 HTTP/1.1\r\n"
    b"Host: 127.0.0.1:8080\r\n"
    b"Upgrade: websocket\r\n"
    b"Connection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"Sec-WebSocket-Version: 13\r\n"
    b"\r\n"
)

MASK = b"\x11\x22\x33\x44"


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0, mask: bool = True) -> bytes:
    """Return a client frame."""
    head = (0x80 if fin else 0) | rsv << 4 | opcode
    bit = 0x80 if mask else 0
    size = len(payload)
    if size < 126:
        header = struct.pack("!BB", head, bit | size)
    elif size < 65536:
        header = struct.pack("!BBH", head, bit | 126, size)
    else:
        header = struct.pack("!BBQ", head, bit | 127, size)
    if not mask:
        return header + payload
    return header + MASK + bytes(byte ^ MASK[i % 4] for i, byte in enumerate(payload))


def text(payload: bytes, *, fin: bool = True) -> bytes:
    return frame(1, payload, fin=fin)


def more(payload: bytes, *, fin: bool = False) -> bytes:
    return frame(0, payload, fin=fin)


def close(code: int | None = None, reason: bytes = b"") -> bytes:
    return frame(8, b"" if code is None else struct.pack("!H", code) + reason)


def connected(limits: WsLimits | None = None) -> WsConnection:
    """Return a connection that waits for the handshake since ``NOW``."""
    connection = WsConnection(limits or WsLimits())
    connection.connect(NOW)
    return connection


def opened(limits: WsLimits | None = None) -> WsConnection:
    """Return an open connection, its first event and answer taken."""
    connection = connected(limits)
    connection.receive_data(HANDSHAKE, NOW)
    assert connection.is_open
    connection.events()
    connection.data_to_send()
    return connection


def feed(connection: WsConnection, chunks: Iterable[bytes]) -> tuple[list[WsEvent], bytes]:
    """Feed ``chunks``; return all events and bytes that came out."""
    events: list[WsEvent] = []
    written = b""
    for chunk in chunks:
        connection.receive_data(chunk, NOW)
        written += connection.data_to_send()
        events += connection.events()
    return events, written


def ending(connection: WsConnection) -> str:
    """Return what the transport is to do: nothing, end its direction, or close."""
    if connection.finished:
        return "close"
    return "half-close" if connection.half_close else "stay"


def each_byte(data: bytes) -> list[bytes]:
    return [data[i : i + 1] for i in range(len(data))]


def server_frames(data: bytes) -> list[tuple[Opcode, bytes]]:
    """Read unmasked frames with websockets' own parser; all of ``data`` must be whole frames."""
    reader = StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    frames = []
    while reader.buffer:
        parser = Frame.parse(reader.read_exact, mask=False)
        try:
            next(parser)
        except StopIteration as stop:
            frames.append((stop.value.opcode, bytes(stop.value.data)))
    return frames


def status_of(response: bytes) -> int:
    """Return the status of one whole HTTP response, whose body is as long as it says."""
    head, _, body = response.partition(b"\r\n\r\n")
    status_line, *lines = head.decode("ascii").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    version, status, _ = status_line.split(" ", 2)
    assert version == "HTTP/1.1"
    assert len(body) == int(headers.get("content-length", "0"))
    return int(status)
