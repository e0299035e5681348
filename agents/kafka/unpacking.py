"""What one compressed batch may unpack to: a record batch of a megabyte can be made to fill the memory.

aiokafka unpacks a whole batch at once, however large that is, and a broker only bounds what is compressed. `bound_unpacking` makes the
codecs that it calls stop at `LIMIT_BYTES`; the worker then ends and says which batch it was. Snappy has no need of it: it cannot
shrink anything to less than a twentieth.
"""

import importlib
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import cramjam
from aiokafka.consumer import fetcher

from schemas.errors import WinnowError

LIMIT_BYTES = 64 * 1024 * 1024
"""Sixty times what a batch may be compressed (``max.message.bytes``, 1 MiB); text shrinks to a third or a tenth."""

FIRST_BYTES = 64 * 1024
FULL = "failed to write whole buffer"
"""How cramjam says that the buffer was too small."""

CODECS = ("aiokafka.record._crecords.default_records", "aiokafka.record.default_records")
"""Both look their codecs up among their own names, compiled or not."""


class UnpacksTooLargeError(Exception):
    """A batch unpacks to more than `LIMIT_BYTES`."""


def bounded(decompress_into: Callable[[Any, Any], int]) -> Callable[[Any], bytes]:
    """A codec of cramjam that gives up beyond the limit. Raises UnpacksTooLargeError, or what the codec raises for what is broken."""

    def decode(payload: Any) -> bytes:
        size = min(max(FIRST_BYTES, 16 * len(payload)), LIMIT_BYTES)
        while True:
            buffer = bytearray(size)
            try:
                count = decompress_into(payload, buffer)
            except cramjam.DecompressionError as error:
                if FULL not in str(error):
                    raise
                if size >= LIMIT_BYTES:
                    raise UnpacksTooLargeError from error
                size = min(size * 8, LIMIT_BYTES)
            else:
                return bytes(memoryview(buffer)[:count])

    return decode


def gunzip(payload: Any) -> bytes:
    """All members of a gzip stream, up to the limit. Raises UnpacksTooLargeError, or EOFError and zlib.error for what is broken."""
    found, rest = bytearray(), bytes(payload)
    while rest:
        member = zlib.decompressobj(zlib.MAX_WBITS | 16)
        found += member.decompress(rest, LIMIT_BYTES + 1 - len(found))
        if len(found) > LIMIT_BYTES:
            raise UnpacksTooLargeError
        if not member.eof:
            raise EOFError("a gzip stream ends before its end")
        rest = member.unused_data.lstrip(b"\0")
    return bytes(found)


class NamingRecords(fetcher.PartitionRecords):  # type: ignore[misc]  # aiokafka is untyped here
    """The records of one fetch, which says where a batch is that is too large."""

    def _unpack_records(self) -> Iterator[Any]:
        try:
            yield from super()._unpack_records()
        except UnpacksTooLargeError as error:
            place, megabytes = f"{self._tp.topic}/{self._tp.partition}", LIMIT_BYTES >> 20
            raise WinnowError(
                f"a compressed batch of {place}, from offset {self.next_fetch_offset} on, unpacks to more than {megabytes} MiB",
                hint="Find who wrote it, and mend that; kafka-delete-records up to the offset behind it lets this partition go on.",
            ) from error


def bound_unpacking() -> None:
    """From now on, in this process, no consumer unpacks a larger batch. May be called again."""
    codecs = {
        "zstd_decode": bounded(cramjam.zstd.decompress_into),
        "lz4_decode": bounded(cramjam.lz4.decompress_into),
        "gzip_decode": gunzip,
    }
    for name in CODECS:
        module = importlib.import_module(name)
        for codec, decode in codecs.items():
            assert hasattr(module, codec), f"{name} has no {codec}: aiokafka was changed, this must follow"
            setattr(module, codec, decode)
    fetcher.PartitionRecords = NamingRecords
