"""The ledger, what outputs say they come from, and the edges of the topics in; the proof that nothing was lost, or where it was, out."""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from pipeline.ledger.audit_report import AuditReport, Stray, Stretch
from pipeline.ledger.book import Account, Book, Gap, Run, total
from schemas.topics import DISPOSITIONS, INPUTS, STAGES

__all__ = ["PROMISES", "AuditReport", "Claims", "Edge", "Promise", "judge"]

HORIZON_SLACK_MS = 60_000
"""Outputs are written before their ledger entry, by less than this."""


class Promise(NamedTuple):
    """What a stage's dispositions say about one noun: ``kept`` must have an output there, only ``kept`` and ``allowed`` may."""

    stage: str
    noun: str
    kept: frozenset[str]
    allowed: frozenset[str] = frozenset()


PROMISES: tuple[Promise, ...] = (
    Promise("sift", "information", frozenset({"information", "copy"})),
    Promise("sift", "chaff", frozenset(), frozenset({"spam", "irrelevant"})),
    Promise("correlate", "situations", frozenset(), frozenset({"copy", "late", "case", "surge", "idea", "observed"})),
    Promise("decide", "decisions", frozenset({"decided", "suppressed"}), frozenset({"no_rule"})),
    Promise("act", "actions", frozenset({"acted", "revoked"}), frozenset({"held"})),
    Promise("act", "outcomes", frozenset({"rekeyed"})),
    Promise("act", "labels", frozenset(), frozenset({"outcome", "unknown_action", "rekeyed"})),
    *(Promise(stage, "rejected", frozenset({"rejected"})) for stage in STAGES),
)
"""``decide`` may withdraw where no rule matches any more; a digest names the first ``held`` decision that it tells of; an answer
that comes before its action is ``unknown_action`` and may label later. ``actions`` stands for the topics of all teams."""


@dataclass(slots=True)
class Edge:
    """One input partition of a stage: what the broker has (``begin`` <= offset < ``end``) and what the group has committed.

    ``idle``: offsets that tell of no event: watermarks, and what monitor or a watermark alone caused in the ledger. They are
    accounted for like all others, but nothing is lost while they are not.
    """

    stage: str
    topic: str
    partition: int
    begin: int
    end: int
    committed: int | None = None
    idle: Sequence[int] = ()


@dataclass(slots=True)
class Claims:
    """The input records that outputs name as their cause, per stage and noun; 16 bytes an output."""

    outputs: dict[str, int] = field(default_factory=dict)
    strays: list[Stray] = field(default_factory=list)
    _causes: dict[tuple[str, str], dict[bytes, "array[int]"]] = field(default_factory=lambda: defaultdict(dict))
    _ids: dict[str, "array[int]"] = field(default_factory=dict)
    _told: dict[bytes, set[bytes]] = field(default_factory=dict)

    def add(self, stage: str, noun: str, lineage: bytes | None, identity: bytes, where: tuple[str, int, int]) -> None:
        """Note an output: ``lineage`` is its ce_lineage, ``identity`` its ce_id, ``where`` its own topic, partition and offset."""
        try:
            place, offset, _ = (lineage or b"").rsplit(b"/", 2)
            number = int(offset)
        except ValueError:
            self.strays.append(Stray(*where, f"its ce_lineage {lineage!r} names no input record"))
            return
        causes = self._causes[stage, noun]
        found = causes.get(place)
        if found is None:
            found = causes[place] = array("q")
        found.append(number)
        ids = self._ids.get(noun)
        if ids is None:
            ids = self._ids[noun] = array("q")
        ids.append(hash(identity))

    def add_digest(self, identity: bytes, places: Iterable[bytes]) -> None:
        """Note which held decisions (``decisions/partition/offset``) a digest tells of."""
        for place in places:
            self._told.setdefault(place, set()).add(identity)

    def held(self, book: Book) -> dict[str, int]:
        """Held decisions that a digest has told, that wait for one, and that two digests tell."""
        held = sum(counts.get("held", 0) for stage, counts in book.counts().items() if stage == "act")
        twice = sum(len(digests) > 1 for digests in self._told.values())
        return {"told": len(self._told), "waiting": max(held - len(self._told), 0), "twice": twice}

    def repeated(self) -> dict[str, int]:
        """Noun -> outputs whose id was written before: work done again after a crash. Readers drop them by id."""
        amounts = {noun: len(ids) - len(np.unique(np.frombuffer(ids, np.int64))) for noun, ids in self._ids.items()}
        return {noun: amount for noun, amount in amounts.items() if amount}

    def causes(self, stage: str, noun: str) -> dict[tuple[str, int], Any]:
        """(topic, partition) -> offsets named, as an int64 array, repeats included."""
        found = {}
        for place, offsets in self._causes.get((stage, noun), {}).items():
            topic, _, partition = place.decode("utf-8", "replace").rpartition("/")
            found[topic, int(partition) if partition.isdecimal() else -1] = np.frombuffer(offsets, np.int64)
        return found


def judge(
    book: Book, edges: Iterable[Edge], claims: Claims, *,
    stages: Sequence[str] = STAGES, horizons: Mapping[str, int] | None = None,
    unreadable: Sequence[str] = (), ledger_truncated: bool = False, until_end: bool = False,
) -> AuditReport:  # fmt: skip
    """Hold the three against each other.

    horizons: noun -> Unix ms before which its topic has lost records to retention; what the ledger promised until then cannot be
    checked any more. ledger_truncated: the ledger itself has lost its beginning. until_end: pending input is an imbalance too.
    """
    counts = book.counts()
    gaps = [gap for gap in book.gaps() if gap.stage in stages]
    pending, waiting = dict.fromkeys(stages, 0), dict.fromkeys(stages, 0)
    phantoms: list[Gap] = []
    for edge in edges:
        account = book.accounts.get((edge.stage, edge.topic, edge.partition))
        gaps += _edge_gaps(edge, account, ledger_truncated=ledger_truncated)
        if account is not None and account.end > edge.end:
            phantoms.append(Gap(edge.stage, edge.topic, edge.partition, edge.end, account.end - 1))
        offsets, events = _pending(edge, account)
        pending[edge.stage] += offsets
        waiting[edge.stage] += events
    missing: list[Stretch] = []
    surplus: list[Stretch] = []
    expired = dict.fromkeys(stages, 0)
    for promise in PROMISES:
        if promise.stage in stages:
            horizon = (horizons or {}).get(promise.noun)
            lost, contradicting, unknown = _check(promise, book, claims, None if horizon is None else horizon + HORIZON_SLACK_MS)
            missing += lost
            surplus += contradicting
            expired[promise.stage] += unknown
    return AuditReport(
        events=total(counts.get("sift", {})),
        dispositions={stage: found for stage, found in counts.items() if stage in stages},
        gaps=sorted(gaps, key=lambda gap: (STAGES.index(gap.stage), gap.topic, gap.partition, gap.first)),
        conflicts=[conflict for conflict in book.conflicts if conflict.stage in stages],
        conflict_count=book.conflict_count,
        phantoms=phantoms,
        pending=pending,
        waiting=waiting,
        absent={stage: counts.get(stage, {}).get("absent", 0) for stage in stages},
        missing_outputs=missing,
        surplus_outputs=surplus,
        strays=claims.strays,
        outputs=dict(sorted(claims.outputs.items())),
        repeated=claims.repeated(),
        held=claims.held(book),
        expired={stage: amount for stage, amount in expired.items() if amount},
        unreadable=list(unreadable),
        ledger_truncated=ledger_truncated,
        until_end=until_end,
    )


def _edge_gaps(edge: Edge, account: Account | None, *, ledger_truncated: bool) -> Iterator[Gap]:
    """What the ledger lacks at the front, or behind its end although it is committed."""
    if account is None:
        if edge.committed is not None and edge.committed > edge.begin and not ledger_truncated:
            yield Gap(edge.stage, edge.topic, edge.partition, edge.begin, edge.committed - 1)
        return
    if account.first > edge.begin and not ledger_truncated:
        yield Gap(edge.stage, edge.topic, edge.partition, edge.begin, account.first - 1)
    if edge.committed is not None and edge.committed > account.end:
        yield Gap(edge.stage, edge.topic, edge.partition, account.end, edge.committed - 1)


def _pending(edge: Edge, account: Account | None) -> tuple[int, int]:
    """Offsets that are not accounted for yet: (all, those that tell of an event)."""
    reached = edge.begin if account is None else account.end
    pending = max(edge.end - reached, 0)
    return pending, pending - sum(reached <= offset < edge.end for offset in edge.idle)


def _check(promise: Promise, book: Book, claims: Claims, horizon_ms: int | None) -> tuple[list[Stretch], list[Stretch], int]:
    """(promised but not there, there but contradicting, promised but too old to tell) of one stage and noun."""
    names = DISPOSITIONS[promise.stage]
    kept = np.array([name in promise.kept for name in names])
    wrong = np.array([name not in promise.kept | promise.allowed for name in names])
    wrong[0] = False  # not in the ledger yet: being worked on
    missing: list[Stretch] = []
    surplus: list[Stretch] = []
    expired = 0
    causes = claims.causes(promise.stage, promise.noun)
    for place in causes:
        if place[0] not in INPUTS[promise.stage]:
            surplus.append(Stretch(promise.stage, *place, 0, 0, "no input", promise.noun, len(causes[place])))
    for (stage, topic, partition), account in sorted(book.accounts.items()):
        if stage != promise.stage:
            continue
        offsets = causes.get((topic, partition), np.empty(0, np.int64))
        for run in account.runs:
            codes = np.frombuffer(run.codes, np.uint8)
            claimed = np.zeros(len(codes), bool)
            claimed[offsets[(offsets >= run.first) & (offsets < run.end)] - run.first] = True
            lost = kept[codes] & ~claimed
            if horizon_ms is not None and lost.any():
                fresh = _written_since(account, run, horizon_ms)
                expired += int((lost & ~fresh).sum())
                lost &= fresh
            missing += _stretches(promise, topic, partition, run, lost)
            surplus += _stretches(promise, topic, partition, run, wrong[codes] & claimed)
    return missing, surplus, expired


def _written_since(account: Account, run: Run, horizon_ms: int) -> Any:
    """Which of a run's offsets have an entry that was written at ``horizon_ms`` or later."""
    fresh = np.zeros(len(run.codes), bool)
    for first, last, at in zip(*account.times(), strict=True):
        if at >= horizon_ms and last >= run.first and first < run.end:
            fresh[max(first - run.first, 0) : last - run.first + 1] = True
    return fresh


def _stretches(promise: Promise, topic: str, partition: int, run: Run, mask: Any) -> Iterator[Stretch]:
    """Offsets of a mask as stretches of one disposition each."""
    where = np.flatnonzero(mask)
    if not len(where):
        return
    codes = np.frombuffer(run.codes, np.uint8)[where]
    cuts = np.flatnonzero((np.diff(where) != 1) | (np.diff(codes) != 0)) + 1
    for part in np.split(where, cuts):
        name = DISPOSITIONS[promise.stage][run.codes[part[0]]]
        yield Stretch(promise.stage, topic, partition, run.first + int(part[0]), run.first + int(part[-1]), name, promise.noun, len(part))
