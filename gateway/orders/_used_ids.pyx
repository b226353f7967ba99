"""Find and add ClOrdIDs in the memory of used ones, compiled: what ``UsedIds.find`` and ``add`` do to it.

NOT here: names of more than a block of BLAKE2b, and the rest of the memory (``idempotency``).
"""

from cpython.bytearray cimport PyByteArray_AS_STRING, PyByteArray_FromStringAndSize, PyByteArray_GET_SIZE
from cpython.bytearray cimport PyByteArray_Resize
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.long cimport PyLong_AsLongLongAndOverflow
from cpython.unicode cimport PyUnicode_AsUTF8AndSize
from libc.stdint cimport uint64_t
from libc.string cimport memcmp, memcpy, memset

from gateway.model._slots cimport get, put, slot

from gateway.orders import idempotency
from gateway.orders.idempotency import UsedIds

cdef extern from *:
    """
    #include <stdint.h>

    /* BLAKE2b (RFC 7693) of one block, for a digest of 8 bytes and without a key. */

    #if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
    #error "words are read as they lie: plain Python has to do"
    #endif

    #define ROTATED(x, n) (((x) >> (n)) | ((x) << (64 - (n))))
    #define MIX(a, b, c, d, x, y) \\
        a += b + x; d = ROTATED(d ^ a, 32); c += d; b = ROTATED(b ^ c, 24); \\
        a += b + y; d = ROTATED(d ^ a, 16); c += d; b = ROTATED(b ^ c, 63);
    #define ROUND(a, b, c, d, e, f, g, h, i, j, k, l, n, o, p, q) \\
        MIX(v0, v4, v8, v12, m[a], m[b]) MIX(v1, v5, v9, v13, m[c], m[d]) \\
        MIX(v2, v6, v10, v14, m[e], m[f]) MIX(v3, v7, v11, v15, m[g], m[h]) \\
        MIX(v0, v5, v10, v15, m[i], m[j]) MIX(v1, v6, v11, v12, m[k], m[l]) \\
        MIX(v2, v7, v8, v13, m[n], m[o]) MIX(v3, v4, v9, v14, m[p], m[q])

    static uint64_t bdax_blake2b(const uint64_t m[16], uint64_t size) {
        const uint64_t start = 0x6a09e667f3bcc908 ^ 0x01010008;
        uint64_t v0 = start, v1 = 0xbb67ae8584caa73b, v2 = 0x3c6ef372fe94f82b, v3 = 0xa54ff53a5f1d36f1;
        uint64_t v4 = 0x510e527fade682d1, v5 = 0x9b05688c2b3e6c1f, v6 = 0x1f83d9abfb41bd6b;
        uint64_t v7 = 0x5be0cd19137e2179, v8 = 0x6a09e667f3bcc908, v9 = 0xbb67ae8584caa73b;
        uint64_t v10 = 0x3c6ef372fe94f82b, v11 = 0xa54ff53a5f1d36f1, v12 = 0x510e527fade682d1 ^ size;
        uint64_t v13 = 0x9b05688c2b3e6c1f, v14 = ~0x1f83d9abfb41bd6b, v15 = 0x5be0cd19137e2179;
        ROUND(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
        ROUND(14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3)
        ROUND(11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4)
        ROUND(7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8)
        ROUND(9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13)
        ROUND(2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9)
        ROUND(12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11)
        ROUND(13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10)
        ROUND(6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5)
        ROUND(10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0)
        ROUND(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
        ROUND(14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3)
        return start ^ v0 ^ v8;
    }
    """
    uint64_t bdax_blake2b(const uint64_t* words, uint64_t size) noexcept

cdef enum:
    WORDS = 16
    BLOCK = 128
    KEY = 8
    ENTRY = 16

cdef object NONE_EVICTED = idempotency._NONE_EVICTED
cdef object Chunk = idempotency._Chunk
cdef Py_ssize_t BUCKETS = slot(UsedIds, "_buckets"), MASK = slot(UsedIds, "_mask")
cdef Py_ssize_t COUNT = slot(UsedIds, "_count"), CHUNKS = slot(UsedIds, "_chunks")
cdef Py_ssize_t CAPACITY = slot(UsedIds, "_capacity"), CHUNK_SIZE = slot(UsedIds, "_chunk_size")
cdef Py_ssize_t FLOOR = slot(UsedIds, "_floor"), LAST_ESEQ = slot(UsedIds, "_last_eseq")
cdef Py_ssize_t KEEP_NS = slot(UsedIds, "_keep_ns"), TO_TRIM = slot(UsedIds, "_to_trim")
cdef Py_ssize_t CHUNK_COUNT = slot(Chunk, "count"), CHUNK_TIME = slot(Chunk, "transact_time")


def fingerprint(str account not None, bytes cl_ord_id not None):
    """Return the fingerprint, ``None`` where the names are longer than a block."""
    cdef char key[KEY]
    return key[:KEY] if set_key(key, account, cl_ord_id) else None


def find(used, str account not None, bytes cl_ord_id not None):
    """Tell whether ``UsedIds.find`` would find something."""
    return is_remembered(used, account, cl_ord_id)


def add(used, str account not None, bytes cl_ord_id not None, eseq, long long transact_time):
    """Do what ``UsedIds.add`` does."""
    remember(used, account, cl_ord_id, eseq, transact_time)


def expire(used, long long now):
    """Do what ``UsedIds.expire`` does."""
    let_expire(used, now)


cdef bint is_remembered(used, str account, bytes cl_ord_id) except -1:
    """Tell whether the ClOrdID may have been used, as ``UsedIds.find`` does."""
    cdef char key[KEY]
    cdef const char* content
    cdef const char* floor
    cdef Py_ssize_t at = 0, size
    if not get(used, COUNT):
        return False
    if not set_key(key, account, cl_ord_id):
        return bool(used.find(account, cl_ord_id))
    bucket = (<list>get(used, BUCKETS))[bucket_of(used, key)]
    if bucket is None:
        return False
    content = PyByteArray_AS_STRING(bucket)
    floor = PyBytes_AS_STRING(get(used, FLOOR))
    size = PyByteArray_GET_SIZE(bucket)
    while at < size:
        if memcmp(content + at, key, KEY) == 0 and memcmp(content + at + KEY, floor, ENTRY - KEY) >= 0:
            return True
        at += ENTRY
    return False


cdef int remember(used, str account, bytes cl_ord_id, eseq, long long transact_time) except -1:
    """Remember a ClOrdID, as ``UsedIds.add`` does."""
    cdef char entry[ENTRY]
    cdef Py_ssize_t index, mask, to_trim, size, n
    cdef list buckets
    cdef uint64_t number
    chunks = get(used, CHUNKS)
    size = len(chunks)
    if size == 0 or not set_key(entry, account, cl_ord_id):
        used.add(account, cl_ord_id, eseq, transact_time)
        return 0
    newest = chunks[size - 1]
    chunk_count = get(newest, CHUNK_COUNT)
    if chunk_count >= get(used, CHUNK_SIZE) and eseq != get(used, LAST_ESEQ):
        used.add(account, cl_ord_id, eseq, transact_time)
        return 0
    number = eseq
    chunk_count = chunk_count + 1
    put(newest, CHUNK_COUNT, chunk_count)
    if transact_time > <long long>get(newest, CHUNK_TIME):
        latest = transact_time
        put(newest, CHUNK_TIME, latest)
    put(used, LAST_ESEQ, eseq)
    count = get(used, COUNT) + 1
    put(used, COUNT, count)
    if count - get(chunks[0], CHUNK_COUNT) >= get(used, CAPACITY):
        used._evict_to_capacity()
    index = bucket_of(used, entry)
    buckets = get(used, BUCKETS)
    if get(used, FLOOR) is not NONE_EVICTED:
        mask, to_trim = get(used, MASK), get(used, TO_TRIM)
        trim(used, buckets, index)
        trim(used, buckets, to_trim)
        after = (to_trim + 1) & mask
        put(used, TO_TRIM, after)
    for n in range(KEY):
        entry[ENTRY - 1 - n] = <char>number
        number >>= 8
    bucket = buckets[index]
    if bucket is None:
        buckets[index] = PyByteArray_FromStringAndSize(entry, ENTRY)
    else:
        size = PyByteArray_GET_SIZE(bucket)
        PyByteArray_Resize(bucket, size + ENTRY)
        memcpy(PyByteArray_AS_STRING(bucket) + size, entry, ENTRY)
    return 0


cdef int let_expire(used, long long now) except -1:
    """Evict what is too old, as ``UsedIds.expire`` does."""
    cdef int overflow = 0
    cdef long long keep_ns = PyLong_AsLongLongAndOverflow(get(used, KEEP_NS), &overflow)
    chunks = get(used, CHUNKS)
    if len(chunks) > 1 and not overflow and <long long>get(chunks[0], CHUNK_TIME) < now - keep_ns:
        used.expire(now)
    return 0


cdef int trim(used, list buckets, Py_ssize_t index) except -1:
    """Remove evicted entries from a bucket, as ``UsedIds`` does."""
    bucket = buckets[index]
    if bucket is None:
        return 0
    if memcmp(PyByteArray_AS_STRING(bucket) + KEY, PyBytes_AS_STRING(get(used, FLOOR)), ENTRY - KEY) < 0:
        used._trim(index)
    return 0


cdef bint set_key(char* key, str account, bytes cl_ord_id) except -1:
    """Set the fingerprint of a ClOrdID; return ``False`` where the names are longer than a block."""
    cdef uint64_t words[WORDS]
    cdef uint64_t digest
    cdef Py_ssize_t named = 0, size = PyBytes_GET_SIZE(cl_ord_id), n
    cdef const char* name = PyUnicode_AsUTF8AndSize(account, &named)
    if size > BLOCK or named + 1 + size > BLOCK:
        return False
    memset(words, 0, BLOCK)
    memcpy(words, name, named)
    memcpy(<char*>words + named + 1, PyBytes_AS_STRING(cl_ord_id), size)
    digest = bdax_blake2b(words, named + 1 + size)
    memcpy(key, &digest, KEY)
    return True


cdef inline Py_ssize_t bucket_of(used, const char* key) except -1:
    """Return the place of a fingerprint's bucket: its last bits, read as a big-endian number."""
    cdef const unsigned char* digits = <const unsigned char*>key
    cdef uint64_t mask = get(used, MASK)
    cdef uint64_t number = 0
    cdef Py_ssize_t n
    for n in range(KEY):
        number = number << 8 | digits[n]
    return number & mask
