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
HEADERS = (("source", b"signal"), ("odd", b"\xff"), ("odd", b"z" * 2_000))
BROKEN, UNKNOWN = Unreadable("not_json", "no JSON at byte 1"), Unreadable("unknown_source", "no adapter of that name")


async def reject(settings: Settings, *found: tuple[str, int, bytes | None, Unreadable]) -> int:
    """Write rejected records as stages do, each (topic, offset, value, why); when the oldest was appended, Unix ms."""
    since_ms = int(time.time() * 1000) - HOUR
    producer = clients.producer(settings)
    await producer.start()
    try:
        for topic, offset, value, why in found:
            record = Record(offset, since_ms + offset, b"key", value, HEADERS)
            output = rejected("act" if topic == "decisions" else "sift", f"sift/{topic}/1", topic, 1, record, why)
            await producer.send_and_wait(settings.topic("rejected"), output.value, key=output.key, headers=output.headers())
    finally:
        await producer.stop()
    return since_ms


async def waiting(settings: Settings, oldest: Oldest) -> tuple[int, int | None]:
    """What monitor would tell."""
    async with Scanner(settings) as scanner:
        return await oldest.look(settings, scanner)


async def posts(settings: Settings) -> list[tuple[int, bytes | None, bytes | None, tuple[tuple[str, bytes], ...]]]:
    """Records of the posts topic: partition, key, value, headers."""
    async with Scanner(settings) as scanner:
        extents = await scanner.extents(["posts"])
        return [
            (place.partition, record.key, record.value, tuple(record.headers))
            async for place, records in scanner.records(extents)
            for record in records
        ]


async def test_rejected_records_wait_until_they_are_put_back(settings: Settings) -> None:
    """They go to the partition they came from, with key, bytes and headers; what is Winnow's own or was cut waits on, and why is said."""
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
    assert await posts(settings) == [(1, b"key", b"{", HEADERS)]
    assert (await waiting(settings, oldest))[0] == 3, "what was not put back waits"
    assert (await put_back(settings, code="not_json")).records == 0, "what was put back does not"
    assert (await put_back(settings)).records == 1
    assert [(value, headers) for _, _, value, headers in await posts(settings)] == [(b"{", HEADERS), (b"[]", HEADERS)]
    told = [(heap.code, heap.topic, heap.records) for heap in await heaps(settings)]
    assert told == [("not_json", "decisions", 1), ("not_json", "posts", 1)]
    assert (await dismiss(settings)).records == 2
    assert await waiting(settings, oldest) == (0, None)
    assert await heaps(settings) == []


async def test_one_reason_of_several_is_handled_and_the_others_wait(settings: Settings) -> None:
    """Replay and dismissal by reason leave each record of another reason, whatever their order; a tombstone comes back as one."""
    await shell.create(settings)
    mixed = [("posts", offset, bytes([offset]), BROKEN if offset % 2 else UNKNOWN) for offset in range(10)]
    await reject(settings, *mixed, ("posts", 10, None, BROKEN))
    assert (await put_back(settings, code="not_json")).left == {"reason unknown_source": 5}
    assert [value for _, _, value, _ in await posts(settings)] == [b"\x01", b"\x03", b"\x05", b"\x07", b"\t", None]
    assert [(heap.code, heap.records) for heap in await heaps(settings)] == [("unknown_source", 5)]
    done = await dismiss(settings, code="not_json")
    assert (done.records, done.left) == (0, {"reason unknown_source": 5})
    assert (await dismiss(settings, code="unknown_source")).records == 5
    assert await heaps(settings) == []


async def test_dismissed_records_wait_no_longer_and_later_ones_do(settings: Settings) -> None:
    """Nothing is written anywhere, and what is rejected afterwards is new."""
    await shell.create(settings)
    await reject(settings, ("posts", 1, b"{", BROKEN), ("posts", 2, b"{", BROKEN))
    assert (await dismiss(settings)).records == 2
    assert await posts(settings) == []
    await reject(settings, ("posts", 3, b"{", BROKEN))
    oldest = Oldest()
    count, first = await waiting(settings, oldest)
    await reject(settings, ("posts", 4, b"{", BROKEN))
    assert (count, await waiting(settings, oldest)) == (1, (2, first))
    async with Scanner(settings) as scanner:
        assert sum(one.offsets() for one in (await unhandled(settings, scanner)).values()) == 2
