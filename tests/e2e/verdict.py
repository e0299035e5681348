"""Whether a disturbed deployment came to what the flow without Kafka comes to: what README promises of it, no less and no more.

Situations and decisions are the same. Actions are the same, but for which of two got the last place in an hour's budget: an ask that
only one run has was held back for a digest in the other. What wall time brings about (digests, escalations) may differ.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from agents.inspect.audit import AuditReport
from agents.kafka import Scanner
from agents.settings import Settings
from agents.stages import build as stages
from pipeline.ledger import Book
from pipeline.simulation.stream import Scenario
from pipeline.stream import WATERMARK
from tests.e2e.deployment import arrivals

FROM_THE_CLOCK = {"digest", "escalate"}
SHOWN = 5


@dataclass(slots=True)
class Flowed:
    """What a run wrote: ids of situations and decisions, actions by id, and how many decisions waited for a digest."""

    situations: set[str] = field(default_factory=set)
    decisions: set[str] = field(default_factory=set)
    actions: dict[str, dict[str, Any]] = field(default_factory=dict)
    held: int = 0
    contradicting: list[str] = field(default_factory=list)
    """Actions that were written twice, not alike."""

    def add(self, noun: str, value: bytes) -> None:
        """Take in one output."""
        message = orjson.loads(value)
        if noun == "situations":
            self.situations.add(message["id"])
        elif noun == "decisions":
            self.decisions.add(message["id"])
        elif self.actions.setdefault(message["action_id"], message) != message:
            self.contradicting.append(message["action_id"])


def flowed(settings: Settings, scenario: Scenario) -> Flowed:
    """The scenario through the flow without Kafka; for a process of its own."""
    found, flow = Flowed(), stages.flow(settings)
    for output in flow.run(arrivals(scenario)):
        noun = output.noun.split(".", 1)[0]
        if noun in ("situations", "decisions", "actions"):
            found.add(noun, output.value)
    found.held = flow.book.counts().get("act", {}).get("held", 0)
    return found


@dataclass(slots=True)
class Deployed:
    """What is on the topics of a deployment: its outputs, and the decisions that act held back, as (id, team) -> situation."""

    written: Flowed = field(default_factory=Flowed)
    held: dict[tuple[str, str], str] = field(default_factory=dict)


async def deployed(settings: Settings) -> Deployed:
    """Read all of them."""
    found, book, places = Deployed(), Book(), dict[tuple[int, int], tuple[str, str, str]]()
    async with Scanner(settings) as scanner:
        extents = await scanner.extents(scanner.nouns(["ledger", "situations", "decisions", "actions"]))
        async for place, records in scanner.records(extents):
            noun = settings.noun(place.topic).split(".", 1)[0]
            for record in records:
                if noun == "ledger":
                    book.read(record.value)
                elif dict(record.headers).get("ce_type") != WATERMARK.encode():
                    found.written.add(noun, record.value)
                    if noun == "decisions":
                        message = orjson.loads(record.value)
                        places[place.partition, record.offset] = (message["id"], message["team"], message["situation"]["id"])
    for (number, offset), (decision, team, situation) in places.items():
        if book.disposition("act", "decisions", number, offset) == "held":
            found.held[decision, team] = situation
    found.written.held = len(found.held)
    return found


async def judge(settings: Settings, report: AuditReport, expected: Flowed, events: int, tell: Callable[[str], None]) -> list[str]:
    """What is not as promised, one line each; ``tell`` hears what was compared."""
    found = await deployed(settings)
    written = found.written
    tell(
        f"{len(written.situations):,} situations, {len(written.decisions):,} decisions, {len(written.actions):,} actions"
        f" ({written.held:,} held back); the flow without Kafka: {len(expected.situations):,}, {len(expected.decisions):,},"
        f" {len(expected.actions):,} ({expected.held:,})"
    )
    return [*_books(report, events), *_same(written, expected), *_actions(found, expected, tell)]


def _books(report: AuditReport, events: int) -> Iterator[str]:
    if not report.balanced:
        yield f"the books do not balance: {report.to_json()}"
    if report.events != events:
        yield f"{report.events:,} events are accounted for, {events:,} were fed"
    if any(report.absent.values()):
        yield f"offsets are absent that nobody deleted: {report.absent}"


def _same(written: Flowed, expected: Flowed) -> Iterator[str]:
    for what, ours, theirs in (
        ("situations", written.situations, expected.situations),
        ("decisions", written.decisions, expected.decisions),
    ):
        if extra := sorted(ours - theirs):
            yield f"{len(extra)} {what} that an undisturbed run does not have: {', '.join(extra[:SHOWN])}"
        if missing := sorted(theirs - ours):
            yield f"{len(missing)} {what} of an undisturbed run are missing: {', '.join(missing[:SHOWN])}"
    if written.contradicting:
        yield f"{len(written.contradicting)} actions were written twice, not alike: {', '.join(written.contradicting[:SHOWN])}"


def _actions(found: Deployed, expected: Flowed, tell: Callable[[str], None]) -> Iterator[str]:
    """Asks that only one run has must have been held back in the other; so must something that a revocation of only one run is about.

    Once a digest has told of a situation, nothing of it is revoked: the digest is enough.
    """
    ours, theirs = found.written.actions, expected.actions
    extra, missing = _asks(ours.keys() - theirs.keys(), ours), _asks(theirs.keys() - ours.keys(), theirs)
    clock = sum((ours.get(id_) or theirs[id_])["kind"] in FROM_THE_CLOCK for id_ in ours.keys() ^ theirs.keys())
    tell(f"actions of one run only: {len(extra)} and {len(missing)} asks, {clock} digests and escalations")
    unexplained = [id_ for id_ in missing if (theirs[id_]["decision"], theirs[id_]["team"]) not in found.held]
    if unexplained:
        yield f"{len(unexplained)} actions of an undisturbed run are neither asked nor held: {', '.join(sorted(unexplained)[:SHOWN])}"
    if len(extra) > expected.held:
        yield f"{len(extra)} actions more than an undisturbed run, which held back only {expected.held}: {', '.join(sorted(extra)[:SHOWN])}"
    budgeted = {(situation, team) for (_, team), situation in found.held.items()}
    budgeted |= {(run[id_]["situation"], run[id_]["team"]) for run, ids in ((ours, extra), (theirs, missing)) for id_ in ids}
    for what, run, other in (("more", ours, theirs), ("missing", theirs, ours)):
        revocations = {id_ for id_ in run.keys() - other.keys() if run[id_]["kind"] == "revoke"}
        if taken := sorted(id_ for id_ in revocations if (run[id_]["situation"], run[id_]["team"]) not in budgeted):
            yield f"{len(taken)} revocations {what} where no budget was short: {', '.join(taken[:SHOWN])}"


def _asks(ids: set[str], run: dict[str, dict[str, Any]]) -> set[str]:
    return {id_ for id_ in ids if run[id_]["kind"] not in FROM_THE_CLOCK | {"revoke"}}
