# The compiled twin has the interface of the twin in plain Python, whose types stand for it.
from gateway.net.plain_send import Audience as Audience
from gateway.net.plain_send import Broadcast as Broadcast
from gateway.net.plain_send import OpenSocket as OpenSocket
