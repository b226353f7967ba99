"""The request and reply envelope: JSON objects in text messages.

Request ``{"id", "method", "params"}``; reply ``{"id", "status", "result" | "error"}``. NOT here: what
methods exist, what their params mean, and pushes (``gateway.dialects``).
"""

import re
from typing import Annotated, Any, Final, TypeAlias

import msgspec
import orjson

MAX_ID_LENGTH: Final = 36
MAX_METHOD_LENGTH: Final = 64

BAD_REQUEST: Final = 400
INVALID_JSON: Final = 1001
INVALID_REQUEST: Final = 1002

_MAX_ECHO: Final = 64
_AT_PATH: Final = re.compile(r" - at `\$\.?([^`]*)`$")
_UNKNOWN_FIELD: Final = "Object contains unknown field `"
_MISSING_FIELD: Final = "Object missing required field `"

_IntId = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_StrId = Annotated[str, msgspec.Meta(max_length=MAX_ID_LENGTH)]

RequestId: TypeAlias = int | str | None


class WireError(msgspec.Struct, frozen=True, gc=False):
    """The ``error`` of a reply: what was wrong (``code``, ``name``, ``msg``), where, and against which limit.

    ``field`` is the name of the wrong field, ``limit`` the bound, ``value`` what was sent; ``None`` where it
    does not apply.
    """

    code: int
    name: str
    msg: str
    field: str | None = None
    limit: str | int | None = None
    value: str | int | None = None


class EnvelopeError(Exception):
    """A message that is no request. ``id`` is the request's id where it can be had, else ``None``."""

    def __init__(self, request_id: RequestId, error: WireError) -> None:
        super().__init__(error.msg)
        self.id = request_id
        self.error = error


class Request(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """One request. ``params`` is a JSON object, not decoded yet; ``{}`` when absent."""

    method: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_METHOD_LENGTH)]
    id: _IntId | _StrId | None = None
    params: msgspec.Raw = msgspec.Raw(b"{}")


class _IdOnly(msgspec.Struct, gc=False):
    id: _IntId | _StrId | None = None


_request_decoder: Final = msgspec.json.Decoder(Request)
_id_decoder: Final = msgspec.json.Decoder(_IdOnly)


def decode_request(payload: bytes) -> Request:
    """Return the request in a text message.

    ``id`` is a 64-bit integer, a text of at most 36 characters, or null. Of a key given twice the last one
    counts. Raises ``EnvelopeError`` (status 400) for anything else than JSON with exactly these keys.
    """
    try:
        request = _request_decoder.decode(payload)
    except msgspec.ValidationError as error:
        raise EnvelopeError(_id_of(payload), _invalid_request(str(error))) from None
    except (ValueError, RecursionError) as error:
        # msgspec's DecodeError and UnicodeDecodeError are ValueErrors; deep nesting ends in RecursionError.
        text = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise EnvelopeError(None, WireError(INVALID_JSON, "INVALID_JSON", _cut(text, 200))) from None
    if bytes(request.params)[:1] != b"{":
        wrong = WireError(INVALID_REQUEST, "INVALID_REQUEST", "params must be an object", "params")
        raise EnvelopeError(request.id, wrong)
    return request


def encode_result(request_id: RequestId, result: object, *, status: int = 200) -> bytes:
    """Return the reply that carries ``result``: JSON values and msgspec structs."""
    return orjson.dumps({"id": request_id, "status": status, "result": result}, default=_plain)


def encode_error(
    request_id: RequestId,
    status: int,
    error: WireError,
    *,
    duplicate: bool = False,
    retry_after_ms: int = 0,
) -> bytes:
    """Return the reply that refuses a request. All six members of ``error`` are always present.

    ``duplicate`` adds a seventh, for the outcome of an earlier request that is said again, and so does
    ``retry_after_ms``, for what may be asked again after that time.
    """
    members: dict[str, object] = {
        "code": error.code,
        "name": error.name,
        "msg": error.msg,
        "field": error.field,
        "limit": error.limit,
        "value": error.value,
    }
    if duplicate:
        members["duplicate"] = True
    if retry_after_ms:
        members["retry_after_ms"] = retry_after_ms
    return orjson.dumps({"id": request_id, "status": status, "error": members})


def _plain(value: Any) -> dict[str, Any]:
    return msgspec.structs.asdict(value)


def _id_of(payload: bytes) -> RequestId:
    try:
        return _id_decoder.decode(payload).id
    except (ValueError, RecursionError):
        return None


def _invalid_request(text: str) -> WireError:
    """Turn msgspec's message into an error that names the field, with what the client sent cut short."""
    name = value = None
    if text.startswith(_UNKNOWN_FIELD):
        value = _cut(text[len(_UNKNOWN_FIELD) : -1], _MAX_ECHO)
        text = "unknown key"
    elif text.startswith(_MISSING_FIELD):
        name = text[len(_MISSING_FIELD) : -1]
        text = "missing key"
    else:
        at = _AT_PATH.search(text)
        if at is not None:
            name = at[1] or None
            text = text[: at.start()]
        text = text.replace("`", "")
    return WireError(INVALID_REQUEST, "INVALID_REQUEST", text, name, None, value)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[:limit] + "…"
