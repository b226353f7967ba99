"""The adapters of ``EnginePort``: embedded in this process."""

from gateway.engine.embedded import EmbeddedEngine

__all__ = ["EmbeddedEngine"]
