"""What the processes of a target used, and how long they waited for it."""

import os
import subprocess
import sys
import time

from gateway.loadtest.server_watch import ServerWatch, waited_seconds


def test_who_shares_a_core_waits_for_it() -> None:
    before, own = os.sched_getaffinity(0), os.getpid()
    watch = ServerWatch((own,))
    try:
        os.sched_setaffinity(0, {min(before)})
        with subprocess.Popen([sys.executable, "-c", "print(flush=True)\nwhile 1: pass"], stdout=-1) as rival:
            assert rival.stdout is not None
            rival.stdout.readline()
            watch.sample(time.monotonic_ns())
            busy_until = time.process_time() + 0.05
            while time.process_time() < busy_until:
                pass
            watch.sample(time.monotonic_ns())
            rival.kill()
    finally:
        os.sched_setaffinity(0, before)
    first, last = watch.samples
    assert last.cpu_s - first.cpu_s >= 0.05
    assert last.waited_s - first.waited_s > 0.01
    assert waited_seconds(2**22 + 1) == 0
