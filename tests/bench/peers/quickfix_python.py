"""``python -m tests.bench.peers.quickfix_python SESSIONS``: QuickFIX's Python binding, with its memory store.

Answers each NewOrderSingle(D) of LOAD1 ... with one ExecutionReport(8), and does nothing else. Prints
``ready PORT``; ends with its input.
"""

import socket
import sys
import tempfile
from pathlib import Path

import quickfix as fix

SETTINGS = """[DEFAULT]
ConnectionType=acceptor
SocketAcceptPort={port}
SocketNodelay=Y
StartTime=00:00:00
EndTime=00:00:00
UseDataDictionary=N
CheckLatency=N
BeginString=FIX.4.4
SenderCompID=BDAX
"""


class Desk(fix.Application):  # type: ignore[misc]  # the binding has no types
    """Answers orders; QuickFIX calls it by these names."""

    orders = 0

    def onCreate(self, session: object) -> None:  # noqa: N802 - the binding's name
        pass

    def onLogon(self, session: object) -> None:  # noqa: N802 - the binding's name
        pass

    def onLogout(self, session: object) -> None:  # noqa: N802 - the binding's name
        pass

    def toAdmin(self, message: object, session: object) -> None:  # noqa: N802 - the binding's name
        pass

    def fromAdmin(self, message: object, session: object) -> None:  # noqa: N802 - the binding's name
        pass

    def toApp(self, message: object, session: object) -> None:  # noqa: N802 - the binding's name
        pass

    def fromApp(self, message: fix.Message, session: fix.SessionID) -> None:  # noqa: N802 - the binding's name
        fields = fix.ClOrdID(), fix.Symbol(), fix.Side(), fix.OrderQty()
        for field in fields:
            message.getField(field)
        self.orders += 1
        number = str(self.orders)
        report = fix.Message()
        report.getHeader().setField(fix.MsgType(fix.MsgType_ExecutionReport))
        for field in (
            *fields,
            fix.OrderID(number),
            fix.ExecID(number),
            fix.ExecType(fix.ExecType_NEW),
            fix.OrdStatus(fix.OrdStatus_NEW),
            fix.LeavesQty(fields[3].getValue()),
            fix.CumQty(0),
            fix.AvgPx(0),
        ):
            report.setField(field)
        fix.Session.sendToTarget(report, session)


def free_port() -> int:
    """Return a port that is free now; QuickFIX wants to be told one."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def main() -> None:
    """Serve until the input ends."""
    port = free_port()
    sessions = "".join(f"[SESSION]\nTargetCompID=LOAD{n}\n" for n in range(1, int(sys.argv[1]) + 1))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "acceptor.cfg"
        path.write_text(SETTINGS.format(port=port) + sessions)
        settings = fix.SessionSettings(str(path))
        desk, stores = Desk(), fix.MemoryStoreFactory()
        acceptor = fix.SocketAcceptor(desk, stores, settings)
        acceptor.start()
        print(f"ready {port}", flush=True)
        sys.stdin.read()
        acceptor.stop()


if __name__ == "__main__":
    main()
