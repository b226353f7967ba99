"""CPU and memory of the target's processes, from /proc. NOT here: processes on other machines."""

from pathlib import Path
from typing import NamedTuple

from gateway.loadtest.findings import NS


class Sample(NamedTuple):
    """All processes together at one time (monotonic ns): CPU seconds so far, resident bytes.

    ``waited_s`` are the seconds so far that their threads were ready to run and had no core.
    """

    at: int
    cpu_s: float
    rss_bytes: int
    waited_s: float = 0.0

    def cores_until(self, later: "Sample") -> float:
        """Return the CPU use between two samples, in cores."""
        return (later.cpu_s - self.cpu_s) * NS / max(1, later.at - self.at)


class ServerWatch:
    """Samples the processes ``pids``; one that is gone counts as it was last."""

    def __init__(self, pids: tuple[int, ...]) -> None:
        self.samples: list[Sample] = []
        self._cpu = dict.fromkeys(pids, 0.0)
        self._rss = dict.fromkeys(pids, 0)
        self._waited = dict.fromkeys(pids, 0.0)

    def sample(self, now: int) -> None:
        """Take a sample."""
        if not self._cpu:
            return
        for pid in self._cpu:
            self._cpu[pid] = max(self._cpu[pid], cpu_seconds(pid))
            self._waited[pid] = max(self._waited[pid], waited_seconds(pid))
            self._rss[pid] = rss_bytes(pid)
        cpu, rss, waited = (sum(each.values()) for each in (self._cpu, self._rss, self._waited))
        self.samples.append(Sample(now, cpu, int(rss), waited))


def exists(pid: int) -> bool:
    """Return whether there is such a process whose figures can be read."""
    return Path(f"/proc/{pid}/schedstat").exists()


def cpu_seconds(pid: int) -> float:
    """Return what all threads of a process have run, 0 where it is gone."""
    return _scheduled(pid, 0)


def waited_seconds(pid: int) -> float:
    """Return how long all its threads were ready to run and had no core, 0 where it is gone."""
    return _scheduled(pid, 1)


def _scheduled(pid: int, field: int) -> float:
    total = 0
    for path in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        try:
            total += int(path.read_text().split()[field])
        except OSError:  # the thread has ended
            continue
    return total / NS


def rss_bytes(pid: int) -> int:
    """Return the resident memory of a process, 0 where it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    for line in status.splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0
