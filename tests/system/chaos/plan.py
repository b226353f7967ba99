"""When and how the gateway is killed, drawn from the seed."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_SELDOM, _OFTEN = (1, 3), (1, 100)

POINTS: Final = {
    "commit.encoded": _OFTEN,
    "commit.before_write": _OFTEN,
    "commit.half_written": _OFTEN,
    "commit.written": _OFTEN,
    "commit.done": _OFTEN,
    "flush.before": _OFTEN,
    "flush.after_first": _OFTEN,
    "flush.after": _OFTEN,
    "publish.after": _OFTEN,
    "rotate.before": _SELDOM,
    "rotate.after": _SELDOM,
    "snapshot.written": _SELDOM,
    "snapshot.renamed": _SELDOM,
}
"""The gateway's fault points, and at which passage of one it may end."""

IN_THE_CHILD: Final = ("snapshot.written", "snapshot.renamed")
"""Points in the process that writes snapshots: it ends, and the gateway is to be killed beside it."""

RANDOM: Final = "random instant"
AT_START: Final = "while it starts"


@dataclass(frozen=True, slots=True)
class Kill:
    """One kill: at the ``passage`` of a fault point, or after so many ``answers`` and then ``delay_s``.

    Of a point ``IN_THE_CHILD``, ``answers`` are what the gateway gives without the child before it is killed.
    ``AT_START`` counts ``delay_s`` from the start of the process. With ``client`` the answers of that one
    client count.
    """

    point: str
    passage: int = 0
    answers: int = 0
    delay_s: float = 0.0
    client: str | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What arms the fault point in the gateway."""
        return {"BDAX_CRASH_AT": f"{self.point}:{self.passage}"} if self.passage else {}


def kills(seed: int, count: int, slow_client: str) -> Iterator[Kill]:
    """Yield ``count`` kills, half of them through fault points, each of which comes up as often as another.

    ``slow_client`` reconnects so seldom that some kills have to wait for it.
    """
    chance = random.Random(f"{seed}-kills")
    points: list[str] = []
    for number in range(count):
        if number % 2:
            if not points:
                points = sorted(POINTS)
                chance.shuffle(points)
            point = points.pop()
            passage = chance.randint(*POINTS[point])
            yield Kill(point, passage, answers=chance.choice((0, 0, 100)))
        elif chance.random() < 0.12:
            yield Kill(AT_START, delay_s=chance.uniform(0.0, 0.6))
        else:
            delay_s = chance.uniform(0.0, 0.01)
            if chance.random() < 0.25:
                yield Kill(RANDOM, answers=chance.randint(1, 40), delay_s=delay_s, client=slow_client)
            else:
                yield Kill(RANDOM, answers=chance.randint(1, 300), delay_s=delay_s)
