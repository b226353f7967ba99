"""Command sequences for property tests: few names and prices, so that they meet."""

from random import Random

from hypothesis import strategies as st

from gateway.model import (
    CancelOrder,
    Command,
    MassCancel,
    MassCancelScope,
    NewOrder,
    OrdType,
    Refusal,
    Refuse,
    RejectReason,
    ReplaceOrder,
    SetTradingStatus,
    Side,
    TimeInForce,
    TradingStatus,
)
from tests.gateway.matching.trading_floor import BTC, ETH

_SESSIONS = st.sampled_from(["DEMO1", "DEMO2", "ws:1.1"])
_ACCOUNTS = st.sampled_from(["ACC1", "ACC2"])
_SYMBOLS = st.sampled_from([BTC, BTC, BTC, ETH])
_NAMES = st.sampled_from([b"a", b"b", b"c", b"d", b"e", b"f", b"g", b"h", b""])
_PRICES = st.sampled_from([*range(95, 106), 100, 100, 0, -1])
_QUANTITIES = st.sampled_from([*range(1, 12), 10**18, 0, -5])
_TIMES = st.integers(0, 2**63 - 1)
_NUMBERS = st.integers(0, 2**31)
_ORDER_IDS = st.one_of(st.just(0), st.integers(1, 60))

NEW_ORDERS = st.builds(
    NewOrder,
    session=_SESSIONS,
    msg_seq_num=_NUMBERS,
    account=_ACCOUNTS,
    transact_time=_TIMES,
    cl_ord_id=_NAMES,
    symbol=st.one_of(_SYMBOLS, _SYMBOLS, _SYMBOLS, st.just("DOGE-KRW")),
    side=st.sampled_from(Side),
    ord_type=st.sampled_from([OrdType.LIMIT, OrdType.LIMIT, OrdType.LIMIT, OrdType.MARKET]),
    time_in_force=st.sampled_from([TimeInForce.GTC, TimeInForce.GTC, TimeInForce.GTC, *TimeInForce]),
    order_qty=_QUANTITIES,
    price=_PRICES,
    post_only=st.sampled_from([False, False, True]),
)
RESTING_ORDERS = st.builds(
    NewOrder,
    session=_SESSIONS,
    msg_seq_num=_NUMBERS,
    account=_ACCOUNTS,
    transact_time=_TIMES,
    cl_ord_id=_NAMES,
    symbol=_SYMBOLS,
    side=st.sampled_from(Side),
    ord_type=st.just(OrdType.LIMIT),
    time_in_force=st.just(TimeInForce.GTC),
    order_qty=st.integers(1, 12),
    price=st.integers(95, 105),
)
CANCELS = st.builds(
    CancelOrder,
    session=_SESSIONS,
    msg_seq_num=_NUMBERS,
    account=_ACCOUNTS,
    transact_time=_TIMES,
    cl_ord_id=_NAMES,
    orig_cl_ord_id=_NAMES,
    order_id=_ORDER_IDS,
    symbol=st.one_of(_SYMBOLS, st.just("")),
)
REPLACES = st.builds(
    ReplaceOrder,
    session=_SESSIONS,
    msg_seq_num=_NUMBERS,
    account=_ACCOUNTS,
    transact_time=_TIMES,
    cl_ord_id=_NAMES,
    orig_cl_ord_id=_NAMES,
    order_id=_ORDER_IDS,
    symbol=st.one_of(_SYMBOLS, st.just("")),
    order_qty=_QUANTITIES,
    price=_PRICES,
)
MASS_CANCELS = st.builds(
    MassCancel,
    session=_SESSIONS,
    msg_seq_num=_NUMBERS,
    account=_ACCOUNTS,
    transact_time=_TIMES,
    cl_ord_id=_NAMES,
    scope=st.sampled_from(MassCancelScope),
    symbol=_SYMBOLS,
    target_session=_SESSIONS,
    on_disconnect=st.booleans(),
)
REFUSALS = st.builds(
    Refusal,
    reason=st.sampled_from(RejectReason),
    field=st.sampled_from(["price", "order_qty", ""]),
    limit=st.sampled_from(["", "1.5"]),
    value=st.sampled_from(["", "7"]),
)
REFUSES = st.builds(Refuse, st.one_of(NEW_ORDERS, CANCELS, REPLACES), REFUSALS)
STATUSES = st.builds(
    SetTradingStatus,
    transact_time=_TIMES,
    symbol=st.sampled_from([BTC, ETH, "DOGE-KRW"]),
    status=st.sampled_from([TradingStatus.OPEN, TradingStatus.OPEN, *TradingStatus]),
)

# Short, so that they shrink well; ``random_flow`` makes long ones, which fill the books.
FLOWS: st.SearchStrategy[list[Command]] = st.lists(
    st.one_of(
        RESTING_ORDERS,
        RESTING_ORDERS,
        NEW_ORDERS,
        NEW_ORDERS,
        CANCELS,
        REPLACES,
        REPLACES,
        MASS_CANCELS,
        REFUSES,
        STATUSES,
    ),
    max_size=20,
)


def random_flow(random: Random, length: int) -> list[Command]:
    """Return a long flow of mostly good orders, cancels and replaces."""
    return [_random_command(random, number) for number in range(1, length + 1)]


def _random_command(random: Random, number: int) -> Command:
    session = random.choice(["DEMO1", "DEMO2"])
    time = 1_700_000_000_000_000_000 + number
    symbol = random.choice([BTC, BTC, BTC, ETH])
    dice = random.random()
    if dice < 0.55:
        side = random.choice(list(Side))
        return NewOrder(
            session=session,
            msg_seq_num=number,
            account=_account(number),
            transact_time=time,
            cl_ord_id=_name(number),
            symbol=symbol,
            side=side,
            ord_type=random.choice([OrdType.LIMIT] * 9 + [OrdType.MARKET]),
            time_in_force=random.choice([TimeInForce.GTC] * 8 + [TimeInForce.IOC, TimeInForce.FOK]),
            order_qty=10**18 if dice < 0.005 else random.randint(1, 30),
            price=random.randint(93, 101) if side is Side.BUY else random.randint(99, 107),
            post_only=random.random() < 0.2,
        )
    # An order of a while ago: often still open, and now and then asked for by the other account.
    known = max(1, number - random.randint(1, 25))
    account = _account(known + (random.random() < 0.05))
    order_id = random.choice([0, 0, known])
    if dice < 0.65:
        return CancelOrder(
            session, number, account, time, b"x", _name(known), order_id, random.choice([symbol, "", ""])
        )
    if dice < 0.93:
        cl_ord_id = random.choice([_name(number), _name(number), _name(known), _name(known + 2), b""])
        quantity, price = random.randint(1, 30), random.randint(95, 105)
        return ReplaceOrder(
            session, number, account, time, cl_ord_id, _name(known), order_id, "", quantity, price
        )
    if dice < 0.94:
        scope = random.choice(list(MassCancelScope))
        return MassCancel(session, number, account, time, b"m", scope, symbol, session, random.random() < 0.5)
    if dice < 0.98:
        return SetTradingStatus(time, symbol, random.choice([TradingStatus.OPEN] * 6 + list(TradingStatus)))
    request = CancelOrder(session, number, account, time, b"x", _name(known), order_id, symbol)
    return Refuse(request, Refusal(RejectReason.THROTTLED, "session", "100", session))


def _account(number: int) -> str:
    return "ACC1" if number % 2 else "ACC2"


def _name(number: int) -> bytes:
    """Return the ClOrdID of the command with this number. It comes again, when its order is mostly closed."""
    return b"%d" % (number % 96)
