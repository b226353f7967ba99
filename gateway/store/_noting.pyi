from gateway.ports import StoredExecution, StoredMessage
from gateway.store.ranges import SegmentRanges

def take(
    ranges: SegmentRanges,
    offset: int,
    end: int,
    messages: list[StoredMessage],
    executions: list[StoredExecution],
) -> None: ...
