"""How a batch becomes a record: the compiled form where it is built, else the one in plain Python.

Both give the same bytes. ``BDAX_PURE=1`` in the environment forces plain Python.
"""

from gateway.ports.forms import IS_PLAIN

__all__ = ["checksum", "encode_record", "hash_events"]

if IS_PLAIN:
    from gateway.store.plain_encoding import checksum, encode_record, hash_events
else:
    try:
        from gateway.store._encoding import checksum, encode_record, hash_events
    except ImportError:
        from gateway.store.plain_encoding import checksum, encode_record, hash_events
