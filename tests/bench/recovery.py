"""How long ``bdax run`` takes from its start to the ready line, with a log behind it.

The directory is filled by a gateway in a process of its own (``filled_log``): a clean end, which leaves a
snapshot, then more commands and a crash. Each start has a copy of it, and its state is checked
before it is killed. The gateway's byte code is made before, as every start but the first one finds it; where
PYTHONDONTWRITEBYTECODE is set, each start would compile it.
"""

import compileall
import contextlib
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final, NamedTuple

from tests.bench import filled_log
from tests.bench.gateway_figures import Counters, file_system, folder_bytes, mebibytes
from tests.bench.outcome import Outcome, Target
from tests.system.gateway_process import ROOT, GatewayProcess, children

LIMIT_S: Final = 3.0
PATIENCE_S: Final = 600.0


class Form(NamedTuple):
    """Commands in all, commands after the snapshot, and how often each start is measured."""

    commands: int
    after_snapshot: int
    with_snapshot: int
    without_snapshot: int


SHORT: Final = Form(commands=150_000, after_snapshot=100_000, with_snapshot=3, without_snapshot=1)
FULL: Final = Form(commands=1_000_000, after_snapshot=100_000, with_snapshot=5, without_snapshot=2)


def fill(data_dir: Path, form: Form) -> None:
    """Make the data directory: all commands, and a snapshot before the last of them."""
    first = form.commands - form.after_snapshot
    for begin, count, end in ((0, first, "stop"), (first, form.after_snapshot, "kill")):
        command = [sys.executable, "-m", "tests.bench.filled_log", str(data_dir), str(begin), str(count), end]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode != (0 if end == "stop" else -signal.SIGKILL):
            raise AssertionError(f"the log was not filled: {done.stderr}")


def start_s(data_dir: Path | None, commands: int, replayed: int) -> float:
    """Return the seconds from start to ready line on a copy of ``data_dir``; ``None`` is an empty one.

    It holds ``commands``, of which the start has to work the last ``replayed``.
    """
    with tempfile.TemporaryDirectory() as folder:
        if data_dir is not None:
            shutil.copytree(data_dir, Path(folder) / "data")
            os.sync()
        started = time.monotonic()
        gateway = GatewayProcess(
            Path(folder),
            "--durability",
            "os",
            config="loadtest.toml",
            patience_s=PATIENCE_S,
        )
        took = time.monotonic() - started
        with gateway:
            try:
                _check(Counters.of(gateway), commands, replayed)
            finally:
                _kill(gateway)
    return took


def _check(found: Counters, commands: int, replayed: int) -> None:
    names = ("bdax_engine_sequence", "bdax_open_orders", "bdax_recovery_commands")
    state = [int(found[name]) for name in names]
    expected = [commands, filled_log.open_orders(commands), replayed]
    if state != expected:
        raise AssertionError(f"eseq, open orders and commands replayed are {state}, not {expected}")


def _kill(gateway: GatewayProcess) -> None:
    """End it without a word, and its children with it."""
    for pid in (*children(gateway.pid), gateway.pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    gateway.wait()


def bench(form: Form = SHORT) -> Outcome:
    """Measure; return the table."""
    for package in ("gateway", "protocols"):
        compileall.compile_dir(ROOT / package, quiet=1)
    with tempfile.TemporaryDirectory() as folder:
        disk = file_system(Path(folder))
        data_dir = Path(folder) / "filled"
        fill(data_dir, form)
        log_bytes = folder_bytes(data_dir / "log")
        snapshots = sorted((data_dir / "snapshots").glob("*.snapshot"))
        if not snapshots:
            raise AssertionError("the clean end left no snapshot")
        snapshot_bytes = snapshots[-1].stat().st_size
        empty = [start_s(None, 0, 0) for _ in range(form.with_snapshot)]
        quick = [start_s(data_dir, form.commands, form.after_snapshot) for _ in range(form.with_snapshot)]
        for snapshot in snapshots:
            snapshot.unlink()
        whole = [start_s(data_dir, form.commands, form.commands) for _ in range(form.without_snapshot)]
    measured = [
        ("an empty directory", 0, empty),
        ("the newest snapshot and the log after it", form.after_snapshot, quick),
        ("the log alone", form.commands, whole),
    ]
    base = statistics.median(empty)
    rows = [
        (
            name,
            f"{commands:,}",
            f"{took:.2f}",
            f"{commands / max(took - base, 0.001):,.0f}" if commands else "-",
        )
        for name, commands, times in measured
        for took in (statistics.median(times),)
    ]
    quick_s, whole_s = statistics.median(quick), statistics.median(whole)
    return Outcome(
        f"Recovery: from start to ready line, {form.commands:,} commands in the log, "
        f"{filled_log.OPEN:,} open orders, durability os",
        ("from", "commands replayed", "s", "commands/s beyond an empty start"),
        rows,
        {
            "commands": form.commands,
            "empty_s": base,
            "snapshot_s": quick_s,
            "log_s": whole_s,
            "log_bytes_per_command": log_bytes / form.commands,
            "snapshot_bytes": snapshot_bytes,
        },
        [
            Target(
                f"a start from a snapshot with {form.after_snapshot:,} commands after it takes at most "
                f"{LIMIT_S:.0f} s",
                held=quick_s <= LIMIT_S,
            )
        ],
        [
            f"Medians of {form.with_snapshot}, {form.with_snapshot} and {form.without_snapshot}; data on "
            f"{disk}, read before. Log: {mebibytes(log_bytes)} MiB, {log_bytes / form.commands:.0f} bytes "
            f"per command; snapshot: {mebibytes(snapshot_bytes)} MiB."
        ],
    )
