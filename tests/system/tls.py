"""TLS for the system tests: certificates of an authority made for a test, and who trusts it."""

import ssl
from pathlib import Path

import trustme

from tests.system.fix_engine import TlsFiles
from tests.system.gateway_process import ROOT, GatewayProcess

FIX_TLS = """
[fix.tls]
port = 0
certificate = "certificate.pem"
key = "key.pem"
"""
"""A FIX listener with the files of ``write_certificate`` beside the configuration."""

_WS_TLS = """
[ws.tls]
certificate = "certificate.pem"
key = "key.pem"
"""


def secure_gateway(folder: Path, authority: trustme.CA) -> GatewayProcess:
    """Return a gateway with the demo's accounts, both front doors behind a certificate for ``localhost``."""
    write_certificate(folder, authority, "localhost", "127.0.0.1")
    config = folder / "gateway.toml"
    files = (f'{name}_file = "{ROOT}/config/{name}.toml"\n' for name in ("accounts", "instruments"))
    config.write_text("".join(files) + FIX_TLS + _WS_TLS)
    return GatewayProcess(folder, config=str(config))


def write_certificate(folder: Path, authority: trustme.CA, *names: str) -> TlsFiles:
    """Write a certificate that ``authority`` issues for ``names``, its key, and the authority's own."""
    certificate = authority.issue_cert(*names, common_name=names[0])
    files = TlsFiles(folder / "authority.pem", folder / "certificate.pem", folder / "key.pem")
    assert files.certificate is not None
    assert files.key is not None
    authority.cert_pem.write_to_path(str(files.authority))
    certificate.cert_chain_pems[0].write_to_path(str(files.certificate))
    certificate.private_key_pem.write_to_path(str(files.key))
    return files


def trust_in(authority: trustme.CA) -> ssl.SSLContext:
    """Return the context of a client that trusts ``authority`` alone."""
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(trust)
    return trust
