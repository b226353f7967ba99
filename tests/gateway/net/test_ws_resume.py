"""A long resume on a real connection: in slices, as fast as the client reads, whoever has the connection."""

from tests.gateway.net.running import Running, orders_at
from tests.gateway.net.worker_here import BOTH

BOOK = "book.BTC-KRW"


@BOTH
async def test_who_stops_reading_in_the_midst_of_a_replay_has_all_of_it_in_the_end(gateway: Running) -> None:
    trader, other = await gateway.fix_session("ALICE"), await gateway.ws()
    trader.send(orders_at(trader, 0, 998))
    for _ in range(998):
        await trader.expect("8")
    await gateway.until(lambda: all(door._feed.publisher.eseq == 998 for door in gateway.doors), "all of it")
    before = gateway.ws_connections
    client = await gateway.deaf_ws()
    [connection] = gateway.ws_connections - before
    hub = next(door._feed.hub for door in gateway.doors if connection in door._sockets)
    await client.send("subscribe", channels=[BOOK], from_seq=1, epoch=gateway.gateway.ws.epoch)
    await gateway.until(lambda: hub.lagging, "a slice that is refused")
    slices = hub.replaying.slices
    assert 1 < slices < 60
    # Nothing is read from the ring for nobody; and others are served.
    trader.send(orders_at(trader, 998, 2))
    for _ in range(2):
        await trader.expect("8")
    assert await other.request("ping") == {}
    assert (hub.replaying.slices, hub.queued) == (slices, 0)
    client.listen()
    reply = await client.receive()
    assert (reply["result"][0]["recovered"], reply["result"][0]["seq"]) == (True, 998)
    for seq in range(2, 1_001):
        push = await client.push(BOOK)
        assert (push["type"], push["prev"], push["seq"]) == ("delta", seq - 1, seq)
    assert hub.replaying.slices > 60
    assert (hub.gaps, hub.closed_slow, hub.lagging) == (0, 0, 0)
