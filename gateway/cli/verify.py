"""``bdax verify``: check a data directory and print what is in it."""

import argparse
import sys
from pathlib import Path

from gateway.cli.usage import UsageError
from gateway.settings.errors import one_line


def add_verify_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument(
        "--data", metavar="DIR", type=Path, required=True, help="data directory; a gateway may be using it"
    )


def verify(options: argparse.Namespace) -> int:
    """Check and print, part by part; the first damage is one line, and exit 1. Raises ``UsageError``."""
    if not options.data.is_dir():
        raise UsageError(f"argument --data: {options.data} is no directory")
    # The other commands do not wait for all that this needs.
    from gateway.app import verify as whole
    from gateway.app.replica import ReplicaError
    from gateway.ports import StoreError

    try:
        for line in whole.verify(options.data):
            sys.stdout.write(line.decode() + "\n")
            sys.stdout.flush()
    except (ReplicaError, StoreError) as error:
        sys.stderr.write(f"bdax: {one_line(str(error))}\n")
        return 1
    return 0
