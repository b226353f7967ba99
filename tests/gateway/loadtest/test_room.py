"""What order sessions keep is bounded, whatever the target says."""

from gateway.loadtest.faults import FaultKind
from gateway.loadtest.findings import Findings
from gateway.loadtest.fix_messages import session_message
from gateway.loadtest.fix_orders import FixOrders
from gateway.loadtest.flow import Flow
from gateway.loadtest.order_run import OrderRun
from gateway.loadtest.pacing import Part
from gateway.loadtest.scenario import FixSessions, Orders
from gateway.loadtest.wires import Wires
from tests.gateway.loadtest.runs import scenario_of

BOUND = 1 << 16
BEAT = session_message("0", 1, (b"BDAX", b"LOAD1"), b"20261122-10:00:00.000", ())


def test_what_is_beyond_all_bounds_is_judged_though_the_load_goes_on() -> None:
    findings, wires, orders = Findings(), Wires(), Orders()
    place = findings, wires
    sessions = [
        FixOrders(FixSessions(sessions=2), orders, n, "run", Flow(orders, n - 1, 2), place) for n in (1, 2)
    ]
    run = OrderRun(
        scenario_of(limits={"recording_bytes": BOUND}), sessions, place, Part(0, 2, 2), lambda now: now < 0
    )
    many = BEAT * (3 * BOUND // len(BEAT))
    sessions[0].on_bytes(many, 1)
    run._look_for_room()
    assert sessions[0].recording.size == len(many)
    sessions[1].on_bytes(many, 2)
    run._look_for_room()
    assert sum(session.recording.size for session in sessions) <= 4 * BOUND
    assert findings.faults.count(FaultKind.GAP) > 0
    wires.close()
