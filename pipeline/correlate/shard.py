"""The correlate stage on one partition, which `agents.stages.correlate` runs: information becomes situations, revision by revision.

What becomes of a record (`schemas.topics.DISPOSITIONS`): ``redelivered`` it was applied before; ``late`` older than the clock by
more than is allowed, counted and never alarming; ``copy`` folded into what it repeats; ``case`` opened a case or went on with one;
``idea`` a wish that many share; ``surge`` part of a mass reaction; ``observed`` counted only; ``withdrawn`` took back what was told before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeAlias

import numpy as np
import orjson
from msgspec.structs import replace

from pipeline.bursts import least_count
from pipeline.correlate.config import CorrelateConfig
from pipeline.correlate.dispatch import Dispatch, Dispatcher
from pipeline.correlate.information import ADDRESSED, Piece, Taken, parse
from pipeline.correlate.registry import Registry
from pipeline.correlate.situation import IDEA, Cause
from pipeline.correlate.withdrawals import Withdrawals
from pipeline.near_duplicates import REDELIVERED, Duplicates, Folded, Text
from pipeline.stream import Arrived, InputRecord, OrderedShard, Step, Unreadable

__all__ = ["CorrelateConfig", "CorrelateShard", "warm_up"]

_Fresh: TypeAlias = tuple[int, Arrived[Any], Piece, int]
"""(place in the run, the record, its message, clock) of a record that was not applied before."""
_APPLIED, _CLOCK = b"applied", b"clock"
_NO_OFFSET = 1 << 63
"""From here on a number cannot be one of a record."""


class CorrelateShard(OrderedShard[Piece | Taken]):
    """One partition of correlate; see the module. ``sources`` are the shards of sift."""

    stage: ClassVar[str] = "correlate"
    ordered: ClassVar[str] = "information"
    downstream: ClassVar[str | None] = "situations"

    def __init__(self, number: int, sources: Sequence[str], config: CorrelateConfig | None = None, *, run_limit: int = 5_000) -> None:
        super().__init__(number, sources, run_limit=run_limit)
        self.config = config or CorrelateConfig()
        self._duplicates = Duplicates(self.config.duplicates)
        self._registry = Registry(self.source)
        self._dispatcher = Dispatcher(self.config, self._duplicates, self._registry)
        self._withdrawals = Withdrawals(self._dispatcher, self._duplicates, self._registry)
        self._applied: dict[str, tuple[int, int]] = {}
        self._applied_changed = False
        self._clock_saved = 0

    def parse(self, record: InputRecord, topic: str) -> Piece | Taken | Unreadable:
        """Read one Information record."""
        return parse(record.value, self.config.author_key)

    def apply(self, run: Sequence[Arrived[Piece | Taken]], step: Step) -> list[str]:
        """Work on released records in order; one disposition per record."""
        dispositions = ["redelivered"] * len(run)
        fresh: list[_Fresh] = []
        clock = self._dispatcher.clock
        for at, arrived in enumerate(run):
            clock = max(clock, arrived.clock)  # a source that wakes from idleness may be behind a promise that was kept
            if not self._is_new(arrived.lineage):
                continue
            message = arrived.message
            if isinstance(message, Piece) and message.replaces is None:
                fresh.append((at, arrived, message, clock))
                continue
            self._let_count(fresh, step, dispositions)
            fresh = []
            dispositions[at] = self._withdraw((at, arrived, message, clock), step, dispositions)
        self._let_count(fresh, step, dispositions)
        return dispositions

    def _let_count(self, fresh: Sequence[_Fresh], step: Step, dispositions: list[str]) -> None:
        """Let pieces count where they belong."""
        left = iter(fresh)
        for part in self._duplicates.fold([_text_of(piece, clock) for _, _, piece, clock in fresh]):
            dispatches = [
                self._dispatch_of(at, arrived, piece, clock, folded)
                for folded, (at, arrived, piece, clock) in zip(part, left, strict=False)
                if folded.kind != REDELIVERED
            ]
            self._dispatcher.dispatch(dispatches, step, dispositions)

    def _withdraw(self, found: tuple[int, Arrived[Any], Piece | Taken, int], step: Step, dispositions: list[str]) -> str:
        """Take out what a record takes back, and let count what it puts in its place; its disposition."""
        at, arrived, message, clock = found
        self._dispatcher.advance(clock, step)
        self._registry.begin_record()
        cause = _cause(arrived, message)
        if isinstance(message, Taken):
            self._withdrawals.tell_of(self._withdrawals.take_out(message.id, message.subject).situations, cause, clock, step)
            return "withdrawn"
        touched, message.since_ms = self._withdrawals.take_out(message.replaces or "", message.subject, edited=True)
        self._let_count([(at, arrived, message, clock)], step, dispositions)
        self._withdrawals.tell_of([one for one in touched if one.id in self._registry.situations], cause, clock, step)
        return dispositions[at]

    def changes(self) -> dict[bytes, bytes | None]:
        """State keys changed since the last call."""
        found = self._duplicates.changes() | self._registry.changes() | self._dispatcher.series.changes()
        found |= self._dispatcher.contributions.changes()
        if self._applied_changed:
            found[_APPLIED] = orjson.dumps(self._applied)
            self._applied_changed = False
        if self._dispatcher.clock != self._clock_saved:
            self._clock_saved = self._dispatcher.clock
            found[_CLOCK] = b"%d" % self._clock_saved
        return found

    def restore_items(self, items: Mapping[bytes, bytes]) -> None:
        """Take over the state that `changes` wrote."""
        self._duplicates.restore(items)
        self._registry.restore(items)
        self._dispatcher.series.restore(items)
        self._dispatcher.contributions.restore(items)
        self._dispatcher.ideas.adopt(s for s in self._registry.situations.values() if s.kind == IDEA)
        self._applied = {place: (offset, ordinal) for place, (offset, ordinal) in orjson.loads(items.get(_APPLIED, b"{}")).items()}
        self._dispatcher.clock = self._clock_saved = int(items.get(_CLOCK, b"0"))

    def after_release(self, step: Step, released: int) -> None:
        """Do what is due by the time that upstream promised: no later record can precede it.

        While records wait, idle sources may still wake up behind them (a replay that begins): then nothing is promised.
        """
        promised, idle = self.merge.floor()
        if not idle and not step.more and (not self.merge.waiting or not self.merge.any_idle()):
            self._dispatcher.advance(promised, step)

    def _is_new(self, lineage: str) -> bool:
        """Whether a record follows the last one applied of its input partition; without a readable lineage its id decides."""
        try:
            place, offset, last = lineage.rsplit("/", 2)
            here = (int(offset), int(last))
        except ValueError:
            return True
        if not (0 <= here[0] < _NO_OFFSET and 0 <= here[1] < _NO_OFFSET):
            return True
        if here <= self._applied.get(place, (-1, -1)):
            return False
        self._applied[place] = here
        self._applied_changed = True
        return True

    def _dispatch_of(self, at: int, arrived: Arrived[Any], piece: Piece, clock: int, folded: Folded) -> Dispatch:
        piece.bag = folded.bag
        cause = _cause(arrived, piece)
        late = clock - piece.created_ms > self.config.lateness_ms
        return Dispatch(at, piece, clock, cause, folded.row, folded.is_copy, folded.reposted, late)


def warm_up() -> None:
    """Compile what is not cached yet, so that the first record does not wait for it."""
    text = Text("a text of some words to compile with", 0, "0" * 32, 1, 1, 1, 0, 0, personal=False)
    duplicates = Duplicates()
    for _ in duplicates.fold([text, replace(text, native=2)]):
        pass
    duplicates.withdraw(text.information, np.array([text.native], np.uint64), None)
    least_count(1.0, 2.0, 0.01)


def _cause(arrived: Arrived[Any], message: Piece | Taken) -> Cause:
    place = f"{arrived.topic}/{arrived.partition}/{arrived.offset}"
    model = message.model if isinstance(message, Piece) else ""
    return Cause(message.id, message.appended_at, message.lineage, model, place)


def _text_of(piece: Piece, clock: int) -> Text:
    return Text(
        piece.text, clock, piece.id, piece.topic, piece.crowd, piece.native_key, piece.repost_key, piece.quote_key, piece.kind in ADDRESSED
    )
