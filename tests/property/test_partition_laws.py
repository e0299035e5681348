"""Laws of partitioning: every key goes where other Kafka clients put it."""

from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st

from pipeline.stream.partitioner import murmur2, partition_of


@given(st.binary(max_size=200), st.integers(1, 64))
def test_partitions_are_those_of_another_client(key: bytes, count: int) -> None:
    """aiokafka's default partitioner, which is kept like the Java client's, agrees for any key and number of partitions."""
    everything = list(range(count))
    assert partition_of(key, count) == DefaultPartitioner()(key, everything, everything)


@given(st.binary(max_size=200))
def test_the_hash_has_32_bits(key: bytes) -> None:
    """And does not depend on the kind of buffer."""
    assert 0 <= murmur2(key) < 2**32
    assert murmur2(key) == murmur2(bytes(bytearray(key)))
