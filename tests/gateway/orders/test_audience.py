"""What a session is told again is what it was told the first time."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.model import (
    CancelOrder,
    Command,
    MassCancel,
    MassCanceled,
    MassCancelScope,
    NewOrder,
    OrderCanceled,
    OrderEvent,
    ReplaceOrder,
    Side,
)
from gateway.orders import OrderLimits
from gateway.orders.audience import told_to
from tests.gateway.orders.floor import Floor, order

ACCOUNTS = {"S1": "A", "S2": "A", "S3": "B"}
SESSIONS = st.sampled_from(sorted(ACCOUNTS))
NAMES = st.sampled_from(["a", "b", "c", "d"])
PRICES = st.integers(4, 6).map(lambda thousands: thousands * 1_000)


def new(session: str, name: str, side: Side, price: int) -> NewOrder:
    return order(name, side, price, session=session, account=ACCOUNTS[session])


def cancel(session: str, name: str) -> CancelOrder:
    return CancelOrder(session, 9, ACCOUNTS[session], 1, b"x", name.encode(), 0, "BTC-KRW")


def replace(session: str, name: str, orig: str, price: int) -> ReplaceOrder:
    return ReplaceOrder(
        session, 9, ACCOUNTS[session], 1, name.encode(), orig.encode(), 0, "BTC-KRW", 150, price
    )


def mass_cancel(session: str, target: str) -> MassCancel:
    scope = MassCancelScope.SESSION
    return MassCancel(session, 9, ACCOUNTS[session], 1, b"", scope, "", target, on_disconnect=True)


COMMANDS = st.one_of(
    st.builds(new, SESSIONS, NAMES, st.sampled_from(Side), PRICES),
    st.builds(cancel, SESSIONS, NAMES),
    st.builds(replace, SESSIONS, NAMES, NAMES, PRICES),
    st.builds(mass_cancel, SESSIONS, SESSIONS),
)


@given(st.lists(COMMANDS, max_size=30))
def test_what_is_told_again_is_what_was_told(commands: list[Command]) -> None:
    floor = Floor(OrderLimits(price_bands=False))
    hearings = {key: floor.session(key, account) for key, account in ACCOUNTS.items()}
    floor.submit(*commands)
    for key, hearing in hearings.items():
        again = [told_to(key, event) for event in floor.delivered if isinstance(event, OrderEvent)]
        told: list[OrderEvent] = [event for event in hearing.events if not isinstance(event, MassCanceled)]
        # A mass cancel is answered too; its answer is about no one order, and no execution.
        assert [event for event in again if event is not None] == told


def test_an_owner_is_told_of_anothers_cancel_as_of_one_that_nobody_asked_for() -> None:
    floor = Floor()
    floor.submit(new("S1", "a", Side.BUY, 5_000), cancel("S2", "a"))
    [canceled] = [event for event in floor.delivered if isinstance(event, OrderCanceled)]
    asked, owned = told_to("S2", canceled), told_to("S1", canceled)
    assert asked is canceled
    assert isinstance(owned, OrderCanceled)
    assert (owned.session, owned.msg_seq_num, owned.cl_ord_id, owned.orig_cl_ord_id) == ("", 0, b"", b"")
