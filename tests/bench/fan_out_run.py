"""One run of a fan-out bench: a server on one core, the receiver on another, and what was found."""

import json
import os
import resource
import select
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Final, NamedTuple

from tests.bench.fan_out_candidates import Candidate, Load
from tests.system.gateway_process import ROOT

START_TIMEOUT_S: Final = 30.0
RUN_TIMEOUT_S: Final = 180.0
HANDSHAKE_TIMEOUT_S: Final = 90
SPARE_FDS: Final = 256


class Cores(NamedTuple):
    """Where to run the server and the receiver; the same where there is only one core."""

    server: int
    receiver: int

    @classmethod
    def of_machine(cls) -> "Cores":
        """Take the first and the last of those that this process may use."""
        usable = sorted(os.sched_getaffinity(0))
        return cls(usable[0], usable[-1])


class Run(NamedTuple):
    """What one run found. Microseconds; ``bytes_per_client`` of memory, 0 where the server does not say."""

    deliveries_per_s: float
    p50_us: float
    p99_us: float
    server_us: float
    receiver_us: float
    bytes_per_delivery: float
    bytes_per_client: float = 0.0


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """Have processes that are started meanwhile run on ``core``."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def allow_connections(count: int) -> None:
    """Let the processes that are started have ``count`` connections each. Raises ``ValueError``."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count + SPARE_FDS
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def run_once(candidate: Candidate, load: Load, receiver: Sequence[str], cores: Cores) -> Run:
    """Start the server, let the receiver take all messages, and end the server."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    command = candidate.command(load)
    with tempfile.TemporaryFile("w+") as errors:
        with on_core(cores.server):
            server = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**environment, **dict(candidate.environment)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        try:
            assert server.stdout is not None
            ready = _line(server.stdout).split()
            if ready[:1] != ["ready"]:
                errors.seek(0)
                raise AssertionError(f"{candidate.name} did not start: {errors.read()[-2000:]}")
            # A server that prints no port has been given one, as its first argument.
            port = ready[1] if len(ready) > 1 else command[1]
            found = _receive(candidate, load, [*receiver, "--port", port], server.pid, cores)
            memory = _line(server.stdout, 0.0).split()
        finally:
            server.kill()
            server.wait()
            if server.stdout is not None:
                server.stdout.close()
    per_client = (int(memory[1]) - int(memory[0])) / load.clients if len(memory) == 2 else 0.0
    return found._replace(bytes_per_client=per_client)


def _receive(candidate: Candidate, load: Load, receiver: list[str], pid: int, cores: Cores) -> Run:
    options = {
        "--clients": load.clients,
        "--messages": load.messages,
        "--warmup-msgs": max(1, load.messages // 10),
        "--cpu": cores.receiver,
        "--server-pid": pid,
        "--handshake-timeout": HANDSHAKE_TIMEOUT_S,
    }
    command = [*receiver, *candidate.receiver_options]
    command += [text for option, value in options.items() for text in (option, str(value))]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=RUN_TIMEOUT_S, check=False
    )
    if done.returncode:
        raise AssertionError(f"{candidate.name}, {load.words}: {done.returncode} {done.stdout}{done.stderr}")
    found = json.loads(done.stdout)
    return Run(
        found["deliveries_per_s"],
        found["lat_us"]["p50"],
        found["lat_us"]["p99"],
        found["server_us_per_delivery"],
        found["client_us_per_delivery"],
        found["bytes_in"] / max(1, found["received"]),
    )


def _line(stream: IO[str], timeout_s: float = START_TIMEOUT_S) -> str:
    """Return the next line, or nothing when none comes in time."""
    ready, _, _ = select.select([stream], [], [], timeout_s)
    return stream.readline() if ready else ""
