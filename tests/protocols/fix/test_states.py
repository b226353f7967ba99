"""The tables are whole: no message and no step finds a hole in them."""

import pytest

from protocols.fix import msg_types
from protocols.fix.states import (
    BETWEEN_CHUNKS,
    KINDS,
    READING,
    SEQUENCE_RULES,
    TRANSITIONS,
    Action,
    Kind,
    Relation,
    State,
    Step,
)


@pytest.mark.parametrize("relation", Relation)
@pytest.mark.parametrize("kind", Kind)
def test_every_pair_has_its_rule(relation: Relation, kind: Kind) -> None:
    assert (relation, kind) in SEQUENCE_RULES


def test_a_number_too_low_is_never_consumed() -> None:
    for kind in Kind:
        assert SEQUENCE_RULES[Relation.TOO_LOW, kind] in {Action.REFUSE, Action.ANSWER}
    assert SEQUENCE_RULES[Relation.TOO_LOW, Kind.APPLICATION] is Action.REFUSE
    assert SEQUENCE_RULES[Relation.TOO_LOW, Kind.GAP_FILL] is Action.REFUSE


def test_an_application_message_is_worked_only_in_its_turn() -> None:
    for relation in Relation:
        worked = SEQUENCE_RULES[relation, Kind.APPLICATION] is Action.WORK
        assert worked == (relation is Relation.EXPECTED)


def test_every_session_level_type_has_a_kind() -> None:
    assert set(KINDS) == msg_types.SESSION_MSG_TYPES


def test_every_state_but_the_ends_can_be_ended() -> None:
    for state in State:
        ended = TRANSITIONS.get((state, Step.DISCONNECT))
        assert ended is (None if state in {State.AWAY, State.ENDED} else State.ENDED)


def test_messages_are_worked_only_behind_an_answered_logon() -> None:
    assert {State.ESTABLISHED, State.LOGOUT_SENT} == READING
    assert TRANSITIONS[State.LOGON_PENDING, Step.LOGON_ANSWERED] is State.ESTABLISHED


def test_no_application_message_goes_between_chunks() -> None:
    assert BETWEEN_CHUNKS < msg_types.SESSION_MSG_TYPES
    assert msg_types.REJECT not in BETWEEN_CHUNKS
