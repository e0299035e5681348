"""One trace a post: each record's span hangs on the one that it came of, and tells nobody's words."""

from collections import defaultdict

import orjson
import pytest

from agents.settings import load_settings
from agents.stages import build as stages
from agents.tracing.spans import SHOWN, STAGE_OF, Context, TraceSpan, Weaver
from pipeline.flow import Arrival
from pipeline.simulation.stream import Scenario, simulate
from pipeline.stream import Record

Kept = list[tuple[str, int, Record]]
TRACE, BEFORE = 0x0AF7651916CD43DD8448EB211C80319C, 0xB7AD6B7169203331


@pytest.fixture(scope="module")
def kept() -> Kept:
    """All records of a flow, at the offsets that its readers see."""
    found: Kept = []
    flow = stages.flow(load_settings(backfill_after_seconds=1e9), keep=lambda noun, n, record: found.append((noun, n, record)))
    scenario = Scenario(seed=7, events=600, start_ms=1_795_000_000_000)
    for _ in flow.run(Arrival(e.topic, e.key, e.value, (("source", e.source.encode()),), e.at_ms) for e in simulate(scenario)):
        pass
    return [(noun, n, record) for noun, n, record in found if noun.partition(".")[0] in STAGE_OF]


def woven(kept: Kept, weaver: Weaver) -> list[TraceSpan]:
    """The spans of all of them."""
    spans = [weaver.span(noun, n, record) for noun, n, record in kept]
    return [span for span in spans if span is not None]


def information(offset: int, *, identity: str, parent: str, value: object = None) -> Record:
    """A record of sift's."""
    message = value or {"id": identity, "subject": "aurora", "appended_at": "2026-11-18T11:11:41.761Z"}
    headers = (("ce_id", identity.encode()), ("ce_type", b"winnow.information.v1"), ("traceparent", parent.encode()))
    return Record(offset, 1_795_000_305_000, b"aurora", orjson.dumps(message), headers)


def test_each_record_hangs_on_what_it_came_of(kept: Kept) -> None:
    """Nothing but what sift wrote begins a trace; a trace's spans are one tree, in the order of time."""
    traces: dict[int, list[TraceSpan]] = defaultdict(list)
    for span in woven(kept, Weaver()):
        traces[span.context.trace].append(span)
    stages_seen = set()
    for spans in traces.values():
        (root, *others) = spans
        assert (root.stage, root.parent) == ("sift", None)
        ids = {root.context: root}
        for span in others:
            assert span.parent in ids
            assert span.start_ms == min(ids[span.parent].end_ms, span.end_ms) <= span.end_ms
            ids[span.context] = span
        assert len(ids) == len(spans), "ids are unique"
        stages_seen.add(tuple(sorted({span.stage for span in spans})))
    assert ("act", "correlate", "decide", "sift") in stages_seen


def test_a_span_is_of_one_subject(kept: Kept) -> None:
    """So nothing hangs on another one's post; and a decision and its action have the same rule."""
    by_context = {span.context: span for span in woven(kept, Weaver())}
    compared = 0
    for span in by_context.values():
        if span.parent is not None and span.attributes.get("winnow.kind") != "digest":
            assert span.attributes["winnow.subject"] == by_context[span.parent].attributes["winnow.subject"]
            if span.stage == "act":
                compared += span.attributes["winnow.rule"] == by_context[span.parent].attributes["winnow.rule"]
    assert compared > 100


def test_spans_link_to_the_trace_that_a_subscriber_continues(kept: Kept) -> None:
    """An action's header names its situation's trace: from the span a way leads there."""
    spans = woven(kept, Weaver())
    records = {(noun, n, record.offset): dict(record.headers) for noun, n, record in kept}
    for span in spans:
        named = records[span.place]["traceparent"].decode().split("-")
        context = Context(int(named[1], 16), int(named[2], 16))
        assert (span.context, span.link) == (context, None) if span.stage in ("sift", "correlate") else span.link == context


def test_nothing_that_people_wrote_is_told(kept: Kept) -> None:
    """Ids, teams and rules only: a receiver of traces is no place for personal data."""
    allowed = {"messaging.message.id", *(f"winnow.{name}" for name in SHOWN)}
    for span in woven(kept, Weaver()):
        assert set(span.attributes) <= allowed
        assert all(len(str(value)) < 80 for value in span.attributes.values())


def test_an_answer_hangs_on_its_action(kept: Kept) -> None:
    """Teams write no headers of ours; also what answers one item of a digest is found."""
    weaver = Weaver()
    woven(kept, weaver)
    (noun, partition, action) = next(one for one in kept if one[0].startswith("actions."))
    asked = weaver.span(noun, partition, action)
    identity = orjson.loads(action.value or b"")["action_id"]
    answer = Record(0, action.timestamp + 60_000, None, orjson.dumps({"action_id": identity, "team": "support", "status": "done"}))
    assert weaver.knows_cause("outcomes", answer)
    span = weaver.span("outcomes", 0, answer)
    assert span is not None
    assert asked is not None
    assert (span.stage, span.parent, span.end_ms - span.start_ms) == ("answer", asked.context, 60_000)
    assert span.attributes["winnow.status"] == "done"
    digest = {"action_id": "a" * 32, "items": [{"action_id": "b" * 32}]}
    weaver.span("actions.support", 0, Record(10**6, action.timestamp, None, orjson.dumps(digest)))
    assert weaver.knows_cause("outcomes", Record(1, 0, None, orjson.dumps({"action_id": "b" * 32})))


def test_a_trace_that_a_producer_began_goes_on() -> None:
    """The post's own traceparent is the parent, not a span of ours."""
    span = Weaver().span("information", 0, information(0, identity="c" * 32, parent=f"00-{TRACE:032x}-{BEFORE:016x}-01"))
    assert span is not None
    assert span.parent == Context(TRACE, BEFORE)
    assert span.context.trace == TRACE
    assert span.context.span != BEFORE
    assert span.end_ms - span.start_ms == 3_239, "from when the post came in"


def test_the_share_is_chosen_by_trace_id(kept: Kept) -> None:
    """A trace is told whole or not at all, and the same whoever asks."""
    everything = {span.context for span in woven(kept, Weaver())}
    half = {span.context for span in woven(kept, Weaver(0.5))}
    assert half == {context for context in everything if context.trace & (2**64 - 1) < 2**63}
    assert 0 < len(half) < len(everything)
    assert woven(kept, Weaver(0.0)) == []


def test_what_is_not_remembered_begins_a_trace_of_its_own(kept: Kept) -> None:
    """As after a start in mid-stream: the record's own header says which."""
    span = next(span for span in (Weaver().span(*one) for one in kept if one[0] == "decisions") if span is not None)
    assert span.parent is None
    weaver = Weaver(most=3)
    for offset in range(5):
        weaver.span("information", 0, information(offset, identity=f"{offset + 1:032x}", parent=""))
    comes_of = [Record(0, 0, None, b"{}", (("ce_lineage", b"information/0/%d/0" % offset),)) for offset in range(5)]
    assert [weaver.knows_cause("situations", record) for record in comes_of] == [False, False, True, True, True]


@pytest.mark.parametrize("value", [None, b"", b"not JSON", b"[1]"])
def test_what_cannot_be_read_is_no_span(value: bytes | None) -> None:
    """Tombstones, and whatever a team writes as an answer."""
    weaver = Weaver()
    record = Record(0, 0, None, value)
    assert weaver.span("outcomes", 0, record) is None
    assert not weaver.knows_cause("outcomes", record)
