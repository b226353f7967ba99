"""FIX text for tests: ``|`` stands for SOH. Independent of the codec under test."""

from collections.abc import Sequence


def soh(text: str) -> bytes:
    """Return wire bytes of ``tag=value|tag=value|`` text."""
    return text.encode("latin-1").replace(b"|", b"\x01")


def framed(content: bytes, begin_string: bytes = b"FIX.4.4") -> bytes:
    """Return ``content`` (``35=…`` to the last body field) with a right BodyLength and CheckSum."""
    head = b"8=" + begin_string + b"\x019=" + str(len(content)).encode() + b"\x01" + content
    return head + b"10=" + str(sum(head) % 256).zfill(3).encode() + b"\x01"


def message(text: str, begin_string: bytes = b"FIX.4.4") -> bytes:
    """Return a whole message of the ``35=…|`` text."""
    return framed(soh(text), begin_string)


def pieces(stream: bytes, sizes: Sequence[int]) -> list[bytes]:
    """Cut ``stream`` into pieces of the given sizes, in turn, and the rest."""
    found = []
    at = 0
    for size in sizes:
        found.append(stream[at : at + size])
        at += size
    return [*found, stream[at:]]
