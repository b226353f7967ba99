"""Books to a depth: what connections without a logon may have of them together."""

from tests.gateway.net.running import StartRunning

NAMES = [f"book.BTC-KRW.{depth}.raw" for depth in (1, 5, 10, 20)]


async def test_an_address_follows_so_many_different_ones(start: StartRunning) -> None:
    gateway = await start(ws={"anonymous_unlimited": (), "anonymous_variants": 2})
    one, two = await gateway.ws(), await gateway.ws()
    await one.request("subscribe", channels=[*NAMES[:2], "book.BTC-KRW", "bbo.BTC-KRW"])
    await two.request("subscribe", channels=NAMES[:2])
    status, error = await two.refused("subscribe", channels=[*NAMES[1:3], "bbo.BTC-KRW"])
    assert (status, error["name"], error["limit"]) == (429, "ADDRESS_LIMITED", 2)
    assert "variants of books" in error["msg"]
    for peer in (one, two):
        await peer.request("unsubscribe", channels=NAMES[:1])
    await two.request("subscribe", channels=NAMES[1:3])


async def test_accounts_have_variants_when_anybody_has_no_more(start: StartRunning) -> None:
    gateway = await start(market_data={"instrument_variants": 4})
    peer, trader = await gateway.ws(), await gateway.ws("ALICE")
    outcome = await peer.request("subscribe", channels=NAMES)
    assert [entry["outcome"] for entry in outcome] == ["subscribed", "subscribed", "refused", "refused"]
    error = outcome[2]["error"]
    assert (error["name"], error["limit"]) == (
        "CHANNEL_UNAVAILABLE",
        "at most 2 variants of an instrument followed at a time",
    )
    outcome = await trader.request("subscribe", channels=NAMES)
    assert {entry["outcome"] for entry in outcome} == {"subscribed"}
    # A refused channel does not count for the connection.
    await peer.request("unsubscribe", channels=NAMES[:2])
    assert (await peer.request("subscribe", channels=NAMES[2:]))[1]["outcome"] == "subscribed"
