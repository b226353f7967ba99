# The compiled twin has the interface of the twin in plain Python, whose types stand for it.
from gateway.net.plain_send import Broadcast as Broadcast
