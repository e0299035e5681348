"""Monitor: attention and policy health from decisions, outcomes and the ledger."""

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.act.messages import action_id
from pipeline.monitor.shard import MonitorShard
from pipeline.stream.stage import WATERMARK, Batch, Record
from pipeline.stream.unordered import DEFERRED_LIMIT
from tests.unit.pipeline.decide import world as flow
from tests.unit.pipeline.stream.world import (
    DAY,
    HOUR,
    SECOND,
    START,
    Place,
    Shell,
    decision,
    decision_record,
    digest,
    ledger_record,
    outcome_record,
)


def shell(**limits: float) -> Shell:
    """A monitor shard in a shell."""
    return Shell(lambda: MonitorShard(0, **limits))  # type: ignore[arg-type]


def decided(offset: int, name: str, team: str = "support", at_ms: int = START, **over: object) -> Place:
    """A decision, appended when it was decided."""
    return "decisions", decision_record(offset, decision(name, team, at_ms, **over))


def answered(offset: int, name: str, status: str, at_ms: int = START + 60 * SECOND) -> Place:
    """What support answers to the decision of that name."""
    action = action_id(digest(f"decision/{name}"), "support", "reply", 0)
    return "outcomes", outcome_record(offset, action, status, at_ms)


def test_health_tells_what_became_of_decisions() -> None:
    """Two decisions, one acknowledged and done, give an acted-on ratio of a half and the time of the first answer."""
    world = shell()
    world.feed(
        decided(0, "a"), decided(1, "b"), answered(0, "a", "acknowledged", START + 30 * SECOND), answered(1, "a", "done", START + HOUR)
    )
    expected = {
        "decisions": 2, "acknowledged": 1, "done": 1, "declined": 0, "overturned": 0, "acted_on_ratio": 0.5,
        "seconds_to_acknowledge_mean": 30.0,
    }  # fmt: skip
    for key in ("team/support", "rule/case"):
        assert expected.items() <= world.latest()[key].items()
    assert world.dispositions("decisions") == world.dispositions("outcomes") == ["counted", "counted"]


def test_health_is_said_once_a_batch_and_key() -> None:
    """Many decisions of one batch change a team's health in one message."""
    world = shell()
    world.feed(*(decided(n, f"d{n}") for n in range(20)))
    assert sorted(output.key for output in world.outputs) == [b"rule/case", b"team/support"]


def test_a_rule_counts_a_decision_once_however_many_teams_it_asks() -> None:
    """Owner and peers each have it in their team's health, the rule has it once: other teams are watched by other shards."""
    world = shell()
    world.feed(decided(0, "a"), decided(1, "a", "comms", role="peer", do="review"))
    latest = world.latest()
    assert {key: latest[key]["decisions"] for key in latest} == {"rule/case": 1, "team/support": 1, "team/comms": 1}


def test_an_outcome_before_its_decision_waits_for_it() -> None:
    """Topics are read in no common order: the answer counts once its decision comes."""
    world = shell()
    world.feed(answered(0, "a", "done"))
    assert world.latest() == {}
    world.restart()
    world.feed(decided(0, "a"))
    assert world.latest()["team/support"]["done"] == 1


def test_answers_to_escalations_count_for_the_decision() -> None:
    """The team that was escalated to answers: its outcome names the escalation's own action id."""
    world = shell()
    chain = [{"after_seconds": 60, "team": "comms", "contact": "c"}, {"after_seconds": 120, "team": "legal", "contact": "l"}]
    root = action_id(digest("decision/a"), "support", "reply", 0)
    second = action_id(root, "legal", "escalate", 2)
    world.feed(decided(0, "a", escalation=chain), ("outcomes", outcome_record(0, second, "done", START + HOUR, "legal")))
    assert world.latest()["rule/case"]["done"] == 1
    assert world.counts["outcomes", "legal", "done"] == 1


def test_real_actions_join_their_decisions() -> None:
    """Ids that act gives its actions are those that monitor derives, escalations included."""
    decisions = flow.decided([flow.situation("s1", severity=0.8), flow.situation("s2", severity=0.3)])
    act = flow.act_shell()
    records = flow.decision_records(decisions)
    act.feed("decisions", records)
    act.settle(flow.WALL)
    actions = act.messages("actions")
    assert {action["kind"] for action in actions} >= {"reply", "escalate"}
    world = shell()
    world.feed(*(("decisions", record) for record in records))
    before = sum(one["done"] for key, one in world.latest().items() if key.startswith("team/"))
    for offset, action in enumerate(actions):
        world.feed(("outcomes", outcome_record(offset, action["action_id"], "done", flow.WALL, action["team"])))
    done = sum(one["done"] for key, one in world.latest().items() if key.startswith("team/"))
    assert (before, done) == (0, len({action["action_id"] for action in actions if action["step"] == 0}))


def test_redelivered_records_count_once() -> None:
    """The same decision and outcome at new offsets, as an upstream that crashed writes them, change neither sums nor facts."""
    world = shell()
    world.feed(decided(0, "a"), decided(1, "b", mode="shadow"), answered(0, "a", "done"))
    before, facts = world.latest(), dict(world.counts)
    world.feed(decided(2, "a"), decided(3, "b", mode="shadow"), answered(1, "a", "done"))
    world.restart()
    world.feed(decided(4, "a"), decided(5, "b", mode="shadow"), answered(2, "a", "done"))
    assert world.latest() == before
    assert dict(world.counts) == facts
    assert facts["decisions", "case", "support", "live"] == facts["decisions", "case", "support", "shadow"] == 1
    assert facts["outcomes", "support", "done"] == 1


def test_a_decision_older_than_the_window_is_not_counted_again() -> None:
    """What was forgotten for its age is still known to have been there when it is redelivered."""
    world = shell(window_days=1)
    world.feed(decided(0, "a"), decided(1, "b", at_ms=START + 2 * DAY))
    assert world.latest()["team/support"]["decisions"] == 1
    world.feed(decided(2, "a"))
    assert world.latest()["team/support"]["decisions"] == 1
    assert world.counts["decisions", "case", "support", "live"] == 2


def test_event_time_is_remembered_over_a_restart() -> None:
    """A decision that is too old for what its shard had reached stays out after a restart too."""
    world = shell(window_days=1)
    world.feed(decided(0, "b", at_ms=START + 2 * DAY))
    world.restart()
    world.feed(decided(1, "a"))
    assert world.latest()["team/support"]["decisions"] == 1


def test_each_upstream_shard_has_its_own_event_time() -> None:
    """A shard that replays an old day is heard although another one is far ahead."""
    world = shell(window_days=1)
    old = decision_record(1, decision("b", at_ms=START), source="decide/situations/1")
    world.feed(decided(0, "a", at_ms=START + 30 * DAY), ("decisions", old))
    assert world.latest()["team/support"]["decisions"] == 2


def test_what_was_overtaken_before_any_answer_does_not_lower_the_ratio() -> None:
    """A superseded or withdrawn decision that nobody could act on is left out of the share, an answered one stays."""
    world = shell()
    world.feed(decided(0, "a"), answered(0, "a", "done"), decided(1, "b"), decided(2, "c", supersedes=digest("decision/b"), severity=0.9))
    assert world.latest()["team/support"]["acted_on_ratio"] == 0.5
    world.feed(*(decided(3 + n, f"w{n}", withdrawn=True, supersedes=digest(f"decision/{name}")) for n, name in enumerate("ca")))
    assert world.latest()["team/support"]["acted_on_ratio"] == 1.0
    assert world.counts["withdrawn", "case", "support"] == 2


def test_a_decision_covered_by_an_answer_asks_nothing_new() -> None:
    """Act sends no action when the former answer settles it: the team is not measured by it."""
    world = shell()
    world.feed(decided(0, "a", severity=0.6), answered(0, "a", "done"), decided(1, "b", supersedes=digest("decision/a"), severity=0.4))
    assert world.latest()["team/support"]["acted_on_ratio"] == 1.0
    world.feed(decided(2, "c", supersedes=digest("decision/a"), severity=0.9))
    assert world.latest()["team/support"]["acted_on_ratio"] == 0.5


def test_what_is_told_in_a_digest_is_no_neglect() -> None:
    """Nobody is asked about each of its decisions: a rule that only digests has no ratio, and no alert."""
    world = shell()
    world.feed(decided(0, "a", do="digest"), decided(1, "b", do="digest"))
    assert (world.latest()["rule/case"]["decisions"], world.latest()["rule/case"]["acted_on_ratio"]) == (2, None)


def test_shadow_and_backfill_are_facts_not_health() -> None:
    """They ask nobody: no team is measured by them, metrics count them by mode."""
    world = shell()
    world.feed(decided(0, "a", mode="shadow"), decided(1, "b", mode="backfill"))
    assert world.outputs == []
    assert world.counts["decisions", "case", "support", "shadow"] == world.counts["decisions", "case", "support", "backfill"] == 1


def test_a_clock_that_is_wrong_is_not_measured() -> None:
    """An answer from the year 3000, or from before the decision, counts but has no time."""
    world = shell()
    world.feed(decided(0, "a"), decided(1, "b"), answered(0, "a", "done", START + 400_000 * DAY), answered(1, "b", "done", START - HOUR))
    health = world.latest()["team/support"]
    assert (health["done"], health["seconds_to_acknowledge_mean"]) == (2, None)


@pytest.mark.parametrize("when", [1_772_452_800, "1772452800", "2026-03-02T12:00:00z", "2026-03-02 12:00:00+00:00"])
def test_odd_forms_of_an_instant_do_no_harm(when: object) -> None:
    """The schema takes more forms of an instant than Winnow writes: such a decision is counted or rejected, never fatal."""
    record = decision_record(0, decision("a"))
    world = shell()
    world.feed(("decisions", record._replace(value=orjson.dumps(orjson.loads(record.value or b"") | {"appended_at": when}))))
    assert world.dispositions("decisions") in (["counted"], ["rejected"])


def test_stakeholders_have_their_share_of_attention_as_facts() -> None:
    """Neglect of a kind of stakeholder shows: asked and answered are counted by who speaks."""
    world = shell()
    world.feed(decided(0, "a", stakeholder="employee"), decided(1, "b", stakeholder="media"), answered(0, "b", "done"))
    assert {name: amount for name, amount in world.counts.items() if name[0] == "attention"} == {
        ("attention", "employee", "asked"): 1, ("attention", "media", "asked"): 1, ("attention", "media", "done"): 1,
    }  # fmt: skip


def test_names_from_outside_are_no_labels() -> None:
    """An outcome's team is anybody's text: a metric names only teams that a decision brought."""
    world = shell()
    action = action_id(digest("decision/a"), "support", "reply", 0)
    world.feed(decided(0, "a"), ("outcomes", outcome_record(0, action, "done", START, "x" * 50)))
    world.feed(("outcomes", outcome_record(1, "no action id", "done", START)))
    assert world.counts["outcomes", "support", "done"] == world.counts["unknown_action",] == 1


def test_the_ledger_is_counted_by_stage_and_disposition() -> None:
    """Amounts come from entries; an entry that repeats an old one, wholly or in part, counts only what is new."""
    world = shell()
    world.feed(
        ("ledger", ledger_record(0, "sift", "posts", 0, ["information", "spam", "spam"])),
        ("ledger", ledger_record(1, "sift", "posts", 0, ["information", "spam", "spam"])),
        ("ledger", ledger_record(2, "sift", "posts", 2, ["spam", "copy"])),
        ("ledger", ledger_record(3, "sift", "posts", 7, ["copy"], partition=1)),
    )
    assert {name: amount for name, amount in world.counts.items() if name[0].startswith("ledger")} == {
        ("ledger", "sift", "information"): 1, ("ledger", "sift", "spam"): 2, ("ledger", "sift", "copy"): 2,
    }  # fmt: skip


def test_a_gap_in_an_account_is_a_fact() -> None:
    """An entry that begins behind the end of the former one is a gap of its stage, with as many offsets missing; also after a restart."""
    world = shell()
    world.feed(("ledger", ledger_record(0, "decide", "situations", 0, ["decided"])))
    world.restart()
    world.feed(("ledger", ledger_record(1, "decide", "situations", 5, ["decided"])))
    assert world.counts["ledger_gap", "decide"] == 1
    assert world.counts["ledger_missing", "decide"] == 4


def test_monitors_account_of_its_own_ledger_input_feeds_no_loop() -> None:
    """Ledger entries that monitor's own reading of the ledger brings forth come to an end, and every offset is accounted for in time."""
    world = shell()
    ledger = [ledger_record(0, "sift", "posts", 0, ["spam"])]
    for _ in range(10):
        begun = len(world.spans)
        world.feed(*(("ledger", record) for record in ledger if record.offset >= len(world.log.get("ledger", []))))
        for span in world.spans[begun:]:
            ledger.append(ledger_record(len(ledger), "monitor", span.topic, span.first, ["counted"] * len(span.dispositions)))
        if len(world.spans) == begun:
            break
    assert [(span.first, len(span.dispositions)) for span in world.spans] == [(0, 1)]
    world.restart()
    world.feed(("ledger", ledger_record(2, "sift", "posts", 1, ["spam"])))
    assert world.dispositions("ledger") == ["counted"] * 3


def test_quiet_entries_wait_only_so_long() -> None:
    """Where a partition holds nothing but monitor's own entries they are accounted for by the thousand: what waits is bounded."""
    world = shell()
    records = [("ledger", ledger_record(n, "monitor", "ledger", n, ["counted"])) for n in range(2 * DEFERRED_LIMIT + 10)]
    for start in range(0, len(records), 7):
        world.feed(*records[start : start + 7])
    assert len(world.spans) == 2
    assert world.positions["ledger", 0] >= 2 * DEFERRED_LIMIT
    assert len(world.state[b"@position"]) < 8_000


def test_watermarks_are_accounted_for() -> None:
    """Decide's promises to those that merge are settled as what they are."""
    world = shell()
    world.feed(("decisions", Record(0, START, None, b"{}", [("ce_type", WATERMARK.encode())])))
    assert world.dispositions("decisions") == ["watermark"]


@pytest.mark.parametrize("topic", ["decisions", "outcomes", "ledger"])
@pytest.mark.parametrize("value", [None, b"", b"\xff", b"[]", b"{}", b'{"stage": "sift"}'])
def test_unreadable_records_are_rejected(topic: str, value: bytes | None) -> None:
    """Bad data is kept with its place and never stops the stage."""
    world = shell()
    world.feed((topic, Record(0, START, None, value)))
    assert world.dispositions(topic) == ["rejected"]
    assert [output.noun for output in world.outputs] == ["rejected"]


@pytest.mark.parametrize(
    "change",
    [
        {"stage": "nobody"}, {"topic": "information"}, {"packed": "????"}, {"packed": "AAAA"}, {"compressed": True}, {"last": 9},
        {"counts": {"spam": 2}}, {"partition": 10**6}, {"first": 10},
    ],
)  # fmt: skip
def test_a_ledger_entry_that_contradicts_itself_is_rejected(change: dict[str, object]) -> None:
    """Stage, range, packed codes and counts must agree: metrics must not be led astray."""
    record = ledger_record(0, "sift", "posts", 0, ["spam"])
    world = shell()
    world.feed(("ledger", record._replace(value=orjson.dumps(orjson.loads(record.value or b"") | change))))
    assert world.dispositions("ledger") == ["rejected"]


def test_memory_is_bounded() -> None:
    """Neither many decisions nor many outcomes that belong to nothing make state grow beyond what was set."""
    world = shell(entries=50, waiting=30)
    world.feed(*(decided(n, f"d{n}", at_ms=START + n) for n in range(300)))
    world.feed(*(("outcomes", outcome_record(n, digest(f"none/{n}"), "done", START + n)) for n in range(300)))
    assert sum(key.startswith(b"asked/") for key in world.state) == 50
    assert sum(key.startswith(b"waiting/") for key in world.state) == 30
    assert world.latest()["team/support"]["decisions"] == 50
    assert (world.counts["forgotten",], world.counts["unmatched_outcomes",]) == (250, 270)
    world.feed(decided(300, "d3", at_ms=START + 3))
    assert world.counts["decisions", "case", "support", "live"] == 300


def test_health_of_what_is_forgotten_comes_to_nothing() -> None:
    """When the last decision of a rule leaves the window its health says zero instead of staying as it was."""
    world = shell(window_days=1)
    world.feed(decided(0, "a", rule="old"), decided(1, "b", at_ms=START + 2 * DAY))
    assert world.latest()["rule/old"]["decisions"] == 0
    assert world.latest()["rule/old"]["acted_on_ratio"] is None


# -- laws ------------------------------------------------------------------------------------------------------------

names = st.integers(0, 7).map(lambda n: f"d{n}")
statuses = st.sampled_from(["acknowledged", "done", "declined", "overturned"])
modes = st.sampled_from(["live", "live", "live", "shadow", "backfill"])
kinds = st.one_of(
    st.tuples(st.just("ask"), names, modes, st.none() | names, st.booleans()),
    st.tuples(st.just("answer"), names, statuses, st.integers(0, 5)),
    st.tuples(st.just("ledger"), st.integers(0, 3), st.integers(1, 3)),
)


def places_of(drawn: list[tuple[object, ...]]) -> list[Place]:
    """Records of the three topics, offsets as they come; the same name again is a redelivery of the same decision."""
    places: list[Place] = []
    first: dict[object, tuple[object, ...]] = {}
    offsets = {"decisions": 0, "outcomes": 0, "ledger": 0}
    clock = START
    for item in drawn:
        if item[0] == "ask":
            item = first.setdefault(item[1], (*item, clock))  # noqa: PLW2901  # what a name is does not change
            _, name, mode, former, withdrawn, at_ms = item
            topic, record = decided(
                offsets["decisions"], str(name), at_ms=int(str(at_ms)), mode=mode, withdrawn=withdrawn,
                supersedes=None if former is None else digest(f"decision/{former}"),
            )  # fmt: skip
            clock += HOUR
        elif item[0] == "answer":
            topic, record = answered(offsets["outcomes"], str(item[1]), str(item[2]), START + int(str(item[3])) * HOUR)
        else:
            topic, record = "ledger", ledger_record(offsets["ledger"], "sift", "posts", int(str(item[1])), ["spam"] * int(str(item[2])))
        offsets[topic] += 1
        places.append((topic, record))
    return places


relaxed = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@relaxed
@given(st.lists(kinds, max_size=30), st.data())
def test_cuts_and_crashes_make_no_difference(drawn: list[tuple[object, ...]], data: st.DataObject) -> None:
    """However records are cut into batches, and wherever the worker dies, the same is remembered and was said last of everyone."""
    places = places_of(drawn)
    whole, cut = shell(window_days=0.25, entries=6, waiting=3), shell(window_days=0.25, entries=6, waiting=3)
    for place in places:
        whole.feed(place)
    start = 0
    while start < len(places):
        end = start + data.draw(st.integers(1, 5))
        batch = [place for place in places[start:end] if place[0] == places[start][0]] if data.draw(st.booleans()) else places[start:end]
        if any(place[0] != batch[0][0] for place in batch) or len(batch) < len(places[start:end]):
            batch = places[start : start + 1]
        cut.feed(*batch, crash=data.draw(st.sampled_from(["", "", "outputs", "state"])))
        start += len(batch)
    assert cut.remembered() == whole.remembered()
    assert cut.latest() == whole.latest()
    assert cut.settled == whole.settled
    assert cut.positions == whole.positions


@relaxed
@given(st.lists(kinds, max_size=30), st.data())
def test_what_is_read_first_makes_no_difference(drawn: list[tuple[object, ...]], data: st.DataObject) -> None:
    """Sums do not depend on how the topics were interleaved, as long as nothing was forgotten."""
    places = [place for place in places_of(drawn) if b'"supersedes":null' in (place[1].value or b"supersedes") or place[0] != "decisions"]
    one, other = shell(), shell()
    one.feed(*places)
    rest = {topic: [place for place in places if place[0] == topic] for topic in ("decisions", "outcomes", "ledger")}
    while left := [topic for topic in rest if rest[topic]]:
        other.feed(rest[data.draw(st.sampled_from(left))].pop(0))
    unstamped = [{key: dict(value, at="") for key, value in world.latest().items()} for world in (one, other)]
    assert unstamped[0] == unstamped[1]
    assert one.counts == other.counts


def test_restoring_gives_back_positions_and_the_last_account() -> None:
    """A crash after state was written and before the ledger was: the entry is written by the next process."""
    world = shell()
    world.feed(decided(0, "a"), crash="state")
    assert world.dispositions("decisions") == ["counted"]
    assert world.positions["decisions", 0] == 1
    step = world.shard.process(Batch("decisions", 0, [decided(0, "a")[1]]), START)
    assert (step.spans, step.outputs) == ([], [])
