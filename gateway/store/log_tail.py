"""Where the log ends: what each batch moves on, kept apart so that the compiled form can move it too."""

from typing import Final

NOT_USUAL: Final = -1
"""In place of a file: the next batch does not go the usual way."""

NO_BOUND: Final = (1 << 63) - 1
"""A place in a file that is never come to."""


class LogTail:
    """The last batch that is committed and its engine sequence, and the end of the segment it went to.

    ``fd`` is the file of the segment that begins with batch ``segment``. So far ``commands`` are in it, and
    it goes up to byte ``end``; beyond ``filled`` it may not go unasked, and at ``fill_due`` more is asked for
    (``filling``). ``bytes_written`` counts over all segments. ``errno`` is that of a write that was refused,
    which must not be tried again: a file that could not be made durable may look as if it were. The thread
    that writes moves these, the loop's thread ``number``, ``eseq`` and ``has_failed``: that nothing is
    committed any more, whatever ``fd`` says.
    """

    __slots__ = (
        "bytes_written",
        "commands",
        "end",
        "errno",
        "eseq",
        "fd",
        "fill_due",
        "filled",
        "has_failed",
        "number",
        "segment",
    )

    def __init__(self, number: int, eseq: int) -> None:
        self.number = number
        self.eseq = eseq
        self.fd = NOT_USUAL
        self.segment = 0
        self.end = 0
        self.filled = NO_BOUND
        self.fill_due = NO_BOUND
        self.commands = 0
        self.bytes_written = 0
        self.errno = 0
        self.has_failed = False
