"""Replay into a real Kafka: the same records, where their keys belong, in their order, and what goes wrong said plainly."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from agents.operate.replay import run_replay
from agents.settings import Settings
from pipeline.flow import Arrival
from pipeline.simulation.stream import Scenario, simulate
from pipeline.stream.partitioner import partition_of
from schemas.errors import WinnowError
from tests.integration.shell import create, fitting, read

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(120)]

ROOT = Path(__file__).resolve().parents[2]
HEADERS = (("source", b"signal"), ("traceparent", b"00-1-2-01"))


def arrivals(count: int, step_ms: int = 0) -> Iterator[Arrival]:
    """Posts of ten authors, one after the other."""
    return (Arrival("posts", b"author %d" % (number % 10), b"value %d" % number, HEADERS, number * step_ms) for number in range(count))


async def test_all_records_arrive_where_they_belong(settings: Settings) -> None:
    """Key, value and headers as they were, in the partition of the key, in order within it; progress ends at the number written."""
    await create(settings)
    told: list[int] = []
    assert await run_replay(settings, arrivals(3_000), speed=None, progress=told.append) == 3_000
    assert told[-1] == 3_000
    found = await read(settings, "posts")
    assert len(found) == 3_000
    assert {tuple(record.headers) for record in found} == {HEADERS}
    for partition in range(4):
        numbers = [int(record.value.split()[1]) for record in found if record.partition == partition]
        assert numbers == [number for number in range(3_000) if partition_of(b"author %d" % (number % 10), 4) == partition]


async def test_a_paced_replay_writes_everything_too(settings: Settings) -> None:
    """Records that are due later are waited for, not left out; an empty stream is no error."""
    await create(settings)
    assert await run_replay(settings, arrivals(20, step_ms=60_000), speed=60_000.0) == 20
    assert [record.value for record in await read(settings, "posts") if record.key == b"author 3"] == [b"value 3", b"value 13"]
    assert await run_replay(settings, [], speed=1.0) == 0


async def test_what_is_too_large_is_said(settings: Settings) -> None:
    """Not taken for a broker that is away."""
    await create(settings)
    with pytest.raises(WinnowError, match="an event that is larger than the topic takes"):
        await run_replay(fitting(settings), [Arrival("posts", b"k", os.urandom(1_500_000), HEADERS, 0)], speed=None)


async def test_a_tombstone_and_poison_are_replayed_as_they_are(settings: Settings) -> None:
    """Whatever the simulator throws, byte for byte."""
    await create(settings)
    stream = list(simulate(Scenario(seed=9, events=300)))
    odd = Arrival("feedback", b"nothing", None, (), 0)
    count = await run_replay(
        settings, [odd, *(Arrival(s.topic, s.key, s.value, (("source", s.source.encode()),), s.at_ms) for s in stream)], speed=None
    )
    assert count == 301
    found = {(record.key, record.value) for noun in ("posts", "feedback") for record in await read(settings, noun)}
    assert found == {(b"nothing", None), *((s.key, s.value) for s in stream)}


@pytest.mark.parametrize("words", [("worker", "correlate"), ("replay", "events.jsonl", "--speed", "max"), ("audit",)], ids=" ".join)
def test_missing_topics_are_one_line(settings: Settings, tmp_path: Path, words: tuple[str, ...]) -> None:
    """A broker without this deployment's topics: exit code 2, which topics, and the command that creates them."""
    (tmp_path / "events.jsonl").write_bytes(orjson.dumps({"topic": "posts", "source": "x", "key": "1", "value": "{}"}) + b"\n")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WINNOW_")}
    done = subprocess.run(
        [sys.executable, "-c", "import sys; sys.path.insert(0, sys.argv.pop(1)); from agents.cli import main; main()", str(ROOT), *words],
        cwd=tmp_path, env={**environment, "WINNOW_BROKER": settings.broker, "WINNOW_PREFIX": settings.prefix},
        capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("winnow: ")
    assert settings.prefix in line
    assert "winnow topics apply" in line
