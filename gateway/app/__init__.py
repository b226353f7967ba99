"""The composition root: builds the gateway from its settings and runs it (``run``).

Imports nothing by itself, so that the processes beside the gateway load what they need and no more.
"""
