"""Keys go where the Java client puts them."""

import pytest

from pipeline.stream.partitioner import murmur2, partition_of


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_the_hash_is_kafkas(key: bytes, expected: int) -> None:
    """The vectors of Kafka's own UtilsTest, which are signed."""
    assert (murmur2(key) + 2**31) % 2**32 - 2**31 == expected


@pytest.mark.parametrize(("key", "partition"), [(b"21", (-973932308 & 0x7FFFFFFF) % 12), (b"abc", 479470107 % 12)])
def test_the_sign_is_dropped_not_the_value(key: bytes, partition: int) -> None:
    """A negative hash loses its sign bit, as Utils.toPositive does; its magnitude is not taken."""
    assert partition_of(key, 12) == partition


def test_one_partition_takes_all() -> None:
    """Also the empty key."""
    assert {partition_of(key, 1) for key in (b"", b"a", b"\xff" * 100)} == {0}
