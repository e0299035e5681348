"""Follows the topics from now on and sends a span per record to a receiver that speaks OTLP: `winnow traces`."""

import asyncio
import logging
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, TraceFlags

from agents.kafka import acls, clients
from agents.settings import Settings
from agents.tracing.spans import Context, TraceSpan, Weaver
from schemas.errors import WinnowError

log = logging.getLogger("winnow")

LOOK_SECONDS = 30.0
"""How often it looks for the topics of new teams."""
RETRY_SECONDS = 2.0
HOLD_SECONDS = 2.0
"""A record may be read before the one that it came of, which lies in another partition: it waits for so long."""
SAY_SECONDS = 60.0
MOST_RECORDS = 2_000
MOST_SPANS = 512
"""In one request, as OpenTelemetry's own exporter sends by default."""
_SCOPE = InstrumentationScope("winnow")


class TraceFollower:
    """Reads and sends until cancelled; a broker or receiver that is away is said and tried again, and nothing is skipped meanwhile."""

    def __init__(self, settings: Settings, exporter: OTLPSpanExporter, ratio: float) -> None:
        self._settings = settings
        self._exporter = exporter
        self._weaver = Weaver(ratio)
        self._positions: dict[TopicPartition, int] = {}
        self._held: list[tuple[float, str, Any]] = []
        self._resources: dict[str, Resource] = {}
        self._begun = False
        self.sent = 0
        self.trouble: str | None = None

    async def run(self) -> None:
        """Follow from the ends of the topics on."""
        while True:
            try:
                await self._follow()
            except (KafkaError, OSError, WinnowError) as error:
                found = error if isinstance(error, WinnowError) else clients.unreachable(self._settings, error)
                self._troubled(f"no spans: {found}")
            await asyncio.sleep(RETRY_SECONDS)

    async def _follow(self) -> None:
        isolation = "read_committed" if self._settings.broker_is_real else "read_uncommitted"
        consumer = clients.reader(self._settings, isolation_level=isolation)
        try:
            await consumer.start()
            looked = float("-inf")
            while True:
                if time.monotonic() - looked > LOOK_SECONDS:
                    looked = time.monotonic()
                    await self._assign(consumer)
                found = await consumer.getmany(timeout_ms=200, max_records=MOST_RECORDS)
                await self._take(found)
        finally:
            await consumer.stop()

    async def _assign(self, consumer: Any) -> None:
        """Read every topic that there is by now: from its end at first, one that came later from its start."""
        there = await clients.partition_counts(self._settings)
        wanted = {self._settings.topic(noun) for noun in acls.TRACED}
        places = {
            TopicPartition(name, n) for name in there if name in wanted or self._settings.is_of_actions(name) for n in range(there[name])
        }
        if not places:
            raise WinnowError(f"no topic of {self._settings.prefix} at {self._settings.broker}", hint="Run `winnow topics apply`.")
        if places == consumer.assignment():
            return
        new = places - self._positions.keys()
        starts = await (consumer.beginning_offsets if self._begun else consumer.end_offsets)(list(new)) if new else {}
        self._positions |= starts
        consumer.assign(list(places))
        for place in places:
            consumer.seek(place, self._positions[place])
        if not self._begun:
            self._begun = True
            log.info("traces: following %d topics of %s", len({place.topic for place in places}), self._settings.prefix)

    async def _take(self, found: dict[TopicPartition, Sequence[Any]]) -> None:
        now = time.monotonic()
        arrived = [(now, self._settings.noun(place.topic), record) for place, records in found.items() for record in records]
        spans = list(self._woven([*self._held, *sorted(arrived, key=lambda one: one[2].timestamp)], now))
        for first in range(0, len(spans), MOST_SPANS):
            await self._send(spans[first : first + MOST_SPANS])
        self._positions |= {place: records[-1].offset + 1 for place, records in found.items() if records}

    def _woven(self, records: Iterable[tuple[float, str, Any]], now: float) -> Iterator[TraceSpan]:
        """Spans of all whose causes were seen, or will not be any more; the others wait."""
        waiting = list(records)
        while True:
            self._held = []
            for since, noun, record in waiting:
                if now - since < HOLD_SECONDS and not self._weaver.knows_cause(noun, record):
                    self._held.append((since, noun, record))
                elif (span := self._weaver.span(noun, record.partition, record)) is not None:
                    yield span
            if len(self._held) == len(waiting):
                return
            waiting = self._held

    async def _send(self, spans: list[TraceSpan]) -> None:
        """Send them, however long the receiver is away."""
        ready = [self._ready(span) for span in spans]
        while await asyncio.to_thread(self._exporter.export, ready) is not SpanExportResult.SUCCESS:
            self._troubled(f"{len(spans)} spans wait: the receiver does not take them; check OTEL_EXPORTER_OTLP_ENDPOINT")
            await asyncio.sleep(RETRY_SECONDS)
        self.sent += len(spans)
        if self.trouble is not None:
            log.info("traces: sending again")
            self.trouble = None

    def _troubled(self, line: str) -> None:
        if self.trouble is None:
            log.warning("traces: %s", line)
        self.trouble = line

    def _ready(self, span: TraceSpan) -> ReadableSpan:
        noun, partition, offset = span.place
        return ReadableSpan(
            name=span.stage,
            context=_context(span.context),
            parent=None if span.parent is None else _context(span.parent),
            resource=self._resource(span.stage),
            attributes={
                "messaging.system": "kafka",
                "messaging.destination.name": self._settings.topic(noun),
                "messaging.destination.partition.id": str(partition),
                "messaging.kafka.offset": offset,
                **span.attributes,
            },
            links=() if span.link is None else (Link(_context(span.link)),),
            kind=SpanKind.CONSUMER,
            instrumentation_scope=_SCOPE,
            start_time=span.start_ms * 1_000_000,
            end_time=span.end_ms * 1_000_000,
        )

    def _resource(self, stage: str) -> Resource:
        if stage not in self._resources:
            prefix = self._settings.prefix
            self._resources[stage] = Resource.create({"service.name": f"{prefix}-{stage}", "service.namespace": prefix})
        return self._resources[stage]


def _context(of: Context) -> SpanContext:
    return SpanContext(of.trace, of.span, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))


async def run_traces(settings: Settings, ratio: float, ending: Callable[[], object] = lambda: None) -> int:
    """Run until SIGINT or SIGTERM. Where to send, and with which headers, say OpenTelemetry's own variables (OTEL_EXPORTER_OTLP_...).

    ending: as a worker's, see `agents.runtime.worker`.
    """
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    logging.getLogger("opentelemetry.exporter").setLevel(logging.CRITICAL)  # of its failures we speak once, not at each try
    exporter = OTLPSpanExporter()
    follower = TraceFollower(settings, exporter, ratio)
    following = asyncio.create_task(follower.run())
    stopping = asyncio.create_task(stop.wait())
    said = 0
    while True:
        done, _ = await asyncio.wait({following, stopping}, timeout=SAY_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if done:
            break
        if follower.sent > said:
            said = follower.sent
            log.info("traces: %d spans sent", said)
    ending()
    stopping.cancel()
    exporter.shutdown()  # type: ignore[no-untyped-call]  # opentelemetry says nothing of it
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    if following.done() and not following.cancelled() and (error := following.exception()) is not None:
        raise error
    log.info("traces: %d spans sent, over", follower.sent)
    return 0
