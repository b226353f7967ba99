"""Which log the engine sequences of a data directory belong to, and the secret of its public order ids."""

import os
import secrets
from hashlib import blake2b
from pathlib import Path
from typing import Final, NamedTuple

from gateway.ports import StoreError
from gateway.store.log_file import sync_directory

FILE_NAME: Final = "log.id"
_SECRET_BYTES: Final = 32
_EPOCH_BYTES: Final = 8


class LogIdentity(NamedTuple):
    """``epoch`` is public, and another one for each log; ``secret`` must be seen by nobody."""

    epoch: str
    secret: bytes


def new_identity() -> LogIdentity:
    """Return the identity of a log that begins now."""
    return _identity(secrets.token_bytes(_SECRET_BYTES))


def read_identity(data_dir: Path, *, is_new: bool) -> LogIdentity:
    """Return the identity of the log in ``data_dir``; a new one, written there, if there is none.

    So does a log that ``is_new``: it has no sequence yet that a client could know. Raises ``StoreError``.
    """
    path = data_dir / FILE_NAME
    try:
        if not is_new and path.exists():
            return _identity(bytes.fromhex(path.read_text(encoding="ascii").strip()))
        identity = new_identity()
        _write(path, identity.secret.hex() + "\n")
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror or error}") from None
    except ValueError:
        raise StoreError(f"{path}: no identity of a log: remove it, and a new one is made") from None
    return identity


def find_identity(data_dir: Path) -> LogIdentity | None:
    """Return the identity of the log in ``data_dir``, ``None`` if there is none. Raises ``StoreError``."""
    if not (data_dir / FILE_NAME).exists():
        return None
    return read_identity(data_dir, is_new=False)


def _identity(secret: bytes) -> LogIdentity:
    if len(secret) != _SECRET_BYTES:
        raise ValueError("the secret of a log has 32 bytes")
    epoch = blake2b(secret, digest_size=_EPOCH_BYTES, person=b"log epoch").hexdigest()
    return LogIdentity(epoch, secret)


def _write(path: Path, text: str) -> None:
    """Write a file that is there whole or not at all, for its owner only."""
    draft = path.with_suffix(".tmp")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.write(handle, text.encode("ascii"))
        os.fsync(handle)
    finally:
        os.close(handle)
    draft.replace(path)
    sync_directory(path.parent)
