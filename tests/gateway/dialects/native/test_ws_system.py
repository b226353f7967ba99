"""The params in a gateway's last pushes are requests that it would take."""

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from gateway.dialects.native.ws_system import Standing, encode_shutdown
from gateway.marketdata import Mode, Options
from protocols.ws.frames import payload_of

EPOCH = "0bba55b8664fbe7c"
OPTIONS = st.one_of(
    st.builds(Options, st.sampled_from([Mode.EVERY, Mode.CONFLATE]), st.just(0), st.booleans()),
    st.builds(Options, st.just(Mode.INTERVAL), st.just(60_000_000_000), st.booleans()),
)
SEQS = st.none() | st.integers(0, 2**63 - 1)
FOLLOWED = st.dictionaries(
    st.text("abc.", min_size=1, max_size=64), st.builds(Standing, OPTIONS, SEQS), max_size=24
)


def told(followed: dict[str, Standing], max_request: int) -> list[dict[str, Any]]:
    frames = encode_shutdown((EPOCH, 9), followed, 1, max_request)
    return [orjson.loads(payload_of(frame))["data"] for frame in frames]


def options_of(params: dict[str, Any]) -> Options:
    mode = Mode(params.get("mode", "every"))
    return Options(mode, params.get("interval_ms", 0) * 1_000_000, params.get("checksum", False))


@given(FOLLOWED, st.sampled_from([512, 1_024, 65_536]))
def test_the_parts_together_say_what_was_followed_and_each_fits_into_a_request(
    followed: dict[str, Standing], max_request: int
) -> None:
    said: dict[str, Standing] = {}
    for params in told(followed, max_request):
        assert len(orjson.dumps({"id": 2**63, "method": "subscribe", "params": params})) <= max_request
        seqs = params.get("from_seq", {})
        assert bool(seqs) == (params.get("epoch") == EPOCH)
        for name in params["channels"]:
            assert name not in said
            said[name] = Standing(options_of(params), seqs.get(name))
    assert said == followed


def test_one_part_is_enough_for_most() -> None:
    names = [f"book.BTC-KRW.{n}" for n in range(500)]
    [params] = told({name: Standing(Options(), 7) for name in names}, 65_536)
    assert params == {"channels": names, "from_seq": dict.fromkeys(names, 7), "epoch": EPOCH}


def test_no_part_has_more_channels_than_a_request_may() -> None:
    parts = told({str(n): Standing(Options(), None) for n in range(4_001)}, 1 << 24)
    assert [len(params["channels"]) for params in parts] == [2_000, 2_000, 1]
