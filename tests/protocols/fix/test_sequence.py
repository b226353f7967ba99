"""The inbound sequence, against a model that is a plain dict."""

from hypothesis import given
from hypothesis import strategies as st

from protocols.fix import Message, scan
from protocols.fix.sequence import InboundSequence
from protocols.fix.states import Relation
from tests.fuzz.weight import held_bytes
from tests.protocols.fix.acceptor import START, StoredNumbers
from tests.protocols.fix.wire import message


def numbered(number: int, *, poss_dup: bool = False) -> Message:
    return scan(message(f"35=D|34={number}|{'43=Y|' if poss_dup else ''}"))


def test_relation() -> None:
    sequence = InboundSequence(StoredNumbers(next_in=5), 1000)
    assert sequence.relation(numbered(5)) is Relation.EXPECTED
    assert sequence.relation(numbered(6)) is Relation.TOO_HIGH
    assert sequence.relation(numbered(6, poss_dup=True)) is Relation.TOO_HIGH
    assert sequence.relation(numbered(4, poss_dup=True)) is Relation.SEEN
    assert sequence.relation(numbered(4)) is Relation.TOO_LOW


def test_a_gap_is_revealed_once_and_again_by_a_hole_in_its_resend() -> None:
    numbers = StoredNumbers()
    sequence = InboundSequence(numbers, 10_000)
    assert sequence.reveals_gap(numbered(5))
    sequence.asked(5, START)
    assert not sequence.reveals_gap(numbered(6))
    sequence.advance_to(2, START)
    assert sequence.reveals_gap(numbered(3, poss_dup=True))
    assert not sequence.reveals_gap(numbered(4, poss_dup=True))
    sequence.advance_to(5, START)
    assert not sequence.is_open
    assert sequence.reveals_gap(numbered(7))


def test_attempts_start_again_with_progress() -> None:
    sequence = InboundSequence(StoredNumbers(), 10_000)
    sequence.asked(5, START)
    sequence.asked_again(START + 1)
    sequence.asked_again(START + 2)
    assert (sequence.attempts, sequence.waiting_since) == (2, START + 2)
    sequence.advance_to(2, START + 3)
    assert (sequence.attempts, sequence.waiting_since) == (0, START + 3)


def test_the_first_of_two_under_one_number_is_kept() -> None:
    sequence = InboundSequence(StoredNumbers(), 10_000)
    first = numbered(1)
    sequence.queue(first)
    sequence.queue(numbered(1, poss_dup=True))
    turn = sequence.turn()
    assert turn is not None
    assert turn.frame is first.raw
    assert sequence.turn() is None


def test_a_number_served_before_its_turn_replaces_what_waits() -> None:
    sequence = InboundSequence(StoredNumbers(), 10_000)
    sequence.queue(numbered(1))
    sequence.served(1)
    turn = sequence.turn()
    assert turn is not None
    assert turn.frame is None


def test_what_waits_in_small_pieces_takes_no_more_memory_than_it_counts() -> None:
    sequence = InboundSequence(StoredNumbers(), 100_000)
    for number in range(2, 200):
        sequence.queue(scan(message(f"35=D|34={number}|" + "9=|" * 1000)))
    assert held_bytes(sequence) < 2 * 100_000


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("queue"), st.integers(1, 12)),
            st.tuples(st.just("served"), st.integers(1, 12)),
            st.tuples(st.just("advance"), st.integers(1, 10**15)),
            st.tuples(st.just("turn"), st.just(0)),
        ),
        max_size=30,
    )
)
def test_it_keeps_what_a_dict_would_and_within_its_bound(steps: list[tuple[str, int]]) -> None:
    numbers = StoredNumbers()
    sequence = InboundSequence(numbers, 1 << 20)
    model: dict[int, bool] = {}
    for step, number in steps:
        if step == "queue" and number >= numbers.next_in:
            sequence.queue(numbered(number))
            model.setdefault(number, True)
        elif step == "served" and number >= numbers.next_in:
            sequence.served(number)
            model[number] = False
        elif step == "advance":
            target = numbers.next_in + number
            sequence.advance_to(target, START)
            model = {key: kept for key, kept in model.items() if key >= target}
        elif step == "turn":
            turn = sequence.turn()
            expected = model.pop(numbers.next_in, None)
            assert (None if turn is None else turn.frame is not None) == expected
    assert {key: turn.frame is not None for key, turn in sequence._queue.items()} == model
    sizes = [128 + len(turn.frame or b"") for turn in sequence._queue.values()]
    assert sequence._queued_bytes == sum(sizes)
