"""``bdax loadtest``: put a gateway, or any FIX 4.4 acceptor, under load, and check all it answers."""

import argparse
import contextlib
import re
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NoReturn
from urllib.parse import urlsplit

from gateway.cli.loadtest_results import add_results_commands, write_html
from gateway.cli.usage import UsageError
from gateway.settings.errors import one_line

_MAX_PORT: Final = 65535
_PORT: Final = re.compile(r"[0-9]{1,5}")
_FIX: Final = "127.0.0.1:9880"
_WS: Final = "ws://127.0.0.1:8080/v1"
NAMED: Final = ("latency", "throughput", "open-auction", "fan-out", "mixed-day", "storm")
_MIX: Final = ("rest", "cross", "cancel", "replace")


def add_loadtest_options(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands and their options."""
    commands = parser.add_subparsers(metavar="WHAT", required=True, title="what to do")
    command = commands.add_parser(
        "run",
        help="run a scenario",
        description="Run a scenario: one that comes along, by name, or a TOML file. Exit 0 if every answer"
        " was right, 1 if not, 2 for a wrong scenario.",
        epilog="example: bdax loadtest run throughput --pid 4711 --json result.json --html result.html",
        allow_abbrev=False,
    )
    command.set_defaults(loadtest=_run)
    _add_run_options(command)
    command = commands.add_parser(
        "show",
        help="print a scenario that comes along, as a start for your own",
        description="Print a scenario that comes along, as a start for your own.",
        epilog="example: bdax loadtest show storm > my.toml",
        allow_abbrev=False,
    )
    command.add_argument("scenario", choices=NAMED)
    command.set_defaults(loadtest=_show)
    add_results_commands(commands)


def loadtest(options: argparse.Namespace) -> int:
    """Do what was asked for. Raises ``UsageError``."""
    code: int = options.loadtest(options)
    return code


def _add_run_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("scenario", metavar="SCENARIO", help=f"{', '.join(NAMED)}, or a TOML file")
    group = parser.add_argument_group("target")
    group.add_argument("--fix", metavar="HOST:PORT", default=_FIX, help="FIX listener (default: %(default)s)")
    group.add_argument("--ws", metavar="URL", default=_WS, help="WebSocket listener (default: %(default)s)")
    group.add_argument(
        "--pid",
        metavar="PID",
        type=int,
        action="append",
        default=[],
        help="a process of the target, for CPU and memory; may be given again",
    )
    group.add_argument("--label", metavar="TEXT", default="gateway", help="what to call it in the results")
    group = parser.add_argument_group("what comes out")
    group.add_argument("--json", metavar="FILE", type=Path, help="write the result here")
    group.add_argument("--html", metavar="FILE", type=Path, help="write a report here")
    group = parser.add_argument_group("instead of the scenario's own")
    for option, (table, key, kind, text) in _CHANGES.items():
        choices = ("full", "one") if key == "answers" else None
        group.add_argument(
            option,
            metavar=None if choices else kind.__name__.upper().replace("STR", "TEXT"),
            type=kind,
            choices=choices,
            dest=f"change_{table}_{key}",
            help=text,
        )
    group.add_argument(
        "--mix", metavar="KIND=SHARE,...", help="of rest, cross, cancel, replace; others are 0"
    )
    group.add_argument(
        "--set",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        dest="assignments",
        help="any other key, as load.ramp_s=5 or subscribers.0.count=50; may be given again",
    )
    group.add_argument("--no-subscribers", action="store_true", help="nobody follows")


_CHANGES: Final[dict[str, tuple[str, str, type, str]]] = {
    "--sessions": ("fix", "sessions", int, "FIX sessions"),
    "--sender": ("fix", "sender_comp_id", str, "their SenderCompID, with {n} for the number"),
    "--first": ("fix", "first", int, "the first number"),
    "--target": ("fix", "target_comp_id", str, "TargetCompID"),
    "--password": ("fix", "password", str, "Password(554); empty: neither it nor Username(553)"),
    "--ws-sessions": ("ws", "sessions", int, "WebSocket sessions"),
    "--symbol": ("orders", "symbol", str, "instrument"),
    "--price": ("orders", "price", str, "where orders cross"),
    "--tick": ("orders", "tick", str, "price step"),
    "--quantity": ("orders", "quantity", str, "of an order"),
    "--answers": ("orders", "answers", str, "an exchange's reports, or one ExecutionReport for each order"),
    "--rate": ("load", "rate", float, "requests a second, open loop; 0 for a closed one"),
    "--window": ("load", "window", int, "requests in flight on each session, closed loop"),
    "--count": ("load", "count", int, "requests in all"),
    "--duration": ("load", "duration_s", float, "seconds"),
    "--warmup": ("load", "warmup", int, "requests that are not measured"),
    "--warmup-s": ("load", "warmup_s", float, "seconds that are not measured"),
    "--workers": ("", "workers", int, "processes that send orders"),
    "--run-s": ("limits", "run_s", float, "seconds until the run is given up"),
    "--patience-s": ("limits", "patience_s", float, "seconds without an answer until it is given up"),
    "--connect-s": ("limits", "connect_s", float, "seconds for connecting"),
}
"""Options that change the scenario: table ("" for the top), key, type, help."""


def _run(options: argparse.Namespace) -> int:
    # The other commands do not wait for all that a load test needs.
    from gateway.loadtest import results, scenario
    from gateway.loadtest.conductor import Conductor
    from gateway.loadtest.descriptors import make_room
    from gateway.loadtest.server_watch import exists
    from gateway.loadtest.terminal import view

    try:
        plan = scenario.load(options.scenario, _changes(options), options.assignments)
    except scenario.ScenarioError as error:
        raise UsageError(str(error)) from None
    for pid in options.pid:
        if not exists(pid):
            raise UsageError(f"argument --pid: there is no process {pid} to watch")
    _check_files(options.json, options.html)
    if wrong := make_room(plan):
        raise UsageError(wrong)
    needs_ws = plan.ws.sessions or plan.subscribers
    target = results.Target(
        label=options.label,
        fix=options.fix if plan.fix.sessions else None,
        ws=options.ws if needs_ws else None,
        begin_string="FIX.4.4" if plan.fix.sessions else "",
        target_comp_id=plan.fix.target_comp_id if plan.fix.sessions else "",
        pids=tuple(options.pid),
    )
    conductor = Conductor(
        plan,
        target,
        _address(options.fix, "--fix") if plan.fix.sessions else None,
        _ws_address(options.ws) if needs_ws else None,
        view(sys.stderr),
    )
    with _ended_by_sigterm():
        result = conductor.run()
    written = True
    if options.json is not None:
        written = _written(options.json, lambda: results.write(result, options.json))
    if options.html is not None:
        written = _written(options.html, lambda: write_html(result, options.html)) and written
    return 0 if result.verdict.passed and written else 1


def _check_files(*paths: Path | None) -> None:
    """Refuse what cannot be written, before the run. Raises ``UsageError``."""
    from gateway.loadtest import files

    for option, path in zip(("--json", "--html"), paths, strict=True):
        if path is None:
            continue
        if not path.parent.is_dir():
            raise UsageError(f"argument {option}: no folder {path.parent}")
        try:
            files.check_writable(path)
        except (OSError, ValueError) as error:
            why = (error.strerror if isinstance(error, OSError) else None) or str(error)
            raise UsageError(f"argument {option}: {path}: {why}") from None
    if paths[0] is not None and paths[1] is not None and paths[0].resolve() == paths[1].resolve():
        raise UsageError("arguments --json and --html: the same file")


def _written(path: Path, write: Callable[[], None]) -> bool:
    """Write a file of a run that has been; say in one line what went wrong, and go on."""
    try:
        write()
    except (OSError, UsageError) as error:
        why = str(error) if isinstance(error, UsageError) else f"{path}: {error.strerror}"
        sys.stderr.write(f"bdax: {one_line(why)}\n")
        return False
    return True


@contextlib.contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Take SIGTERM for Ctrl-C."""

    def interrupt(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _show(options: argparse.Namespace) -> int:
    from gateway.loadtest import scenario

    sys.stdout.write((scenario.NAMED / f"{options.scenario}.toml").read_text())
    return 0


def _changes(options: argparse.Namespace) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for table, key, _, _ in _CHANGES.values():
        value = getattr(options, f"change_{table}_{key}")
        if value is not None:
            (changes.setdefault(table, {}) if table else changes)[key] = value
    if options.mix is not None:
        changes.setdefault("orders", {}).update(_mix(options.mix))
    if options.no_subscribers:
        changes["subscribers"] = []
    return changes


def _mix(text: str) -> dict[str, float]:
    mix = dict.fromkeys(_MIX, 0.0)
    for part in text.split(","):
        kind, _, share = part.partition("=")
        if kind not in mix:
            raise UsageError(f"argument --mix: one of {', '.join(_MIX)}: {part}")
        try:
            mix[kind] = float(share)
        except ValueError:
            raise UsageError(f"argument --mix: not a share: {part}") from None
    return mix


def _address(text: str, option: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not _PORT.fullmatch(port) or not 0 < int(port) <= _MAX_PORT:
        raise UsageError(f"argument {option}: not HOST:PORT: {text}")
    return host, int(port)


def _ws_address(text: str) -> tuple[tuple[str, int], str, str]:
    with contextlib.suppress(ValueError):
        url = urlsplit(text)
        if url.scheme == "ws" and url.hostname and url.port and text.isascii() and text.isprintable():
            return (url.hostname, url.port), url.netloc, url.path or "/"
    raise UsageError(f"argument --ws: not ws://HOST:PORT/PATH: {text}")
