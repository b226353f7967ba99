import pytest

from gateway.store.commit_pace import FEW_COMMANDS, QUICK_NS, QUICK_RUN, SMALL_BYTES, CommitPace

QUICK = 300_000


def paced(*took: int) -> tuple[CommitPace, int]:
    """Return the pace after commits that took so long, with their own time between, and when it is again."""
    pace, now = CommitPace(), 1_000
    for each in took:
        pace.note(now, now + each)
        now += 2 * each
    return pace, now


def test_a_commit_is_short_behind_a_run_of_quick_ones() -> None:
    for run in range(QUICK_RUN):
        pace, now = paced(*[QUICK] * run)
        assert not pace.is_short(1, 100, now)
    pace, now = paced(*[QUICK] * QUICK_RUN)
    assert pace.is_short(1, 100, now)


def test_one_slow_commit_ends_the_run() -> None:
    pace, now = paced(*[QUICK] * 10, QUICK_NS + 1)
    assert not pace.is_short(1, 100, now)
    pace, now = paced(QUICK_NS + 1, *[QUICK_NS] * QUICK_RUN)
    assert pace.is_short(1, 100, now)


@pytest.mark.parametrize(
    ("commands", "size", "is_short"),
    [
        (0, 1, True),
        (FEW_COMMANDS, SMALL_BYTES, True),
        (FEW_COMMANDS + 1, 100, False),
        (1, SMALL_BYTES + 1, False),
    ],
)
def test_only_a_small_commit_is_short(commands: int, size: int, is_short: bool) -> None:
    pace, now = paced(*[QUICK] * QUICK_RUN)
    assert pace.is_short(commands, size, now) is is_short


def test_the_disk_has_to_have_been_idle_as_long_as_it_was_busy() -> None:
    pace, now = paced(*[QUICK] * QUICK_RUN)
    assert pace.is_short(1, 100, now)
    assert not pace.is_short(1, 100, now - 1)
