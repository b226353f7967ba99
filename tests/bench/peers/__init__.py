"""Servers that the fan-out is measured beside. Each sends the same short messages to every client."""
