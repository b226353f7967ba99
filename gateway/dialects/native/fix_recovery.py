"""Fill recovery by ExecID(17): user-defined messages that FIX has no word for, in every version.

ExecutionsRequest (U1) asks for the ExecutionReports after an ExecID that the client has seen. They come again
with PossResend(97) Y and new numbers; ExecutionsComplete (U2) ends them. NOT here: which reports
(``gateway.net``), and the messages' place in a dictionary's files.
"""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

import msgspec

from gateway.dialects.native.fix_orders import BusinessReject
from gateway.dialects.native.fix_values import incorrect, request_id
from protocols.fix import (
    BusinessRejectReason,
    Dictionary,
    Field,
    Member,
    Message,
    MessageDefinition,
)
from protocols.fix.tags import EXEC_ID, TOT_NUM_REPORTS

EXECUTIONS_REQUEST: Final = b"U1"
EXECUTIONS_COMPLETE: Final = b"U2"
POSS_RESEND: Final = b"97=Y\x01"
EXECUTIONS_REQ_ID: Final = b"20012"
_EXECUTIONS_REQ_ID: Final = Field(EXECUTIONS_REQ_ID, "ExecutionsReqID", "STRING")
_HISTORY_GAP: Final = Field(b"20013", "HistoryGap", "BOOLEAN")
_TOT_NUM_REPORTS: Final = Field(TOT_NUM_REPORTS, "TotNumReports", "INT")
_EXEC_ID_FORM: Final = re.compile(rb"([0-9]{1,18})-([0-9]{1,9})\Z")


class ExecutionsRequest(NamedTuple):
    """U1: its id, and (eseq, n) of the last execution seen, ``None`` to begin with the oldest kept."""

    request_id: bytes
    seen: tuple[int, int] | None


def decode_executions_request(message: Message) -> ExecutionsRequest:
    """Decode ExecutionsRequest(U1). Raises ``SessionReject`` for what is malformed."""
    req_id = request_id(message, str(_EXECUTIONS_REQ_ID), _EXECUTIONS_REQ_ID.tag)
    exec_id = message.fields.get(EXEC_ID)
    if exec_id is None:
        return ExecutionsRequest(req_id, None)
    form = _EXEC_ID_FORM.match(exec_id)
    if form is None:
        raise incorrect("ExecID(17)", EXEC_ID, exec_id, "as in an ExecutionReport, <number>-<number>")
    return ExecutionsRequest(req_id, (int(form[1]), int(form[2])))


def unknown_execution(seen: tuple[int, int], account: str) -> BusinessReject:
    """Return the answer to a request after an execution that the account never had."""
    text = f"ExecID(17) {seen[0]}-{seen[1]} names no execution of Account(1) {account}"
    return BusinessReject(BusinessRejectReason.UNKNOWN_ID, text)


def recovery_in_progress(request_id: bytes) -> BusinessReject:
    """Return the answer to a request while another one of the session is being worked."""
    text = f"{_EXECUTIONS_REQ_ID} {request_id.decode('ascii')} is being answered; U2 ends it"
    return BusinessReject(BusinessRejectReason.APPLICATION_NOT_AVAILABLE, text)


def encode_executions_complete(
    request_id: bytes, reports: int, last_exec_id: bytes, *, has_gap: bool
) -> bytes:
    """Return the body of ExecutionsComplete(U2).

    ``last_exec_id`` is that of the last report, empty when there was none; ``has_gap`` says that executions
    before the first one that is kept any more were asked for.
    """
    return b"20012=%b\x01911=%d\x01%b20013=%b\x01" % (
        request_id,
        reports,
        b"17=%b\x01" % last_exec_id if last_exec_id else b"",
        b"Y" if has_gap else b"N",
    )


def with_recovery(dictionary: Dictionary) -> Dictionary:
    """Return ``dictionary`` with U1 and U2. FIX.4.2 gets TotNumReports(911) for it too."""
    tot_num_reports = dictionary.fields.get(TOT_NUM_REPORTS, _TOT_NUM_REPORTS)
    own = {field.tag: field for field in (_EXECUTIONS_REQ_ID, _HISTORY_GAP, tot_num_reports)}
    exec_id = dictionary.fields[EXEC_ID]
    definitions = (
        MessageDefinition(
            EXECUTIONS_REQUEST,
            "ExecutionsRequest",
            (Member(_EXECUTIONS_REQ_ID, required=True), Member(exec_id, required=False)),
        ),
        MessageDefinition(
            EXECUTIONS_COMPLETE,
            "ExecutionsComplete",
            (
                Member(_EXECUTIONS_REQ_ID, required=True),
                Member(tot_num_reports, required=True),
                Member(exec_id, required=False),
                Member(_HISTORY_GAP, required=True),
            ),
        ),
    )
    messages: Mapping[bytes, MessageDefinition] = {
        **dictionary.messages,
        **{definition.msg_type: definition for definition in definitions},
    }
    return msgspec.structs.replace(
        dictionary,
        fields={**dictionary.fields, **own},
        messages=messages,
        tags=dictionary.tags | own.keys(),
        msg_types=dictionary.msg_types | messages.keys(),
    )
