"""Sockets, timers and turns: the adapters between clients and the core."""
