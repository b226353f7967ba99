from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.app.dictionaries import check_dictionaries, validator_for
from gateway.cli import main
from gateway.dialects.native.fix_recovery import with_recovery
from gateway.settings import FixSession, SettingsError, load
from protocols.fix import SessionReject, scan, standard_dictionary
from tests.protocols.fix.quickfix_oracle import SPECS

CONFIG = Path(__file__).resolve().parents[3] / "config"
FILE = "accounts.toml"


def session(name: str = "ONE", **keys: Any) -> FixSession:
    return FixSession(sender_comp_id=name, account="A", **keys)


def spec(name: str) -> str:
    return str(SPECS / f"{name}.xml")


@pytest.fixture
def edited(tmp_path: Path) -> Callable[[str, str, str], str]:
    def edit(name: str, old: str, new: str) -> str:
        text = Path(spec(name)).read_text(encoding="utf-8")
        assert old in text
        path = tmp_path / f"{name}.xml"
        path.write_text(text.replace(old, new), encoding="utf-8")
        return str(path)

    return edit


def fault(entry: FixSession) -> str:
    with pytest.raises(SettingsError) as caught:
        validator_for(entry, FILE)
    assert str(caught.value).isprintable()
    return str(caught.value)


@pytest.mark.parametrize("version", ["FIX.4.2", "FIX.4.4", "FIXT.1.1"])
def test_without_a_file_the_dictionary_is_our_own(version: str) -> None:
    validator = validator_for(session(begin_string=version), FILE)
    assert validator.dictionary == with_recovery(standard_dictionary(version.encode()))


@pytest.mark.parametrize(
    ("keys", "appl_ver_id"),
    [
        ({"begin_string": "FIX.4.2", "dictionary": spec("FIX42")}, b""),
        ({"begin_string": "FIX.4.4", "dictionary": spec("FIX44")}, b""),
        (
            {
                "begin_string": "FIXT.1.1",
                "dictionary": spec("FIX50SP2"),
                "transport_dictionary": spec("FIXT11"),
            },
            b"9",
        ),
    ],
)
def test_a_file_takes_the_place_of_our_own(keys: dict[str, str], appl_ver_id: bytes) -> None:
    dictionary = validator_for(session(**keys), FILE).dictionary
    assert dictionary.begin_string == keys["begin_string"].encode()
    assert dictionary.appl_ver_id == appl_ver_id
    assert dictionary.messages.keys() > standard_dictionary(dictionary.begin_string).messages.keys()


def test_sessions_with_the_same_version_files_and_policy_share_a_validator() -> None:
    own = validator_for(session(), FILE)
    assert validator_for(session("TWO", cancel_on_disconnect=True), "other.toml") is own
    assert validator_for(session(unknown_tags="ignore"), FILE) is not own
    assert validator_for(session(begin_string="FIX.4.2"), FILE) is not own
    loaded = validator_for(session(dictionary=spec("FIX44")), FILE)
    assert loaded is not own
    assert validator_for(session("TWO", dictionary=spec("FIX44")), FILE) is loaded


def test_the_policy_for_user_defined_tags_is_the_sessions() -> None:
    body = b"35=0\x0149=ONE\x0156=BDAX\x0134=2\x0152=20251009-08:53:20\x015001=x\x01"
    head = b"8=FIX.4.4\x019=%d\x01" % len(body) + body
    heartbeat = scan(head + b"10=%03d\x01" % (sum(head) % 256))
    validator_for(session(unknown_tags="ignore"), FILE).validate(heartbeat)
    with pytest.raises(SessionReject, match="5001"):
        validator_for(session(), FILE).validate(heartbeat)


def test_a_file_that_is_not_there_is_named() -> None:
    assert fault(session(dictionary="none.xml")) == (
        "accounts.toml: fix_sessions[ONE].dictionary: none.xml: No such file or directory"
    )


def test_a_broken_file_is_named_with_its_line(edited: Callable[[str, str, str], str]) -> None:
    path = edited("FIX44", "<trailer>", "<trailer><fild/>")
    text = Path(path).read_text(encoding="utf-8")
    line = text[: text.index("<fild/>")].count("\n") + 1
    assert fault(session(dictionary=path)) == (
        f"accounts.toml: fix_sessions[ONE].dictionary: {path}:{line}: unexpected element 'fild'"
    )


def test_the_transports_file_is_told_from_the_applications() -> None:
    keys = {"begin_string": "FIXT.1.1", "dictionary": spec("FIX50SP2")}
    line = fault(session(transport_dictionary=spec("FIX44"), **keys))
    assert line.startswith(f"accounts.toml: fix_sessions[ONE].transport_dictionary: {spec('FIX44')}: not a")
    keys["dictionary"] = "none.xml"
    line = fault(session(transport_dictionary=spec("FIXT11"), **keys))
    assert line.startswith("accounts.toml: fix_sessions[ONE].dictionary: none.xml: No such")
    keys["dictionary"] = spec("FIX50")
    line = fault(session(transport_dictionary=spec("FIXT11"), **keys))
    assert line == (
        f"accounts.toml: fix_sessions[ONE].dictionary: {spec('FIX50')}: "
        "not the application version that FIXT.1.1 carries here"
    )


def test_a_file_of_another_version_is_refused() -> None:
    assert fault(session(dictionary=spec("FIX42"))) == (
        f"accounts.toml: fix_sessions[ONE].dictionary: {spec('FIX42')}: a dictionary of FIX.4.2, not FIX.4.4"
    )


def test_a_file_without_the_messages_of_a_session_is_refused(
    edited: Callable[[str, str, str], str],
) -> None:
    path = edited(
        "FIX44", "msgtype='0'" if "msgtype='0'" in _text("FIX44") else 'msgtype="0"', 'msgtype="U0"'
    )
    assert fault(session(dictionary=path)) == (
        f"accounts.toml: fix_sessions[ONE].dictionary: {path}: no session can be held without Heartbeat"
    )


def _text(name: str) -> str:
    return Path(spec(name)).read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The shipped configuration, with one session that names a dictionary of its own."""
    for name in ("gateway.toml", "accounts.toml", "instruments.toml"):
        (tmp_path / name).write_bytes((CONFIG / name).read_bytes())
    accounts = tmp_path / "accounts.toml"
    text = accounts.read_text(encoding="utf-8").replace(
        'sender_comp_id = "DEMO2"\n', 'sender_comp_id = "DEMO2"\ndictionary = "FIX44.xml"\n'
    )
    accounts.write_text(text, encoding="utf-8")
    return tmp_path


def test_check_config_loads_the_dictionaries_too(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["check-config", "--config", str(folder / "gateway.toml")]
    assert main(argv) == 2
    path = folder / "FIX44.xml"
    line = f"{folder}/accounts.toml: fix_sessions[DEMO2].dictionary: {path}: No such file or directory"
    assert capsys.readouterr() == ("", f"bdax: {line}\n")
    path.write_text(_text("FIX44"), encoding="utf-8")
    assert main(argv) == 0
    assert "3 FIX sessions" in capsys.readouterr().out


def test_the_shipped_files_name_no_dictionary_that_is_missing() -> None:
    for name in ("gateway.toml", "loadtest.toml"):
        check_dictionaries(load(CONFIG / name))
