"""``bdax replay``: rebuild a moment of a data directory and print it."""

import argparse
import sys
from pathlib import Path
from typing import Final

from gateway.cli.usage import UsageError
from gateway.settings.errors import one_line

PRINTS: Final = ("book", "orders", "hash")


def add_replay_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument(
        "--data", metavar="DIR", type=Path, required=True, help="data directory; a gateway may be using it"
    )
    parser.add_argument(
        "--until",
        metavar="SEQ",
        type=int,
        help="the engine sequence after which to stop (default: the end of the log)",
    )
    parser.add_argument(
        "--print",
        choices=PRINTS,
        default="hash",
        help="the books, the open orders, or a hash of the whole state (default: %(default)s)",
    )


def replay(options: argparse.Namespace) -> int:
    """Rebuild and print. Raises ``UsageError``."""
    if options.until is not None and options.until < 0:
        raise UsageError(f"argument --until: must be at least 0: {options.until}")
    if not options.data.is_dir():
        raise UsageError(f"argument --data: {options.data} is no directory")
    # The other commands do not wait for all that a replay needs.
    from gateway.app import replay as moments
    from gateway.app.logs import set_up_logging
    from gateway.app.replica import ReplicaError
    from gateway.ports import StoreError
    from gateway.settings import LogSettings

    set_up_logging(LogSettings(level="warning"))
    shown = {"book": moments.books, "orders": moments.orders, "hash": moments.state_hash}[options.print]
    try:
        replica = moments.rebuild(options.data, options.until)
    except (ReplicaError, StoreError) as error:
        sys.stderr.write(f"bdax: {one_line(str(error))}\n")
        return 1
    for line in shown(replica):
        sys.stdout.write(line.decode() + "\n")
    return 0
