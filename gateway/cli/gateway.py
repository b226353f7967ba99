"""``bdax run`` and ``bdax check-config``."""

import argparse
import sys

from gateway.settings import Overrides, load, override


def run(options: argparse.Namespace) -> int:
    """Run the gateway until it is told to end. Raises ``SettingsError``."""
    settings = override(
        load(options.config),
        Overrides(
            fix=options.fix,
            ws=options.ws,
            http=options.http,
            data_dir=options.data,
            durability=options.durability,
        ),
    )
    # The other commands do not wait for all that the gateway needs.
    from gateway.app.logs import set_up_logging
    from gateway.app.run import run_gateway

    set_up_logging(settings.log)
    try:
        return run_gateway(settings, demo=options.demo)
    except KeyboardInterrupt:
        # Before the run takes the signal over: nothing was promised to anybody yet.
        return 0


def check_config(options: argparse.Namespace) -> int:
    """Load a configuration with the files that it names and say what it holds. Raises ``SettingsError``."""
    settings = load(options.config)
    # Not before the files themselves are good: it takes the whole protocol along.
    from gateway.app.dictionaries import check_dictionaries

    check_dictionaries(settings)
    accounts = settings.accounts
    counts = (
        f"{len(accounts.accounts)} accounts, {len(accounts.fix_sessions)} FIX sessions, "
        f"{len(accounts.api_keys)} API keys, {len(settings.instruments)} instruments"
    )
    sys.stdout.write(f"{settings.file}: good ({counts})\n")
    return 0
