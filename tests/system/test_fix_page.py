"""The examples of docs/fix.md log on as pasted: signed Logons, schedules, QuickFIX settings files."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.settings import load_accounts
from tests.system.fix_engine import specification
from tests.system.gateway_process import ROOT, GatewayProcess, without_coverage

PAGE = (ROOT / "docs" / "fix.md").read_text(encoding="utf-8")
ADDRESS = '("127.0.0.1", 9880)'
PORT = "SocketConnectPort=9880"
PASSWORD = {"DEMO1": "demo"}
TIMEOUT_S = 60.0

# What a reader writes around a settings file: credentials in toAdmin, as the page says.
INITIATOR = """
import queue
import sys

import quickfix

name, password = sys.argv[1:]
states = queue.Queue()


class Client(quickfix.Application):
    def onCreate(self, session): ...
    def onLogon(self, session): states.put("logged on")
    def onLogout(self, session): states.put("logged out")
    def toApp(self, message, session): ...
    def fromAdmin(self, message, session): ...
    def fromApp(self, message, session): ...

    def toAdmin(self, message, session):
        header = message.getHeader()
        if header.getField(35) != "A":
            return
        if header.getField(8) == "FIX.4.2":
            message.setField(95, str(len(password)))
            message.setField(96, password)
        else:
            message.setField(553, name)
            message.setField(554, password)


settings = quickfix.SessionSettings("client.cfg")
client = Client()
initiator = quickfix.SocketInitiator(
    client, quickfix.FileStoreFactory(settings), settings, quickfix.FileLogFactory(settings)
)
initiator.start()
print(states.get(timeout=30))
initiator.stop()
"""


def blocks(language: str) -> list[str]:
    """Return the fenced blocks of a language, in order."""
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```$", PAGE)


def accounts() -> str:
    """Return the demo accounts, the sessions of the page's examples, and those of its schedules."""
    scheduled, named = blocks("toml")
    return (ROOT / "config" / "accounts.toml").read_text(encoding="utf-8") + named + scheduled


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayProcess]:
    folder = tmp_path_factory.mktemp("fix page")
    (folder / "accounts.toml").write_text(accounts(), encoding="utf-8")
    for name in ("gateway.toml", "instruments.toml"):
        shutil.copy(ROOT / "config" / name, folder)
    with GatewayProcess(folder, config=str(folder / "gateway.toml")) as running:
        yield running


def run(script: str, folder: Path, *arguments: str) -> str:
    """Run a script as a reader would and return what it printed; it must end well."""
    path = folder / "client.py"
    path.write_text(script, encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, str(path), *arguments],
        cwd=folder,
        env=without_coverage(),  # a stranger to this project
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
    return ended.stdout


def test_the_schedules_of_the_page_are_good(folder: Path) -> None:
    path = folder / "accounts.toml"
    path.write_text(accounts(), encoding="utf-8")
    schedules = {
        session.sender_comp_id: session.schedule
        for session in load_accounts(path).fix_sessions
        if session.schedule is not None
    }
    assert schedules.keys() == {"ACME-DAY", "ACME-ROUND", "ACME-WEEK"}
    assert schedules["ACME-DAY"].weekdays == frozenset(range(5))
    assert schedules["ACME-ROUND"].opens == schedules["ACME-ROUND"].closes
    assert schedules["ACME-WEEK"].end_weekday == 4


@pytest.mark.parametrize("example", blocks("python"), ids=["hmac", "ed25519"])
def test_the_signed_logons_log_on(gateway: GatewayProcess, folder: Path, example: str) -> None:
    assert example.count(ADDRESS) == 1
    name = re.search(r'^ME, \w+ = "([^"]+)"', example, re.MULTILINE)
    assert name is not None
    answer = run(example.replace(ADDRESS, repr(gateway.fix)), folder)
    assert re.match(r"8=FIX\.4\.4\|9=\d+\|35=A\|34=1\|", answer)
    assert f"|56={name[1]}|98=0|108=30|141=Y|" in answer


@pytest.mark.parametrize("settings", blocks("ini"), ids=["fix42", "fix44", "fix50sp2"])
def test_the_quickfix_settings_log_on(gateway: GatewayProcess, folder: Path, settings: str) -> None:
    assert settings.count(PORT) == 1
    name = re.search(r"(?m)^SenderCompID=(.*)$", settings)
    assert name is not None
    for dictionary in re.findall(r"(?m)DataDictionary=(FIX.*\.xml)$", settings):
        shutil.copy(specification(dictionary), folder)
    text = settings.replace(PORT, f"SocketConnectPort={gateway.fix[1]}")
    (folder / "client.cfg").write_text(text, encoding="utf-8")
    password = PASSWORD.get(name[1], "the password")
    assert run(INITIATOR, folder, name[1], password) == "logged on\n"
