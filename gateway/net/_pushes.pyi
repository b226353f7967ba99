# The compiled twins have the interface of the twins in plain Python, whose types stand for them.
from gateway.net.plain_pushes import PushWrites as PushWrites
from gateway.net.plain_pushes import UsualSocket as UsualSocket
