"""``python -m tests.system.market_data``: the soak, as long as asked."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.system.market_data.soak import Soak, SoakTerms


def main() -> int:
    """Run a soak and print what came of it; 1 when something was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.system.market_data", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--subscribers", type=int, default=2000)
    parser.add_argument("--rate", type=int, default=30, help="orders, replaces and cancels a second")
    parser.add_argument("--workers", type=int, default=0, help="processes that have the subscribers")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bdax-soak-") as folder:
        terms = SoakTerms(
            options.seconds,
            options.subscribers,
            Path(folder),
            seed=options.seed,
            rate=options.rate,
            workers=options.workers,
        )
        soak = Soak(terms)
        wrong = asyncio.run(soak.run())
    sys.stdout.write("".join(f"{line[:1000]}\n" for line in (soak.summary(), *wrong[:50])))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
