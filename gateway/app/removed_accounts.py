"""Open orders of accounts that are not configured any more: nobody can log on to cancel them.

NOT here: sessions that were lost while their account stays (``grace``).
"""

import logging
import time
from collections.abc import Container
from typing import Final

from gateway.model import MassCancel, MassCancelScope
from gateway.orders import OrderRouter
from protocols.fix import Timestamps

KEY: Final = "orders.removed_accounts"

log = logging.getLogger(__name__)


def settle_removed_accounts(
    router: OrderRouter, configured: Container[str], timestamps: Timestamps, *, cancel: bool
) -> None:
    """Log one line for each account with open orders that is not ``configured``; ``cancel`` what it has."""
    for account, orders in sorted(router.registry.accounts.items()):
        if account in configured or not orders.open_by_id:
            continue
        facts = {"account": account, "orders": len(orders.open_by_id)}
        if not cancel:
            advice = f'configure it again, or start with {KEY} = "cancel"'
            log.warning("open orders of an account that is not configured", extra={**facts, "do": advice})
            continue
        log.warning("orders of an account that is not configured canceled", extra=facts)
        now = time.monotonic_ns()
        command = MassCancel(
            session="",
            msg_seq_num=0,
            account=account,
            transact_time=timestamps.utc(now),
            cl_ord_id=b"",
            scope=MassCancelScope.ACCOUNT,
        )
        router.submit(command, now)
