"""A broker that is there and answers nothing: a write to it ends in an error, and whoever wrote can end, too."""

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.kafka import clients, topics
from agents.local.kafka import LocalKafka, missing_tools
from agents.runtime.changelog import StateStore
from agents.runtime.outputs import Emitter
from agents.settings import Settings, load_settings
from schemas.errors import WinnowError
from tests.conftest import absent
from tests.integration.shell import output

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]


def tell(broker: LocalKafka, number: int) -> None:
    """Send the broker's process a signal."""
    assert broker.process_id is not None
    os.kill(broker.process_id, number)


def stands_still(process_id: int) -> bool:
    """Whether every thread of a process is stopped."""
    return all((thread / "stat").read_text().rpartition(")")[2].split()[0] == "T" for thread in Path(f"/proc/{process_id}/task").iterdir())


async def suspend(broker: LocalKafka) -> None:
    """Suspend it; comes back when the last of its threads stands still, which could have answered once more."""
    tell(broker, signal.SIGSTOP)
    assert broker.process_id is not None
    deadline = asyncio.get_running_loop().time() + 60
    while not stands_still(broker.process_id):
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.01)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[LocalKafka]:
    """One of the test's own, which goes on before it is ended."""
    if (missing := missing_tools()) is not None:
        absent(f"no real Kafka: {missing}")
    with LocalKafka(tmp_path) as found:
        yield found
        tell(found, signal.SIGCONT)


@pytest.fixture
async def settings(broker: LocalKafka) -> Settings:
    """A deployment on it whose patience is short."""
    found = load_settings(broker=broker.address, prefix="silent", request_timeout_seconds=3.0)
    await topics.apply(found, ["support"])
    return found


@pytest.mark.parametrize("what", ["outputs", "state"])
async def test_a_write_without_an_answer_is_an_error(broker: LocalKafka, settings: Settings, what: str) -> None:
    """Its leader is known all the time, so that aiokafka itself would try for ever."""
    producer = clients.producer(settings)
    await producer.start()

    async def write() -> None:
        if what == "outputs":
            await Emitter(settings, producer).emit([output("decisions", 0)])
        else:
            await StateStore(settings, "decide", producer).write("0", 0, {b"k": b"v"})

    await write()
    await suspend(broker)
    with pytest.raises(WinnowError, match=r"cannot write .*not acknowledged within 9 s"):
        await asyncio.wait_for(write(), 120)
    await asyncio.wait_for(producer.stop(), 60)
