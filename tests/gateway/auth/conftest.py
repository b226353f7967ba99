from pathlib import Path

import pytest


@pytest.fixture
def config() -> str:
    """The folder of the shipped configuration."""
    return str(Path(__file__).resolve().parents[3] / "config")
