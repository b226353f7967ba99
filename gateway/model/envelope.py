"""The envelope of a state as msgpack: ``[format, version, state]``.

The state is read only when format and version are known. NOT here: what the states are, and where they are
kept.
"""

from typing import TypeVar

import msgspec

State = TypeVar("State")


class EnvelopeError(ValueError):
    """The bytes are no such state of this version. The message goes on from the state's name and says why."""


class _Envelope(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    format: str
    version: int
    state: msgspec.Raw


def encode_envelope(form: tuple[str, int], state: object) -> bytes:
    """Return ``state`` in its envelope; ``form`` is format and version."""
    raw = msgspec.Raw(msgspec.msgpack.encode(state))
    return msgspec.msgpack.encode(_Envelope(*form, raw))


def decode_envelope(encoded: bytes, form: tuple[str, int], kind: type[State]) -> State:
    """Return the state in ``encoded``, which has to be in ``form``. Raises ``EnvelopeError``."""
    try:
        envelope = msgspec.msgpack.decode(encoded, type=_Envelope)
        if (envelope.format, envelope.version) != form:
            raise EnvelopeError(
                f"is {envelope.format!r} version {envelope.version},"
                f" this gateway reads {form[0]!r} version {form[1]}"
            )
        return msgspec.msgpack.decode(envelope.state, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise EnvelopeError(f"is damaged: {error}") from error
