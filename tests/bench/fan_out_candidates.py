"""Who is measured in the fan-out benches, and what this machine has for it.

The receiver and the C limit are programs from elsewhere, named by environment variables: ``FAN_OUT_SINK`` (a
WebSocket client with the options of ``fan_out_receiver``, which stands in for it) and ``FAN_OUT_BLAST`` (a
server ``PORT CLIENTS RATE MESSAGES BATCH``). npm's ``ws`` is installed into a cache of the user's.
"""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

SINK_VARIABLE: Final = "FAN_OUT_SINK"
BLAST_VARIABLE: Final = "FAN_OUT_BLAST"
WS_PACKAGE: Final = "ws@8"
NPM_TIMEOUT_S: Final = 120.0
HERE: Final = Path(__file__).parent
SUBSCRIBE: Final = '{"id":1,"method":"subscribe","params":{"channels":["%s"],"snapshot":false}}'


class Load(NamedTuple):
    """How many subscribers get how many updates; ``rate`` a second (0: the most), ``batch`` in one write."""

    clients: int
    messages: int
    rate: int = 0
    batch: int = 1

    @property
    def words(self) -> str:
        """What is done, for a table."""
        if self.rate:
            return f"{self.clients:,} x {self.rate}/s"
        return f"{self.clients:,}, {self.batch} joined" if self.batch > 1 else f"{self.clients:,}"


class Candidate(NamedTuple):
    """A server to measure: its name, how to start it, and what the receiver has to know of it."""

    name: str
    command: Callable[[Load], list[str]]
    receiver_options: tuple[str, ...] = ()
    joins: bool = True
    environment: tuple[tuple[str, str], ...] = ()


class Absent(NamedTuple):
    """A server that cannot be measured here, and why."""

    name: str
    reason: str


GATEWAY: Final = "gateway"
C_LIMIT: Final = "C limit"
NODE: Final = "Node ws, pre-framed"
BROADCAST: Final = "websockets.broadcast"


def candidates() -> tuple[list[Candidate], list[Absent]]:
    """Return the servers of this machine, the gateway first, and what is missing."""
    gateway = Candidate(
        GATEWAY,
        lambda load: [sys.executable, "-m", "tests.bench.fan_out_server", *_numbers(load)],
        ("--path", "/v1", "--ts-key", "sent", "--ts-clock", "realtime", "--send", SUBSCRIBE % "book.BTC-KRW"),
    )
    broadcast = Candidate(
        BROADCAST,
        lambda load: [sys.executable, "-m", "tests.bench.peers.broadcast", *_numbers(load)],
        joins=False,
    )
    found = [gateway, _c_limit(), _node(), broadcast]
    return (
        [each for each in found if isinstance(each, Candidate)],
        [each for each in found if isinstance(each, Absent)],
    )


def receiver() -> tuple[list[str], str]:
    """Return the command of the receiver, and a note of which it is."""
    sink = os.environ.get(SINK_VARIABLE, "")
    if sink and shutil.which(sink):
        return [sink], f"Receiver: {Path(sink).name}."
    return (
        [sys.executable, "-m", "tests.bench.fan_out_receiver"],
        f"Receiver: a plain Python program ({SINK_VARIABLE} names no other): it limits the fast "
        "servers, whose ratios are nearer to 1 than they should be.",
    )


def _numbers(load: Load) -> list[str]:
    return [str(load.clients), str(load.rate), str(load.messages), str(load.batch)]


def _c_limit() -> Candidate | Absent:
    blast = os.environ.get(BLAST_VARIABLE, "")
    if not blast or not shutil.which(blast):
        return Absent(C_LIMIT, f"{BLAST_VARIABLE} names no program")
    return Candidate(C_LIMIT, lambda load: [blast, str(_free_port()), *_numbers(load)])


def _node() -> Candidate | Absent:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return Absent(NODE, "there is no node or no npm")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bdax-bench" / "node"
    modules = cache / "node_modules"
    if not (modules / "ws" / "package.json").exists():
        cache.mkdir(parents=True, exist_ok=True)
        command = [npm, "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(cache), WS_PACKAGE]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=NPM_TIMEOUT_S)
        except (subprocess.SubprocessError, OSError) as error:
            return Absent(NODE, f"npm could not install {WS_PACKAGE}: {error}")
    script = str(HERE / "peers" / "node_ws.cjs")
    return Candidate(
        NODE, lambda load: [node, script, *_numbers(load)], environment=(("NODE_PATH", str(modules)),)
    )


def _free_port() -> int:
    """Return a port that is free at the moment, for a server that takes none of the system's choice."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
