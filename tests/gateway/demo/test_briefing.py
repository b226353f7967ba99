import orjson
import pytest

from gateway.demo.briefing import BriefingError, Participant, read

CONTENT = {
    "fix": "127.0.0.1:9880",
    "ws": "ws://127.0.0.1:8080/v1",
    "participants": [{"comp_id": "SIM1", "password": "p", "key": "SIM1", "hmac_secret": "s"}],
    "instruments": ["BTC-KRW", {"symbol": "ETH-KRW"}],
}


def test_a_briefing_names_endpoints_participants_and_instruments() -> None:
    told = read(orjson.dumps(CONTENT))
    assert (told.fix_host, told.fix_port) == ("127.0.0.1", 9880)
    assert told.ws_url == "ws://127.0.0.1:8080/v1"
    assert told.participants == (Participant("SIM1", "p", "SIM1", "s"),)
    assert told.symbols == ("BTC-KRW", "ETH-KRW")


def test_without_instruments_all_are_meant() -> None:
    assert read(orjson.dumps({**CONTENT, "instruments": []})).symbols == ()


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"not json",
        b"[]",
        b"{}",
        orjson.dumps({**CONTENT, "fix": "nowhere"}),
        orjson.dumps({**CONTENT, "fix": 9880}),
        orjson.dumps({**CONTENT, "participants": [{"comp_id": "SIM1"}]}),
        orjson.dumps({**CONTENT, "participants": None}),
    ],
)
def test_what_is_no_briefing_is_refused_in_one_line(line: bytes) -> None:
    with pytest.raises(BriefingError) as caught:
        read(line)
    assert "\n" not in str(caught.value)
