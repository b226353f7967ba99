"""Which form of the hot modules is asked for: with ``BDAX_PURE=1`` in the environment plain Python alone.

Else each compiled form works that is built. NOT here: the FIX codec, which asks itself (``protocols.fix``).
"""

import os
from typing import Final

IS_PLAIN: Final = os.environ.get("BDAX_PURE") == "1"
