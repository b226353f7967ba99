"""Which twin of the codec works: the compiled one where it is built, else the one in plain Python.

Both have one interface and give the same bytes, values and errors. ``BDAX_PURE=1`` in the environment forces
plain Python; ``WHY_PURE`` says why that works, and is empty where the compiled one does. NOT here: the twins
(``*.pyx``; ``frame_cursor``, ``message``, ``layouts``, ``usual_*``).
"""

import os

__all__ = [
    "WHY_PURE",
    "FrameCursor",
    "Layouts",
    "Message",
    "UsualEncoder",
    "UsualInbound",
    "UsualMessages",
    "UsualOutbound",
    "UsualSession",
    "byte_sum",
    "scan",
]

WHY_PURE = "BDAX_PURE=1" if os.environ.get("BDAX_PURE") == "1" else ""
if not WHY_PURE:
    try:
        from protocols.fix._codec import FrameCursor, Message, byte_sum, scan
        from protocols.fix._layouts import Layouts
        from protocols.fix._usual import UsualEncoder, UsualMessages, UsualOutbound
        from protocols.fix._usual_session import UsualInbound, UsualSession
    except ImportError as error:
        WHY_PURE = f"the compiled form is not there: {error}"
if WHY_PURE:
    from protocols.fix.frame_cursor import FrameCursor, byte_sum
    from protocols.fix.layouts import Layouts
    from protocols.fix.message import Message, scan
    from protocols.fix.usual_encoder import UsualEncoder
    from protocols.fix.usual_inbound import UsualInbound
    from protocols.fix.usual_messages import UsualMessages
    from protocols.fix.usual_outbound import UsualOutbound
    from protocols.fix.usual_session import UsualSession
