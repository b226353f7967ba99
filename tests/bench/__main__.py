"""``python -m tests.bench [NAME ...] [--full] [--json FILE]``: run benchmarks and print their tables."""

import argparse
import json
import platform
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from gateway.app.twins import hot_form
from tests.bench import (
    codec,
    durability,
    fan_out,
    fan_out_orders,
    long_run,
    memory,
    order_path,
    recovery,
    resend,
    storm,
)
from tests.bench.outcome import Outcome

BENCHES: Final[Mapping[str, Callable[[], Outcome]]] = {
    "codec": codec.bench,
    "order_path": order_path.bench,
    "resend": resend.bench,
    "durability": durability.bench,
    "recovery": recovery.bench,
    "memory": memory.bench,
    "fan_out": fan_out.bench,
    "fan_out_orders": fan_out_orders.bench,
    "storm": storm.bench,
    "storm_workers": partial(storm.bench, storm.SHORT._replace(workers=storm.WORKERS)),
    "long_run": long_run.bench,
}
FULL: Final[Mapping[str, Callable[[], Outcome]]] = {
    **BENCHES,
    "durability": partial(durability.bench, durability.FULL),
    "recovery": partial(recovery.bench, recovery.FULL),
    "memory": partial(memory.bench, memory.FULL),
    "fan_out": partial(fan_out.bench, fan_out.FULL),
    "fan_out_orders": partial(fan_out_orders.bench, fan_out_orders.FULL),
    "storm": partial(storm.bench, storm.FULL),
    "storm_workers": partial(storm.bench, storm.FULL._replace(workers=storm.WORKERS)),
    "long_run": partial(long_run.bench, long_run.FULL),
}
"""The same where nothing is longer.

Durability takes about 15 minutes, recovery 10, memory 11, fan_out 18, fan_out_orders 5, storm 3, and
storm_workers 3.
"""


def main(arguments: list[str]) -> int:
    """Print the tables; exit 1 when a target is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Run benchmarks.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHES)}; default: all")
    parser.add_argument("--full", action="store_true", help="the long forms: more rounds, orders and time")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="also write rows, figures and verdicts there"
    )
    options = parser.parse_args(arguments)
    unknown = set(options.names) - BENCHES.keys()
    if unknown:
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    machine = f"{platform.python_implementation()} {platform.python_version()}, {platform.machine()}"
    print(f"{machine}, hot modules: {hot_form()}\n", flush=True)
    documents = {}
    missed = False
    benches = FULL if options.full else BENCHES
    for name in options.names or benches:
        outcome = benches[name]()
        print(outcome.markdown(), flush=True)
        missed = missed or outcome.is_missed
        documents[name] = outcome.document()
        # After each of them: a long run that is broken off leaves what it has.
        if options.json is not None:
            options.json.write_text(json.dumps({"machine": machine, "benches": documents}, indent=2) + "\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
