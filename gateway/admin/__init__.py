"""HTTP for operators: ``/healthz`` and ``/metrics``.

NOT here: what is counted (each component's ``MetricsSource``) and the listener's socket (``gateway.net``).
"""

from gateway.admin.server import AdminServer

__all__ = ["AdminServer"]
