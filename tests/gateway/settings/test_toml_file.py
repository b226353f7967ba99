import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.settings import SettingsError
from gateway.settings import toml_file as module
from gateway.settings.gateway import GatewayFile
from gateway.settings.toml_file import read_toml, shown


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^.*/none\.toml: no such file$"):
        read_toml(tmp_path / "none.toml", GatewayFile)


def test_a_folder_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r": cannot be read: Is a directory$"):
        read_toml(tmp_path, GatewayFile)


def test_a_path_with_a_null_cannot_be_read() -> None:
    with pytest.raises(SettingsError, match=r"^a\\x00b: cannot be read: embedded null byte$"):
        read_toml(Path("a\0b"), GatewayFile)


def test_an_unreadable_file_is_named(files: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "open", refuse)
    assert files.fault() == "gateway.toml: cannot be read: Permission denied"


def test_an_oversized_file_is_refused(files: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_FILE_BYTES", 10)
    files.write("gateway.toml", "# 34567890")
    files.write("accounts.toml", "# 345678901")
    assert files.fault() == "accounts.toml: file too large (limit 10 bytes)"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "[fix",
            "not valid TOML: Expected ']' at the end of a table declaration (at end of document)",
        ),
        ("a = 1\na = 2", "not valid TOML: Cannot overwrite a value (at end of document)"),
        ("a = " + "[" * 100_000, "not valid TOML: nested too deep"),
    ],
)
def test_a_syntax_error_is_one_line(fault_of: Callable[[str], str], text: str, line: str) -> None:
    assert fault_of(text) == f"gateway.toml: {line}"


def test_bytes_that_are_not_utf_8_are_refused(files: Any) -> None:
    files.main.write_bytes(b"# \xff")
    assert files.fault() == "gateway.toml: not UTF-8 text: byte 2"


@pytest.mark.parametrize(
    ("value", "text"), [(True, "true"), (False, "false"), (1.5, "1.5"), ("a", '"a"'), ([1], "[1]")]
)
def test_values_are_shown_as_the_file_spells_them(value: object, text: str) -> None:
    assert shown(value) == text


class Inner(msgspec.Struct, forbid_unknown_fields=True):
    hmac_secret: Annotated[str, msgspec.Meta(max_length=3)] = ""
    pair: tuple[int, int] = (0, 0)
    either: Annotated[int, msgspec.Meta(multiple_of=2)] = 0


class Outer(msgspec.Struct, forbid_unknown_fields=True):
    inner: tuple[Inner, ...] = ()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[[inner]]\n[[inner]]\nhmac_secret = 'abcd'", "inner[1].hmac_secret: too long (limit 3)"),
        ("[[inner]]\nhmac_secret = 9876", "inner[0].hmac_secret: must be a string"),
        ("[[inner]]\npair = [1]", "inner[0].pair: wrong length (limit 2, value [1])"),
        ("[[inner]]\npair = [1, 'x']", 'inner[0].pair[1]: must be an integer (value "x")'),
        ("[[inner]]\neither = 3", "inner[0].either: expected int that's a multiple of 2 (value 3)"),
        ("[[inner]]\npairs = 3", 'inner[0].pairs: unknown key, did you mean "pair"?'),
        ("inner = {}", "inner: must be an array (value {})"),
    ],
)
def test_paths_through_arrays(tmp_path: Path, text: str, line: str) -> None:
    path = tmp_path / "x.toml"
    path.write_text(text)
    with pytest.raises(SettingsError) as caught:
        read_toml(path, Outer)
    assert str(caught.value) == f"{path}: {line}"
    assert "9876" not in str(caught.value)


@given(st.text())
def test_an_error_is_one_printable_line_whatever_it_tells(text: str) -> None:
    line = str(SettingsError(text, text, text, text, text))
    assert line.isprintable()
    assert len(line.splitlines()) == 1


_scalars = st.one_of(st.integers(), st.booleans(), st.text(max_size=8), st.floats(), st.none())
_documents = st.recursive(
    _scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["fix", "ws", "tls", "port", "host", "orders", "path", "log", "level", "x.y", "[", ""]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["fix", "ws", "orders", "log", "x]y"]), _documents, max_size=4))
def test_any_document_is_taken_or_refused_with_one_line(document: dict[str, object]) -> None:
    try:
        msgspec.convert(document, GatewayFile)
    except msgspec.ValidationError as error:
        line = str(module._explained("f.toml", document, GatewayFile, str(error)))
        assert line.startswith("f.toml: ")
        assert len(line.splitlines()) == 1
