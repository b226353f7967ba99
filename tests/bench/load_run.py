"""``bdax loadtest`` as the client of a benchmark: on a core of its own, every answer checked.

NOT here: what is made of its results.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from gateway.loadtest import results
from tests.system.gateway_process import ROOT

SERVER_CORE: Final = 0
CLIENT_CORE: Final = 1
_SAID: Final = 2_000


@contextmanager
def pinned(core: int) -> Iterator[None]:
    """Have what is started here run on one core, where there is more than one."""
    before = os.sched_getaffinity(0)
    if core in before and len(before) > 1:
        os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def run_load(scenario: str, *options: object) -> results.Result:
    """Run a load test on the client's core; return its result.

    Raises ``AssertionError``, with what the load test said, when an answer was wrong or it did not end well.
    """
    with tempfile.TemporaryDirectory() as folder, pinned(CLIENT_CORE):
        path = Path(folder) / "result.json"
        command = [sys.executable, "-m", "gateway", "loadtest", "run", scenario, "--json", str(path)]
        done = subprocess.run(
            [*command, *map(str, options)], cwd=ROOT, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise AssertionError(f"{scenario}: {(done.stderr or done.stdout).strip()[-_SAID:]}")
        return results.read(path)
