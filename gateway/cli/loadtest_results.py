"""``bdax loadtest compare`` and ``report``: what one does with the results of load tests."""

import argparse
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.cli.usage import UsageError

if TYPE_CHECKING:
    from gateway.loadtest.results import Result


def add_results_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add both commands to those of ``bdax loadtest``; each sets ``loadtest`` to what carries it out."""
    command = commands.add_parser(
        "compare",
        help="put two results side by side",
        description="Put two results side by side: A is what there was, B what is judged. With --threshold,"
        " exit 1 if anything of B is worse by more than that factor.",
        epilog="example: bdax loadtest compare before.json after.json --threshold 1.2",
        allow_abbrev=False,
    )
    command.add_argument("a", metavar="A.json", type=Path, help="what there was")
    command.add_argument("b", metavar="B.json", type=Path, help="what is judged")
    command.add_argument(
        "--threshold",
        metavar="FACTOR",
        type=float,
        help="demand that B is worse by no more than this (default: demand nothing, and call 1.10 alike)",
    )
    command.set_defaults(loadtest=_compare)

    command = commands.add_parser(
        "report",
        help="make a page from a result",
        description="Make a self-contained HTML page from the JSON result of a run.",
        epilog="example: bdax loadtest report result.json --html result.html",
        allow_abbrev=False,
    )
    command.add_argument("result", metavar="RESULT.json", type=Path, help="the result of a run")
    command.add_argument("--html", metavar="FILE", type=Path, required=True, help="write the page here")
    command.set_defaults(loadtest=_report)


def write_html(result: "Result", path: Path) -> None:
    """Write the report of ``result`` to ``path``; raise ``UsageError`` where that cannot be."""
    from gateway.loadtest.report import write_report
    from gateway.loadtest.results import ResultError

    try:
        write_report(result, path)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    except ResultError as error:
        raise UsageError(str(error)) from None


def _compare(options: argparse.Namespace) -> int:
    # The other commands do not wait for all that a table needs.
    from gateway.loadtest.compare import compare_files
    from gateway.loadtest.results import ResultError

    threshold = options.threshold
    if threshold is not None and not 1 <= threshold < math.inf:
        raise UsageError(f"argument --threshold: a factor of 1 or more: {threshold:g}")
    try:
        return 0 if compare_files(options.a, options.b, threshold, sys.stdout) else 1
    except ResultError as error:
        raise UsageError(str(error)) from None


def _report(options: argparse.Namespace) -> int:
    from gateway.loadtest.results import ResultError, read

    try:
        result = read(options.result)
    except ResultError as error:
        raise UsageError(str(error)) from None
    write_html(result, options.html)
    sys.stdout.write(f"{options.html}\n")
    return 0
