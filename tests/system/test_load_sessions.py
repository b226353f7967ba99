"""``config/loadtest.toml`` serves its 200 sessions: each logs on and trades one order."""

from contextlib import ExitStack
from pathlib import Path

from tests.system.gateway_process import GatewayProcess
from tests.system.raw_fix import RawFix

SESSIONS = 200


def test_two_hundred_sessions_log_on_and_trade_one_order_each(folder: Path) -> None:
    with GatewayProcess(folder, config="loadtest.toml") as gateway, ExitStack() as open_sessions:
        clients = [
            open_sessions.enter_context(RawFix(gateway.fix, f"LOAD{n}")) for n in range(1, SESSIONS + 1)
        ]
        for client in clients:
            client.send_logon("load")
        assert [client.receive()[35] for client in clients] == ["A"] * SESSIONS

        makers, takers = clients[::2], clients[1::2]
        for side, group in ((1, makers), (2, takers)):
            for client in group:
                client.send_order(f"order-{side}", "BTC-KRW", side, "1", "500000000")
            answers = [client.receive() for client in group]
            assert {(answer[150], answer[39]) for answer in answers} == {("0", "0")}
        fills = [client.receive() for client in clients]
        assert {(fill[150], fill[39], fill[32], fill[31]) for fill in fills} == {("F", "2", "1", "500000000")}
        by_eseq: dict[str, int] = {}
        for fill in fills:
            eseq = fill[17].partition("-")[0]
            by_eseq[eseq] = by_eseq.get(eseq, 0) + 1
        assert set(by_eseq.values()) == {2}
        assert len(by_eseq) == SESSIONS // 2
