# The compiled twin has the interface of the twins in plain Python, whose types stand for it.
from protocols.fix.frame_cursor import FrameCursor as FrameCursor
from protocols.fix.frame_cursor import byte_sum as byte_sum
from protocols.fix.message import Message as Message
from protocols.fix.message import scan as scan
