"""Which twin of the turns' usual way works: the compiled one where it is built, else the one in plain Python.

``BDAX_PURE=1`` in the environment forces plain Python. NOT here: what the turns are (``turns``).
"""

from gateway.ports.forms import IS_PLAIN

__all__ = ["TurnCycle", "Unit"]

if IS_PLAIN:
    from gateway.net.plain_turns import TurnCycle, Unit
else:
    try:
        from gateway.net._turns import TurnCycle, Unit
    except ImportError:
        from gateway.net.plain_turns import TurnCycle, Unit
