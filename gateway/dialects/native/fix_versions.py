"""How the versions of FIX say the same report: templates and codes, one ``ReportStyle`` per version.

FIX.4.2 has ExecTransType(20), says a fill as ExecType(150) 1 or 2, answers a status question with
ExecTransType 3, has OrdStatus(39) 5 for a replaced order without fills, and fewer reasons. FIX.4.4 and
FIX.5.0SP2 have ExecType F and I. A reason that a version lacks becomes the nearest one that it has; Text(58)
is the same in all. NOT here: the reports themselves (``fix_reports``), fields that only some sessions get
(``fix_details``).
"""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from gateway.dialects.native.reasons import REASONS, WireReason, ord_rej_reason
from gateway.model import CancelCause, OrdStatus, Refusal, RejectReason


class ReportStyle(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One version's templates and codes.

    The templates have a place per value, in the order of ``fix_reports``. ``part_filled`` and ``filled`` are
    ExecType(150) and OrdStatus(39) of a fill; ``taker`` and ``maker`` say what it did to liquidity, where the
    version can. ``replaced`` is the OrdStatus of an order that was replaced and has no fill.
    ``status_exec_type`` is that of the answer to H; empty: as the OrdStatus. ``ord_rej_reasons`` and
    ``cxl_rej_reasons`` have the reasons for which the version has another code than FIX.4.4.
    ``business_reject_reasons`` are those it knows of BusinessRejectReason(380).
    """

    accepted: bytes
    fill: bytes
    part_filled: bytes
    filled: bytes
    taker: bytes
    maker: bytes
    report: bytes
    status: bytes
    unknown: bytes
    replaced: bytes
    status_exec_type: bytes
    has_ord_status_req_id: bool
    restatements: Mapping[CancelCause, bytes]
    ord_rej_reasons: Mapping[RejectReason, int]
    cxl_rej_reasons: Mapping[RejectReason, int]
    business_reject_reasons: frozenset[int]

    def ord_rej_reason(self, refusal: Refusal) -> int:
        """Return OrdRejReason(103)."""
        code = self.ord_rej_reasons.get(refusal.reason)
        return ord_rej_reason(refusal) if code is None else code

    def cxl_rej_reason(self, refusal: Refusal) -> int:
        """Return CxlRejReason(102)."""
        code = self.cxl_rej_reasons.get(refusal.reason)
        return REASONS[refusal.reason].cxl_rej_reason if code is None else code

    def ord_status(self, ord_status: OrdStatus, *, is_replaced: bool) -> bytes:
        """Return OrdStatus(39) of an order; ``is_replaced``: its ClOrdID is that of a replace."""
        # FIX 4.2 vol. 1, Appendix D: Partially Filled goes before Replaced, and Replaced before New.
        return self.replaced if is_replaced and ord_status is OrdStatus.NEW else _ORD_STATUSES[ord_status]


_ORD_STATUSES: Final = {
    OrdStatus.NEW: b"0",
    OrdStatus.PARTIALLY_FILLED: b"1",
    OrdStatus.FILLED: b"2",
    OrdStatus.CANCELED: b"4",
    OrdStatus.REJECTED: b"8",
    OrdStatus.PENDING_NEW: b"A",
}

CANCEL_CAUSES: Final = {
    CancelCause.REQUESTED: b"canceled by another session of the account",
    CancelCause.IMMEDIATE_OR_CANCEL: b"TimeInForce(59) 3: the rest could not trade at once",
    CancelCause.FILL_OR_KILL: b"TimeInForce(59) 4: the whole could not trade at once",
    CancelCause.NO_LIQUIDITY: b"OrdType(40) 1: no more quantity to trade with",
    CancelCause.MASS_CANCEL: b"mass cancel",
    CancelCause.DISCONNECT: b"cancel on disconnect",
}
"""Text(58) of a cancel that its reader did not ask for."""


def _accepted(trans_type: bytes, no_fill: bytes) -> bytes:
    head = b"37=%d\x0117=%d-%d\x01" + trans_type + b"150=0\x0139=0\x0111=%b\x01%b%b"
    return head + no_fill + b"151=%b\x0114=0\x016=0\x0160=%b\x01"


def _fill(trans_type: bytes) -> bytes:
    head = b"37=%d\x0117=%d-%d\x01" + trans_type + b"%b11=%b\x01%b%b32=%b\x0131=%b\x01"
    return head + b"151=%b\x0114=%b\x016=%b\x01%b60=%b\x01"


def _report(trans_type: bytes, no_fill: bytes) -> bytes:
    head = b"37=%b\x0117=%b\x01" + trans_type + b"150=%b\x0139=%b\x0111=%b\x01%b%b%b"
    return head + no_fill + b"151=%b\x0114=%b\x016=%b\x0160=%b\x01%b"


def _unknown(kind: bytes) -> bytes:
    head = b"37=NONE\x0117=0\x01" + kind + b"39=8\x01%b55=%b\x0154=%b\x01"
    return head + b"151=0\x0114=0\x016=0\x01103=5\x0158=%b\x0160=%b\x01"


def _restatements(codes: Mapping[CancelCause, int], other: int) -> dict[CancelCause, bytes]:
    return {
        cause: b"378=%d\x0158=%b\x01" % (codes.get(cause, other), text)
        for cause, text in CANCEL_CAUSES.items()
    }


def _beyond(code: Callable[[WireReason], int], last: int, other: int) -> dict[RejectReason, int]:
    """Return ``other`` for each reason whose FIX.4.4 code is above ``last``."""
    return {reason: other for reason, wire in REASONS.items() if code(wire) > last}


_FIX_44: Final = ReportStyle(
    accepted=_accepted(b"", b""),
    fill=_fill(b""),
    part_filled=b"150=F\x0139=1\x01",
    filled=b"150=F\x0139=2\x01",
    taker=b"851=2\x01",
    maker=b"851=1\x01",
    report=_report(b"", b""),
    status=_report(b"", b""),
    unknown=_unknown(b"150=I\x01"),
    replaced=b"0",
    status_exec_type=b"I",
    has_ord_status_req_id=True,
    restatements=_restatements({CancelCause.NO_LIQUIDITY: 8}, 99),
    ord_rej_reasons={},
    cxl_rej_reasons={},
    business_reject_reasons=frozenset(range(8)),
)

# FIX 4.2 vol. 1, "Execution Report": LastShares(32) and LastPx(31) are left out of status answers only.
_NEW_42: Final = b"20=0\x01"
_NO_FILL_42: Final = b"32=0\x0131=0\x01"

STYLES: Final[Mapping[bytes, ReportStyle]] = {
    b"FIX.4.2": ReportStyle(
        accepted=_accepted(_NEW_42, _NO_FILL_42),
        fill=_fill(_NEW_42),
        part_filled=b"150=1\x0139=1\x01",
        filled=b"150=2\x0139=2\x01",
        taker=b"",
        maker=b"",
        report=_report(_NEW_42, _NO_FILL_42),
        status=_report(b"20=3\x01", b""),
        unknown=_unknown(b"20=3\x01150=8\x01"),
        replaced=b"5",
        status_exec_type=b"",
        has_ord_status_req_id=False,
        restatements=_restatements({}, 4),
        # 0 of OrdRejReason(103) and 2 of CxlRejReason(102): Broker / Exchange option.
        ord_rej_reasons=_beyond(lambda wire: wire.ord_rej_reason, 8, 0),
        cxl_rej_reasons=_beyond(lambda wire: wire.cxl_rej_reason, 3, 2),
        business_reject_reasons=frozenset(range(6)),
    ),
    b"FIX.4.4": _FIX_44,
    # Codes of later extension packs (ExecRestatementReason(378) 12: cancel on connection loss …) are not
    # used: a client with the dictionary of the service pack would reject the report.
    b"FIXT.1.1": msgspec.structs.replace(
        _FIX_44,
        ord_rej_reasons={RejectReason.PRICE_OUT_OF_BAND: 16, RejectReason.INVALID_PRICE_TICK: 18},
        cxl_rej_reasons={RejectReason.PRICE_OUT_OF_BAND: 8, RejectReason.INVALID_PRICE_TICK: 18},
        business_reject_reasons=frozenset((*range(8), 18)),
    ),
}
"""By BeginString(8); FIXT.1.1 carries FIX.5.0SP2."""
