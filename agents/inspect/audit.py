"""`winnow audit`: proves that every event of a deployment is accounted for, or says where it is not. The reasoning is in
`pipeline.ledger`.
"""

import asyncio
import time
from array import array
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from agents.inspect.audit_window import Window, bounded
from agents.kafka import Progress, Scanner, clients
from agents.settings import Settings
from pipeline.ledger import PROMISES, AuditReport, Book, Claims, Edge, Entry, Stray, judge
from pipeline.stream import WATERMARK, source_header
from schemas.topics import DISPOSITIONS, INPUTS, STAGES

__all__ = ["AuditReport", "run_audit", "wait_until_done"]

Extents = Mapping[TopicPartition, tuple[int, int]]

CHECK_SECONDS = 0.3
TAIL_LIMIT = 20_000
_WATERMARK = WATERMARK.encode()
_WRITER = {promise.noun: promise.stage for promise in PROMISES if promise.noun != "rejected"}


async def run_audit(
    settings: Settings, *, stages: Sequence[str] = STAGES, until_end: bool = False, progress: Progress | None = None,
    window: Window | None = None,
) -> AuditReport:  # fmt: skip
    """Read the ledger and the outputs as they are now and hold them against each other; changes nothing.

    Safe beside running stages: commits are looked up before the ledger's end, outputs after it, and each is written in the
    opposite order. until_end: input that is not accounted for yet is an imbalance. window: what the ledger wrote in a range of time only.
    Raises WinnowError when topics or broker are missing, or for a range with too much in it.
    """
    started = time.monotonic()
    reading = _Reading(settings, window)
    async with Scanner(settings, progress) as scanner:
        inputs = scanner.nouns(dict.fromkeys(noun for stage in stages for noun in INPUTS[stage]))
        written = scanner.nouns(dict.fromkeys(promise.noun for promise in PROMISES if promise.stage in stages))
        for stage in stages:
            places = scanner.places(scanner.nouns(INPUTS[stage]))
            reading.committed[stage] = await clients.committed(settings, f"{settings.prefix}-{stage}", places)
        ledger = await scanner.extents(scanner.nouns(["ledger"]))
        outputs = await scanner.extents(written)
        truncated = any(begin > 0 for begin, _ in ledger.values())
        extents = {**await scanner.extents(inputs), **outputs, **ledger}
        asked = [(stage, place) for stage in stages for place in extents if _reads(settings, stage, place)]
        if window is not None:
            ledger = await window.clip(scanner, ledger, window.since_ms)
            outputs = await window.clip(scanner, outputs, window.outputs_from_ms)
            bounded(ledger, outputs)
        scanner.expect(ledger)
        scanner.expect(outputs)
        async for place, records in scanner.records(ledger):
            reading.ledger(place, records)
        async for place, records in scanner.records(outputs):
            reading.outputs(place, records)
        fronts = {} if window else await _fronts(scanner, reading, asked, extents)
    report = judge(
        reading.book,
        [reading.edge(stage, place, extents[place], fronts.get((stage, place))) for stage, place in asked],
        reading.claims,
        stages=stages,
        horizons=reading.horizons(outputs, extents),
        unreadable=reading.unreadable,
        ledger_truncated=truncated or window is not None,
        until_end=until_end,
    )
    report.ledger_truncated = truncated
    report.seconds = time.monotonic() - started
    return report


async def _fronts(
    scanner: Scanner, reading: "_Reading", asked: Sequence[tuple[str, TopicPartition]], extents: Extents
) -> dict[tuple[str, TopicPartition], int]:
    """Where the first record is that a stage could read, for those that begin their account behind the start of the log, or have none.

    Markers and aborted records at the front are handed out to nobody: what lies before the first record is no gap, and not pending.
    """
    found: dict[tuple[str, TopicPartition], int] = {}
    for stage, place in asked:
        begin, end = extents[place]
        account = reading.book.accounts.get((stage, reading.noun(place), place.partition))
        stop = end if account is None else account.first
        if begin < stop:
            found[stage, place] = stop
            async for _, records in scanner.records({place: (begin, stop)}):
                found[stage, place] = records[0].offset
                break
    return found


class _Reading:
    """What is kept of the records that an audit reads."""

    def __init__(self, settings: Settings, window: Window | None) -> None:
        self._window = window
        self.book = Book()
        self.claims = Claims()
        self.unreadable: list[str] = []
        self.oldest: dict[TopicPartition, int] = {}
        self.idle: dict[TopicPartition, array[int]] = {}
        self.committed: dict[str, dict[tuple[str, int], int]] = {}
        self._settings = settings

    def ledger(self, place: TopicPartition, records: Sequence[Any]) -> None:
        """Take in entries; those that are monitor's own about the ledger, or tell of watermarks only, are no news to monitor."""
        idle = self.idle.setdefault(place, array("q"))
        for record in records:
            entry = self.book.read(record.value)
            if not isinstance(entry, Entry):
                self.unreadable.append(f"{place.topic}/{place.partition}/{record.offset}: {entry.reason}")
            elif (entry.stage == "monitor" and entry.span.topic == "ledger") or _are_watermarks(entry):
                idle.append(record.offset)

    def outputs(self, place: TopicPartition, records: Sequence[Any]) -> None:
        """Take in what outputs name as their cause; values are looked at for digests only."""
        self.oldest.setdefault(place, records[0].timestamp)
        topic = self._settings.noun(place.topic)
        noun = topic.split(".", 1)[0]
        claims, writer, idle = self.claims, _WRITER.get(noun, ""), self.idle.setdefault(place, array("q"))
        count = 0
        for record in records:
            headers = dict(record.headers)
            if headers.get("ce_type") == _WATERMARK:
                idle.append(record.offset)
                continue
            if noun in ("outcomes", "labels") and not headers.get("ce_lineage"):
                continue
            count += 1
            stage = writer or source_header(headers).split("/", 1)[0]
            where = (topic, place.partition, record.offset)
            if stage not in INPUTS:
                claims.strays.append(Stray(*where, f"its ce_source {headers.get('ce_source')!r} names no stage"))
                continue
            identity = headers.get("ce_id", b"")
            claims.add(stage, noun, headers.get("ce_lineage"), identity, where)
            if noun == "actions" and b'"kind":"digest"' in (record.value or b""):
                claims.add_digest(identity, _told(record.value))
        claims.outputs[topic] = claims.outputs.get(topic, 0) + count

    def noun(self, place: TopicPartition) -> str:
        """Our name of its topic."""
        return self._settings.noun(place.topic)

    def edge(self, stage: str, place: TopicPartition, extent: tuple[int, int], front: int | None) -> Edge:
        """An input partition as a stage's group stands in it; ``front``: its first record, where the log starts with none."""
        committed = self.committed[stage].get((place.topic, place.partition))
        begin, end = extent
        if self._window is not None:  # what lies before it, or behind a range that is over, is not asked about
            account = self.book.accounts.get((stage, self.noun(place), place.partition))
            if self._window.until_ms is not None:
                committed, end = None, begin if account is None else min(account.end, end)
            return Edge(stage, self.noun(place), place.partition, begin, end, committed, self.idle.get(place, ()), 0)
        return Edge(
            stage, self.noun(place), place.partition, begin if front is None else front, end, committed, self.idle.get(place, ()), begin
        )  # fmt: skip

    def horizons(self, read: Extents, there: Extents) -> dict[str, int]:
        """Noun -> time before which its topic has lost records (Unix ms), or they are not in the range that was read."""
        found: dict[str, int] = {}
        now_ms = int(time.time() * 1000)
        for place, (begin, _) in read.items():
            if begin > 0:
                noun = self._settings.noun(place.topic).split(".", 1)[0]
                cut = self._window is not None and begin > there[place][0]
                oldest = self._window.outputs_from_ms if cut and self._window else self.oldest.get(place, now_ms)
                found[noun] = max(found.get(noun, 0), oldest)
        return found


def _are_watermarks(entry: Entry) -> bool:
    return {DISPOSITIONS[entry.stage][code] for code in set(entry.span.dispositions)} == {"watermark"}


def _told(value: bytes) -> list[bytes]:
    """The held decisions that a digest tells of."""
    lineages = [piece["lineage"] for piece in orjson.loads(value)["evidence"]]
    return [f"{lineage['topic']}/{lineage['partition']}/{lineage['offset']}".encode() for lineage in lineages]


def _reads(settings: Settings, stage: str, place: TopicPartition) -> bool:
    return settings.noun(place.topic) in INPUTS[stage]


# -- waiting ---------------------------------------------------------------------------------------------------------


async def wait_until_done(
    settings: Settings, *, timeout_seconds: float, stages: Sequence[str] = STAGES, progress: Progress | None = None
) -> bool:
    """Wait until every stage has committed all of its input and no more comes of it; False when time runs out first.

    progress is told (offsets committed, offsets there) of all stages together.
    """
    deadline = time.monotonic() + timeout_seconds
    admin = clients.admin(settings)
    try:
        await admin.start()
        async with Scanner(settings) as scanner:
            waiting = _Waiting(settings, admin, scanner, stages)
            before: dict[TopicPartition, int] | None = None
            while True:
                ends = await waiting.check(progress)
                if ends is not None and ends == before:
                    return True
                before = ends
                if time.monotonic() >= deadline:
                    return False
                await asyncio.sleep(CHECK_SECONDS)
    except (KafkaError, OSError) as error:
        raise clients.unreachable(settings, error) from error
    finally:
        await admin.close()


class _Waiting:
    """What `wait_until_done` looks at, again and again."""

    def __init__(self, settings: Settings, admin: AIOKafkaAdminClient, scanner: Scanner, stages: Sequence[str]) -> None:
        self._settings = settings
        self._admin = admin
        self._scanner = scanner
        self._stages = stages
        self._inputs = scanner.nouns(dict.fromkeys(noun for stage in stages for noun in INPUTS[stage]))

    async def check(self, progress: Progress | None) -> dict[TopicPartition, int] | None:
        """The ends of all inputs if everything before them is committed, else None."""
        extents = await self._scanner.extents(self._inputs)
        tails: dict[TopicPartition, tuple[int, int]] = {}
        reached = expected = 0
        for stage in self._stages:
            for place, position in (await self._positions(stage, extents)).items():
                begin, end = extents[place]
                reached += position - begin
                expected += end - begin
                if position < end:
                    tails[place] = (position, end)
        if progress is not None:
            progress(reached, expected)
        if not await self._are_monitors_own(tails):
            return None
        return {place: end for place, (_, end) in extents.items() if self._settings.noun(place.topic) != "ledger"}

    async def _positions(self, stage: str, extents: Extents) -> dict[TopicPartition, int]:
        """How far a stage has committed each of its inputs; its beginning while the group is not there yet."""
        places = [place for place in extents if _reads(self._settings, stage, place)]
        try:
            offsets = await self._admin.list_consumer_group_offsets(f"{self._settings.prefix}-{stage}", partitions=places)
        except KafkaError:
            offsets = {}
        committed = {place: meta.offset for place, meta in offsets.items()}
        return {place: min(max(committed.get(place, -1), extents[place][0]), extents[place][1]) for place in places}

    async def _are_monitors_own(self, tails: Extents) -> bool:
        """Whether what is left is nothing but monitor's account of its own reading of the ledger, in the ledger."""
        for place, (position, end) in tails.items():
            if self._settings.noun(place.topic) != "ledger" or end - position > TAIL_LIMIT:
                return False
        async for _, records in self._scanner.records(tails):
            if not all(source_header(dict(record.headers)).startswith("monitor/ledger/") for record in records):
                return False
        return True
