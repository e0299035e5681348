"""What an audit found, as `winnow audit` prints it: JSON for machines, lines for people."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from pipeline.ledger.book import Conflict, Gap
from pipeline.ledger.losses import Loss
from schemas.topics import WRITTEN_BY_OTHERS

EXAMPLES = 100
"""A report lists at most so many of each kind of fault and counts the rest."""


class Stretch(NamedTuple):
    """Offsets ``first..last`` of an input that ended as ``disposition``, and the noun whose output is missing or contradicts that."""

    stage: str
    topic: str
    partition: int
    first: int
    last: int
    disposition: str
    output: str
    amount: int


class Stray(NamedTuple):
    """An output record that no ledger can account for, and why."""

    topic: str
    partition: int
    offset: int
    why: str


@dataclass(slots=True)
class AuditReport:
    """An audit's result; see `balanced` for what it proves. Amounts are offsets or records, ``seconds`` is how long it took.

    phantoms: offsets with a disposition that the topic never had. losses: records that were there for a stage and that it never got.
    pending: offsets not accounted for yet; ``waiting`` of them tell of an event, the others are watermarks and the like. absent:
    offsets the broker never handed out. expired: promised outputs that their topic may have dropped since. repeated: outputs written
    again after a crash, same id.
    """

    events: int
    dispositions: dict[str, dict[str, int]]
    gaps: list[Gap]
    conflicts: list[Conflict]
    conflict_count: int
    phantoms: list[Gap]
    losses: list[Loss]
    pending: dict[str, int]
    waiting: dict[str, int]
    absent: dict[str, int]
    missing_outputs: list[Stretch]
    surplus_outputs: list[Stretch]
    strays: list[Stray] = field(default_factory=list)
    outputs: dict[str, int] = field(default_factory=dict)
    repeated: dict[str, int] = field(default_factory=dict)
    held: dict[str, int] = field(default_factory=dict)
    expired: dict[str, int] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)
    ledger_truncated: bool = False
    until_end: bool = False
    seconds: float = 0.0

    @property
    def balanced(self) -> bool:
        """Every input offset is covered without a gap, has one disposition, and the outputs are those that it promises."""
        faults = (
            self.gaps,
            self.phantoms,
            self.conflict_count,
            self.missing_outputs,
            self.surplus_outputs,
            self.strays,
            self.unreadable,
            self.losses,
        )
        if any(faults) or self.held.get("twice"):
            return False
        return not (self.until_end and any(self.waiting.values()))

    def to_json(self) -> dict[str, Any]:
        """The whole report, JSON-ready; of long lists the first `EXAMPLES`."""
        return {
            "balanced": self.balanced,
            "events": self.events,
            "dispositions": self.dispositions,
            "gaps": [asdict(gap) for gap in self.gaps[:EXAMPLES]],
            "phantoms": [asdict(gap) for gap in self.phantoms[:EXAMPLES]],
            "losses": [loss._asdict() | {"amount": loss.amount} for loss in self.losses[:EXAMPLES]],
            "conflicts": [asdict(conflict) for conflict in self.conflicts[:EXAMPLES]],
            "pending": self.pending,
            "waiting": self.waiting,
            "absent": self.absent,
            "missing_outputs": [stretch._asdict() for stretch in self.missing_outputs[:EXAMPLES]],
            "surplus_outputs": [stretch._asdict() for stretch in self.surplus_outputs[:EXAMPLES]]
            + [stray._asdict() for stray in self.strays[:EXAMPLES]],
            "totals": self.totals(),
            "outputs": self.outputs,
            "repeated": self.repeated,
            "held": self.held,
            "expired": self.expired,
            "unreadable": self.unreadable[:EXAMPLES],
            "ledger_truncated": self.ledger_truncated,
            "until_end": self.until_end,
            "seconds": round(self.seconds, 3),
        }

    def totals(self) -> dict[str, int]:
        """Fault -> number of offsets or records concerned."""
        return {
            "gaps": sum(gap.last - gap.first + 1 for gap in self.gaps),
            "phantoms": sum(gap.last - gap.first + 1 for gap in self.phantoms),
            "losses": sum(loss.amount for loss in self.losses),
            "conflicts": self.conflict_count,
            "missing_outputs": sum(stretch.amount for stretch in self.missing_outputs),
            "surplus_outputs": sum(stretch.amount for stretch in self.surplus_outputs) + len(self.strays),
            "unreadable": len(self.unreadable),
        }

    def lines(self) -> list[str]:
        """The report for people: the verdict, one line a stage, one line a fault."""
        verdict = "balanced" if self.balanced else "NOT BALANCED"
        found = [f"{verdict}: {self.events:,} events accounted for in {self.seconds:.1f} s"]
        for stage in self.pending:
            counts = self.dispositions.get(stage, {})
            counted = ", ".join(f"{amount:,} {name}" for name, amount in counts.items()) or "nothing yet"
            waiting = f"; {self.pending[stage]:,} pending" if self.pending[stage] else ""
            found.append(f"{stage}: {counted}{waiting}")
        found += [f"written: {', '.join(f'{amount:,} {noun}' for noun, amount in self.outputs.items())}"] if self.outputs else []
        held = self.held
        if any(held.values()):
            found.append(f"held back: {held['waiting']:,} waiting, {held['asked']:,} asked since, {held['told']:,} told in digests")
        return found + self._remarks() + self._faults()

    def _remarks(self) -> list[str]:
        """What is no fault, but worth knowing."""
        found = [
            f"{stage}: {amount:,} offsets were never handed out (markers, aborted records or retention)"
            for stage, amount in self.absent.items()
            if amount
        ]
        found += [f"{stage}: {amount:,} promised outputs are older than their topic remembers" for stage, amount in self.expired.items()]
        if self.ledger_truncated:
            found.append("the ledger has lost its beginning to retention: what came before is not judged")
        return found

    def _faults(self) -> list[str]:
        found = [_loss(loss) for loss in self.losses[:EXAMPLES]]
        found += [f"gap: {gap.stage} has no account of {_place(gap)}" for gap in self.gaps[:EXAMPLES]]
        found += [f"phantom: {gap.stage} accounts for {_place(gap)}, which the topic does not have" for gap in self.phantoms[:EXAMPLES]]
        for conflict in self.conflicts[:EXAMPLES]:
            first, second = conflict.dispositions
            found.append(f"conflict: {conflict.stage} calls {conflict.topic}/{conflict.partition}/{conflict.offset} {first} and {second}")
        for stretch in self.missing_outputs[:EXAMPLES]:
            found.append(f"missing: {stretch.stage} calls {_place(stretch)} {stretch.disposition}, but no {stretch.output} come of it")
        for stretch in self.surplus_outputs[:EXAMPLES]:
            found.append(
                f"surplus: {stretch.stage} calls {_place(stretch)} {stretch.disposition}, but {stretch.output} claim to come of it"
            )
        found += [f"stray: {stray.topic}/{stray.partition}/{stray.offset}: {stray.why}" for stray in self.strays[:EXAMPLES]]
        found += [f"held twice: {self.held['twice']:,} held decisions are in more than one digest"] if self.held.get("twice") else []
        return found + _first(self.unreadable)


def _loss(loss: Loss) -> str:
    if loss.deleted:
        how = "deleted before they were read (retention or delete-records): read faster than topics forget, or keep them longer"
    else:
        how = "gone from the middle of the log (compaction, or an unclean leader election): look at the topic's configuration"
    amount = f"up to {loss.amount:,}" if loss.topic in WRITTEN_BY_OTHERS else f"{loss.amount:,}"  # markers among them count too
    return f"lost: {loss.stage} never got {amount} records of {_place(loss)}, {how}"


def _place(found: Gap | Stretch | Loss) -> str:
    last = f"..{found.last}" if found.last != found.first else ""
    return f"{found.topic}/{found.partition}/{found.first}{last}"


def _first(problems: Sequence[str]) -> list[str]:
    return [f"unreadable: {problem}" for problem in problems[:EXAMPLES]]
