"""What the echo application answers: orders and security definitions come back as they are.

NOT here: the session (``echo_client``), sockets (``echo_connection``).
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from protocols.fix import Dictionary, Member, Message, msg_types, tags

MAX_SEEN: Final = 100_000
"""ClOrdIDs remembered per session; above it the oldest are forgotten."""

_ECHOED: Final = frozenset((msg_types.NEW_ORDER_SINGLE, msg_types.SECURITY_DEFINITION))
_NOTHING: Final[frozenset[bytes]] = frozenset()


class Echo(NamedTuple):
    """The answer to one message: ``poss_resend`` asks for PossResend(97)=Y in its header."""

    msg_type: bytes
    body: bytes
    poss_resend: bool


class EchoApplication:
    """The application of one session."""

    def __init__(self, dictionary: Dictionary) -> None:
        self.appl_ver_id = dictionary.appl_ver_id
        self._dictionary = dictionary
        self._frame = frozenset(member.field.tag for member in (*dictionary.header, *dictionary.trailer))
        self._groups: dict[bytes, dict[bytes, frozenset[bytes]]] = {}
        self._seen: dict[bytes, None] = {}

    def supports(self, message: Message) -> bool:
        """Tell whether the type of ``message`` is one that comes back."""
        return message.msg_type in _ECHOED

    def answer(self, message: Message) -> Echo | None:
        """Return the echo of a valid message; ``None`` for a possible resend of an order seen before."""
        cl_ord_id = message.fields.get(tags.CL_ORD_ID)
        if cl_ord_id is not None:
            seen = self._seen
            if message.poss_resend and cl_ord_id in seen:
                return None
            seen[cl_ord_id] = None
            if len(seen) > MAX_SEEN:
                del seen[next(iter(seen))]
        return Echo(message.msg_type, self.body(message), message.poss_resend)

    def forget(self) -> None:
        """Begin anew: the sequence was reset, so no order of before is of this session."""
        self._seen.clear()

    def body(self, message: Message) -> bytes:
        """Return the body in ascending tag order; what a repeating group holds stays behind its count."""
        pairs = [pair for pair in message.pairs() if pair[0] not in self._frame]
        groups = self._groups_of(message.msg_type)
        blocks: list[tuple[int, bytes]] = []
        at = 0
        while at < len(pairs):
            tag = pairs[at][0]
            inside = groups.get(tag, _NOTHING)
            end = at + 1
            while end < len(pairs) and pairs[end][0] in inside:
                end += 1
            blocks.append((int(tag), b"".join(b"%b=%b\x01" % pair for pair in pairs[at:end])))
            at = end
        blocks.sort(key=_tag)
        return b"".join(block for _, block in blocks)

    def _groups_of(self, msg_type: bytes) -> dict[bytes, frozenset[bytes]]:
        """Return each count of a repeating group in the body to all tags inside it, at any depth."""
        groups = self._groups.get(msg_type)
        if groups is None:
            definition = self._dictionary.messages.get(msg_type)
            groups = {
                member.field.tag: frozenset(_inside(member))
                for member in (definition.members if definition else ())
                if member.group
            }
            self._groups[msg_type] = groups
        return groups


def _tag(block: tuple[int, bytes]) -> int:
    return block[0]


def _inside(counter: Member) -> Iterator[bytes]:
    for member in counter.group:
        yield member.field.tag
        yield from _inside(member)
