"""A machine whose clock is two hours ahead: whatever it writes, the broker refuses it, and the one line that follows names the clock."""

import re
import time
from collections.abc import Awaitable, Callable
from datetime import datetime

import pytest

from agents.kafka import clients
from agents.operate import write_records
from agents.operate.replay import run_replay
from agents.runtime.changelog import StateStore
from agents.settings import Settings
from pipeline.flow import Arrival
from schemas.errors import WinnowError
from tests.integration.shell import STAGE, create, fitting, output

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(600)]


async def outputs(settings: Settings) -> None:
    """What stages and commands write."""
    await write_records(settings, [output("decisions", 0)])


async def state(settings: Settings) -> None:
    """What a stage remembers."""
    producer = clients.state_producer(settings)
    await producer.start()
    try:
        await StateStore(settings, STAGE, producer).write("0", 0, {b"k": b"v"})
    finally:
        await producer.stop()


async def events(settings: Settings) -> None:
    """What `winnow replay` writes."""
    await run_replay(settings, [Arrival("posts", b"k", b"{}", (), 0)], speed=None)


@pytest.mark.parametrize("write", [outputs, state, events])
async def test_a_clock_that_is_ahead_is_named(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, write: Callable[[Settings], Awaitable[None]]
) -> None:
    """With what it says, and what to do."""
    deployment = fitting(settings)
    await create(deployment)
    await write(deployment)
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 7_200)
    with pytest.raises(WinnowError) as caught:
        await write(deployment)
    said = re.match("the clock of this machine says ([^ ]*), further ahead of the broker", str(caught.value))
    assert said is not None, str(caught.value)
    assert 7_140 < datetime.fromisoformat(said[1]).timestamp() - real() < 7_260
    assert "Set the clock here, or the broker's (NTP)" in caught.value.hint
