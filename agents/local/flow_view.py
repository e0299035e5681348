"""A running flow's funnel, open situations, actions and latency: what the demo shows and `winnow up` reports."""

import asyncio
import contextlib
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, NamedTuple

import aiokafka
import orjson
from aiokafka import TopicPartition

from agents.kafka import Stall, clients, existing
from agents.settings import Settings
from agents.stages.sift import own_terms
from pipeline.privacy import NO_TERMS, OwnTerms
from schemas.times import to_milliseconds

WATERMARK = b"winnow.watermark.v1"


class AskedTeam(NamedTuple):
    """One action that told a team of one situation."""

    team: str
    kind: str
    at_ms: int


@dataclass(slots=True)
class View:
    """What was seen so far. ``own``: what redaction leaves of it."""

    own: OwnTerms = NO_TERMS
    dispositions: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    situations: dict[str, dict[str, Any]] = field(default_factory=dict)
    decisions: dict[str, dict[str, Any]] = field(default_factory=dict)
    actions: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    action_kinds: dict[str, str] = field(default_factory=dict)
    """Action id -> what it is."""
    latencies_seconds: list[float] = field(default_factory=list)
    told: dict[str, int] = field(default_factory=dict)
    """Situation id -> when its first revision was written, by the clock of the events, Unix ms."""
    asked: dict[str, list[AskedTeam]] = field(default_factory=lambda: defaultdict(list))
    """Situation id -> who was asked about it at once, in order."""
    held: int = 0
    """Actions that were not told at once and came as lines of digests."""

    @property
    def action_ids(self) -> set[str]:
        """Ids of all actions seen."""
        return set(self.action_kinds)

    def open_situations(self) -> list[dict[str, Any]]:
        """Situations that are not closed, the gravest first: mass reactions before what one person says."""
        found = [situation for situation in self.situations.values() if situation["status"] not in ("closed", "withdrawn")]
        return sorted(found, key=lambda situation: (situation["kind"] != "surge", -situation["severity"], situation["id"]))

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        """Situations of one kind as they stand, those of most people first."""
        found = (situation for situation in self.situations.values() if situation["kind"] == kind)
        return sorted(found, key=lambda situation: (-situation["authors"], situation["id"]))

    def percentile(self, share: float) -> float | None:
        """Latency in seconds that this share of actions stayed under; None without actions."""
        if not self.latencies_seconds:
            return None
        ordered = sorted(self.latencies_seconds)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


class FlowView:
    """Reads ledger, situations, decisions and action topics as they grow. Use as ``async with``."""

    def __init__(self, settings: Settings, teams: list[str]) -> None:
        self.view = View(own_terms(settings))
        self._settings = settings
        self._nouns = {settings.topic(noun): noun for noun in ("ledger", "situations", "decisions", *(f"actions.{team}" for team in teams))}
        self._consumer: aiokafka.AIOKafkaConsumer | None = None
        self._task: asyncio.Task[None] | None = None
        self._turned = asyncio.Event()

    async def caught_up(self) -> None:
        """Wait until all has been seen that was written before the call, however long the broker takes to hand it out."""
        assert self._consumer is not None
        ends = await self._consumer.end_offsets(self._consumer.assignment())
        stall = Stall(self._settings.broker)
        while True:
            at = {place: await self._consumer.position(place) for place in ends}
            if not (left := [place for place, end in ends.items() if at[place] < end]):
                return
            stall.look(sum(at.values()), left)
            self._turned.clear()
            await self._turned.wait()

    async def __aenter__(self) -> "FlowView":
        self._consumer = clients.reader(self._settings)
        await self._consumer.start()
        counts = await existing(self._settings, self._nouns)
        places = [TopicPartition(topic, number) for topic, count in counts.items() for number in range(count)]
        self._consumer.assign(places)
        await self._consumer.seek_to_beginning(*places)
        self._task = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        assert self._task is not None
        assert self._consumer is not None
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        await self._consumer.stop()

    async def _read(self) -> None:
        assert self._consumer is not None
        while True:
            for place, records in (await self._consumer.getmany(timeout_ms=500)).items():
                for record in records:
                    self._take(self._nouns[place.topic], record)
            self._turned.set()

    def _take(self, noun: str, record: aiokafka.ConsumerRecord) -> None:
        if record.value is None or dict(record.headers).get("ce_type") == WATERMARK:
            return
        message = orjson.loads(record.value)
        view = self.view
        if noun == "ledger":
            view.dispositions[message["stage"]].update(message["counts"])
        elif noun == "situations":
            view.situations[message["id"]] = message
            view.told.setdefault(message["id"], to_milliseconds(message["updated_at"]))
        elif noun == "decisions":
            # One that is told again, because its author wrote again, supersedes what it did when it was made.
            first = view.decisions.get(message["id"], message)
            view.decisions[message["id"]] = {**message, "supersedes": message["supersedes"] or first["supersedes"]}
        else:
            view.actions[message["team"]][message["kind"]] += 1
            if message["action_id"] not in view.action_kinds:
                view.action_kinds[message["action_id"]] = message["kind"]
                view.latencies_seconds.append((record.timestamp - to_milliseconds(message["appended_at"])) / 1000)
                self._ask(message)

    def _ask(self, action: dict[str, Any]) -> None:
        if action["kind"] == "digest":
            self.view.held += len(action["evidence"])
        elif action["kind"] != "revoke":
            self.view.asked[action["situation"]].append(AskedTeam(action["team"], action["kind"], to_milliseconds(action["created_at"])))
