"""The load-test harness: a client of the gateway, or of any FIX 4.4 acceptor, that checks every answer.

It imports nothing of the core, and reads FIX with a reader of its own: what measures the gateway must not
share its mistakes.
"""
