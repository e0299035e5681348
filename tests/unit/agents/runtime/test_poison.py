"""A record at which workers end, through the whole shell: real runners, delivery, changelog and copies of this process over fakes."""

import json
import os
import signal
from collections.abc import Callable

import pytest

from agents.runtime.ports import RecordBatch
from agents.runtime.rehearsal import rehearse
from pipeline.stream import Arrived, Step
from tests.unit.agents.runtime import hosts
from tests.unit.agents.runtime.fakes import FakeRecord
from tests.unit.agents.runtime.hosts import DECISIONS, SETTINGS, Applying, Host
from tests.unit.agents.runtime.test_partition_runner import opened, played, worked
from tests.unit.agents.runtime.world import World

pytestmark = pytest.mark.usefixtures("copies")

DEADLY = 4
HERE = os.getpid()


@pytest.fixture
def copies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rehearsals are real."""
    monkeypatch.setattr(hosts, "REHEARSE", rehearse)


def batch(*offsets: int) -> RecordBatch:
    """Decisions."""
    return RecordBatch(DECISIONS, [FakeRecord(offset, 0, None, b"%d" % offset) for offset in offsets], offsets[0])


def deadly(ends: Callable[[], object]) -> type[Applying]:
    """A shard that ends its process at one record. In this process, which the tests need, it raises instead."""

    class Deadly(Applying):
        def apply(self, arrived: Arrived[int], step: Step) -> str:
            if arrived.offset == DEADLY:
                if os.getpid() != HERE:
                    ends()
                raise KeyError(DEADLY)
            return super().apply(arrived, step)

    return Deadly


def rejected(deployment: World) -> list[dict[str, str]]:
    """What was put aside."""
    return [json.loads(record.value or b"") for record in deployment.kafka.log(SETTINGS.topic("rejected"))]


@pytest.mark.parametrize(
    ("ends", "why"),
    [
        (lambda: None, "KeyError: 4"),
        (lambda: os.kill(os.getpid(), signal.SIGSEGV), "the process was ended by SIGSEGV"),
        (lambda: os.kill(os.getpid(), signal.SIGKILL), "the process was ended by SIGKILL"),
        (lambda: os._exit(7), "the process ended with exit code 7"),
    ],
    ids=["exception", "segmentation fault", "kill", "exit"],
)
def test_the_record_is_put_aside_and_the_rest_is_done(monkeypatch: pytest.MonkeyPatch, ends: Callable[[], object], why: str) -> None:
    """The first worker ends in its first batch behind what is done, the next one tries it out and goes on behind the record."""

    def course(deployment: World) -> None:
        worked(opened(deployment), batch(0, 1, 2))
        monkeypatch.setattr(Host, "make", deadly(ends))
        first = opened(deployment)
        worked(first, batch(3, 4, 5))
        assert isinstance(first.failure, KeyError)
        assert rejected(deployment) == []
        second = opened(deployment)
        worked(second, batch(3, 4, 5), batch(6))
        assert second.failure is None
        deployment.loop.run(second.partitions.finish(second.source))

    deployment = played(course)
    (message,) = rejected(deployment)
    assert message["code"] == "poison"
    assert message["reason"].endswith(why)
    assert message["lineage"] == {"topic": "decisions", "partition": 0, "offset": DEADLY}
    assert deployment.dispositions(DECISIONS, 7) == ["acted"] * 4 + ["rejected"] + ["acted"] * 2
    assert deployment.outputs() == [f"decisions/{offset}" for offset in (0, 1, 2, 3, 5, 6)]
    assert deployment.committed[DECISIONS] == 7


def test_who_ended_for_another_reason_condemns_nothing() -> None:
    """Worker after worker ends without getting on (a broker that is away, a deployment, kill -9): the next one finds nothing, and works."""

    def course(deployment: World) -> None:
        for _ in range(3):
            host = opened(deployment)
            deployment.network.held = True
            deployment.loop.run(host.partitions.deliver(batch(0, 1, 2)))
            deployment.loop.run_until(lambda: deployment.network.requests)
            _lose(deployment, host)
        last = opened(deployment)
        worked(last, batch(0, 1, 2), batch(3, 4))
        assert last.failure is None

    deployment = played(course)
    assert rejected(deployment) == []
    assert deployment.dispositions(DECISIONS, 5) == ["acted"] * 5


def _lose(deployment: World, host: Host) -> None:
    """The process is gone, and what it had on its way with it."""
    host.dead = True
    deployment.network.requests.clear()
    deployment.network.held = False


def test_nothing_is_tried_in_the_ordinary_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """An owner that follows one that got on forks nothing, and writes as much as ever: its claim and one mark, then a batch a step."""
    monkeypatch.setattr(os, "fork", lambda: pytest.fail("nothing is suspect"))

    def course(deployment: World) -> None:
        worked(opened(deployment), batch(0, 1, 2))
        state = deployment.kafka.log(SETTINGS.topic("act-state"))
        before = len(state)
        second = opened(deployment)
        assert [(record.key or b"").rpartition(b"|")[2] for record in state[before:]] == [b"@owner", b"left"]
        before = len(state)
        worked(second, batch(3, 4), batch(5))
        assert second.failure is None
        assert {record.key for record in state[before:]} == {b"0|applied", b"0|@position", b"0|@written"}

    played(course)
