# The compiled twin has the interface of the twin in plain Python, whose types stand for it.
from gateway.net.plain_turns import TurnCycle as TurnCycle
from gateway.net.plain_turns import Unit as Unit
