# The compiled twin has the interface of the twins in plain Python, whose types stand for it.
from protocols.fix.framer import byte_sum as byte_sum
