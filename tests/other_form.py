"""The compiled form and the plain one: tests that need the compiled, and tests run again in the other."""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import pytest

from tests.system.gateway_process import without_coverage

ROOT: Final = Path(__file__).parent.parent
IS_PLAIN_ASKED: Final = os.environ.get("BDAX_PURE") == "1"

IS_BUILT: Final = importlib.util.find_spec("protocols.fix._codec") is not None
"""Whether there is a compiled form: all modules of it are built, or none."""

BUILT: Final = pytest.mark.skipif(not IS_BUILT, reason="not compiled here: all tests ran on plain Python")
"""For a test that compares the compiled form with plain Python, whichever works."""

COMPILED: Final = pytest.mark.skipif(IS_PLAIN_ASKED, reason="plain Python was asked for")
"""For a test of the compiled form alone."""


def hold_for_the_other_form(
    files: Iterable[str], *, is_plain: bool = IS_PLAIN_ASKED, is_measured: bool = True
) -> None:
    """Run ``files``, paths from the root, compiled where this process is plain, and the other way round.

    Where they show coverage nothing new, let them not be ``is_measured``: it takes half of the time.
    """
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n0", *files],
        cwd=ROOT,
        env={
            **(os.environ if is_measured else without_coverage()),
            "BDAX_PURE": "" if is_plain else "1",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )
    assert done.returncode == 0, done.stdout[-4000:]


def said_where_chosen(choice: str, question: str) -> list[str]:
    """Return the lines that ``question``, a program, prints where ``BDAX_PURE`` is ``choice``."""
    done = subprocess.run(
        [sys.executable, "-c", question],
        cwd=ROOT,
        env={**os.environ, "BDAX_PURE": choice},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.splitlines()
