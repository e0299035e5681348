"""An open situation, the pieces of information that belong together, as `Registry` keeps it and publishes it revision by revision.

Severity, 0..1, is a weighted sum that a person can redo: .35 crowd (log2 of distinct authors, 1024 is full) + .25 urgency +
.25 feeling (mean negativity) + .15 reach (log10 of people reached, 10 million is full). A positive reaction is never very severe.
A case is at least three quarters as severe as it is dangerous, whatever its author feels.
Urgency is the highest of a case, the mean of a surge or idea.
"""

from __future__ import annotations

import math
from hashlib import blake2b
from typing import Any

import msgspec
import orjson
from msgspec import UNSET, Raw, Struct, UnsetType, field

from pipeline.correlate.distinct import Crowd
from pipeline.correlate.information import Piece
from pipeline.correlate.origin import Makeup, origin_of
from pipeline.correlate.tally import Tally
from pipeline.stream import Output, trace_parent
from schemas.messages import SituationKind, SituationStatus
from schemas.times import iso

CASE, SURGE, IDEA = SituationKind.CASE.value, SituationKind.SURGE.value, SituationKind.IDEA.value
OPENED, UPDATED, CLOSED = SituationStatus.OPENED.value, SituationStatus.UPDATED.value, SituationStatus.CLOSED.value
WITHDRAWN = SituationStatus.WITHDRAWN.value
MOST_SHOWN = 100
"""So many pieces that revisions have shown are known: when one is withdrawn, a revision says so at once."""
STATE_VERSION = 3
"""Version 2 did not count texts alike, and weighed an idea's words otherwise; version 1 kept neither the words of evidence as bits
nor how long an idea's vector is."""


def situation_id(kind: str, subject: str, facet: str, anchor: str) -> str:
    """32 hex digits from what the situation is; ``anchor`` tells apart those of one kind, subject and facet."""
    return blake2b(f"{kind}\0{subject}\0{facet}\0{anchor}".encode(), digest_size=16).hexdigest()


def severity(authors: int, urgency: float, feeling: float, reach: int) -> float:
    """How bad it is, 0..1, by the formula of the module."""
    crowd = min(1.0, math.log2(max(authors, 1)) / 10.0)
    spread = min(1.0, math.log10(1 + reach) / 7.0)
    return round(0.35 * crowd + 0.25 * urgency + 0.25 * feeling + 0.15 * spread, 4)


DANGER_WEIGHS = 0.75


class Cause(Struct, gc=False):
    """The contribution that a revision follows from: whose time, lineage and model it carries. ``place`` is the input record."""

    information: str
    appended_at: str
    lineage: dict[str, Any]
    model: str
    place: str


class _Message(Struct, gc=False):
    """As `schemas.messages.Situation`, its fields in the same order; ``withdrawals`` are left out where there are none."""

    id: str
    kind: str
    subject: str
    facet: str
    status: str
    revision: int
    opened_at: str
    updated_at: str
    events: int
    copies: int
    authors: int
    reach: int
    sentiment: dict[str, int]
    intents: dict[str, int]
    stakeholders: dict[str, int]
    sources: dict[str, int]
    expected: float
    p_value: float
    severity: float
    urgency: float
    origin: str
    self_resolved: bool
    dual_hat: bool
    backfill: bool
    absorbed_by: str | None
    evidence: list[Raw]
    withdrawals: list[str] | UnsetType
    clock: int
    appended_at: str
    lineage: dict[str, Any]
    model: str
    desks: dict[str, int]
    danger: float


_json = msgspec.json.Encoder().encode


class OpenSituation(Struct, gc=False):
    """The state of one situation. ``due`` (ms of event time) is when quiet closes it; ``keys`` are what finds it again."""

    id: str
    kind: str
    subject: str
    facet: str
    opened_ms: int
    updated_ms: int
    due: int
    cause: Cause
    owner: str = ""
    tally: Tally = field(default_factory=lambda: Tally(reserve=[]))
    crowd: Crowd = field(default_factory=Crowd)
    revision: int = 0
    emitted_events: int = 0
    expected: float = 0.0
    p_value: float = 1.0
    onset: int = 0
    self_resolved: bool = False
    absorbed_by: str | None = None
    keys: list[str] = []
    words: dict[str, int] = {}
    norm: float = 0.0
    said: dict[str, list[str]] = {}
    withdrawals: list[str] = []
    shown: list[str] = []

    def add(self, piece: Piece, cause: Cause, clock: int, *, copy: bool, reposted: bool, late: bool) -> bool:
        """Count one more piece of information; only the first of each author adds reach. Whether it is that."""
        new_author = self.crowd.add(piece.crowd)
        self.tally.add(piece, copy=copy, reposted=reposted, late=late, new_author=new_author)
        created_ms = piece.created_ms if piece.created_ms < clock else clock
        self.updated_ms = created_ms if created_ms > self.updated_ms else self.updated_ms
        if piece.accepted_answer:
            self.self_resolved = True
        self.cause = cause
        return new_author

    def take_over(self, other: OpenSituation) -> None:
        """Count all of another situation in this one as well."""
        self.tally.merge(other.tally)
        self.crowd.merge(other.crowd)
        self.opened_ms = min(self.opened_ms, other.opened_ms)
        self.expected += other.expected
        self.said |= other.said

    def emit(self, clock: int, source: str, *, closed: bool = False, ordinal: int = 0, withdrawn: bool = False) -> Output:
        """The next revision as an output, in its subject's partition: who decides on a case sees the surge that it is part of.

        ``withdrawn``: what it was about is gone; should it come about again, it is published as if for the first time.
        """
        self.revision += 1
        self.emitted_events = 0 if withdrawn else self.tally.events
        status = WITHDRAWN if withdrawn else CLOSED if closed else OPENED if self.revision == 1 else UPDATED
        identity = blake2b(f"{self.id}\0{self.revision}".encode(), digest_size=16).hexdigest()
        value = _json(self._message(clock, status))
        self._note_shown()
        return Output(
            "situations", self.id.encode(), value, identity, self.updated_ms, source, f"{self.cause.place}/{ordinal}",
            trace_parent(self.cause.information, identity), clock, beside=self.subject.encode(),
        )  # fmt: skip

    def _note_shown(self) -> None:
        """A revision has told what is gone, and what its evidence is."""
        if self.withdrawals:
            gone = set(self.withdrawals)
            self.withdrawals, self.shown = [], [one for one in self.shown if one not in gone]
        known = set(self.shown)
        news = [item.rank[1] for item in self.tally.evidence if item.rank[1] not in known]
        if news:
            self.shown = [*self.shown, *news][-MOST_SHOWN:]

    def _message(self, clock: int, status: str) -> _Message:
        tally, cause, authors = self.tally, self.cause, self.crowd.estimate()
        events, reached, danger = tally.events, tally.reached, tally.most_dangerous
        urgency = tally.most_urgent if self.kind == CASE else tally.urgency / max(events, 1)
        grave = severity(authors, urgency, tally.negativity / max(events, 1), reached)
        if self.kind == CASE:
            grave = max(grave, round(DANGER_WEIGHS * danger, 4))
        origin = origin_of(Makeup(authors, events, tally.reposts, tally.alike, tally.sourced, tally.again))
        return _Message(
            self.id, self.kind, self.subject, self.facet, status, self.revision, iso(self.opened_ms), iso(self.updated_ms), events,
            tally.copies, authors, reached, tally.sentiment, tally.intents, tally.stakeholders, tally.sources, round(self.expected, 4),
            self.p_value, grave, round(urgency, 4), origin, self.self_resolved, tally.dual_hats > 0, tally.live == 0, self.absorbed_by,
            tally.evidence_messages(), self.withdrawals or UNSET, clock, cause.appended_at, cause.lineage, cause.model, tally.desks,
            round(danger, 4),
        )  # fmt: skip

    def dump(self) -> bytes:
        """The state's bytes."""
        cause = self.cause
        return orjson.dumps(
            [
                STATE_VERSION, self.id, self.kind, self.subject, self.facet, self.opened_ms, self.updated_ms, self.due,
                [cause.information, cause.appended_at, cause.lineage, cause.model, cause.place],
                self.owner, self.tally.dump(), self.crowd.dump(), self.revision, self.emitted_events, self.expected, self.p_value,
                self.onset, self.self_resolved, self.absorbed_by, self.keys, self.words, self.norm,
                self.said, self.withdrawals, self.shown,
            ]
        )  # fmt: skip

    @classmethod
    def load(cls, dumped: bytes) -> OpenSituation:
        """The situation that `dump` wrote. Raises ValueError for a version it does not know."""
        version, *fields = orjson.loads(dumped)
        if not 1 <= version <= STATE_VERSION:
            raise ValueError(f"state of a situation has version {version}, this code reads 1 to {STATE_VERSION}")
        if version == 2:
            fields[20] = 0.0  # an idea's vector was measured by other weights: to be measured again
        fields[7], fields[9], fields[10] = Cause(*fields[7]), Tally.load(fields[9]), Crowd.load(fields[10])
        found = cls(*fields)
        found.tally.reserve = found.tally.reserve or []
        return found
