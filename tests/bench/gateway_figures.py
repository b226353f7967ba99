"""What a running gateway has used so far: CPU, memory, disk, and its own counters. Linux only (``/proc``)."""

import http.client
import math
import os
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple, Self

from tests.system.gateway_process import GatewayProcess, children, cpu_seconds

_MEBI: Final = 1 << 20


class Counters(dict[str, float]):
    """The samples of ``/metrics`` by name, summed over their labels."""

    @classmethod
    def of(cls, gateway: GatewayProcess) -> Self:
        """Ask a gateway."""
        connection = http.client.HTTPConnection(gateway.http.removeprefix("http://"), timeout=10)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
        return cls.parse(text)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read Prometheus text; histograms give their ``_sum`` and ``_count``."""
        found = cls()
        for line in text.splitlines():
            if line and not line.startswith("#"):
                series, _, value = line.rpartition(" ")
                name = series.partition("{")[0]
                if not name.endswith("_bucket"):
                    found[name] = found.get(name, 0.0) + float(value)
        return found


class Usage(NamedTuple):
    """What was used up to a moment; two of them give what a stretch of time took."""

    commits: float
    commit_s: float
    commands: float
    cpu_s: float
    children_cpu_s: float
    log_bytes: float
    """What was written, without the zeros that are ahead of the log's end."""

    @classmethod
    def of(cls, gateway: GatewayProcess) -> Self:
        """Read a gateway now."""
        counters = Counters.of(gateway)
        return cls(
            counters["bdax_batches_total"],
            counters["bdax_commit_seconds_sum"],
            counters.get("bdax_commands_total", 0.0),
            cpu_seconds(gateway.pid),
            sum(map(_cpu_of, children(gateway.pid))),
            counters.get("bdax_log_written_bytes_total", 0.0),
        )

    def since(self, before: "Usage") -> "Usage":
        """Return what was used from ``before`` on."""
        return Usage(*(now - then for now, then in zip(self, before, strict=True)))


def _cpu_of(pid: int) -> float:
    try:
        return cpu_seconds(pid)
    except FileNotFoundError:
        return 0.0


def folder_bytes(folder: Path) -> int:
    """Return the size of the files in ``folder``; 0 when it is missing."""
    return sum(path.stat().st_size for path in folder.glob("*") if path.is_file())


def rss_bytes(pid: int) -> int:
    """Return the resident memory of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def mebibytes(size: float) -> str:
    """Return a size as text in MiB."""
    return f"{size / _MEBI:.1f}"


def percentile(found: Sequence[int], percent: float) -> int:
    """Return the value that ``percent`` of the values do not exceed."""
    ordered = sorted(found)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def medians(rounds: Sequence[Sequence[float]]) -> list[float]:
    """Return the median of each column."""
    return [statistics.median(column) for column in zip(*rounds, strict=True)]


def file_system(folder: Path) -> str:
    """Return the type of the file system that holds ``folder``."""
    place = folder.resolve()
    mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    holders = [fields for fields in mounts if place.is_relative_to(fields[1])]
    return max(holders, key=lambda fields: len(fields[1]))[2] if holders else "unknown"
