"""The one error of configuration."""


class SettingsError(Exception):
    """A configuration that cannot be used.

    ``str()`` is one line, ``FILE: key.path: what is wrong (limit, value)``; ``key``, ``limit`` and ``value``
    may be empty. The value of a secret is never given here.
    """

    def __init__(self, file: str, key: str, problem: str, limit: str = "", value: str = "") -> None:
        where = f"{file}: {key}" if key else file
        detail = ", ".join(f"{name} {text}" for name, text in (("limit", limit), ("value", value)) if text)
        super().__init__(one_line(f"{where}: {problem}" + (f" ({detail})" if detail else "")))
        self.file = file
        self.key = key
        self.problem = problem
        self.limit = limit
        self.value = value


def one_line(text: str) -> str:
    """Return ``text`` with every character that is not printable escaped, so that it stays one line."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text
    )
