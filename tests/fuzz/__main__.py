"""Fuzz under atheris, led by coverage: ``python -m tests.fuzz TARGET [SECONDS]``; no arguments: the names.

``python -m tests.fuzz TARGET FILE`` works one input again, without atheris. What is found, and the inputs
that lead further, are kept under ``.fuzz/``.
"""

import random
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

FOLDER: Final = Path(".fuzz")
PACKAGES: Final = ["protocols", "gateway.dialects", "gateway.orders", "gateway.matching", "gateway.model"]
MAX_LENGTH: Final = 2048
SEEDS: Final = 16
WORDS: Final = (
    "8=FIX.4.4", "8=FIX.4.2", "8=FIXT.1.1", "9=", "10=000", "34=2", "35=D", "35=A", "35=4", "35=2",
    "43=Y", "49=CLIENT", "56=BDAX", "52=20260101-00:00:00.000", "123=Y", "36=5", "95=3", "96=", "141=Y",
)  # fmt: skip


def main(arguments: list[str]) -> int:
    """Return 0 good, 2 for wrong usage, 3 without atheris; what was found ends the process with 77."""
    if not arguments:
        print(*_targets(), sep="\n")
        return 0
    if len(arguments) > 2:
        print("usage: python -m tests.fuzz [TARGET [SECONDS | FILE]]", file=sys.stderr)
        return 2
    name, rest = arguments[0], arguments[1] if len(arguments) == 2 else "60"
    if not rest.isdigit():
        _targets()[name](Path(rest).read_bytes())
        print(f"{name} holds for {rest}")
        return 0
    try:
        import atheris
    except ImportError:
        print("atheris is not installed; `make fuzz` does it where it can be had", file=sys.stderr)
        return 3
    with atheris.instrument_imports(include=PACKAGES):
        target = _targets()[name]
    print(f"\n{name}: {target.__doc__}", flush=True)
    atheris.Setup([sys.argv[0], *_options(name, rest)], target)
    atheris.Fuzz()  # leaves the process by itself
    return 0


def _targets() -> Mapping[str, Callable[[bytes], None]]:
    # Imported late, so that atheris can instrument what they import.
    from tests.fuzz.targets import TARGETS

    return TARGETS


def _options(name: str, seconds: str) -> list[str]:
    """Return libFuzzer's options; make its folders, and first inputs where there are none."""
    corpus, found = FOLDER / "corpus" / name, FOLDER / "found"
    if not corpus.exists():
        corpus.mkdir(parents=True)
        for seed in range(SEEDS):
            (corpus / f"seed-{seed}").write_bytes(
                random.Random(seed).randbytes(MAX_LENGTH // SEEDS * (seed + 1))
            )
    found.mkdir(exist_ok=True)
    words = FOLDER / "words"
    words.write_text("".join(f'"{word}\\x01"\n' for word in WORDS))
    return [
        f"-max_total_time={seconds}",
        f"-max_len={MAX_LENGTH}",
        "-len_control=0",
        "-timeout=20",
        "-rss_limit_mb=1024",
        "-verbosity=0",
        "-print_final_stats=1",
        f"-dict={words}",
        f"-artifact_prefix={found}/{name}-",
        str(corpus),
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
