"""What form the hot modules of this process have: compiled, or their twins in plain Python."""

import logging

from protocols.fix.codec import WHY_PURE

log = logging.getLogger(__name__)


def codec_form() -> str:
    """Return the form in words, as ``bdax --version`` says it."""
    return "plain Python" if WHY_PURE else "compiled"


def tell_of_pure_codec() -> None:
    """Log one line where the slower form works, and why it does."""
    if WHY_PURE:
        log.warning("codec in plain Python", extra={"reason": WHY_PURE})
