"""The error of a wrong command line."""


class UsageError(Exception):
    """A command was called wrongly; ``str()`` is what to say, in one line."""
