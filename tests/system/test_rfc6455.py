"""The WebSocket layer against the case files of Autobahn, run by kosoku.

The cases about size (9.*) and compression (12.*, 13.*) take minutes: docs/websocket-conformance.md has their
results, and says how to run them.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.gateway_process import ROOT, without_coverage

PAGE = (ROOT / "docs" / "websocket-conformance.md").read_text(encoding="utf-8")
KOSOKU = Path(sys.executable).with_name("kosoku")
TIMEOUT_S = 60.0


@pytest.fixture
def echo_port() -> Iterator[int]:
    """The WebSocket layer as an echo, in a process of its own."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.system.ws_echo"],
        cwd=ROOT,
        env=without_coverage(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as echo:
        assert echo.stdin is not None
        assert echo.stdout is not None
        yield int(echo.stdout.readline())
        echo.stdin.close()
        assert echo.wait(timeout=5) == 0


def test_every_case_passes_and_the_page_says_how(echo_port: int, tmp_path: Path) -> None:
    groups = ["-x", "9.*", "-x", "12.*", "-x", "13.*"]
    run = subprocess.run(
        [
            KOSOKU,
            "-p",
            "2",
            *groups,
            "-o",
            str(tmp_path),
            f"127.0.0.1:{echo_port}",
        ],
        env=without_coverage(),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    [cases] = json.loads((tmp_path / "index.json").read_text(encoding="utf-8")).values()
    assert len(cases) == 247
    verdicts = {case: (verdict["behavior"], verdict["behaviorClose"]) for case, verdict in cases.items()}
    known = {("OK", "OK"), ("NON-STRICT", "OK"), ("INFORMATIONAL", "INFORMATIONAL")}
    assert set(verdicts.values()) <= known
    for verdict in ("NON-STRICT", "INFORMATIONAL"):
        found = {case for case, (behavior, _) in verdicts.items() if behavior == verdict}
        row = re.search(rf"(?m)^\| {verdict} \| (.*?) \|", PAGE)
        assert row is not None
        # What comes in one read, and so counts as sent before the fault, is the kernel's choice.
        assert found <= set(row[1].split(", "))
