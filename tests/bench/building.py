"""Programs and libraries in C that benchmarks need, compiled when they are first asked for."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

BUILD_TIMEOUT_S: Final = 300.0


def built(source: Path, compiler: str, options: Sequence[str], libraries: Sequence[str]) -> Path | str:
    """Compile ``source`` into the user's cache; return what came of it, or in words why there is nothing."""
    if shutil.which(compiler) is None:
        return f"there is no {compiler}"
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bdax-bench"
    cache.mkdir(parents=True, exist_ok=True)
    program = cache / source.stem
    if program.exists() and program.stat().st_mtime >= source.stat().st_mtime:
        return program
    command = [compiler, *options, "-o", str(program), str(source), *libraries]
    done = subprocess.run(command, capture_output=True, text=True, timeout=BUILD_TIMEOUT_S, check=False)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if "error" in line] or ["it failed"]
        return f"{compiler}: {lines[0]}"
    return program
