"""The live demo market: simulated participants that are ordinary clients of the gateway.

Market makers (``SIM1`` …) quote over FIX, takers trade over WebSocket, each through a socket like anybody
else. The package imports nothing of the gateway's core. It runs as a child process of ``bdax run --demo``:
``python -m gateway.demo`` reads its briefing from stdin and ends when stdin closes.
"""
