"""`winnow traces` between a real Kafka and a receiver that reads OTLP as it stands: one post's trace, from sift to the team's answer."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiokafka
import orjson
import pytest
from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from agents.kafka import topics
from agents.local.ports import free_port
from agents.settings import Settings, load_settings
from agents.stages import build as stages
from agents.tracing.spans import Weaver
from pipeline.flow import Arrival
from pipeline.policy import load_policy
from pipeline.simulation.stream import Scenario, simulate
from pipeline.stream import Record
from tests.integration.shell import until

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(240)]

TOLD = ("information", "situations", "decisions", "actions")


@dataclass
class Receiver:
    """A receiver of OTLP by HTTP on loopback. It may not be there yet, or refuse."""

    port: int = field(default_factory=free_port)
    spans: dict[bytes, tuple[str, Span]] = field(default_factory=dict)
    refused: int = 0
    refuses: bool = False

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """It is there while the block runs."""
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_post("/v1/traces", self._take)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self.port).start()
        try:
            yield
        finally:
            await runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        if self.refuses:
            self.refused += 1
            return web.Response(status=400)
        found = ExportTraceServiceRequest.FromString(await request.read())
        for of_resource in found.resource_spans:
            (service,) = [one.value.string_value for one in of_resource.resource.attributes if one.key == "service.name"]
            for of_scope in of_resource.scope_spans:
                self.spans |= {span.span_id: (service, span) for span in of_scope.spans}
        return web.Response(content_type="application/x-protobuf")


@asynccontextmanager
async def tracing(settings: Settings, receiver: Receiver, log: Path, *more: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """The command as people run it; once it follows."""
    environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{receiver.port}", "WINNOW_BROKER": settings.broker}
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "agents.cli", "traces", *more, stdout=out, stderr=out,
            env={**os.environ, **environment, "WINNOW_PREFIX": settings.prefix},
        )  # fmt: skip
    try:
        await until(lambda: "following" in log.read_text() or process.returncode is not None, "it follows")
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def append(settings: Settings, records: list[tuple[str, int, Record]]) -> None:
    """Write records as the stages do, each partition in order."""
    producer = aiokafka.AIOKafkaProducer(bootstrap_servers=settings.broker)
    await producer.start()
    try:
        for noun, partition, record in records:
            await producer.send(
                settings.topic(noun), record.value, key=record.key, partition=partition, timestamp_ms=record.timestamp,
                headers=list(record.headers),
            )  # fmt: skip
        await producer.flush()
    finally:
        await producer.stop()


def flowed(now_ms: int) -> list[tuple[str, int, Record]]:
    """What the stages write of an hour of posts."""
    found: list[tuple[str, int, Record]] = []
    flow = stages.flow(load_settings(backfill_after_seconds=1e9), keep=lambda noun, n, record: found.append((noun, n, record)))
    scenario = Scenario(seed=7, events=300, start_ms=now_ms - 3_600_000, hours=0.5)
    for _ in flow.run(Arrival(e.topic, e.key, e.value, (("source", e.source.encode()),), e.at_ms) for e in simulate(scenario)):
        pass
    return [one for one in found if one[0].partition(".")[0] in TOLD]


def lineage(receiver: Receiver, span: Span) -> list[str]:
    """Services from a span up to the first of its trace."""
    found = []
    while True:
        service, own = receiver.spans[span.span_id]
        assert own.trace_id == span.trace_id
        found.append(service)
        if not own.parent_span_id:
            return found
        _, span = receiver.spans[own.parent_span_id]


async def test_a_post_is_one_trace_from_sift_to_the_answer(settings: Settings, tmp_path: Path) -> None:
    """As whoever looks at traces sees it; a receiver that comes late, or refuses for a while, misses nothing, and is spoken of once."""
    await topics.apply(settings, [team.name for team in load_policy(None).teams])
    receiver, log = Receiver(), tmp_path / "traces.log"
    records = flowed(now_ms=1_795_000_000_000)
    (noun, _, action) = next(one for one in records if one[0].startswith("actions."))
    identity = orjson.loads(action.value or b"")["action_id"]
    answer = orjson.dumps({"action_id": identity, "team": noun.partition(".")[2], "status": "done", "by": "kim"})
    async with tracing(settings, receiver, log) as process:
        await append(settings, records)
        await until(lambda: "spans wait" in log.read_text(), "it says that nobody takes them")
        receiver.refuses = True
        async with receiver.listening():
            await until(lambda: receiver.refused > 0, "the receiver refused")
            receiver.refuses = False
            await until(lambda: any(service.endswith("-act") for service, _ in receiver.spans.values()), "actions are told")
            await append(settings, [("outcomes", 0, Record(0, action.timestamp + 60_000, None, answer))])
            await until(lambda: any(service.endswith("-answer") for service, _ in receiver.spans.values()), "the answer is told")
            process.send_signal(signal.SIGTERM)
            assert await process.wait() == 0
    (span,) = [span for service, span in receiver.spans.values() if service.endswith("-answer")]
    assert [service.removeprefix(settings.prefix) for service in lineage(receiver, span)] == [
        "-answer", "-act", "-decide", "-correlate", "-sift",
    ]  # fmt: skip
    for _, one in list(receiver.spans.values()):
        lineage(receiver, one)
        assert one.start_time_unix_nano <= one.end_time_unix_nano
    said = log.read_text()
    assert said.count("spans wait") == 1
    assert "sending again" in said
    assert not any(name in said for name in ("Traceback", "Unclosed"))


async def test_a_share_of_all_posts_is_told_whole(settings: Settings, tmp_path: Path) -> None:
    """The same traces that anybody would choose by their ids, and of each every span."""
    await topics.apply(settings, [team.name for team in load_policy(None).teams])
    receiver, log = Receiver(), tmp_path / "traces.log"
    records = flowed(now_ms=1_795_000_000_000)
    weaver = Weaver(0.5)
    wanted = {span.context.span.to_bytes(8, "big") for one in records if (span := weaver.span(*one)) is not None}
    assert len(wanted) > 100
    async with receiver.listening(), tracing(settings, receiver, log, "--ratio", "0.5") as process:
        await append(settings, records)
        await until(lambda: receiver.spans.keys() >= wanted, "all that was chosen is told")
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
    assert receiver.spans.keys() == wanted


async def test_without_topics_it_says_what_to_do_and_waits(settings: Settings, tmp_path: Path) -> None:
    """It may be started before them."""
    receiver, log = Receiver(), tmp_path / "traces.log"
    async with receiver.listening():
        following = asyncio.create_task(_follows(settings, receiver, log))
        await until(lambda: log.exists() and "winnow topics apply" in log.read_text(), "it says what to do")
        await topics.apply(settings, ["support"])
        assert await following == 0


async def _follows(settings: Settings, receiver: Receiver, log: Path) -> int:
    async with tracing(settings, receiver, log) as process:
        process.send_signal(signal.SIGTERM)
        return await process.wait()
