"""What goes wrong with clients and their gateway, as plans, and how hypothesis draws them.

A plan fixes what is done, not the moment to the microsecond: processes and kernel have their own time. NOT
here: who carries a plan out (``follower``, ``market``).
"""

from typing import Final, Literal, NamedTuple, TypeAlias, TypeVar

from hypothesis import strategies as st

RAW: Final = ("book.BTC-KRW", "l3.BTC-KRW", "bbo.BTC-KRW", "trades.BTC-KRW", "book.ETH-KRW", "trades.ETH-KRW")
VIEWS: Final = (
    "book.BTC-KRW.5.raw",
    "book.BTC-KRW.10.20ms",
    "book.ETH-KRW.5.100ms",
    "book.BTC-KRW.10.20ms.g5000",
    "book.ETH-KRW.20.raw.g2000",
)
MANY: Final = (*RAW, *VIEWS, "l3.ETH-KRW", "bbo.ETH-KRW", "book.BTC-KRW.50.raw", "book.ETH-KRW.50.raw")
SILENT: Final = "book.XRP-KRW"

Mode: TypeAlias = Literal["every", "conflate", "interval"]


class Form(NamedTuple):
    """How a connection talks: as MessagePack or JSON, deflated or not."""

    packed: bool = False
    deflated: bool = False


class Wish(NamedTuple):
    """How a channel is followed. ``resumes``: from where it is known, if it is."""

    mode: Mode = "every"
    interval_ms: int = 40
    checksum: bool = False
    resumes: bool = True


class Fault(NamedTuple):
    """What a client does to itself after a while: ``extent`` in percent, of what is long or many.

    ``drop`` ends the connection without a word, ``leave`` with one; ``stall`` stops reading; ``change``
    leaves a channel and follows it in another way.
    """

    after_ms: int
    kind: Literal["drop", "leave", "stall", "change"]
    extent: int = 0


class Restart(NamedTuple):
    """An end of the gateway, by SIGKILL or in order, and its new start."""

    after_ms: int
    kills: bool


class Plan(NamedTuple):
    """One client. It takes the forms for its connections, the wishes for its subscriptions, in turn.

    ``slow``: little is buffered between the gateway and it, and when it stops reading, then until more has
    been said than that.
    """

    channels: tuple[str, ...]
    slow: bool = False
    forms: tuple[Form, ...] = (Form(),)
    wishes: tuple[Wish, ...] = (Wish(), Wish(checksum=True))
    faults: tuple[Fault, ...] = ()


class Scene(NamedTuple):
    """Clients at the same time, and what becomes of the gateway meanwhile."""

    plans: tuple[Plan, ...]
    restarts: tuple[Restart, ...] = ()


STEADY: Final = Plan((*RAW, *VIEWS, SILENT))
"""A client to whom nothing happens."""

EVERYTHING: Final = Scene(
    (
        Plan(MANY, slow=True, faults=(Fault(100, "stall", 50), Fault(300, "stall", 100))),
        Plan(
            MANY,
            slow=True,
            forms=(Form(packed=True), Form()),
            wishes=(Wish("conflate"), Wish(checksum=True), Wish("interval", 200)),
            faults=(Fault(200, "stall", 100), Fault(400, "change", 30), Fault(100, "drop")),
        ),
        Plan(
            RAW,
            forms=(Form(), Form(packed=True, deflated=True)),
            faults=(Fault(300, "drop"), Fault(200, "leave"), Fault(100, "stall", 80)),
        ),
    ),
    (Restart(600, kills=True), Restart(300, kills=False)),
)
"""Each fault once, whatever else is drawn."""

_Part = TypeVar("_Part")
_PERCENT: Final = st.integers(0, 100)
_FORMS: Final = st.builds(Form, st.booleans(), st.booleans())
_WISHES: Final = st.builds(
    Wish,
    st.sampled_from(("every", "conflate", "interval")),
    st.sampled_from((10, 40, 200)),
    st.booleans(),
    # More often than not, or hardly anything would be resumed.
    st.sampled_from((True, True, True, False)),
)
_FAULTS: Final = st.builds(
    Fault, st.integers(0, 500), st.sampled_from(("drop", "stall", "change", "leave")), _PERCENT
)


def _some(of: st.SearchStrategy[_Part], least: int, most: int) -> st.SearchStrategy[tuple[_Part, ...]]:
    return st.lists(of, min_size=least, max_size=most).map(tuple)


PLANS: Final = st.builds(
    Plan,
    st.sampled_from((RAW, VIEWS, MANY)),
    st.booleans(),
    _some(_FORMS, 1, 4),
    _some(_WISHES, 1, 8),
    _some(_FAULTS, 1, 8),
)
SCENES: Final = st.builds(
    Scene,
    _some(PLANS, 1, 4),
    _some(st.builds(Restart, st.integers(0, 800), st.booleans()), 0, 2),
)
