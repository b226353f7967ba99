"""The composition root: builds the gateway from its settings and runs it."""

from gateway.app.run import run_gateway

__all__ = ["run_gateway"]
