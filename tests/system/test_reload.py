"""New certificate files at SIGHUP: who connects from then on gets them, who is connected stays."""

import signal
import ssl
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import trustme

from tests.system.conftest import DEMO_PASSWORD
from tests.system.gateway_process import GatewayProcess, eventually
from tests.system.raw_fix import RawFix
from tests.system.tls import secure_gateway, trust_in, write_certificate
from tests.system.ws_client import WsPeer


def logged(gateway: GatewayProcess, event: str, key: str) -> list[str]:
    """Return what all records of ``event`` so far have under ``key``."""
    return [record[key] for record in gateway.log() if record["event"] == event]


@pytest.fixture
def old() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def secure(tmp_path: Path, old: trustme.CA) -> Iterator[GatewayProcess]:
    with secure_gateway(tmp_path, old) as running:
        yield running


def test_a_new_certificate_is_served_and_open_connections_go_on(
    secure: GatewayProcess, old: trustme.CA, tmp_path: Path
) -> None:
    new = trustme.CA()
    with RawFix(secure.fix_tls, "DEMO1", trust_in(old)) as before:
        before.logon(DEMO_PASSWORD)
        write_certificate(tmp_path, new, "localhost", "127.0.0.1")
        secure.signal(signal.SIGHUP)
        addresses = {secure.ready["fix_tls"], urlsplit(secure.ws).netloc}
        eventually(
            lambda: set(logged(secure, "certificate reloaded", "address")) == addresses,
            "the certificates of both listeners",
        )

        with pytest.raises(ssl.SSLCertVerificationError):
            RawFix(secure.fix_tls, "DEMO2", trust_in(old))
        with RawFix(secure.fix_tls, "DEMO2", trust_in(new)) as after:
            after.logon(DEMO_PASSWORD)
        with WsPeer(secure.ws, trust_in(new)) as client:
            assert client.result("ping") == {}

        before.send("1", (112, "still here"))
        answer = before.receive()
        assert (answer[35], answer[112]) == ("0", "still here")


def test_files_that_do_not_fit_are_logged_and_the_old_certificate_stays(
    secure: GatewayProcess, old: trustme.CA, tmp_path: Path
) -> None:
    stranger = trustme.CA().issue_cert("localhost")
    stranger.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    secure.signal(signal.SIGHUP)
    reasons = eventually(lambda: logged(secure, "certificate not reloaded", "reason"), "the fault in the log")
    assert str(tmp_path / "key.pem") in reasons[0]
    with RawFix(secure.fix_tls, "DEMO1", trust_in(old)) as client:
        client.logon(DEMO_PASSWORD)
