"""The command line: options, help, and the way from errors to exit codes. NOT here: what a command does."""

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import Final, NoReturn, TypeAlias

from gateway.cli.credentials import hash_a_password, make_a_key
from gateway.cli.fix_echo import add_fix_echo_options, fix_echo
from gateway.cli.gateway import check_config, run
from gateway.cli.loadtest import add_loadtest_options, loadtest
from gateway.cli.replay import add_replay_options, replay
from gateway.cli.usage import UsageError
from gateway.cli.verify import add_verify_options, verify
from gateway.settings import DEFAULT_FILE, SettingsError
from gateway.settings.errors import one_line

EXIT_GOOD: Final = 0
EXIT_FAILED: Final = 1
EXIT_USAGE: Final = 2

Command: TypeAlias = Callable[[argparse.Namespace], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command that ``argv`` (the process's own arguments) asks for; return its exit code."""
    try:
        options = _parser().parse_args(argv)
        command: Command = options.command
        return command(options)
    except SystemExit as end:
        # argparse has printed the help or the version.
        return end.code if isinstance(end.code, int) else EXIT_GOOD
    except (UsageError, SettingsError) as error:
        sys.stderr.write(f"bdax: {one_line(str(error))}\n")
        return EXIT_USAGE
    except KeyboardInterrupt:
        sys.stderr.write("bdax: interrupted\n")
        return EXIT_FAILED


class _Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see {self.prog} --help)")


class _Version(argparse.Action):
    """Print the version, and which hot modules are not compiled."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        # Each takes long, and the second takes the whole gateway along.
        from importlib.metadata import version as version_of

        from gateway.app.twins import hot_form

        version = version_of("bdax-gateway")
        sys.stdout.write(f"bdax {version} (hot modules: {hot_form()})\n")
        parser.exit()


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="bdax",
        description="FIX and WebSocket gateway of the Busan Digital Asset Exchange.",
        epilog="example: bdax run --demo",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--version", action=_Version, nargs=0, help="show the version and which form works, and exit"
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True, title="commands")

    command = _add(commands, "run", run, "run the gateway", "bdax run --fix 127.0.0.1:0 --data /var/lib/bdax")
    _add_config(command)
    command.add_argument("--data", metavar="DIR", help="data directory")
    command.add_argument("--fix", metavar="HOST:PORT", help="FIX listener; port 0 takes a free one")
    command.add_argument("--ws", metavar="HOST:PORT", help="WebSocket listener")
    command.add_argument("--http", metavar="HOST:PORT", help="HTTP listener for health and metrics")
    command.add_argument(
        "--durability",
        choices=("fsync", "os", "none"),
        help="what a commit survives: power loss, kill -9, nothing",
    )
    command.add_argument("--demo", action="store_true", help="start a live demo market beside it")

    command = _add(
        commands,
        "check-config",
        check_config,
        "check a configuration without starting anything",
        "bdax check-config --config config/loadtest.toml",
    )
    _add_config(command)

    _add(
        commands,
        "hash-password",
        hash_a_password,
        "hash a FIX password for the accounts file; it is asked for, or read from stdin",
        "printf %s 'the password' | bdax hash-password",
    )

    command = _add(
        commands,
        "new-key",
        make_a_key,
        "make a WebSocket API key for the accounts file",
        "bdax new-key --ed25519 --id desk-7 --account ACME",
    )
    kind = command.add_mutually_exclusive_group(required=True)
    kind.add_argument("--hmac", action="store_true", help="a secret that client and gateway share")
    kind.add_argument(
        "--ed25519", action="store_true", help="a key pair; the gateway has the public half only"
    )
    command.add_argument("--id", metavar="ID", help="the key's id (default: one made up)")
    command.add_argument("--account", metavar="ACCOUNT", default="ACCOUNT", help="the account it trades for")

    text = "put a gateway under load and check all it answers; compare the results"
    example = "bdax loadtest run latency --json result.json --html result.html"
    add_loadtest_options(_add(commands, "loadtest", loadtest, text, example))

    text = "rebuild any moment of a data directory from its log, read-only, and print it"
    example = "bdax replay --data data --until 1204 --print book"
    add_replay_options(_add(commands, "replay", replay, text, example))

    text = "check log, snapshots and index of a data directory, read-only"
    add_verify_options(_add(commands, "verify", verify, text, "bdax verify --data data"))

    text = "echo orders over the gateway's FIX session layer, for conformance suites"
    example = "bdax fix-echo --port 0 --begin-string FIX.4.4 --unknown STRANGER --reset-on-logon"
    add_fix_echo_options(_add(commands, "fix-echo", fix_echo, text, example))
    return parser


def _add(
    commands: "argparse._SubParsersAction[_Parser]", name: str, command: Command, text: str, example: str
) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        name,
        help=text,
        description=f"{text[0].upper()}{text[1:]}.",
        epilog=f"example: {example}",
        allow_abbrev=False,
    )
    parser.set_defaults(command=command)
    return parser


def _add_config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config",
        metavar="FILE",
        default=str(DEFAULT_FILE),
        help="configuration file (default: %(default)s)",
    )
