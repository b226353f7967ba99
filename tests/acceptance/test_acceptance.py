"""Run every acceptance script; a script under ``all`` runs in each version."""

from pathlib import Path

import pytest

from protocols.fix import Validator, standard_dictionary
from protocols.fix.session_settings import SessionSettings
from tests.acceptance.script import Feeding, ScriptRun

HERE = Path(__file__).parent
BEGIN_STRINGS = {"fix42": b"FIX.4.2", "fix44": b"FIX.4.4", "fix50sp2": b"FIXT.1.1"}
VALIDATORS = {
    version: Validator(standard_dictionary(begin_string)) for version, begin_string in BEGIN_STRINGS.items()
}
CASES = [
    pytest.param(version, path, id=f"{version}-{path.stem}")
    for version in BEGIN_STRINGS
    for path in sorted([*(HERE / "all").glob("*.fix"), *(HERE / version).glob("*.fix")])
]


def settings_of(version: str) -> SessionSettings:
    return SessionSettings(
        begin_string=BEGIN_STRINGS[version],
        sender_comp_id=b"BDAX",
        target_comp_id=b"CLIENT",
        validate=VALIDATORS[version].validate,
    )


@pytest.mark.parametrize("feeding", Feeding)
@pytest.mark.parametrize(("version", "path"), CASES)
def test_script(version: str, path: Path, feeding: Feeding) -> None:
    ScriptRun(settings_of(version), feeding).run(path)


def test_each_folder_has_scripts() -> None:
    for folder in ("all", *BEGIN_STRINGS):
        assert list((HERE / folder).glob("*.fix")), folder
