import ssl
from typing import Any

import pytest
import trustme

from gateway.auth import common_name


@pytest.mark.parametrize(
    ("certificate", "name"),
    [
        (None, None),
        ({}, None),
        ({"subject": ()}, None),
        ({"subject": ((("countryName", "KR"),), (("commonName", "desk-7"),))}, "desk-7"),
        ({"subject": ((("organizationName", "ACME"), ("commonName", "desk-7")),)}, "desk-7"),
        ({"subject": ((("commonName", "a"),), (("commonName", "b"),))}, None),
        ({"issuer": ((("commonName", "the authority"),),)}, None),
    ],
)
def test_the_common_name_is_the_only_one_of_the_subject(
    certificate: dict[str, Any] | None, name: str | None
) -> None:
    assert common_name(certificate) == name


def test_the_name_of_a_client_that_tls_has_verified() -> None:
    authority = trustme.CA()
    server, client = (ssl.create_default_context(purpose) for purpose in (
        ssl.Purpose.CLIENT_AUTH, ssl.Purpose.SERVER_AUTH
    ))  # fmt: skip
    authority.issue_cert("gateway.example").configure_cert(server)
    authority.issue_cert("client.example", common_name="desk-7").configure_cert(client)
    authority.configure_trust(server)
    authority.configure_trust(client)
    server.verify_mode = ssl.CERT_REQUIRED
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = server.wrap_bio(to_server, to_client, server_side=True)
    theirs = client.wrap_bio(to_client, to_server, server_hostname="gateway.example")
    unfinished = [theirs, ours]
    while unfinished:
        side = unfinished.pop(0)
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            unfinished.append(side)
    assert common_name(ours.getpeercert()) == "desk-7"
