"""The ``bdax`` command.

Exit 0: good. Exit 1: the run failed. Exit 2: wrong usage or configuration, one line on stderr.
"""

from gateway.cli.main import main

__all__ = ["main"]
