"""The wire languages, without I/O: bytes and the time go in; events and bytes come out.

Nothing here knows the gateway, a socket or a clock.
"""
