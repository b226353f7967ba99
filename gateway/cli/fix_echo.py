"""``bdax fix-echo``: the session layer with an echo application, for conformance suites."""

import argparse
from pathlib import Path
from typing import Final

from gateway.cli.usage import UsageError

BEGIN_STRINGS: Final = ("FIX.4.2", "FIX.4.4", "FIXT.1.1")
_ALSO_KNOWN_AS: Final = {"FIX.5.0SP2": "FIXT.1.1"}
_MAX_PORT: Final = 65535


def add_fix_echo_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument(
        "--port", metavar="P", type=int, required=True, help="port on 127.0.0.1; 0 takes a free one"
    )
    parser.add_argument(
        "--begin-string",
        choices=(*BEGIN_STRINGS, *_ALSO_KNOWN_AS),
        required=True,
        help="the version; FIX.5.0SP2 is another name for FIXT.1.1, which carries it",
    )
    parser.add_argument(
        "--dictionary",
        metavar="FILE",
        type=Path,
        help="data dictionary in QuickFIX's format (default: the exchange's own)",
    )
    parser.add_argument(
        "--transport-dictionary",
        metavar="FILE",
        type=Path,
        help="with FIXT.1.1, the dictionary of header, trailer and session messages",
    )
    parser.add_argument(
        "--target",
        metavar="COMPID",
        default="ISLD",
        help="the TargetCompID that clients must name (default: %(default)s)",
    )
    parser.add_argument(
        "--unknown", metavar="COMPID", nargs="+", action="extend", default=[], help="SenderCompIDs to refuse"
    )
    parser.add_argument(
        "--reset-on-logon", action="store_true", help="set both sequence numbers to 1 at each Logon"
    )


def fix_echo(options: argparse.Namespace) -> int:
    """Run the acceptor until it is told to end. Raises ``UsageError``."""
    if not 0 <= options.port <= _MAX_PORT:
        raise UsageError(f"argument --port: not a port: {options.port}")
    # The other commands do not wait for all that the acceptor needs.
    from gateway.app.fix_echo import EchoSettings, run_fix_echo

    return run_fix_echo(
        EchoSettings(
            begin_string=_ALSO_KNOWN_AS.get(options.begin_string, options.begin_string),
            port=options.port,
            dictionary=options.dictionary,
            transport=options.transport_dictionary,
            target_comp_id=options.target,
            unknown=frozenset(options.unknown),
            reset_on_logon=options.reset_on_logon,
        )
    )
