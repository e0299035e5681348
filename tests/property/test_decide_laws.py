"""Laws of decide: the same decisions whatever the batches, restarts and crashes; at most one live decision per situation."""

from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.decide.shard import DecideShard
from pipeline.stream.dead_letter import Unreadable
from tests.unit.pipeline.decide.world import HOUR, START, Shell, decide_shell, digest, policy, situation, situation_records

NAMES = ("a", "b", "c")
POLICY = policy()

steps = st.tuples(
    st.sampled_from(NAMES),
    st.integers(0, 3),  # how far the revision moves: 0 is a repetition
    st.sampled_from((0, 1, 60_000, 30 * HOUR, 40 * 24 * HOUR)),
    st.fixed_dictionaries(
        {
            "severity": st.sampled_from((0.1, 0.4, 0.6, 0.9)),
            "urgency": st.sampled_from((0.5, 0.95)),
            "kind": st.sampled_from(("case", "case", "surge")),
            "status": st.sampled_from(("updated", "updated", "updated", "closed")),
            "backfill": st.sampled_from((False, False, False, True)),
            "self_resolved": st.sampled_from((False, False, False, True)),
            "dual_hat": st.sampled_from((False, False, True)),
            "absorbed_by": st.sampled_from((None, None, digest("a"), digest("b"), "f" * 32)),
            "intents": st.sampled_from(({"complaint": 1}, {"complaint": 1}, {"complaint": 2}, {"complaint": 3})),
        }
    ),
)


@st.composite
def streams(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Situations of a few subjects in event-time order, revisions sometimes repeated or skipped."""
    last: dict[str, dict[str, Any]] = {}
    now, found = START, []
    for name, move, pause, over in draw(st.lists(steps, min_size=1, max_size=25)):
        now += pause
        before = last.get(name)
        if move or before is None or now - before["clock"] > HOUR:
            last[name] = situation(name, (before["revision"] if before else 0) + max(move, 1), now, **over)
        found.append(last[name])
    return found


faults = st.lists(st.tuples(st.integers(1, 6), st.sampled_from(("done", "restart", "crash"))), max_size=20)


def run(messages: list[dict[str, Any]], plan: list[tuple[int, str]]) -> Shell:
    """Decide batch by batch with faults as planned, the rest in one batch."""
    shell = decide_shell(POLICY)
    shell.log["situations"] = situation_records(messages)
    for size, fault in plan:
        shell.poll("situations", size, crash=fault == "crash")
        if fault == "restart":
            shell.restart()
    shell.poll("situations", len(messages))
    return shell


@settings(max_examples=120, deadline=None)
@given(streams(), faults)
def test_batches_restarts_and_crashes_change_nothing(messages: list[dict[str, Any]], plan: list[tuple[int, str]]) -> None:
    """Same input, any batch boundaries, any restart and crash points: same decisions, same dispositions, same state."""
    plain, faulty = run(messages, []), run(messages, plan)
    assert faulty.messages("decisions") == plain.messages("decisions")
    assert faulty.settled == plain.settled
    assert len(plain.settled) == len(messages)
    keyed = [{key: value for key, value in shell.state.items() if not key.startswith(b"@")} for shell in (plain, faulty)]
    assert keyed[0] == keyed[1]


@settings(max_examples=120, deadline=None)
@given(streams())
def test_at_most_one_live_decision_per_situation(messages: list[dict[str, Any]]) -> None:
    """Whoever follows the topic never sees two decisions stand at once, and every team asked before is told of a change."""
    standing: dict[str, tuple[str, set[str], str]] = {}
    by_decision: dict[str, list[dict[str, Any]]] = {}
    for one in run(messages, []).messages("decisions"):
        known = by_decision.setdefault(one["id"], [])
        if {"team": one["team"], "withdrawn": one["withdrawn"]} not in [{"team": r["team"], "withdrawn": r["withdrawn"]} for r in known]:
            known.append(one)
        else:  # told again, as it has closed or its customer has asked again
            assert one["situation"]["revision"] > known[0]["situation"]["revision"]
            assert (one["rule"], one["do"], one["withdrawn"]) == (known[0]["rule"], one["do"], False)
    for identity, records in by_decision.items():
        situation_id = records[0]["situation"]["id"]
        before = standing.pop(situation_id, None)
        if before is not None and records[0]["decided_at"] >= before[2]:
            before = None  # it has expired, whoever was asked may forget it
        told = {one["team"] for one in records}
        asked = {one["team"] for one in records if not one["withdrawn"] and one["mode"] == "live"}
        if before is not None:
            assert records[0]["supersedes"] == before[0]
            assert before[1] <= told
        assert len(told) == len(records)
        assert sum(one["role"] == "owner" and not one["withdrawn"] for one in records) <= 1, records
        assert sum(one["do"] == "reply" and one["team"] in asked for one in records) <= 1
        if asked:
            standing[situation_id] = (identity, asked, records[0]["not_after"])


@settings(max_examples=120, deadline=None)
@given(streams())
def test_no_family_is_asked_again_for_what_is_no_graver(messages: list[dict[str, Any]]) -> None:
    """While an ask stands, each further one of the same owner is a stronger kind, of a higher class by a margin, or by a more important
    rule."""
    standing: dict[str, tuple[str, str, int, float, int]] = {}
    good_until: dict[str, str] = {}
    strength = ("review", "reply", "page")
    for one in run(messages, []).messages("decisions"):
        name, owner = one["situation"]["id"], one["owner"]
        if one["role"] != "owner":
            continue
        if one["withdrawn"] or one["mode"] != "live":
            standing.pop(name, None)
            continue
        rank = next(rule.priority for rule in POLICY.rules if rule.name == one["rule"])
        asked = (one["id"], owner, strength.index(one["do"]), one["situation"]["severity"], rank)
        before = standing.get(name)
        if before is None or before[1] != owner or one["decided_at"] >= good_until[name]:  # by then it may be forgotten
            standing[name], good_until[name] = asked, one["not_after"]
        elif before[0] != one["id"]:
            severer = asked[3] >= before[3] + 0.1 - 1e-9 and int(asked[3] * 4) > int(before[3] * 4)
            assert severer or asked[2] > before[2] or asked[4] > before[4], one
            standing[name], good_until[name] = (*asked[:3], max(asked[3], before[3]), asked[4]), one["not_after"]


@settings(max_examples=120, deadline=None)
@given(streams())
def test_no_case_waits_for_a_surge_that_nobody_is_asked_about(messages: list[dict[str, Any]]) -> None:
    """Whenever a case is stopped because of its surge, a live decision stands on that; when it ends, none is left waiting."""
    shell = decide_shell(POLICY)
    log = situation_records(messages)
    for number in range(len(log)):
        shell.feed("situations", log[number : number + 1])
        standings = {key[len(b"situation/") :].decode(): orjson.loads(value)["standing"] for key, value in shell.state.items()
                     if key.startswith(b"situation/")}  # fmt: skip
        for key, value in shell.state.items():
            if key.startswith(b"absorbed/"):
                surge = standings[orjson.loads(value)["situation"]["absorbed_by"]]
                assert surge["made"]["mode"] == "live"
                assert not surge["closed"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=60), max_size=5))
def test_no_bytes_stop_a_worker(values: list[bytes]) -> None:
    """Any bytes end as a disposition."""
    shard = DecideShard(0, ["correlate/information/0"], POLICY)
    for value in values:
        found = shard.parse(situation_records([situation("a")])[0]._replace(value=value), "situations")
        assert isinstance(found, Unreadable)
        assert found.code in {
            "empty",
            "not_json",
            "invalid",
        }
