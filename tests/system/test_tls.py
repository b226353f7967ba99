"""Both front doors behind TLS, with a certificate made for the test."""

import ssl
from collections.abc import Iterator

import pytest
import trustme

from tests.system.conftest import DEMO_PASSWORD
from tests.system.gateway_process import GatewayProcess
from tests.system.raw_fix import RawFix
from tests.system.tls import secure_gateway, trust_in
from tests.system.ws_client import WsPeer

Secure = tuple[GatewayProcess, trustme.CA]


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secure]:
    authority = trustme.CA()
    with secure_gateway(tmp_path_factory.mktemp("tls"), authority) as running:
        yield running, authority


def test_a_fix_client_trades_over_tls(secure: Secure) -> None:
    gateway, authority = secure
    with RawFix(gateway.fix_tls, "DEMO1", trust_in(authority)) as client:
        client.logon(DEMO_PASSWORD)
        client.send_order("tls-1", "BTC-KRW", 1, "1", "90000000")
        assert client.receive()[150] == "0"


def test_a_websocket_client_trades_over_tls(secure: Secure) -> None:
    gateway, authority = secure
    assert gateway.ws.startswith("wss://")
    with WsPeer(gateway.ws, trust_in(authority)) as client:
        client.logon("DEMO2", "demo-secret-of-DEMO2")
        assert client.result("ping") == {}


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1:DeprecationWarning")  # which is the point
def test_old_tls_is_refused(secure: Secure) -> None:
    gateway, _ = secure
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    client.set_ciphers("ALL:@SECLEVEL=0")
    client.minimum_version = ssl.TLSVersion.TLSv1_1
    client.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        RawFix(gateway.fix_tls, "DEMO1", client)
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    with RawFix(gateway.fix_tls, "DEMO1", client) as welcome:
        welcome.logon(DEMO_PASSWORD)
