"""Whom a TLS client's certificate names. NOT here: whether it is genuine, which TLS has checked."""

from collections.abc import Mapping
from typing import Any


def common_name(certificate: Mapping[str, Any] | None) -> str | None:
    """Return the common name of a certificate as ``ssl`` decodes it; ``None`` without exactly one."""
    if not certificate:
        return None
    names = [value for part in certificate.get("subject", ()) for kind, value in part if kind == "commonName"]
    return str(names[0]) if len(names) == 1 else None
