"""What a benchmark found: a table, its figures, and whether its targets hold."""

from collections.abc import Sequence
from typing import NamedTuple


class Target(NamedTuple):
    """What was promised, in words with the figure, and whether it holds in this run."""

    text: str
    held: bool | None
    """``None`` where it was not measured."""


class Outcome(NamedTuple):
    """One benchmark's result. ``figures`` are what a program may read; ``rows`` what a person does."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    figures: dict[str, float]
    targets: Sequence[Target] = ()
    notes: Sequence[str] = ()

    @property
    def is_missed(self) -> bool:
        """Return whether a target that was measured does not hold."""
        return any(target.held is False for target in self.targets)

    def document(self) -> dict[str, object]:
        """Return all of it for a program: the rows as they are shown, the verdicts beside them."""
        targets = [{"text": target.text, "verdict": _verdict(target)} for target in self.targets]
        rows = [dict(zip(self.header, row, strict=True)) for row in self.rows]
        return {
            "title": self.title,
            "rows": rows,
            "figures": self.figures,
            "targets": targets,
            "notes": list(self.notes),
        }

    def markdown(self) -> str:
        """Return the table with its title, targets and notes."""
        lines = [f"## {self.title}", ""]
        lines += [_row(self.header), _row(["---"] * len(self.header)), *map(_row, self.rows)]
        lines += ["", *self.notes] if self.notes else []
        lines += ["", *(f"Target: {target.text}: {_verdict(target)}" for target in self.targets)]
        return "\n".join(lines).rstrip() + "\n"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _verdict(target: Target) -> str:
    if target.held is None:
        return "not measured"
    return "held" if target.held else "MISSED"
