"""The executions of a router as a store would keep them, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.orders.executions import decode_execution
from gateway.ports import StoredExecution, StoreError


@dataclass
class Kept:
    """Keeps executions; ``pruned`` and ``broken`` make it unable to give them."""

    executions: list[StoredExecution] = field(default_factory=list)
    pruned: bool = False
    broken: bool = False
    reads: int = 0

    def executions_at(self, account: str, eseq: int) -> Sequence[StoredExecution]:
        self.reads += 1
        if self.broken:
            raise StoreError("read failed")
        return [
            execution
            for execution in self.executions
            if (execution.account, execution.eseq) == (account, eseq) and not self.pruned
        ]

    def of(self, account: str) -> list[tuple[int, str]]:
        """Return the exec_id and kind of each execution of ``account``."""
        return [
            (execution.exec_id, type(decode_execution(execution.execution)[0]).__name__)
            for execution in self.executions
            if execution.account == account
        ]
