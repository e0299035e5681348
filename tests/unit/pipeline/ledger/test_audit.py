"""The proof of an audit: a sound flow balances, and each way of being wrong is found and named."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from pipeline.ledger.audit import PROMISES, AuditReport, Claims, Edge, judge
from pipeline.ledger.audit_report import EXAMPLES, Stretch
from pipeline.ledger.book import Book, Conflict, Gap
from pipeline.stream.stage import Span
from schemas.topics import DISPOSITIONS, INPUTS, STAGES

NOW = 1_760_000_000_000


def codes(stage: str, *names: str) -> bytes:
    """Disposition bytes."""
    return bytes(DISPOSITIONS[stage].index(name) for name in names)


class World:
    """A sound little deployment that a test then spoils."""

    def __init__(self) -> None:
        self.book = Book()
        self.claims = Claims()
        self.edges: dict[tuple[str, str], Edge] = {}
        self.settle("sift", "posts", "information", "spam", "rejected", "copy", "redelivered", "irrelevant")
        self.settle("correlate", "information", "watermark", "case", "copy", "redelivered")
        self.settle("decide", "situations", "decided", "unchanged", "no_rule")
        self.settle("act", "decisions", "acted", "revoked", "held", "shadow")
        self.settle("act", "outcomes", "outcome", "rekeyed", "unknown_action")
        for noun, lineage in (
            ("information", "posts/0/0/0"), ("information", "posts/0/0/1"), ("information", "posts/0/3/0"), ("chaff", "posts/0/1/0"),
            ("situations", "information/0/1/0"), ("decisions", "situations/0/0/0"), ("decisions", "situations/0/2/0"),
            ("actions", "decisions/0/0/0"), ("actions", "decisions/0/1/0"), ("actions", "decisions/0/2/0"),
            ("outcomes", "outcomes/0/1/0"), ("labels", "outcomes/0/0/0"),
        ):  # fmt: skip
            self.write(noun, lineage)
        self.write("rejected", "posts/0/2/0", stage="sift")
        self.claims.add_digest(b"digest", [b"decisions/0/2"])

    def settle(self, stage: str, topic: str, *names: str, first: int = 0, at_ms: int = NOW) -> None:
        """Account for offsets, which the topic has and the group has committed."""
        self.book.add_span(stage, Span(topic, 0, first, codes(stage, *names)), at_ms)
        end = first + len(names)
        self.edges[stage, topic] = Edge(stage, topic, 0, 0, end, end)

    def write(self, noun: str, lineage: str, stage: str | None = None, identity: str | None = None) -> None:
        """An output of the stage that writes this noun."""
        stage = stage or next(promise.stage for promise in PROMISES if promise.noun == noun)
        count = self.claims.outputs[noun] = self.claims.outputs.get(noun, 0) + 1
        self.claims.add(stage, noun, lineage.encode(), (identity or f"{noun}/{lineage}").encode(), (noun, 0, count - 1))

    def judge(self, **options: Any) -> AuditReport:
        """The audit's result."""
        return judge(self.book, self.edges.values(), self.claims, **options)


def test_a_sound_flow_balances() -> None:
    """Everything covered once, everything promised written: balanced, with the counts of every stage."""
    report = World().judge(until_end=True)
    assert report.balanced, report.lines()
    assert report.events == 6
    assert report.dispositions["sift"] == dict.fromkeys(("copy", "information", "irrelevant", "redelivered", "rejected", "spam"), 1)
    assert report.pending == dict.fromkeys(STAGES, 0)
    assert report.held == {"told": 1, "asked": 0, "waiting": 0, "twice": 0}
    assert report.repeated == {}


def test_an_empty_deployment_balances() -> None:
    """Where nothing was sent nothing is missing."""
    edges = [Edge(stage, topic, 0, 0, 0) for stage in STAGES for topic in INPUTS[stage]]
    report = judge(Book(), edges, Claims(), until_end=True)
    assert report.balanced
    assert report.events == 0


Spoil = Callable[[World], object]
FAULTS: dict[str, tuple[Spoil, str, object]] = {
    "a hole inside": (lambda w: w.settle("sift", "posts", "spam", first=9), "gaps", [Gap("sift", "posts", 0, 6, 8)]),
    "a late start": (lambda w: w.settle("learn", "labels", "joined", first=3), "gaps", [Gap("learn", "labels", 0, 0, 2)]),
    "committed but not accounted for": (
        lambda w: setattr(w.edges["decide", "situations"], "committed", 5) or setattr(w.edges["decide", "situations"], "end", 9),
        "gaps",
        [Gap("decide", "situations", 0, 3, 4)],
    ),
    "committed without any account": (
        lambda w: w.edges.__setitem__(("learn", "chaff"), Edge("learn", "chaff", 0, 2, 9, 4)),
        "gaps",
        [Gap("learn", "chaff", 0, 2, 3)],
    ),
    "accounted for but never there": (
        lambda w: setattr(w.edges["sift", "posts"], "end", 4),
        "phantoms",
        [Gap("sift", "posts", 0, 4, 5)],
    ),
    "two endings": (
        lambda w: w.settle("sift", "posts", "copy", "spam", "rejected", "copy", "redelivered", "irrelevant"),
        "conflicts",
        [Conflict("sift", "posts", 0, 0, ("information", "copy"))],
    ),
    "information that was never written": (
        lambda w: w.settle("sift", "posts", "information", "information", "copy", first=6),
        "missing_outputs",
        [Stretch("sift", "posts", 0, 6, 7, "information", "information", 2), Stretch("sift", "posts", 0, 8, 8, "copy", "information", 1)],
    ),
    "a rejected record that is not kept": (
        lambda w: w.settle("correlate", "information", "rejected", first=4),
        "missing_outputs",
        [Stretch("correlate", "information", 0, 4, 4, "rejected", "rejected", 1)],
    ),
    "a decision that is not there": (
        lambda w: w.settle("decide", "situations", "decided", first=3),
        "missing_outputs",
        [Stretch("decide", "situations", 0, 3, 3, "decided", "decisions", 1)],
    ),
    "an action that is not there": (
        lambda w: w.settle("act", "decisions", "acted", first=4),
        "missing_outputs",
        [Stretch("act", "decisions", 0, 4, 4, "acted", "actions", 1)],
    ),
    "a re-keyed outcome that is lost": (
        lambda w: w.settle("act", "outcomes", "rekeyed", first=3),
        "missing_outputs",
        [Stretch("act", "outcomes", 0, 3, 3, "rekeyed", "outcomes", 1)],
    ),
    "information of spam": (
        lambda w: w.write("information", "posts/0/1/0"),
        "surplus_outputs",
        [Stretch("sift", "posts", 0, 1, 1, "spam", "information", 1)],
    ),
    "information of a redelivered event": (
        lambda w: w.write("information", "posts/0/4/0", identity="again"),
        "surplus_outputs",
        [Stretch("sift", "posts", 0, 4, 4, "redelivered", "information", 1)],
    ),
    "a rejected record that was worked": (
        lambda w: w.write("rejected", "situations/0/0/0", stage="decide"),
        "surplus_outputs",
        [Stretch("decide", "situations", 0, 0, 0, "decided", "rejected", 1)],
    ),
    "an action of a shadow rule": (
        lambda w: w.write("actions", "decisions/0/3/0"),
        "surplus_outputs",
        [Stretch("act", "decisions", 0, 3, 3, "shadow", "actions", 1)],
    ),
    "a situation of a watermark": (
        lambda w: w.write("situations", "information/0/0/0"),
        "surplus_outputs",
        [Stretch("correlate", "information", 0, 0, 0, "watermark", "situations", 1)],
    ),
    "an output of what is no input": (
        lambda w: w.write("information", "elsewhere/0/0/0"),
        "surplus_outputs",
        [Stretch("sift", "elsewhere", 0, 0, 0, "no input", "information", 1)],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("spoil", "kind", "expected"), FAULTS.values(), ids=FAULTS)
def test_each_fault_is_found_and_named(spoil: Spoil, kind: str, expected: Sequence[object]) -> None:
    """What was spoiled is told with its exact place, nothing else is, and the report does not balance."""
    world = World()
    spoil(world)
    report = world.judge()
    assert list(getattr(report, kind)) == expected
    assert not report.balanced
    faults = ("gaps", "phantoms", "conflicts", "missing_outputs", "surplus_outputs", "strays", "unreadable")
    assert [name for name in faults if getattr(report, name)] == [kind]
    assert report.to_json()[kind]
    assert report.totals()[kind] > 0
    assert report.lines()[0].startswith("NOT BALANCED")


def test_an_output_that_names_no_record_is_a_stray() -> None:
    """An output without a lineage cannot be accounted for."""
    world = World()
    for lineage in (None, b"", b"posts/0", b"posts/0/x/0"):
        world.claims.add("sift", "information", lineage, b"id", ("information", 0, 77))
    report = world.judge()
    assert len(report.strays) == 4
    assert not report.balanced


def test_an_unreadable_entry_is_an_imbalance() -> None:
    """What is in the ledger and no entry may hide anything."""
    assert not World().judge(unreadable=["ledger/0/7: not a ledger entry"]).balanced


def test_a_held_decision_in_two_digests_is_an_imbalance() -> None:
    """A held action is told once; the same digest written again after a crash is the same digest."""
    world = World()
    world.claims.add_digest(b"digest", [b"decisions/0/2"])
    assert world.judge().balanced
    world.claims.add_digest(b"another", [b"decisions/0/2"])
    report = world.judge()
    assert report.held["twice"] == 1
    assert not report.balanced


def test_work_in_progress_is_pending_not_missing() -> None:
    """Input beyond the ledger is pending; outputs of it that are already there contradict nothing."""
    world = World()
    world.edges["sift", "posts"].end = 9
    world.write("information", "posts/0/7/0")
    report = world.judge()
    assert report.balanced
    assert report.pending["sift"] == 3
    assert not world.judge(until_end=True).balanced, "asked to be done, it is not"


def test_pending_watermarks_are_no_pending_events() -> None:
    """A deployment that only tells itself that it is idle has done its work."""
    world = World()
    edge = world.edges["correlate", "information"]
    edge.end, edge.idle = 6, (0, 4, 5)
    report = world.judge(until_end=True)
    assert report.pending["correlate"] == 2
    assert report.waiting["correlate"] == 0
    assert report.balanced


def test_a_stage_that_never_ran_has_all_its_input_pending() -> None:
    """Without an account everything the topic still has is pending, and nothing is a gap."""
    world = World()
    world.edges["learn", "labels"] = Edge("learn", "labels", 0, 10, 25)
    report = world.judge()
    assert report.pending["learn"] == 15
    assert report.balanced


def test_retention_before_the_first_start_is_no_gap() -> None:
    """A first entry at or before the earliest record that is left is a sound start."""
    world = World()
    world.edges["sift", "posts"].begin = 4
    assert world.judge().balanced


def test_what_a_topic_has_forgotten_is_not_called_missing() -> None:
    """Promises older than what an output topic still has cannot be checked: told as expired; younger ones still are."""
    world = World()
    world.settle("sift", "posts", "information", first=6, at_ms=NOW - 3_600_000)
    assert not world.judge().balanced
    report = world.judge(horizons={"information": NOW - 1_800_000})
    assert report.balanced
    assert report.expired == {"sift": 1}
    world.settle("sift", "posts", "information", first=7, at_ms=NOW)
    report = world.judge(horizons={"information": NOW - 1_800_000})
    assert [stretch.first for stretch in report.missing_outputs] == [7]


def test_a_ledger_that_lost_its_beginning_is_judged_from_there() -> None:
    """When retention has taken the ledger's beginning, the start of an account is no gap, and the report says so."""
    world = World()
    world.settle("learn", "labels", "joined", first=3)
    report = world.judge(ledger_truncated=True)
    assert report.balanced
    assert any("lost its beginning" in line for line in report.lines())


def test_outputs_written_again_after_a_crash_are_counted() -> None:
    """The same id twice is work repeated after a crash: told, and no imbalance."""
    world = World()
    world.write("information", "posts/0/3/0")
    world.write("information", "posts/0/3/0")
    report = world.judge()
    assert report.repeated == {"information": 2}
    assert report.balanced


def test_absent_offsets_are_told() -> None:
    """Offsets the broker never handed out are accounted for, and seen."""
    world = World()
    world.settle("sift", "posts", "absent", "absent", first=6)
    report = world.judge()
    assert report.absent["sift"] == 2
    assert report.events == 6
    assert any("2 offsets were never handed out" in line for line in report.lines())


def test_only_the_stages_asked_for_are_judged() -> None:
    """A fault of another stage is not this audit's business."""
    world = World()
    world.settle("decide", "situations", "decided", first=3)
    edges = [edge for edge in world.edges.values() if edge.stage == "sift"]
    report = judge(world.book, edges, world.claims, stages=("sift",))
    assert report.balanced
    assert list(report.dispositions) == ["sift"]


def test_long_lists_are_cut_in_the_report_and_counted_in_full() -> None:
    """A flow that is wrong throughout gives a report one can still read."""
    world = World()
    names = ["information", "spam"] * 500
    world.settle("sift", "posts", *names, first=6)
    report = world.judge().to_json()
    assert len(report["missing_outputs"]) == EXAMPLES
    assert report["totals"]["missing_outputs"] == 500


def test_every_promise_is_about_known_dispositions() -> None:
    """The table of promises speaks the stages' own closed lists."""
    for promise in PROMISES:
        assert promise.kept | promise.allowed <= set(DISPOSITIONS[promise.stage]), promise


def test_an_output_written_about_when_retention_came_is_not_called_missing() -> None:
    """Brokers delete by segments and clocks differ: within a minute of the horizon nobody can say that it was never there."""
    horizon = NOW - 1_800_000
    for seconds, balanced in ((59, True), (61, False)):
        world = World()
        world.settle("sift", "posts", "information", first=6, at_ms=horizon + seconds * 1_000)
        assert world.judge(horizons={"information": horizon}).balanced is balanced
