"""The gateway as its users start it: ``bdax run`` in a process of its own, on ports the system chooses."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

ROOT = Path(__file__).resolve().parents[2]
LOADTEST_CONFIG = ROOT / "config" / "loadtest.toml"
START_TIMEOUT_S = 20.0
STOP_TIMEOUT_S = 5.0

COMMAND = (sys.executable, "-m", "gateway")
FREE_PORTS = ("--fix", "127.0.0.1:0", "--ws", "127.0.0.1:0", "--http", "127.0.0.1:0")

_Found = TypeVar("_Found")


def eventually(look: Callable[[], _Found | None], what: str, timeout_s: float = 5.0) -> _Found:
    """Return the first true value that ``look`` gives; fail when none comes in time."""
    deadline = time.monotonic() + timeout_s
    while not (found := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout_s} s for {what}")
        time.sleep(0.02)
    return found


def bdax(
    *arguments: str, stdin: str | None = None, timeout_s: float = START_TIMEOUT_S
) -> "subprocess.CompletedProcess[str]":
    """Run a command that ends by itself. Coverage has its tests that need no process, and is kept out."""
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=ROOT,
        env=without_coverage(),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


class GatewayProcess:
    """A running gateway. Leaving the ``with`` block ends it by SIGTERM and expects exit 0 in time.

    ``at_full_speed`` keeps coverage out of it, which would cost more than twice the time; it is let in where
    a process begins and ends in order, as no other test sees it. ``patience_s`` is for the ready line.
    """

    def __init__(
        self,
        folder: Path,
        *options: str,
        config: str = "gateway.toml",
        at_full_speed: bool = True,
        patience_s: float = START_TIMEOUT_S,
    ) -> None:
        self.data_dir = folder / "data"
        self.log_path = folder / "gateway.log"
        command = [*COMMAND, "run", "--config", str(ROOT / "config" / config)]
        command += ["--data", str(self.data_dir), *FREE_PORTS, *options]
        with self.log_path.open("w") as log:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=without_coverage() if at_full_speed else None,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self.pid = self._process.pid
        self.ready = self._read_ready(patience_s)

    @property
    def fix(self) -> tuple[str, int]:
        """Host and port of the plain FIX listener."""
        return _host_and_port(self.ready["fix"])

    @property
    def fix_tls(self) -> tuple[str, int]:
        """Host and port of the FIX listener behind TLS."""
        return _host_and_port(self.ready["fix_tls"])

    @property
    def ws(self) -> str:
        """The URL of the WebSocket listener."""
        return str(self.ready["ws"])

    @property
    def http(self) -> str:
        """The URL of the HTTP listener."""
        return str(self.ready["http"])

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the gateway."""
        self._process.send_signal(number)

    def wait(self, timeout_s: float = STOP_TIMEOUT_S) -> int:
        """Wait for the end and return the exit status."""
        return self._process.wait(timeout_s)

    def log(self) -> list[dict[str, Any]]:
        """Return the log so far, one object a line."""
        return [json.loads(line) for line in self.log_path.read_text().splitlines()]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if self._process.poll() is None:
                self._process.terminate()
                status = self._process.wait(STOP_TIMEOUT_S)
                assert status == 0 or kind is not None, self.log_path.read_text()
        finally:
            if self._process.poll() is None:
                self._process.kill()
                self._process.wait()
            if self._process.stdout is not None:
                self._process.stdout.close()

    def _read_ready(self, patience_s: float) -> dict[str, Any]:
        assert self._process.stdout is not None
        lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=_first_line, args=(self._process.stdout, lines), daemon=True).start()
        try:
            line = lines.get(timeout=patience_s)
        except queue.Empty:
            line = ""
        if not line:
            self._process.kill()
            self._process.wait()
            raise AssertionError(f"no ready line; stderr: {self.log_path.read_text()}")
        ready: dict[str, Any] = json.loads(line)
        return ready


def loadtest_config(folder: Path, table: str, setting: str) -> str:
    """Return the path of a file in ``folder``: the load tests' configuration with one more ``setting``.

    ``table`` is the setting's, with its brackets.
    """
    text = LOADTEST_CONFIG.read_text()
    for name in ("loadtest_accounts.toml", "instruments.toml"):
        text = text.replace(f'"{name}"', f'"{LOADTEST_CONFIG.parent / name}"')
    config = folder / LOADTEST_CONFIG.name
    config.write_text(text.replace(f"{table}\n", f"{table}\n{setting}\n"))
    return str(config)


def without_coverage() -> dict[str, str]:
    """Return the environment without what would have coverage measured."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("COVERAGE_", "COV_"))}


def _host_and_port(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host, int(port)


def _first_line(stream: Any, lines: "queue.Queue[str]") -> None:
    lines.put(stream.readline())


DEMO = "gateway.demo"
SNAPSHOTS = "gateway.app.snapshot_process"


def children(pid: int, module: str = "") -> list[int]:
    """Return the process ids of the direct children, from /proc; with ``module`` of those that run it."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        found += map(int, task.read_text().split())
    return [child for child in found if not module or module in _command(child)]


def _command(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except FileNotFoundError:
        return []


def is_alive(pid: int) -> bool:
    """Whether a process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that a process has used, user and system."""
    fields: Sequence[str] = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
