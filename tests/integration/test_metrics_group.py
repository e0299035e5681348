"""The lag of all groups as the broker says it, and what is told when it does not answer."""

import asyncio

import pytest

from agents.kafka.scan import Scanner
from agents.local.ports import free_port
from agents.metrics import group_lag as metrics_group
from agents.metrics.group_lag import Lags, group_lags, keep_looking
from agents.settings import Settings
from schemas.topics import INPUTS
from tests.integration import shell
from tests.integration.by_hand import ByHand

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(120)]


class Heard:
    """What is told, and what failed."""

    def __init__(self) -> None:
        self.lags: list[Lags] = []
        self.waiting: list[tuple[int, int | None] | None] = []
        self.failed: list[str] = []

    def group_lags(self, lags: Lags) -> None:
        """Keep it."""
        self.lags.append(lags)

    def unhandled(self, waiting: tuple[int, int | None] | None) -> None:
        """Keep it."""
        self.waiting.append(waiting)

    def broken(self, what: str) -> None:
        """Keep it."""
        self.failed.append(what)


async def look(settings: Settings, times: int) -> tuple[list[Lags], list[str]]:
    """What is told of lags, and what failed, while somebody keeps looking until it was told so many times what waits."""
    heard = Heard()
    looking = asyncio.create_task(keep_looking(settings, heard))
    try:
        await shell.until(lambda: len(heard.waiting) >= times, "somebody is told")
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
    assert len(heard.waiting) <= len(heard.lags)
    return heard.lags, heard.failed


async def test_lag_is_the_end_minus_what_was_committed(settings: Settings) -> None:
    """Of every partition of every stage's inputs, also of stages that never ran."""
    await shell.create(settings)
    await shell.write(settings, [b"x"] * 30, partition=1)
    await ByHand(settings).commit("decide", {situations(settings, 1): 12})
    async with Scanner(settings) as scanner:
        lags = {key: lag for stage in INPUTS for key, lag in (await group_lags(settings, scanner, stage)).items()}
    assert {key: lag for key, lag in lags.items() if lag} == {("decide", "situations", 1): 18}
    assert len(lags) == settings.partitions * sum(len(nouns) for nouns in INPUTS.values())
    told, failed = await look(settings, 1)
    assert dict(told[0]) == lags
    assert failed == []


async def test_without_a_broker_there_is_no_lag_to_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told that nothing is known, again and again, and nobody is hurt."""
    monkeypatch.setattr(metrics_group, "LOOK_SECONDS", 0.05)
    told, failed = await look(Settings(broker=f"127.0.0.1:{free_port()}"), 3)
    assert set(map(len, told)) == {0}
    assert len(failed) > 1


async def test_stages_whose_topics_are_missing_do_not_hide_the_others(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """What can be seen is told; that something cannot is counted."""
    await shell.create(settings)
    monkeypatch.setitem(metrics_group.INPUTS, "learn", ("nowhere",))
    told, failed = await look(settings, 1)
    assert {stage for stage, _, _ in told[0]} == set(INPUTS) - {"learn"}
    assert set(failed) == {"group_lags"}


def situations(settings: Settings, partition: int) -> "shell.TopicPartition":
    """A partition of the situations."""
    return shell.TopicPartition(settings.topic("situations"), partition)
