"""``python -m tests.bench [NAME ...] [--json FILE]``: run benchmarks and print their tables."""

import argparse
import importlib.util
import json
import platform
import sys
from pathlib import Path
from typing import Final

from tests.bench import codec, order_path, resend

BENCHES: Final = {"codec": codec.bench, "order_path": order_path.bench, "resend": resend.bench}


def main(arguments: list[str]) -> int:
    """Print the tables; exit 1 when a target is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Run benchmarks.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHES)}; default: all")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures there")
    options = parser.parse_args(arguments)
    unknown = set(options.names) - BENCHES.keys()
    if unknown:
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    machine = f"{platform.python_implementation()} {platform.python_version()}, {platform.machine()}"
    print(f"{machine}, {_compiled()}\n", flush=True)
    figures = {}
    missed = False
    for name in options.names or BENCHES:
        outcome = BENCHES[name]()
        print(outcome.markdown(), flush=True)
        missed = missed or not all(target.held for target in outcome.targets)
        targets = {target.text: target.held for target in outcome.targets}
        figures[name] = {"figures": outcome.figures, "targets": targets}
    if options.json is not None:
        options.json.write_text(json.dumps({"machine": machine, "benches": figures}, indent=2) + "\n")
    return 1 if missed else 0


def _compiled() -> str:
    spec = importlib.util.find_spec("protocols.fix.message")
    pure = spec is None or spec.origin is None or spec.origin.endswith(".py")
    return "codec in plain Python" if pure else "codec compiled"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
