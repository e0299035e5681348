"""Which partition a key belongs to: the one that Kafka's Java client gives it, so that every producer of a topic agrees."""

import functools

_M = 0x5BD1E995
_MASK = 0xFFFFFFFF


def murmur2(data: bytes) -> int:
    """MurmurHash2, 32 bits, seed 0x9747b28c, as in ``org.apache.kafka.common.utils.Utils.murmur2`` (unsigned).

    >>> murmur2(b"21") - 2**32
    -973932308
    """
    length = len(data)
    h = 0x9747B28C ^ length
    whole = length & ~3
    for start in range(0, whole, 4):
        k = int.from_bytes(data[start : start + 4], "little") * _M & _MASK
        k = (k ^ k >> 24) * _M & _MASK
        h = h * _M & _MASK ^ k
    rest = data[whole:]
    if rest:
        h = (h ^ int.from_bytes(rest, "little")) * _M & _MASK
    h = (h ^ h >> 13) * _M & _MASK
    return h ^ h >> 15


@functools.lru_cache(maxsize=65_536)
def partition_of(key: bytes, partitions: int) -> int:
    """The partition that Kafka's default partitioner gives a key: murmur2, sign bit dropped, modulo."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions
