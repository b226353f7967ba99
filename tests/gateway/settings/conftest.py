from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.settings import SettingsError, load

ACCOUNTS = """
[[accounts]]
id = "A1"
[[accounts]]
id = "A2"
max_open_orders = 5

[[fix_sessions]]
sender_comp_id = "ONE"
account = "A1"
password_hash = "scrypt$16$1$1$MDEyMzQ1Njc4OWFiY2RlZg==$MDEyMzQ1Njc4OWFiY2RlZg=="

[[api_keys]]
id = "K1"
account = "A2"
hmac_secret = "0123456789abcdef"
"""

INSTRUMENTS = """
[[tick_tables]]
name = "KRW"
bands = [ { from = "1000", tick = "1" }, { from = "0", tick = "0.1" } ]

[[instruments]]
symbol = "BTC-KRW"
base = "BTC"
quote = "KRW"
price_places = 2
qty_places = 8
tick_table = "KRW"
lot = "0.0001"
min_qty = "0.001"
max_qty = "100"
min_notional = "5000"
max_notional = "1000000000"
reference_price = "50000"
band_pct = 30
"""


class Files:
    """A configuration folder; ``accounts`` and ``instruments`` are valid until changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.main = folder / "gateway.toml"
        self.write("gateway.toml", "")
        self.write("accounts.toml", ACCOUNTS)
        self.write("instruments.toml", INSTRUMENTS)

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def fault(self) -> str:
        """Return the one line that loading fails with, without the folder."""
        with pytest.raises(SettingsError) as caught:
            load(self.main)
        line = str(caught.value)
        assert "\n" not in line
        return line.removeprefix(f"{self.folder}/")


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


@pytest.fixture
def fault_of(files: Files) -> Callable[[str], str]:
    """Load a main file of the given text and return the line it fails with."""

    def fault(text: str) -> str:
        files.write("gateway.toml", text)
        return files.fault()

    return fault
