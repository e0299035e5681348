"""Proves that nothing was lost, or says where it was: `agents.inspect.audit` reads the topics and has them judged here.

Two subjects: whether the ledger covers all input once (`_inputs`), and whether the outputs are those that it promises (`_outputs`).
"""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.ledger.account import Account, Run
from pipeline.ledger.audit_report import AuditReport, Stray, Stretch
from pipeline.ledger.book import Book, Gap, total
from pipeline.ledger.losses import Loss, ReaderPosition, losses
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
    Promise("sift", "information", frozenset({"information", "copy"}), frozenset({"updated", "withdrawn"})),
    Promise("sift", "chaff", frozenset(), frozenset({"spam", "irrelevant", "updated"})),
    Promise("correlate", "situations", frozenset(), frozenset({"copy", "late", "case", "surge", "idea", "observed", "withdrawn"})),
    Promise("decide", "decisions", frozenset({"decided", "suppressed", "closed"}), frozenset({"no_rule", "unchanged"})),
    Promise("act", "actions", frozenset({"acted", "revoked"}), frozenset({"held"})),
    Promise("act", "outcomes", frozenset({"rekeyed"}), frozenset({"outcome", "unknown_action"})),
    Promise("act", "labels", frozenset(), frozenset({"outcome", "unknown_action", "rekeyed"})),
    *(Promise(stage, "rejected", frozenset({"rejected"})) for stage in STAGES),
)
"""``decide`` may withdraw where no rule matches any more, and decide on the cases of a surge whose own decision is unchanged; what is
``held`` may be asked later, and a digest names the first that it tells of; an answer that comes before its action is ``unknown_action``
and may label later; an owner's ``outcome`` is told to peers by a copy. ``actions`` stands for the topics of all teams."""


@dataclass(slots=True)
class Edge:
    """One input partition of a stage: what the broker has (``begin`` <= offset < ``end``) and what the group has committed.

    ``begin`` is the first record that can be read: the log may start before it, at ``start`` (None: it does not), with markers and
    aborted records. ``idle``: offsets that tell of no event: watermarks, and what monitor or a watermark alone caused in the ledger.
    They are accounted for like all others, but nothing is lost while they are not.
    """

    stage: str
    topic: str
    partition: int
    begin: int
    end: int
    committed: int | None = None
    idle: Sequence[int] = ()
    start: int | None = None

    @property
    def log_start(self) -> int:
        """Where the log starts: what lies before was deleted."""
        return self.begin if self.start is None else self.start


@dataclass(slots=True)
class Claims:
    """The input records that outputs name as their cause, per stage and noun; 16 bytes an output."""

    outputs: dict[str, int] = field(default_factory=dict)
    strays: list[Stray] = field(default_factory=list)
    _causes: dict[tuple[str, str], dict[bytes, "array[int]"]] = field(default_factory=lambda: defaultdict(dict))
    _ids: dict[str, "array[int]"] = field(default_factory=dict)
    _digests: dict[bytes, set[bytes]] = field(default_factory=dict)

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
            self._digests.setdefault(place, set()).add(identity)

    def held(self, book: Book) -> dict[str, int]:
        """Held decisions that a digest has told, of which actions came later, that still wait, and that two digests tell."""
        held = book.counts().get("act", {}).get("held", 0)
        twice = sum(len(digests) > 1 for digests in self._digests.values())
        asked = sum(
            book.disposition("act", topic, partition, int(offset)) == "held"
            and f"{topic}/{partition}/{offset}".encode() not in self._digests
            for (topic, partition), offsets in self.causes("act", "actions").items()
            for offset in np.unique(offsets)
        )
        return {"told": len(self._digests), "asked": asked, "waiting": max(held - asked - len(self._digests), 0), "twice": twice}

    def repeated(self) -> dict[str, int]:
        """Noun -> outputs whose id was written before: work done again after a crash. Readers drop them by id."""
        amounts = {noun: len(ids) - len(np.unique(np.frombuffer(ids, np.int64))) for noun, ids in self._ids.items()}
        return {noun: amount for noun, amount in amounts.items() if amount}

    def causes(self, stage: str, noun: str) -> dict[tuple[str, int], NDArray[np.int64]]:
        """(topic, partition) -> offsets named, repeats included."""
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
    inputs = _inputs(book, edges, stages, ledger_truncated=ledger_truncated)
    outputs = _outputs(book, claims, stages, horizons or {})
    return AuditReport(
        events=total(counts.get("sift", {})),
        dispositions={stage: found for stage, found in counts.items() if stage in stages},
        gaps=inputs.gaps,
        conflicts=[conflict for conflict in book.conflicts if conflict.stage in stages],
        conflict_count=book.conflict_count,
        phantoms=inputs.phantoms,
        losses=inputs.losses,
        pending=inputs.pending,
        waiting=inputs.waiting,
        absent={stage: counts.get(stage, {}).get("absent", 0) for stage in stages},
        missing_outputs=outputs.missing,
        surplus_outputs=outputs.surplus,
        strays=claims.strays,
        outputs=dict(sorted(claims.outputs.items())),
        repeated=claims.repeated(),
        held=claims.held(book),
        expired={stage: amount for stage, amount in outputs.expired.items() if amount},
        unreadable=list(unreadable),
        ledger_truncated=ledger_truncated,
        until_end=until_end,
    )


# -- inputs: what the ledger covers ------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Inputs:
    """What the ledger lacks, has too much of and has not come to, of what the topics hold; see `AuditReport`."""

    gaps: list[Gap]
    phantoms: list[Gap]
    pending: dict[str, int]
    waiting: dict[str, int]
    losses: list[Loss] = field(default_factory=list)


def _inputs(book: Book, edges: Iterable[Edge], stages: Sequence[str], *, ledger_truncated: bool) -> _Inputs:
    """Hold the ledger against the edges of the topics."""
    found = _Inputs([gap for gap in book.gaps() if gap.stage in stages], [], dict.fromkeys(stages, 0), dict.fromkeys(stages, 0))
    for edge in edges:
        account = book.accounts.get((edge.stage, edge.topic, edge.partition))
        found.gaps += _edge_gaps(edge, account, ledger_truncated=ledger_truncated)
        if account is not None and account.end > edge.end:
            found.phantoms.append(Gap(edge.stage, edge.topic, edge.partition, edge.end, account.end - 1))
        offsets, events = _pending(edge, account)
        found.pending[edge.stage] += offsets
        found.waiting[edge.stage] += events
        reading = ReaderPosition(edge.stage, edge.topic, edge.partition, edge.log_start, edge.committed)
        found.losses += losses(book, reading, ledger_truncated=ledger_truncated)
    found.gaps.sort(key=lambda gap: (STAGES.index(gap.stage), gap.topic, gap.partition, gap.first))
    return found


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
    """Offsets that are not accounted for yet: (all, those that tell of an event).

    What is committed is no longer pending, nor is what the topic does not have any more: those are gaps or losses, or nothing.
    """
    reached = max(edge.begin, edge.committed or 0, 0 if account is None else account.end)
    pending = max(edge.end - reached, 0)
    return pending, pending - sum(reached <= offset < edge.end for offset in edge.idle)


# -- outputs: what the ledger promises --------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Outputs:
    """Outputs that are promised but not there, those there that contradict the ledger, and how many of a stage are too old to tell."""

    expired: dict[str, int]
    missing: list[Stretch] = field(default_factory=list)
    surplus: list[Stretch] = field(default_factory=list)


def _outputs(book: Book, claims: Claims, stages: Sequence[str], horizons: Mapping[str, int]) -> _Outputs:
    """Hold what outputs say they come from against what the ledger promises of them."""
    found = _Outputs(dict.fromkeys(stages, 0))
    for promise in PROMISES:
        if promise.stage not in stages:
            continue
        horizon = horizons.get(promise.noun)
        horizon_ms = None if horizon is None else horizon + HORIZON_SLACK_MS
        causes = claims.causes(promise.stage, promise.noun)
        for place, offsets in causes.items():
            if place[0] not in INPUTS[promise.stage]:
                found.surplus.append(Stretch(promise.stage, *place, 0, 0, "no input", promise.noun, len(offsets)))
        for (stage, topic, partition), account in sorted(book.accounts.items()):
            if stage == promise.stage:
                _check(promise, (topic, partition), account, causes.get((topic, partition), np.empty(0, np.int64)), horizon_ms, found)
    return found


def _check(
    promise: Promise, place: tuple[str, int], account: Account, offsets: NDArray[np.int64], horizon_ms: int | None, found: _Outputs
) -> None:
    """Add what is wrong with one promise in one input partition, ``offsets`` of which outputs name."""
    names = DISPOSITIONS[promise.stage]
    kept = np.array([name in promise.kept for name in names])
    wrong = np.array([name not in promise.kept | promise.allowed for name in names])
    wrong[0] = False  # not in the ledger yet: being worked on
    for run in account.runs:
        if run.times > 1:
            found.surplus += _of_absent(promise, place, run, offsets)
            continue
        codes = np.frombuffer(run.codes, np.uint8)
        claimed = np.zeros(len(codes), bool)
        claimed[offsets[(offsets >= run.first) & (offsets < run.end)] - run.first] = True
        lost = kept[codes] & ~claimed
        if horizon_ms is not None and lost.any():
            fresh = _written_since(account, run, horizon_ms)
            found.expired[promise.stage] += int((lost & ~fresh).sum())
            lost &= fresh
        found.missing += _stretches(promise, *place, run, lost)
        found.surplus += _stretches(promise, *place, run, wrong[codes] & claimed)


def _of_absent(promise: Promise, place: tuple[str, int], run: Run, offsets: NDArray[np.int64]) -> Iterator[Stretch]:
    """Outputs that name offsets of a gap as their cause; none is promised there."""
    name = DISPOSITIONS[promise.stage][run.codes[0]]
    inside = np.unique(offsets[(offsets >= run.first) & (offsets < run.end)])
    for part in np.split(inside, np.flatnonzero(np.diff(inside) != 1) + 1) if len(inside) else ():
        yield Stretch(promise.stage, *place, int(part[0]), int(part[-1]), name, promise.noun, len(part))


def _written_since(account: Account, run: Run, horizon_ms: int) -> NDArray[np.bool_]:
    """Which of a run's offsets have an entry that was written at ``horizon_ms`` or later."""
    fresh = np.zeros(len(run.codes), bool)
    for first, last, at in zip(*account.times(), strict=True):
        if at >= horizon_ms and last >= run.first and first < run.end:
            fresh[max(first - run.first, 0) : last - run.first + 1] = True
    return fresh


def _stretches(promise: Promise, topic: str, partition: int, run: Run, mask: NDArray[np.bool_]) -> Iterator[Stretch]:
    """Offsets of a mask as stretches of one disposition each."""
    where = np.flatnonzero(mask)
    if not len(where):
        return
    codes = np.frombuffer(run.codes, np.uint8)[where]
    cuts = np.flatnonzero((np.diff(where) != 1) | (np.diff(codes) != 0)) + 1
    for part in np.split(where, cuts):
        name = DISPOSITIONS[promise.stage][run.codes[part[0]]]
        yield Stretch(promise.stage, topic, partition, run.first + int(part[0]), run.first + int(part[-1]), name, promise.noun, len(part))
