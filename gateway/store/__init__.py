"""Adapters of the store port, and the data directory they live in."""

from gateway.store.data_dir import DataDir, DataDirError
from gateway.store.memory import MemoryStore

__all__ = ["DataDir", "DataDirError", "MemoryStore"]
