"""A market data session of a running gateway: what it is told, how it keeps up, and what it is not served."""

from typing import Any

import pytest

from gateway.marketdata import ChannelError
from gateway.model import SetTradingStatus, TradingStatus
from tests.gateway.net.fix_peer import Field, FixPeer
from tests.gateway.net.running import PASSWORD, QUOTES, Running, StartRunning, back, report, soon, watched

BTC, ETH = "BTC-KRW", "ETH-KRW"
BIDS = "90000000"


def wanted(
    md_req_id: str, asking: int = 1, *, types: str = "01", symbols: tuple[str, ...] = (BTC,), **tags: Any
) -> list[Field]:
    """Return the fields of a request: updates of the whole book, with changes like ``t264=1``."""
    plain: dict[int, Any] = {264: 0, 265: 1, **{int(name[1:]): value for name, value in tags.items()}}
    fields: list[Field] = [(262, md_req_id), (263, asking), *plain.items(), (267, len(types))]
    fields += [(269, kind) for kind in types]
    fields += [(146, len(symbols)), *((55, symbol) for symbol in symbols)]
    return fields


async def quiet(peer: FixPeer) -> None:
    """Expect that nothing more comes: the answers to two questions are next to each other."""
    for name in ("first", "second"):
        peer.send(peer.encode("1", (112, name)))
        assert (await peer.expect("0"))[112] == name


async def test_a_snapshot_is_one_message_and_may_be_asked_for_again(gateway: Running) -> None:
    quotes, alice = await gateway.fix_session(QUOTES), await gateway.fix_session()
    quotes.send(quotes.encode("V", *wanted("md-1", 0)))
    empty = await quotes.expect("W")
    assert (empty[262], empty[55], empty[268], empty[271], empty[299]) == ("md-1", BTC, "2", "0", "0")
    alice.send(alice.order("a1"))
    eseq = (await report(alice, "0", "a1"))[37]
    quotes.send(quotes.encode("V", *wanted("md-1", 0)))
    book = await quotes.expect("W")
    assert (book[269], book[270], book[271], book[299]) == ("0", BIDS, "0.01", eseq)
    await quiet(quotes)
    assert gateway.gateway.feed.hub.subscriptions == 0
    assert gateway.client(QUOTES).subscriptions == 0


async def test_updates_come_until_their_end(gateway: Running) -> None:
    quotes, alice = await gateway.fix_session(QUOTES), await gateway.fix_session()
    quotes.send(quotes.encode("V", *wanted("md-1")))
    await quotes.expect("W")
    eseqs = []
    for name, message in (
        ("a1", alice.order("a1")),
        ("a2", alice.order("a2")),
        ("c1", alice.cancel("c1", "a1")),
        ("c2", alice.cancel("c2", "a2")),
    ):
        alice.send(message)
        told = await alice.expect("8")
        assert told[11] == name
        eseqs.append(told[17].split("-")[0])
    changes = [await quotes.expect("X") for _ in eseqs]
    assert [change[262] for change in changes] == ["md-1"] * 4
    assert [change[299] for change in changes] == eseqs
    assert [(c[279], c[269], c[270], c.get(271)) for c in changes] == [
        ("0", "0", BIDS, "0.01"),
        ("1", "0", BIDS, "0.02"),
        ("1", "0", BIDS, "0.01"),
        ("2", "0", BIDS, None),
    ]
    quotes.send(quotes.encode("V", *wanted("md-1", 2)))
    await quiet(quotes)
    alice.send(alice.order("a3"))
    await report(alice, "0", "a3")
    await quiet(quotes)


async def test_trades_and_several_symbols(gateway: Running) -> None:
    quotes, alice, bob = (
        await gateway.fix_session(QUOTES),
        await gateway.fix_session("ALICE"),
        await gateway.fix_session("BOB"),
    )
    quotes.send(quotes.encode("V", *wanted("t-1", types="2", symbols=(BTC, ETH), t264=1)))
    first = [await quotes.expect("W") for _ in (BTC, ETH)]
    assert [(w[55], w[268], w[269], w[271]) for w in first] == [(BTC, "1", "2", "0"), (ETH, "1", "2", "0")]
    alice.send(alice.order("a1"))
    await report(alice, "0", "a1")
    bob.send(bob.order("b1", "2", price=BIDS))
    await report(bob, "0", "b1")
    exec_id = (await report(bob, "F", "b1"))[17]
    trade = await quotes.expect("X")
    assert (trade[279], trade[269], trade[55], trade[270], trade[271]) == ("0", "2", BTC, BIDS, "0.01")
    assert trade[278].split("-")[0] == exec_id.split("-")[0]
    quotes.send(quotes.encode("V", *wanted("t-2", 0, types="201", t264=1)))
    both = await quotes.expect("W")
    assert (both[268], both[262]) == ("3", "t-2")
    await quiet(quotes)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        (wanted("md-1"), "1"),
        (wanted("md-1", 0), "1"),
        (wanted("md-2", symbols=("NO-SUCH",)), "0"),
        (wanted("md-2", t264=3), "5"),
        (wanted("md-2", types="0B"), "8"),
        (wanted("md-2", 2), None),
    ],
)
async def test_a_request_that_is_not_served_is_refused(
    gateway: Running, fields: list[Field], reason: str | None
) -> None:
    quotes = await gateway.fix_session(QUOTES)
    quotes.send(quotes.encode("V", *wanted("md-1")))
    await quotes.expect("W")
    quotes.send(quotes.encode("V", *fields))
    refused = await quotes.expect("Y")
    assert (refused[262], refused.get(281)) == (fields[0][1], reason)
    assert refused[58]
    assert gateway.gateway.fix.counters.rejects["market_data"] == 1
    await quiet(quotes)


async def test_what_is_malformed_is_rejected(gateway: Running) -> None:
    quotes = await gateway.fix_session(QUOTES)
    quotes.send(quotes.encode("V", *wanted("with space")))
    assert (await quotes.expect("3"))[371] == "262"
    conditional = [field for field in wanted("md-1") if field[0] != 265]
    quotes.send(quotes.encode("V", *conditional))
    assert (await quotes.expect("j"))[380] == "5"


async def test_more_than_its_bound_is_refused(start: StartRunning) -> None:
    gateway = await start(fix={"max_subscriptions": 2})
    quotes = await gateway.fix_session(QUOTES)
    quotes.send(quotes.encode("V", *wanted("md-1", symbols=(BTC, ETH))))
    for _ in range(2):
        await quotes.expect("W")
    quotes.send(quotes.encode("V", *wanted("md-2")))
    assert (await quotes.expect("Y"))[281] == "2"
    quotes.send(quotes.encode("e", (324, "s-1"), (55, BTC), (263, 1)))
    assert (await quotes.expect("j"))[380] == "4"
    quotes.send(quotes.encode("V", *wanted("md-1", 2)))
    await quiet(quotes)
    quotes.send(quotes.encode("V", *wanted("md-2")))
    await quotes.expect("W")


async def test_a_gateway_without_room_for_a_variant_says_so(
    gateway: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    quotes = await gateway.fix_session(QUOTES)
    subscribe = gateway.gateway.feed.publisher.subscribe

    def full(channel: str, *args: Any, **more: Any) -> Any:
        if channel.startswith("book.ETH"):
            raise ChannelError("variant", "at most 1", channel)
        return subscribe(channel, *args, **more)

    monkeypatch.setattr(gateway.gateway.feed.publisher, "subscribe", full)
    quotes.send(quotes.encode("V", *wanted("md-1", symbols=(ETH, BTC))))
    assert (await quotes.expect("Y"))[281] == "2"
    await quiet(quotes)
    assert gateway.client(QUOTES).subscriptions == 0
    assert gateway.gateway.feed.hub.subscriptions == 0


async def test_each_kind_of_session_says_which_one_serves_the_rest(gateway: Running) -> None:
    quotes, alice = await gateway.fix_session(QUOTES), await gateway.fix_session()
    quotes.send(quotes.order("q1"))
    refused = await quotes.expect("j")
    assert (refused[372], refused[380]) == ("D", "3")
    assert refused[58] == (
        "MsgType(35) D is not supported on a session of kind market_data: sessions of kind orders serve it"
    )
    quotes.send(quotes.encode("AF", (584, "all"), (585, 7)))
    assert (await quotes.expect("j"))[58] == "MsgType(35) AF is not supported"
    alice.send(alice.encode("V", *wanted("md-1")))
    refused = await alice.expect("j")
    assert (refused[372], refused[380]) == ("V", "3")
    assert refused[58] == (
        "MsgType(35) V is not supported on a session of kind orders: sessions of kind market_data serve it"
    )


async def test_a_status_now_its_changes_and_their_end(gateway: Running) -> None:
    quotes = await gateway.fix_session(QUOTES)
    quotes.send(quotes.encode("e", (324, "s-1"), (55, BTC), (263, 1)))
    first = await quotes.expect("f")
    assert (first[324], first[55], first[326], first.get(325)) == ("s-1", BTC, "17", None)
    halt = SetTradingStatus(1_767_225_600_000_000_000, BTC, TradingStatus.HALTED)
    gateway.gateway.router._engine.submit(halt)  # no client can halt
    gateway.gateway.turns.record(halt)
    changed = await quotes.expect("f")
    assert (changed[324], changed[326], changed[325], changed[60]) == (
        "s-1",
        "2",
        "Y",
        "20260101-00:00:00.000",
    )
    quotes.send(quotes.encode("e", (324, "s-1"), (55, BTC), (263, 0)))
    assert (await quotes.expect("j"))[380] == "0"
    quotes.send(quotes.encode("e", (324, "s-1"), (55, BTC), (263, 2)))
    await quiet(quotes)
    quotes.send(quotes.encode("e", (324, "s-1"), (55, BTC), (263, 2)))
    assert (await quotes.expect("j"))[380] == "1"
    quotes.send(quotes.encode("e", (324, "s-2"), (55, BTC), (263, 0)))
    assert (await quotes.expect("f"))[326] == "2"
    quotes.send(quotes.encode("e", (324, "s-3"), (55, "NO-SUCH"), (263, 1)))
    assert (await quotes.expect("f"))[326] == "20"
    await quiet(quotes)
    assert gateway.client(QUOTES).subscriptions == 0


async def test_securities_and_the_trading_session(gateway: Running) -> None:
    quotes = await gateway.fix_session(QUOTES)
    quotes.send(quotes.encode("x", (320, "x-1"), (559, 4)))
    securities = await quotes.expect("y")
    assert (securities[320], securities[560], securities[393], securities[893]) == ("x-1", "0", "4", "Y")
    quotes.send(quotes.encode("g", (335, "g-1"), (263, 0)))
    assert (await quotes.expect("h"))[340] == "2"
    quotes.send(quotes.encode("g", (335, "g-1"), (263, 2)))
    await quiet(quotes)


async def test_nothing_is_sent_again_and_numbers_go_on_without_a_hole(gateway: Running) -> None:
    quotes, alice = await gateway.fix_session(QUOTES), await gateway.fix_session()
    quotes.send(quotes.encode("V", *wanted("md-1")))
    await quotes.expect("W")
    for n in range(50):
        alice.send(alice.order(f"a{n}"))
    numbers = [int((await quotes.expect("X"))[34]) for _ in range(50)]
    assert numbers == list(range(3, 53))
    quotes.send(quotes.encode("2", (7, 1), (16, 0)))
    fill = await quotes.expect("4")
    assert (fill[34], fill[36], fill[123], fill[43]) == ("1", "53", "Y", "Y")
    alice.send(alice.cancel("c", "a1"))
    assert (await quotes.expect("X"))[34] == "53"
    store = gateway.gateway.turns._store
    assert store.messages(QUOTES, 1, 1, 100) == []
    assert store.numbers(QUOTES).next_out == 54
    await quotes.close()


async def test_subscriptions_end_with_the_connection_and_with_no_word_afterwards(gateway: Running) -> None:
    quotes, alice = await gateway.fix_session(QUOTES), await gateway.fix_session()
    quotes.send(quotes.encode("V", *wanted("md-1")), quotes.encode("e", (324, "s-1"), (55, BTC), (263, 1)))
    await quotes.expect("W")
    await quotes.expect("f")
    closed = watched(gateway.gateway.fix, "closed")
    await quotes.close()
    await soon(closed)
    assert gateway.gateway.feed.hub.subscriptions == 0
    alice.send(alice.order("a1"))
    await report(alice, "0", "a1")
    again = await back(gateway, quotes)
    assert gateway.client(QUOTES).session.numbers.next_out == 5
    again.send(again.encode("V", *wanted("md-1")))
    assert (await again.expect("W"))[270] == BIDS


async def test_a_request_whose_connection_is_gone_is_not_begun(gateway: Running) -> None:
    quotes = await gateway.fix_session(QUOTES)
    client = gateway.client(QUOTES)
    closed = watched(gateway.gateway.fix, "closed")
    begun = watched(client, "_subscribe")
    quotes.send(quotes.encode("V", *wanted("md-1")), quotes.encode("V", *wanted("md-1", 2)))
    await soon(begun)
    await quotes.close()
    await soon(closed)
    assert gateway.gateway.feed.hub.subscriptions == 0


async def test_a_number_reset_leaves_subscriptions_alone(gateway: Running) -> None:
    quotes, alice = await gateway.fix_session(QUOTES), await gateway.fix_session()
    quotes.send(quotes.encode("V", *wanted("md-1")))
    await quotes.expect("W")
    quotes.next_out = 1
    assert (await quotes.log_on(PASSWORD, (141, "Y")))[34] == "1"
    alice.send(alice.order("a1"))
    assert (await quotes.expect("X"))[34] == "2"


async def test_a_slow_reader_gets_the_newest_book_when_it_reads(gateway: Running) -> None:
    quotes, alice = await gateway.deaf_fix_session(QUOTES), await gateway.fix_session()
    paused = watched(gateway.client(QUOTES).line, "pause_writing")
    quotes.send(*(quotes.encode("V", *wanted(f"md-{n}", types="012")) for n in range(20)))
    sent = 0
    while paused.empty():
        sent += 1
        alice.send(alice.order(f"a{sent}", qty="0.0001"))
        await report(alice, "0", f"a{sent}")
    outbox = gateway.client(QUOTES).line.outbox
    for _ in range(200):
        sent += 1
        alice.send(alice.order(f"a{sent}", qty="0.0001"))
        await report(alice, "0", f"a{sent}")
    assert gateway.gateway.feed.hub.lagging == 20
    waits = outbox.backlog
    alice.send(alice.order("last", qty="0.5"))
    eseq = (await report(alice, "0", "last"))[37]
    assert outbox.backlog == waits
    quotes.listen()
    number, fresh = 1, 0
    while fresh < 20:
        message = await quotes.receive()
        number += 1
        assert int(message[34]) == number
        is_newest = message[299] == eseq
        fresh += message[35] == "W" and is_newest
    alice.send(alice.order("more", qty="0.5"))
    assert (await quotes.expect("X"))[279] == "1"


async def test_who_reads_nothing_for_too_long_is_logged_out(start: StartRunning) -> None:
    gateway = await start(fix={"slow_consumer_s": 0.1})
    quotes, alice = await gateway.deaf_fix_session(QUOTES), await gateway.fix_session()
    closed = watched(gateway.gateway.fix, "closed")
    given_up = watched(gateway.client(QUOTES).session, "terminate")
    quotes.send(*(quotes.encode("V", *wanted(f"md-{n}")) for n in range(50)))
    sent = 0
    while given_up.empty():
        sent += 1
        alice.send(alice.order(f"a{sent}", qty="0.0001"))
        await report(alice, "0", f"a{sent}")
    quotes.listen()
    while (message := await quotes.receive())[35] != "5":
        pass
    assert message[58] == "slow consumer: nothing was read for 0.1 s"
    assert (await soon(closed))[1] == "slow_consumer"
    assert gateway.gateway.feed.hub.subscriptions == 0


async def test_what_waits_for_a_commit_is_bounded_too(start: StartRunning) -> None:
    gateway = await start(fix={"max_pending_bytes": 1024})
    quotes, alice = await gateway.fix_session(QUOTES), await gateway.fix_session()
    for n in range(20):
        alice.send(alice.order(f"a{n}", price=str(90_000_000 + 1000 * n)))
    for n in range(20):
        await report(alice, "0", f"a{n}")
    quotes.send(*(quotes.encode("V", *wanted(f"md-{n}")) for n in range(10)))
    hub = gateway.gateway.feed.hub
    books = [await quotes.expect("W") for _ in range(10)]
    assert {book[262] for book in books} == {f"md-{n}" for n in range(10)}
    assert {book[268] for book in books} == {"21"}
    assert hub.lagged > 0
    assert hub.lagging == 0


async def test_full_refreshes_come_when_something_has_changed(gateway: Running) -> None:
    quotes, alice = await gateway.fix_session(QUOTES), await gateway.fix_session()
    quotes.send(quotes.encode("V", *wanted("md-1", t265=0)))
    await quotes.expect("W")
    alice.send(alice.order("a1"), alice.order("a2"))
    await report(alice, "0", "a1")
    eseq = (await report(alice, "0", "a2"))[37]
    book = await quotes.expect("W")
    assert (book[268], book[271], book[299]) == ("2", "0.02", eseq)
    await quiet(quotes)


async def test_a_request_that_cannot_be_worked_is_refused_alone(
    gateway: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    quotes = await gateway.fix_session(QUOTES)
    monkeypatch.setattr(gateway.client(QUOTES), "_begin", None)
    quotes.send(quotes.encode("V", *wanted("md-1")), quotes.encode("g", (335, "g-1"), (263, 0)))
    refused = await quotes.expect("j")
    assert (refused[372], refused[380]) == ("V", "0")
    await quotes.expect("h")
