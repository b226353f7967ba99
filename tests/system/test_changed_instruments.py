"""What a start with other instruments than before makes of the orders that the log knows."""

import shutil
from pathlib import Path

from tests.system.conftest import DEMO_PASSWORD
from tests.system.gateway_process import FREE_PORTS, ROOT, GatewayProcess, bdax
from tests.system.raw_fix import RawFix
from tests.system.ws_client import WsPeer

SECRET = "demo-secret-of-DEMO2"
XRP = "XRP-KRW"
TERMS = {"symbol": XRP, "side": "buy", "type": "limit", "quantity": "1000.5", "price": "2900"}


def test_past_orders_of_an_instrument_that_was_removed_keep_their_amounts(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "config", tmp_path / "config")
    config = str(tmp_path / "config" / "gateway.toml")
    instruments = tmp_path / "config" / "instruments.toml"
    listed = instruments.read_text().split("[[instruments]]")
    with GatewayProcess(tmp_path, config=config) as gateway, WsPeer(gateway.ws) as client:
        client.logon("DEMO2", SECRET)
        client.result("order.place", cl_ord_id="x", **TERMS)
        assert client.result("order.cancel", cl_ord_id="x")["status"] == "canceled"
    instruments.write_text("[[instruments]]".join(text for text in listed if XRP not in text))
    for _ in range(2):
        with GatewayProcess(tmp_path, config=config) as gateway:
            with WsPeer(gateway.ws) as client:
                client.logon("DEMO2", SECRET)
                order = client.result("order.status", cl_ord_id="x")
                assert (order["price"], order["quantity"]) == ("2900", "1000.5")
                client.result("executions.replay", from_exec_id=1)
                first = client.push("executions")["data"]
                assert (first["kind"], first["price"], first["quantity"]) == ("accepted", "2900", "1000.5")
            with RawFix(gateway.fix, "DEMO2") as fix:
                fix.logon(DEMO_PASSWORD)
                fix.send("H", (11, "x"), (55, XRP), (54, 1))
                status = fix.receive()
                assert (status[39], status[44], status[38]) == ("4", "2900", "1000.5")
    # Listed again with other decimals, amounts of old would read otherwise.
    again = (
        "" if XRP not in text else text.replace("qty_places = 8", "qty_places = 9") for text in listed[1:]
    )
    instruments.write_text("[[instruments]]".join([listed[0], *(text for text in again if text)]))
    refused = bdax("run", "--config", config, "--data", str(tmp_path / "data"), *FREE_PORTS)
    assert (refused.returncode, refused.stdout) == (1, "")
    [said] = (line for line in refused.stderr.splitlines() if not line.startswith("{"))  # that is the log
    assert said.startswith("bdax: instruments: XRP-KRW: qty_places was 8, is 9")
