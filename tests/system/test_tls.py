"""Both front doors behind TLS, with a certificate made for the test."""

import datetime as dt
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.system.conftest import DEMO_PASSWORD
from tests.system.gateway_process import ROOT, GatewayProcess
from tests.system.raw_fix import RawFix
from tests.system.ws_client import WsPeer

pytestmark = pytest.mark.xdist_group("system tls")

CONFIG = """
accounts_file = "{config}/accounts.toml"
instruments_file = "{config}/instruments.toml"
[fix.tls]
port = 0
certificate = "certificate.pem"
key = "key.pem"
[ws.tls]
certificate = "certificate.pem"
key = "key.pem"
"""


def make_certificate(folder: Path) -> None:
    """Write a self-signed certificate for ``localhost`` and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[GatewayProcess, ssl.SSLContext]]:
    folder = tmp_path_factory.mktemp("tls")
    make_certificate(folder)
    (folder / "gateway.toml").write_text(CONFIG.format(config=ROOT / "config"))
    trust = ssl.create_default_context(cafile=str(folder / "certificate.pem"))
    with GatewayProcess(folder, config=str(folder / "gateway.toml")) as running:
        yield running, trust


def test_a_fix_client_trades_over_tls(secure: tuple[GatewayProcess, ssl.SSLContext]) -> None:
    gateway, trust = secure
    host, _, port = gateway.ready["fix_tls"].rpartition(":")
    with RawFix((host, int(port)), "DEMO1", trust) as client:
        client.logon(DEMO_PASSWORD)
        client.send_order("tls-1", "BTC-KRW", 1, "1", "90000000")
        assert client.receive()[150] == "0"


def test_a_websocket_client_trades_over_tls(secure: tuple[GatewayProcess, ssl.SSLContext]) -> None:
    gateway, trust = secure
    assert gateway.ws.startswith("wss://")
    with WsPeer(gateway.ws, trust) as client:
        client.logon("DEMO2", "demo-secret-of-DEMO2")
        assert client.result("ping") == {}


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1:DeprecationWarning")  # which is the point
def test_old_tls_is_refused(secure: tuple[GatewayProcess, ssl.SSLContext]) -> None:
    gateway, _ = secure
    host, _, port = gateway.ready["fix_tls"].rpartition(":")
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    client.set_ciphers("ALL:@SECLEVEL=0")
    client.minimum_version = ssl.TLSVersion.TLSv1_1
    client.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        RawFix((host, int(port)), "DEMO1", client)
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    with RawFix((host, int(port)), "DEMO1", client) as welcome:
        welcome.logon(DEMO_PASSWORD)
