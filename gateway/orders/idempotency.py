"""The ClOrdIDs of orders that the registry no longer holds, as fingerprints that point into the log.

A fingerprint says that a ClOrdID was probably used, and by which command; what the log recorded of that
command says whether it was (``past_orders``). NOT here: open and recently closed orders (``registry``).
"""

from array import array
from collections import deque
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from itertools import accumulate
from struct import Struct
from typing import Final

import msgspec

_KEY: Final = 8
"""Bytes of a fingerprint: BLAKE2b of account, NUL and ClOrdID."""

_ENTRY: Final = 16
"""A fingerprint and its eseq, both big-endian, so that eseqs compare as bytes."""

_PER_BUCKET: Final = 128
"""Entries of a bucket at capacity, at least; up to twice as many."""

_NONE_EVICTED: Final = bytes(_ENTRY - _KEY)
"""The lowest eseq that is remembered, until something is evicted."""

_CHUNK: Final = 1024
"""Entries that are evicted together."""


_from_bytes: Final = int.from_bytes
_keys: Final = Struct(f">Q{_ENTRY - _KEY}x").iter_unpack


class _Chunk(msgspec.Struct, gc=False, array_like=True, forbid_unknown_fields=True):
    """Entries added one after the other: their first eseq, how many they are, their latest time."""

    first_eseq: int
    count: int
    transact_time: int


class _State(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The live entries by bucket, each bucket's in the order of insertion.

    ``sizes`` are the buckets' bytes as 32-bit integers, left out when there are more buckets than entries.
    """

    evicted: int
    last_eseq: int
    chunks: list[_Chunk]
    sizes: bytes
    entries: bytes


class UsedIds:
    """A memory of (account, ClOrdID) to eseq: 16 bytes per entry, and few more for the place they lie in.

    At least the last ``capacity`` entries are remembered, but for those older than ``keep_ns`` by the times
    given in. The oldest are evicted in chunks, whose eseqs do not overlap: what is evicted is told by its
    eseq alone, and its bytes are removed later, a few at each insertion. ``evicted`` counts what left for
    want of room. What is remembered depends on the calls alone.
    """

    __slots__ = (
        "_buckets",
        "_capacity",
        "_chunk_size",
        "_chunks",
        "_count",
        "_floor",
        "_keep_ns",
        "_last_eseq",
        "_mask",
        "_to_trim",
        "evicted",
    )

    def __init__(self, *, capacity: int, keep_ns: int) -> None:
        buckets = 1 << max(0, (capacity // _PER_BUCKET).bit_length() - 1)
        self._buckets: list[bytearray | None] = [None] * buckets
        self._mask = buckets - 1
        self._capacity = capacity
        self._keep_ns = keep_ns
        self._chunk_size = max(1, min(_CHUNK, capacity // 64))
        self._chunks: deque[_Chunk] = deque()
        self._count = 0
        self._floor = _NONE_EVICTED
        self._last_eseq = 0
        self._to_trim = 0
        self.evicted = 0

    def __len__(self) -> int:
        return self._count

    def add(self, account: str, cl_ord_id: bytes, eseq: int, transact_time: int) -> None:
        """Remember a ClOrdID of ``account``. ``eseq`` never falls from one call to the next.

        ``transact_time`` is that of the command with ``eseq``, UTC ns.
        """
        chunks = self._chunks
        newest = chunks[-1] if chunks else None
        if newest is None or (newest.count >= self._chunk_size and eseq != self._last_eseq):
            newest = _Chunk(eseq, 0, transact_time)
            chunks.append(newest)
        newest.count += 1
        if transact_time > newest.transact_time:
            newest.transact_time = transact_time
        self._last_eseq = eseq
        self._count += 1
        if self._count - chunks[0].count >= self._capacity:
            self._evict_to_capacity()
        key = _fingerprint(account, cl_ord_id)
        index = _from_bytes(key, "big") & self._mask
        if self._floor is not _NONE_EVICTED:
            self._trim(index)
            self._trim(self._to_trim)
            self._to_trim = (self._to_trim + 1) & self._mask
        entry = key + eseq.to_bytes(_ENTRY - _KEY, "big")
        buckets = self._buckets
        bucket = buckets[index]
        if bucket is None:
            buckets[index] = bytearray(entry)
        else:
            bucket += entry

    def find(self, account: str, cl_ord_id: bytes) -> Sequence[int]:
        """Return the eseqs under which this ClOrdID of ``account`` may have been used, oldest first.

        Nearly always none or one; another ClOrdID has the same fingerprint once in 10**12 or so.
        """
        if not self._count:
            return ()
        key = _fingerprint(account, cl_ord_id)
        bucket = self._buckets[int.from_bytes(key, "big") & self._mask]
        if bucket is None:
            return ()
        found = []
        at = bucket.find(key)
        while at >= 0:
            if not at % _ENTRY:
                eseq = bucket[at + _KEY : at + _ENTRY]
                if eseq >= self._floor:
                    found.append(int.from_bytes(eseq, "big"))
            at = bucket.find(key, at + 1)
        return found

    def expire(self, now: int) -> None:
        """Evict the oldest entries if they are older than ``keep_ns`` at ``now``, UTC ns; one chunk per call.

        The newest chunk stays.
        """
        chunks = self._chunks
        if len(chunks) > 1 and chunks[0].transact_time < now - self._keep_ns:
            self._drop_oldest()

    def snapshot(self) -> bytes:
        """Return what is remembered; equal memories give equal bytes."""
        sizes = array("I", [0]) * len(self._buckets)
        live = []
        for index, bucket in enumerate(self._buckets if self._count else ()):
            if bucket is not None:
                entries = bytes(memoryview(bucket)[self._dead(bucket) :])
                sizes[index] = len(entries)
                live.append(entries)
        encoded = b"" if self._count < len(sizes) else sizes.tobytes()
        state = _State(self.evicted, self._last_eseq, list(self._chunks), encoded, b"".join(live))
        return msgspec.msgpack.encode(state)

    def restore(self, snapshot: bytes) -> None:
        """Take over a ``snapshot`` of a memory, also of one with another capacity. Raises ``ValueError``."""
        state = msgspec.msgpack.decode(snapshot, type=_State)
        count = sum(chunk.count for chunk in state.chunks)
        sizes = array("I", [_ENTRY]) * (0 if state.sizes else count)
        sizes.frombytes(state.sizes)
        if not sum(sizes) == len(state.entries) == count * _ENTRY:
            raise ValueError("the remembered ClOrdIDs contradict their count")
        self.evicted = state.evicted
        self._last_eseq = state.last_eseq
        self._chunks = deque(state.chunks)
        self._count = count
        self._fill(sizes, state.entries, is_by_bucket=bool(state.sizes))
        self._evict_to_capacity()

    def _fill(self, sizes: Sequence[int], entries: bytes, *, is_by_bucket: bool) -> None:
        mask = self._mask
        if is_by_bucket and len(sizes) == mask + 1:
            buckets = [
                bytearray(entries[end - size : end]) if size else None
                for size, end in zip(sizes, accumulate(sizes), strict=True)
            ]
        else:
            buckets = [None] * (mask + 1)
            for at, (key,) in zip(range(0, len(entries), _ENTRY), _keys(entries), strict=True):
                index = key & mask
                bucket = buckets[index]
                if bucket is None:
                    buckets[index] = bytearray(entries[at : at + _ENTRY])
                else:
                    bucket += entries[at : at + _ENTRY]
            # A bucket may have taken over those of several others: by eseq again, oldest first.
            buckets = [
                bucket if bucket is None or len(bucket) == _ENTRY else _in_order(bucket) for bucket in buckets
            ]
        self._buckets = buckets
        self._to_trim = 0
        self._floor = _NONE_EVICTED

    def _evict_to_capacity(self) -> None:
        chunks = self._chunks
        while len(chunks) > 1 and self._count - chunks[0].count >= self._capacity:
            self.evicted += chunks[0].count
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        chunks = self._chunks
        self._count -= chunks.popleft().count
        self._floor = chunks[0].first_eseq.to_bytes(_ENTRY - _KEY, "big")

    def _dead(self, bucket: bytearray) -> int:
        """Return how many bytes of evicted entries stand at the beginning of ``bucket``."""
        floor = self._floor
        at = _KEY
        while bucket[at : at + _ENTRY - _KEY] < floor and at < len(bucket):
            at += _ENTRY
        return at - _KEY

    def _trim(self, index: int) -> None:
        bucket = self._buckets[index]
        if bucket is not None and bucket[_KEY:_ENTRY] < self._floor:
            del bucket[: self._dead(bucket)]
            if not bucket:
                self._buckets[index] = None


def _fingerprint(account: str, cl_ord_id: bytes) -> bytes:
    begun = _begin_fingerprint(account).copy()
    begun.update(cl_ord_id)
    return begun.digest()


@lru_cache(maxsize=1024)
def _begin_fingerprint(account: str) -> blake2b:
    return blake2b(b"%b\0" % account.encode(), digest_size=_KEY)


def _in_order(bucket: bytearray) -> bytearray:
    entries = [bytes(bucket[at : at + _ENTRY]) for at in range(0, len(bucket), _ENTRY)]
    entries.sort(key=_eseq)
    return bytearray(b"".join(entries))


def _eseq(entry: bytes) -> bytes:
    return entry[_KEY:]
