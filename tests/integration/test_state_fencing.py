"""A former owner's late write on a real Kafka: the owner writes the true values anew before compaction can take them."""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import orjson
import pytest
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from agents.kafka import clients
from agents.runtime.changelog import EPOCH_HEADER, EPOCH_KEY, FORMAT_HEADER, SEPARATOR
from agents.settings import Settings
from pipeline.stream.accounted import POSITION_KEY
from tests.integration.shell import NOUN, STAGE, WAIT_SECONDS, Log, create, fitting, read, stage, until, until_committed, working, write

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(600)]

SHARD = f"{NOUN}/0".encode() + SEPARATOR
LATE = {b"offset/0": b"late", b"offset/1": None, b"offset/99": b"late", POSITION_KEY: b'[3, ""]'}
WORKER = """
import asyncio, sys
from agents.runtime.worker import Worker
from agents.settings import load_settings
from tests.integration.shell import Log, fitting, stage
settings = load_settings(broker=sys.argv[1], prefix=sys.argv[2])
# It is suspended for longer than a worker may be silent, and has to find out by itself why it must not go on.
sys.exit(asyncio.run(Worker(fitting(settings, live_silence_seconds=600.0, session_timeout_seconds=6.0), stage(Log())).run()))
"""


@asynccontextmanager
async def process(settings: Settings, log: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """A worker of the recorder's stage that can be suspended; it writes its log into a file."""
    with log.open("wb") as out:
        found = await asyncio.create_subprocess_exec(
            sys.executable, "-c", WORKER, settings.broker, settings.prefix, stdout=out, stderr=out, cwd=Path(__file__).parents[2]
        )
    try:
        yield found
    finally:
        if found.returncode is None:
            os.kill(found.pid, signal.SIGKILL)
            await found.wait()


async def write_late(settings: Settings, epoch: int) -> None:
    """What a worker that was suspended in the middle of a write still had on its way: an old value, a deletion, an old position."""
    producer = clients.state_producer(settings)
    await producer.start()
    headers = [FORMAT_HEADER, (EPOCH_HEADER, b"%d" % epoch)]
    try:
        batch = producer.create_batch()
        for key, value in LATE.items():
            batch.append(timestamp=None, key=SHARD + key, value=value, headers=headers)
        batch.close()
        await (await producer.send_batch(batch, settings.topic(f"{STAGE}-state"), partition=0))
    finally:
        await producer.stop()


async def owners(settings: Settings) -> dict[bytes, int]:
    """Key -> under which epoch the last record of it was written: what compaction leaves."""
    records = [record for record in await read(settings, f"{STAGE}-state") if record.key.startswith(SHARD)]
    return {record.key.removeprefix(SHARD): int(dict(record.headers)[EPOCH_HEADER]) for record in records}


async def until_written_anew(settings: Settings, epoch: int) -> None:
    """Wait until the owner has noticed what `write_late` wrote."""
    deadline = asyncio.get_running_loop().time() + WAIT_SECONDS
    while found := [key for key, writer in (await owners(settings)).items() if writer < epoch and key in LATE]:
        assert asyncio.get_running_loop().time() < deadline, f"not written anew: {found}"
        await asyncio.sleep(0.1)


async def compact(settings: Settings) -> None:
    """Have the broker compact all that is in the state topic now, and wait until it has."""
    values = {"segment.ms": "200", "min.cleanable.dirty.ratio": "0.001", "min.compaction.lag.ms": "0", "max.compaction.lag.ms": "500"}
    entries = [ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET) for key, value in values.items()]
    resource = ConfigResource(ResourceType.TOPIC, settings.topic(f"{STAGE}-state"), incremental_configs=entries)
    mark = max(record.offset for record in await read(settings, f"{STAGE}-state") if record.partition == 0)
    await clients.administer(settings, "change", lambda client: client.incremental_alter_configs([resource]))
    for _ in range(120):
        await write(settings, [b"value"])  # a segment is closed when something follows it
        await asyncio.sleep(0.5)
        old = Counter(record.key for record in await read(settings, f"{STAGE}-state") if record.partition == 0 and record.offset <= mark)
        if max(old.values(), default=1) == 1:
            return
    raise AssertionError("never compacted")


async def test_the_true_state_survives_a_late_write_and_compaction(settings: Settings, tmp_path: Path) -> None:
    """A worker is suspended beyond its session, another takes over, the first one's write lands; what a restart finds is the owner's.

    Nobody takes over between the late write and compaction, which used to take the value that counts for the older one.
    """
    deployment = fitting(settings)  # only the one that is suspended is to lose its session: it sets its own
    await create(deployment)
    await write(deployment, [b"value"] * 5)
    async with process(deployment, tmp_path / "former.log") as former:
        await until_committed(deployment, 5)
        former.send_signal(signal.SIGSTOP)
        async with working(deployment, stage(Log())):
            await write(deployment, [b"value"] * 5)
            await until_committed(deployment, 10)
            epoch = (await owners(deployment))[EPOCH_KEY]
            await write_late(deployment, epoch - 1)
            await until_written_anew(deployment, epoch)
            await compact(deployment)
            assert (await owners(deployment))[EPOCH_KEY] == epoch, "nobody has taken over meanwhile"
            former.send_signal(signal.SIGCONT)
            assert await asyncio.wait_for(former.wait(), 60) == 1
    assert "nothing more is written" in (tmp_path / "former.log").read_text()
    again = Log()
    async with working(deployment, stage(again)):
        await until(lambda: len(again.restored) == 4, "restored")
    (state,) = [state for _, number, state in again.restored if number == 0]
    assert len(state) > 11, "what was written while it was compacted is there too"
    assert state.pop(POSITION_KEY) == orjson.dumps([len(state), ""])
    assert state == {b"offset/%d" % offset: b"value" for offset in range(len(state))}
