"""Codecs that stop: what they unpack is what aiokafka's own unpack, up to a limit."""

import gzip
from collections.abc import Callable

import cramjam
import pytest
from aiokafka import codec

from agents.kafka import unpacking
from agents.kafka.unpacking import UnpacksTooLargeError, bounded, gunzip

Codec = Callable[[bytes], bytes]
CODECS: dict[str, tuple[Codec, Codec]] = {
    "zstd": (codec.zstd_encode, bounded(cramjam.zstd.decompress_into)),
    "lz4": (codec.lz4_encode, bounded(cramjam.lz4.decompress_into)),
    "gzip": (codec.gzip_encode, gunzip),
}
LIMIT = 300_000


@pytest.fixture(autouse=True)
def small_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit that needs no memory to try."""
    monkeypatch.setattr(unpacking, "LIMIT_BYTES", LIMIT)
    monkeypatch.setattr(unpacking, "FIRST_BYTES", 1_000)


@pytest.mark.parametrize("name", CODECS)
@pytest.mark.parametrize("size", [0, 1, 999, 1_000, 1_001, 50_000, LIMIT - 1, LIMIT])
def test_up_to_the_limit_everything_is_unpacked(name: str, size: int) -> None:
    """Whether it fits the first buffer or needs larger ones."""
    pack, unpack = CODECS[name]
    raw = (b"what is said again and again " * (size // 29 + 1))[:size]
    assert unpack(pack(raw)) == raw


@pytest.mark.parametrize("name", CODECS)
@pytest.mark.parametrize("size", [LIMIT + 1, 100 * LIMIT])
def test_beyond_the_limit_it_stops(name: str, size: int) -> None:
    """One byte more, or a hundred times as many."""
    pack, unpack = CODECS[name]
    with pytest.raises(UnpacksTooLargeError):
        unpack(pack(bytes(size)))


@pytest.mark.parametrize("name", CODECS)
def test_what_is_broken_is_not_called_too_large(name: str) -> None:
    """Cut short, or no such stream at all: the error of the codec."""
    pack, unpack = CODECS[name]
    for broken in (pack(b"text" * 1_000)[:-10], b"no stream"):
        with pytest.raises(Exception) as raised:  # noqa: PT011  # each codec has errors of its own
            unpack(broken)
        assert not isinstance(raised.value, UnpacksTooLargeError)


def test_several_gzip_members_are_one_stream() -> None:
    """As for the codec that is replaced, also with zeros behind them; and together they have one limit."""
    assert gunzip(gzip.compress(b"one ") + gzip.compress(b"two") + b"\0\0") == b"one two"
    with pytest.raises(UnpacksTooLargeError):
        gunzip(gzip.compress(bytes(LIMIT)) + gzip.compress(b"x"))
