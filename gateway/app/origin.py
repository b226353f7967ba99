"""What a replay needs beside the log: instruments, limits and bounds in force, as bytes in segments' headers.

Equal origins give equal bytes. NOT here: the segments (``gateway.store``), the configuration files
(``gateway.settings``).
"""

from typing import Any, Final

import msgspec

from gateway.marketdata import RingBounds
from gateway.model import Instrument, Instruments, TickTable
from gateway.orders import OrderLimits

FORMAT: Final = "bdax-origin"
VERSION: Final = 1


class OriginError(ValueError):
    """The bytes are no origin that this gateway reads. The message says why, in one line."""


class Origin(msgspec.Struct, frozen=True):
    """The configuration that the state depends on."""

    instruments: Instruments
    limits: OrderLimits
    rings: RingBounds = RingBounds()

    def encode(self) -> bytes:
        """Return the origin as JSON, which has room for notional amounts beyond 64 bits."""
        instruments = self.instruments
        retired = list(instruments.retired.values())
        content = _Content(list(instruments.values()), self.limits, retired, self.rings)
        raw = msgspec.Raw(_ENCODER.encode(content))
        return _ENCODER.encode(_Envelope(FORMAT, VERSION, raw))

    @classmethod
    def decode(cls, encoded: bytes) -> "Origin":
        """Return the origin in ``encoded``. Raises ``OriginError``."""
        try:
            envelope = msgspec.json.decode(encoded, type=_Envelope)
            if envelope.format != FORMAT or envelope.version != VERSION:
                raise OriginError(
                    f"origin is {envelope.format[:32]!r} version {envelope.version},"
                    f" this gateway reads {FORMAT!r} version {VERSION}"
                )
            content = msgspec.json.decode(envelope.content, type=_Content, dec_hook=_decode_ticks)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise OriginError(f"origin is damaged: {error}") from None
        return cls(Instruments(content.instruments, content.retired), content.limits, content.rings)


class _Content(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    instruments: list[Instrument]
    limits: OrderLimits
    retired: list[Instrument] = []
    rings: RingBounds = RingBounds()


class _Envelope(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    format: str
    version: int
    content: msgspec.Raw


def _encode_ticks(value: Any) -> list[tuple[int, int]]:
    # The tick table is the only type in an instrument that msgspec does not know.
    return list(value)


def _decode_ticks(kind: type, value: Any) -> TickTable:
    del kind
    return TickTable((start, tick) for start, tick in value)


_ENCODER: Final = msgspec.json.Encoder(enc_hook=_encode_ticks, order="deterministic")
