"""Sift on a real Kafka with a real schema registry: Avro becomes information, and a registry that is away loses nothing."""

import asyncio
import io
import logging
from collections.abc import Sequence

import fastavro
import orjson
import pytest
from prometheus_client import generate_latest

from agents.kafka import clients, topics
from agents.runtime.worker import Worker
from agents.settings import Settings
from agents.stages import build as stages
from tests.integration.registry import LocalRegistry
from tests.integration.shell import committed, create, fitting, ledger, read, running, until, until_committed
from tests.unit.pipeline.sift.world import START

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(600)]

TOOT = {
    "type": "record", "name": "Status", "namespace": "org.joinmastodon",
    "fields": [
        {"name": "id", "type": "string"}, {"name": "uri", "type": ["null", "string"], "default": None},
        {"name": "content", "type": "string"}, {"name": "created_at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "account", "type": {"type": "record", "name": "Account", "fields": [
            {"name": "id", "type": "string"}, {"name": "acct", "type": "string"}, {"name": "followers_count", "type": ["null", "int"]}]}},
        {"name": "tags", "type": {"type": "array", "items": "string"}, "default": []},
    ],
}  # fmt: skip
PARSED = fastavro.parse_schema(TOOT)


def avro(number: int) -> bytes:
    """A status as a connector with an Avro converter writes it."""
    stream = io.BytesIO()
    account = {"id": f"author {number}", "acct": "ada", "followers_count": 7}
    content = f"<p>the aurora air flight {number} was late again today</p>"
    fastavro.schemaless_writer(
        stream, PARSED, {"id": str(number), "content": content, "created_at": START + number, "account": account, "tags": []}
    )
    return b"\0\0\0\0\1" + stream.getvalue()


async def send(settings: Settings, values: Sequence[bytes], partition: int = 0) -> None:
    """Append records to posts, as statuses of Mastodon."""
    producer = clients.producer(settings)
    await producer.start()
    try:
        for value in values:
            await producer.send_and_wait(settings.topic("posts"), value, key=b"k", partition=partition, headers=[("source", b"mastodon")])
    finally:
        await producer.stop()


def held(worker: Worker, partition: int) -> float:
    """How long a partition of posts has been held back, as Prometheus sees it."""
    place = f'winnow_held_seconds{{partition="{partition}",stage="sift",topic="posts"}}'
    lines = generate_latest(worker.metrics.registry).decode().splitlines()
    return max((float(line.rpartition(" ")[2]) for line in lines if line.startswith(place)), default=0.0)


async def begin(settings: Settings) -> Worker:
    """A worker of sift as it is deployed."""
    return Worker(settings, stages.stage(settings, "sift", await topics.needed_by(settings, "sift")))


@pytest.fixture
async def registry() -> LocalRegistry:
    """One that has an address and is not there yet."""
    local = LocalRegistry()
    local.avro(1, TOOT)
    async with local.listening():
        pass
    return local


@pytest.fixture
async def deployment(settings: Settings, registry: LocalRegistry) -> Settings:
    """Topics of a deployment that reads by the registry; the watchdog is quick."""
    fit = fitting(
        settings, schema_registry_url=registry.url, schema_registry_timeout_seconds=10.0, backfill_after_seconds=1e9, watchdog_seconds=3.0,
        future_tolerance_seconds=1e9,
    )  # fmt: skip
    await create(fit)
    return fit


async def test_avro_becomes_information_and_what_is_not_read_is_named(deployment: Settings, registry: LocalRegistry) -> None:
    """Statuses in Avro and in JSON, one of an unknown schema, one cut off: each ends once, and the audit balances."""
    toot = {"id": "900", "created_at": "2026-03-02T12:00:00Z", "content": "aurora air charged me twice", "account": {"id": "9"}}
    await send(deployment, [*map(avro, range(30)), orjson.dumps(toot), b"\0\0\0\0\x02x", avro(31)[:-1], b"\0\xff\xff\xff\xffx"])
    async with registry.listening(), running(await begin(deployment)) as task:
        await until_committed(deployment, 34, 0, "sift", "posts")
        assert not task.done()
    assert registry.asked == {"/schemas/ids/1": 1, "/schemas/ids/2": 1}
    told = [orjson.loads(one.value) for one in await read(deployment, "information") if one.value and b'"signal"' in one.value]
    assert sorted(int(one["signal"]["id"]) for one in told) == [*range(30), 900]
    (first,) = [one["signal"] for one in told if one["signal"]["id"] == "3"]
    assert first["text"] == "the aurora air flight 3 was late again today"
    assert first["author"]["followers"] == 7
    assert first["created_at"] == "2026-03-02T12:00:00.003Z"
    refused = [orjson.loads(one.value) for one in await read(deployment, "rejected")]
    assert [(one["code"], one["lineage"]["offset"]) for one in refused] == [
        ("unknown_schema", 31), ("bad_avro", 32), ("unknown_schema", 33)
    ]  # fmt: skip
    await balanced(deployment, {"rejected": 3}, 34)


async def balanced(settings: Settings, expected: dict[str, int], count: int) -> None:
    """Every offset has one ending."""
    book = await ledger(settings)
    assert (book.gaps(), book.conflicts) == ([], [])
    endings = book.counts()["sift"]
    assert sum(endings.values()) == count
    assert {name: endings.get(name, 0) for name in expected} == expected


async def test_a_registry_that_is_away_holds_records_back(
    deployment: Settings, registry: LocalRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    """Beyond the watchdog's time and a restart, visibly; when it is back all is worked, in order and once."""
    await send(deployment, [b"{}", *map(avro, range(20))])
    await send(deployment, list(map(avro, range(100, 110))), partition=1)
    with caplog.at_level(logging.ERROR, "winnow"):
        first = await begin(deployment)
        async with running(first) as task:
            await until(lambda: held(first, 0) > 5 and held(first, 1) > 5, "both are held back for longer than the watchdog waits")
            assert not task.done()
            assert "is held back: the schema registry" in str(first.ready())
            assert not await committed(deployment, 0, "sift", "posts")
        second = await begin(deployment)
        async with running(second) as task:
            await until(lambda: held(second, 0) > 0 and held(second, 1) > 0, "the next worker waits on")
            assert await read(deployment, "rejected") == []
            async with registry.listening():
                await until_committed(deployment, 21, 0, "sift", "posts")
                await until_committed(deployment, 10, 1, "sift", "posts")
                assert not task.done()
                await until(lambda: held(second, 0) == held(second, 1) == 0, "nothing is held back any more")
    lines = [one.getMessage() for one in caplog.records if "records are held back" in one.getMessage()]
    assert len(lines) == 2
    assert registry.asked == {"/schemas/ids/1": 1}
    await balanced(deployment, {"rejected": 1, "redelivered": 0}, 31)


async def test_a_worker_that_holds_records_back_stops_when_told(deployment: Settings, registry: LocalRegistry) -> None:
    """Also in the middle of an answer that does not come."""
    registry.stuck = True
    await send(deployment, [avro(1)])
    async with registry.listening():
        worker = await begin(deployment)
        async with running(worker):
            await until(lambda: registry.asked.total() > 0, "it asks")
            began = asyncio.get_running_loop().time()
        assert asyncio.get_running_loop().time() - began < 10
    assert not await committed(deployment, 0, "sift", "posts")
