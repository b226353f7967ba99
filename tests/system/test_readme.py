"""The README's tour works as pasted, in a living demo market; so do the logon examples of the API's page."""

import base64
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key

from tests.system.gateway_process import ROOT, GatewayProcess, bdax, without_coverage
from tests.system.ws_client import WsPeer

README = (ROOT / "README.md").read_text(encoding="utf-8")
WEBSOCKET_PAGE = (ROOT / "docs" / "websocket.md").read_text(encoding="utf-8")
WS_URL = "ws://127.0.0.1:8080/v1"
FIX_PORT = "SocketConnectPort=9880"
SCRIPT_TIMEOUT_S = 60.0
MEETING_TIMEOUT_S = 10.0
"""The taker's: it waits for ever when the market took the order before it could."""
ATTEMPTS = 3


def blocks(language: str, page: str = README) -> list[str]:
    """Return the fenced blocks of a language, in order."""
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```$", page)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayProcess]:
    with GatewayProcess(tmp_path_factory.mktemp("readme"), "--demo") as running:
        yield running


class Tour:
    """Runs the scripts as a reader would, but for the ports."""

    def __init__(self, gateway: GatewayProcess, folder: Path) -> None:
        self._folder = folder
        self._ports = {WS_URL: gateway.ws, FIX_PORT: f"SocketConnectPort={gateway.fix[1]}"}

    def start(self, name: str) -> "subprocess.Popen[str]":
        """Start a script of the README."""
        [script] = [block for block in blocks("python") if block.startswith(f"# {name}: ")]
        return self.start_text(name, script)

    def start_text(self, name: str, script: str) -> "subprocess.Popen[str]":
        """Start a script under a name."""
        assert any(default in script for default in self._ports)
        for default, actual in self._ports.items():
            script = script.replace(default, actual)
        path = self._folder / name
        path.write_text(script, encoding="utf-8")
        return subprocess.Popen(
            [sys.executable, str(path)],
            cwd=self._folder,
            env=without_coverage(),  # strangers to this project
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def finish(self, script: "subprocess.Popen[str]", timeout_s: float = SCRIPT_TIMEOUT_S) -> str:
        """Return what a script printed; it must end by itself, and well."""
        try:
            printed, _ = script.communicate(timeout=timeout_s)
        finally:
            if script.poll() is None:
                script.kill()
                script.communicate()
        assert script.returncode == 0, printed
        return printed


@pytest.fixture
def tour(demo: GatewayProcess, folder: Path) -> Tour:
    return Tour(demo, folder)


def objects(printed: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in printed.splitlines() if line.startswith("{")]


def shape(value: Any) -> Any:
    """Return the keys and types of a JSON value; of a list, those of its first element."""
    if isinstance(value, dict):
        return {key: shape(member) for key, member in value.items()}
    if isinstance(value, list):
        return [shape(member) for member in value[:1]]
    return type(value).__name__


def test_the_pasted_ready_line_has_the_members_of_the_real_one(demo: GatewayProcess) -> None:
    [pasted] = blocks("json")
    assert shape(json.loads(pasted)) == shape(demo.ready)


def outcomes(reply: dict[str, Any]) -> tuple[object, object, object]:
    """Return of the reply to a subscription what does not change from run to run."""
    listed = [(entry["channel"], entry["outcome"]) for entry in reply["result"]]
    return reply["status"], listed, shape(reply)


def test_the_session_of_step_2_shows_what_is_pasted(demo: GatewayProcess) -> None:
    lines = [line for block in blocks("console") for line in block.splitlines()]
    assert f"-m websockets {WS_URL}" in lines[0]
    typed = [json.loads(line[2:]) for line in lines if line.startswith("> {")]
    pasted = [json.loads(line[2:]) for line in lines if line.startswith("< {")]
    assert typed
    with WsPeer(demo.ws) as newcomer:
        newcomer.result("subscribe", channels=["trades.BTC-KRW"])
        newcomer.push("trades.BTC-KRW", lambda push: push["type"] == "event", timeout_s=30)
    with WsPeer(demo.ws) as newcomer:
        for request in typed:
            newcomer.socket.send(json.dumps(request))
            [reply] = [line for line in pasted if line.get("id") == request["id"]]
            assert outcomes(newcomer.reply(request["id"])) == outcomes(reply)
        wanted = {(push["ch"], push["type"]): push for push in pasted if "ch" in push}
        assert len(wanted) > 1
        while wanted:
            push = newcomer.next_push(30)
            like = wanted.pop((push["ch"], push["type"]), push)
            assert shape(push) == shape(like)


def fills_of(printed_by_maker: str) -> list[int]:
    """Return the engine sequences of the fills that the FIX client was told."""
    return [int(eseq) for eseq in re.findall(r"(?m)^fill: .*\|17=(\d+)-", printed_by_maker)]


def orders_meet(demo: GatewayProcess, tour: Tour) -> bool:
    """Run steps 2 to 4 and check their numbers; ``False`` when the market came in between, as it may."""
    with WsPeer(demo.ws) as anonymous:
        anonymous.result("subscribe", channels=["trades.BTC-KRW"])
        taker = tour.start("taker.py")
        assert taker.stdout is not None
        greeting = [json.loads(taker.stdout.readline()) for _ in range(2)]
        assert [reply["status"] for reply in greeting] == [200, 200]
        maker = tour.finish(tour.start("maker.py"))
        try:
            took = tour.finish(taker, MEETING_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            return False
        seen = re.search(r"(?m)^book: .* engine sequence (\d+)$", took)
        entered = re.search(r"(?m)^new: .*\|17=(\d+)-1\|", maker)
        assert seen is not None
        assert entered is not None
        assert seen[1] == entered[1]
        steps = [line.partition(":")[0] for line in maker.splitlines()]
        assert steps[-6:] == ["new", "replaced", "status", "canceled", "too late", "logged out"]
        told = [line["eseq"] for line in objects(took) if line.get("data", {}).get("kind") == "filled"]
        together = set(told) & set(fills_of(maker))
        if not together:
            return False
        trade = anonymous.push("trades.BTC-KRW", lambda push: push["seq"] in together)
        assert trade["data"][0]["trade_id"].startswith(f"{trade['eseq']}-")
        return True


def test_all_screens_show_one_engine_sequence(demo: GatewayProcess, tour: Tour) -> None:
    assert any(orders_meet(demo, tour) for _ in range(ATTEMPTS))


def test_step_5_replaces_asks_and_cancels(tour: Tour) -> None:
    replies = objects(tour.finish(tour.start("change.py")))
    assert [reply["status"] for reply in replies] == [200] * 6
    assert replies[-1]["result"]["status"] == "canceled"
    block = next(block for block in blocks("text") if '"id":"order.place"' in block)
    assert shape(objects(block)) == shape(replies)


def test_what_was_entered_in_step_6_survives_a_kill_and_is_entered_once(folder: Path) -> None:
    pasted = [objects(block) for block in blocks("text") if '"cl_ord_id":"keep-1"' in block]
    with GatewayProcess(folder, "--demo") as gateway:
        tour = Tour(gateway, folder)
        before = objects(tour.finish(tour.start("keep.py")))
        gateway.signal(signal.SIGKILL)
        gateway.wait()
    replayed = bdax("replay", "--data", str(gateway.data_dir))
    [left] = objects(replayed.stdout)
    with GatewayProcess(folder, "--demo") as gateway:
        tour = Tour(gateway, folder)
        after = objects(tour.finish(tour.start("keep.py")))
        again = bdax("replay", "--data", str(gateway.data_dir), "--until", str(left["eseq"]))
    assert [list(map(shape, replies)) for replies in (before, after)] == [
        list(map(shape, replies)) for replies in pasted
    ]
    assert after[1]["result"] == before[1]["result"] | {"duplicate": True}
    assert after[2] == before[2]
    [moment] = objects(again.stdout)
    # Its last batches may have had no commands.
    assert moment | {"batch": left["batch"]} == left


def test_the_logon_examples_of_the_websocket_page_log_on(folder: Path) -> None:
    by_hmac, by_ed25519 = blocks("python", WEBSOCKET_PAGE)
    private_text = re.search(r'PRIVATE = "desk-7", "([^"]+)"', by_ed25519)
    assert private_text is not None
    private = load_der_private_key(base64.b64decode(private_text[1]), None)
    assert isinstance(private, Ed25519PrivateKey)
    public = base64.b64encode(private.public_key().public_bytes_raw()).decode()
    for name in ("accounts.toml", "gateway.toml", "instruments.toml"):
        (folder / name).write_text((ROOT / "config" / name).read_text(encoding="utf-8"), encoding="utf-8")
    with (folder / "accounts.toml").open("a", encoding="utf-8") as accounts:
        accounts.write(f'\n[[api_keys]]\nid = "desk-7"\naccount = "DEMO1"\ned25519_public_key = "{public}"\n')
    with GatewayProcess(folder, config=str(folder / "gateway.toml")) as gateway:
        tour = Tour(gateway, folder)
        for example in (by_hmac, by_ed25519):
            [reply] = objects(tour.finish(tour.start_text("logon.py", example)))
            assert (reply["status"], reply["result"]["account"]) == (200, "DEMO1")
