"""Which twin of the codec works: the compiled one where it is built, else the one in plain Python.

Both have one interface and give the same bytes, values and errors. ``BDAX_PURE=1`` in the environment forces
plain Python. NOT here: the twins themselves (``_codec.pyx``; ``framer``, ``message``, ``encoder``).
"""

import os

__all__ = ["WHY_PURE", "byte_sum"]

if os.environ.get("BDAX_PURE") == "1":
    from protocols.fix.framer import byte_sum

    WHY_PURE = "BDAX_PURE=1"
else:
    try:
        from protocols.fix._codec import byte_sum
    except ImportError as error:
        from protocols.fix.framer import byte_sum

        WHY_PURE = f"the compiled form is not there: {error}"
    else:
        WHY_PURE = ""
