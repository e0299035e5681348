"""What was rejected, on a real Kafka: seen with its age, put back byte for byte after a fix, or dismissed, and then no longer waiting."""

import time

import pytest

from agents.kafka import clients
from agents.kafka.dead_letters import Oldest, dismiss, heaps, put_back, unhandled
from agents.kafka.scan import Scanner
from agents.settings import Settings
from pipeline.stream.dead_letter import RAW_LIMIT_BYTES, Unreadable, rejected
from pipeline.stream.stage import Record
from tests.integration import shell

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(120)]

HOUR = 3_600_000
BROKEN, UNKNOWN = Unreadable("not_json", "no JSON at byte 1"), Unreadable("unknown_source", "no adapter of that name")


async def reject(settings: Settings, *found: tuple[str, int, bytes, Unreadable]) -> int:
    """Write rejected records as stages do, each (topic, offset, value, why); when the oldest was appended, Unix ms."""
    since_ms = int(time.time() * 1000) - HOUR
    producer = clients.producer(settings)
    await producer.start()
    try:
        for topic, offset, value, why in found:
            record = Record(offset, since_ms + offset, b"key", value, (("source", b"signal"), ("odd", b"\xff")))
            output = rejected("act" if topic == "decisions" else "sift", f"sift/{topic}/1", topic, 1, record, why)
            await producer.send_and_wait(settings.topic("rejected"), output.value, key=output.key, headers=output.headers())
    finally:
        await producer.stop()
    return since_ms


async def waiting(settings: Settings, oldest: Oldest) -> tuple[int, int | None]:
    """What monitor would tell."""
    async with Scanner(settings) as scanner:
        return await oldest.look(settings, scanner)


async def posts(settings: Settings) -> list[tuple[int, bytes | None, bytes | None, dict[str, bytes]]]:
    """Records of the posts topic: partition, key, value, headers."""
    async with Scanner(settings) as scanner:
        extents = await scanner.extents(["posts"])
        return [
            (place.partition, record.key, record.value, dict(record.headers))
            async for place, records in scanner.records(extents)
            for record in records
        ]


async def test_rejected_records_wait_until_they_are_put_back(settings: Settings) -> None:
    """They go to the partition they came from, with key, bytes and headers; what is Winnow's own or was cut is dismissed and said."""
    await shell.create(settings)
    oldest = Oldest()
    assert await waiting(settings, oldest) == (0, None)
    large = b"x" * (RAW_LIMIT_BYTES + 1)
    await reject(
        settings, ("posts", 7, b"{", BROKEN), ("posts", 8, large, BROKEN), ("posts", 9, b"[]", UNKNOWN), ("decisions", 3, b"{", BROKEN)
    )
    count, since_ms = await waiting(settings, oldest)
    assert count == 4
    assert since_ms is not None
    assert abs(since_ms - time.time() * 1000) < 60_000  # written just now, whenever the posts were
    told = [(heap.stage, heap.code, heap.topic, heap.records, heap.example) for heap in await heaps(settings)]
    assert told == [
        ("sift", "not_json", "posts", 2, "posts:1:7"), ("act", "not_json", "decisions", 1, "decisions:1:3"),
        ("sift", "unknown_source", "posts", 1, "posts:1:9"),
    ]  # fmt: skip
    done = await put_back(settings, code="not_json")
    assert done.records == 1
    assert done.left == {"too large to be kept whole": 1, "reason unknown_source": 1, "from decisions, which Winnow writes itself": 1}
    assert await posts(settings) == [(1, b"key", b"{", {"source": b"signal", "odd": "\ufffd".encode()})]
    assert await waiting(settings, oldest) == (0, None)
    assert await heaps(settings) == []
    assert (await put_back(settings)).records == 0


async def test_dismissed_records_wait_no_longer_and_later_ones_do(settings: Settings) -> None:
    """Nothing is written anywhere, and what is rejected afterwards is new."""
    await shell.create(settings)
    await reject(settings, ("posts", 1, b"{", BROKEN), ("posts", 2, b"{", BROKEN))
    assert await dismiss(settings) == 2
    assert await posts(settings) == []
    await reject(settings, ("posts", 3, b"{", BROKEN))
    oldest = Oldest()
    count, first = await waiting(settings, oldest)
    await reject(settings, ("posts", 4, b"{", BROKEN))
    assert (count, await waiting(settings, oldest)) == (1, (2, first))
    async with Scanner(settings) as scanner:
        assert sum(end - begin for begin, end in (await unhandled(settings, scanner)).values()) == 2
