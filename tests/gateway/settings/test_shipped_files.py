"""The files under ``config/`` say what the contracts promise."""

from pathlib import Path

import msgspec
import pytest

from gateway.model import parse_scaled
from gateway.settings import GatewaySettings, load
from gateway.settings.gateway import GatewayFile
from gateway.settings.toml_file import read_toml
from tests.system.gateway_process import LOADTEST_CONFIG, loadtest_config

CONFIG = Path(__file__).resolve().parents[3] / "config"


@pytest.fixture(scope="module")
def default() -> GatewaySettings:
    return load(CONFIG / "gateway.toml")


@pytest.fixture(scope="module")
def loadtest() -> GatewaySettings:
    return load(CONFIG / "loadtest.toml")


def test_the_default_file_spells_the_defaults() -> None:
    assert read_toml(CONFIG / "gateway.toml", GatewayFile) == GatewayFile()


def test_demo_credentials(default: GatewaySettings) -> None:
    sessions = default.accounts.fix_sessions
    assert [(s.sender_comp_id, s.username, s.account, s.kind) for s in sessions] == [
        ("DEMO1", "DEMO1", "DEMO1", "orders"),
        ("DEMO2", "DEMO2", "DEMO2", "orders"),
        ("DEMO1-MD", "DEMO1-MD", "DEMO1", "market_data"),
    ]
    keys = default.accounts.api_keys
    assert [(k.id, k.account, k.hmac_secret) for k in keys] == [
        ("DEMO1", "DEMO1", "demo-secret-of-DEMO1"),
        ("DEMO2", "DEMO2", "demo-secret-of-DEMO2"),
    ]
    assert all(s.demo for s in sessions)
    assert all(k.demo for k in keys)
    assert not any(s.cancel_on_disconnect or s.extra_tags for s in sessions)


@pytest.mark.parametrize(
    ("price", "tick"),
    [
        ("150000000", "1000"),
        ("2000000", "1000"),
        ("1999999", "500"),
        ("1000000", "500"),
        ("999999", "100"),
        ("500000", "100"),
        ("499999", "50"),
        ("100000", "50"),
        ("99999", "10"),
        ("10000", "10"),
        ("9999", "1"),
        ("1000", "1"),
        ("999", "0.1"),
        ("100", "0.1"),
        ("99", "0.01"),
        ("10", "0.01"),
        ("9", "0.001"),
        ("1", "0.001"),
        ("0.9", "0.0001"),
        ("0.1", "0.0001"),
        ("0.09", "0.00001"),
        ("0.009", "0.000001"),
        ("0.0009", "0.0000001"),
        ("0.00009", "0.00000001"),
    ],
)
def test_the_tick_by_price_band(default: GatewaySettings, price: str, tick: str) -> None:
    for instrument in default.instruments.values():
        places = instrument.price_places
        assert instrument.ticks.tick(parse_scaled(price.encode(), places)) == parse_scaled(
            tick.encode(), places
        )


def test_the_four_instruments(default: GatewaySettings) -> None:
    assert list(default.instruments) == ["BTC-KRW", "ETH-KRW", "XRP-KRW", "USDT-KRW"]
    for instrument in default.instruments.values():
        assert (instrument.qty_places, instrument.lot, instrument.band_pct) == (8, 1, 30)
        assert instrument.min_notional == 5_000 * 10 ** (instrument.price_places + 8)


def test_the_load_test_is_the_default_gateway_with_its_limits_lifted(
    default: GatewaySettings, loadtest: GatewaySettings
) -> None:
    assert loadtest.fix == default.fix
    assert loadtest.http == default.http
    assert loadtest.store == default.store
    assert loadtest.store.durability == "fsync"
    assert dict(loadtest.instruments) == dict(default.instruments)
    orders = loadtest.orders
    assert (orders.throttle_rate, orders.max_open_orders, orders.price_bands) == (0, 0, False)
    assert loadtest.ws.requests_rate == 0


def test_two_hundred_load_sessions_on_their_own_accounts(loadtest: GatewaySettings) -> None:
    sessions = loadtest.accounts.fix_sessions
    names = [f"LOAD{n}" for n in range(1, 201)]
    assert [s.sender_comp_id for s in sessions] == names
    assert [s.username for s in sessions] == names
    assert [s.account for s in sessions] == names
    assert [account.id for account in loadtest.accounts.accounts] == names
    assert all(account.max_open_orders is None for account in loadtest.accounts.accounts)
    assert not any(s.cancel_on_disconnect for s in sessions)


def test_the_load_tests_file_can_be_had_with_one_more_setting(tmp_path: Path) -> None:
    usual, awake = load(LOADTEST_CONFIG), load(loadtest_config(tmp_path, "[orders]", "busy_poll_us = 300"))
    assert (usual.orders.busy_poll_us, awake.orders.busy_poll_us) == (0, 300)
    awake = msgspec.structs.replace(
        awake,
        orders=msgspec.structs.replace(awake.orders, busy_poll_us=0),
        file=usual.file,
        accounts_file=usual.accounts_file,
        instruments_file=usual.instruments_file,
    )
    assert awake == usual
