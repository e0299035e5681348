"""Laws of a policy that changes while it works: no decision mixes two, none is left standing beside another, nothing is lost.

And of what a policy stops: each suppressed action has exactly one receipt.
"""

from collections import Counter
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.act.shard import ActShard
from pipeline.decide.shard import DecideShard
from pipeline.policy.load import Policy
from tests.property.test_decide_laws import streams
from tests.unit.pipeline.decide.world import (
    DECIDE,
    HOUR,
    KEY,
    POLICY,
    START,
    UPSTREAM,
    Shell,
    decided,
    decision_records,
    policy,
    situation_records,
    watermark_record,
)

NAMES = ("surge", "severe", "case", "trial")


def renamed(suffix: str, text: str) -> Policy:
    """A policy whose rules say in their names whose they are."""
    for name in NAMES:
        text = text.replace(f"- name: {name}\n", f"- name: {name}-{suffix}\n")
    return policy(text)


A = renamed("a", POLICY)
B = renamed("b", POLICY.replace("peers: [comms]", "peers: [product]").replace("severity >= 0.75", "severity >= 0.5"))
C = renamed(
    "c", POLICY.replace("owner: support", "owner: product").replace("peers: [support]", "peers: []").replace("burst: 100", "burst: 3")
    .replace("comms-duty,", "comms-duty, hours: {start: '08:00', end: '20:00', wake_at: 0.95},")
)  # fmt: skip
SUFFIX = {A.hash: "a", B.hash: "b", C.hash: "c"}

Plan = list[tuple[int, Policy | None, str]]
FAULTS = ("done", "restart", "crash", "tick")
changes = st.lists(st.tuples(st.integers(1, 6), st.sampled_from((None, A, B, C)), st.sampled_from(FAULTS)), max_size=15)
"""So many records, then maybe another policy, and a restart, a crash between outputs and state, or the wall clock coming by.

The other policy is told to the running shard, or is what the worker finds when it comes up again.
"""


class Changing:
    """A shell whose shard is told of new policies, as workers tell theirs."""

    def __init__(self, make: Any) -> None:
        self.policy = A
        self.shell = Shell(lambda: make(self.policy))

    def work(self, topic: str, records: list[Any], plan: Plan) -> Shell:
        """Work off the records while policies change."""
        self.shell.log[topic] = records
        for size, fresh, fault in plan:
            self.policy = fresh or self.policy
            self.shell.poll(topic, size, START, crash=fault == "crash")
            if fault == "restart":
                self.shell.restart()
            elif fresh is not None and fault != "crash":
                self.shell.shard.use(fresh)  # type: ignore[attr-defined]  # decide and act shards both are told
            if fault == "tick":
                self.shell.tick(START, caught_up=self.shell.read.get(topic, 0) == len(records))
        self.shell.poll(topic, len(records), START)
        return self.shell


@settings(max_examples=120, deadline=None)
@given(streams(), changes)
def test_each_decision_is_of_one_policy(messages: list[dict[str, Any]], plan: Plan) -> None:
    """Hash and rules are of one and the same policy, and all records of a decision agree; each situation has its disposition."""
    shell = Changing(lambda chosen: DecideShard(0, [UPSTREAM], chosen)).work("situations", situation_records(messages), plan)
    policies: dict[str, str] = {}
    for one in shell.messages("decisions"):
        assert policies.setdefault(one["id"], one["policy"]) == one["policy"]
        if not one["withdrawn"]:
            suffix = SUFFIX[one["policy"]]
            assert {name[-1] for name in (one["rule"], *one["matched"])} == {suffix}
    assert len(shell.settled) == len(messages)


@settings(max_examples=120, deadline=None)
@given(streams(), changes, changes)
def test_no_action_is_left_standing_beside_another(messages: list[dict[str, Any]], deciding: Plan, acting: Plan) -> None:
    """Whoever follows supersedes and revokes has at most one action of a team on a situation, and one team replies."""
    decide = Changing(lambda chosen: DecideShard(0, [UPSTREAM], chosen)).work("situations", situation_records(messages), deciding)
    records = decision_records(decide.outputs.values())
    act = Changing(lambda chosen: ActShard(0, [DECIDE], chosen, KEY)).work("decisions", records, acting)
    standing: dict[tuple[str, str], dict[str, tuple[str, str]]] = {}
    for one in act.messages("actions"):
        own = standing.setdefault((one["situation"], one["team"]), {})
        if one["kind"] == "digest":
            continue
        for gone in (one["supersedes"], one["revokes"]):
            own.pop(gone, None)
        for acts in standing.values():
            for expired in [key for key, (_, not_after) in acts.items() if not_after < one["created_at"]]:
                del acts[expired]
        if one["kind"] != "revoke":
            own[one["action_id"]] = (one["kind"], one["not_after"])
        assert len(own) <= 1
    for situation in {name for name, _ in standing}:
        kinds = [kind for (name, _), acts in standing.items() if name == situation for kind, _ in acts.values()]
        assert kinds.count("reply") <= 1
    assert len(act.settled) == len(records)


@settings(max_examples=120, deadline=None)
@given(streams(), changes)
def test_what_is_held_is_asked_or_told_once_whatever_policies_come(messages: list[dict[str, Any]], plan: Plan) -> None:
    """Budgets and hours that change while something waits lose nothing and ask nothing twice."""
    records = decision_records(decided(messages, C))
    records.append(watermark_record(len(records), DECIDE, START + 1_200 * 24 * HOUR))
    act = Changing(lambda chosen: ActShard(0, [DECIDE], chosen, KEY)).work("decisions", records, plan)
    act.settle(START)
    held = {offset for (_, offset), name in act.settled.items() if name == "held"}
    told: Counter[int] = Counter()
    for output in act.outputs.values():
        one = orjson.loads(output.value) if output.noun.startswith("actions") else {"kind": "escalate"}
        if one["kind"] == "digest":
            told.update(piece["lineage"]["offset"] for piece in one["evidence"])
        elif one["kind"] not in ("escalate", "revoke"):
            told.update({int(output.lineage.split("/")[2])} & held)
    assert told == Counter(held)


@settings(max_examples=120, deadline=None)
@given(streams(), st.integers(0, 25), st.sampled_from((B, C)), st.booleans())
def test_a_crash_and_another_policy_leave_nothing_behind(messages: list[dict[str, Any]], before: int, other: Policy, later: bool) -> None:
    """What was written before the crash is written again, by the policy that wrote it; nothing is there that no state knows of.

    The worker finds the other policy when it comes up again, or is told of it right after (``later``).
    """
    world = Changing(lambda chosen: DecideShard(0, [UPSTREAM], chosen))
    brought: Plan = [(len(messages), None, "crash"), (0, other, "done")] if later else [(len(messages), other, "crash")]
    plan: Plan = [(before, None, "done"), *brought, (len(messages), None, "tick")]
    shell = world.work("situations", situation_records(messages), plan)
    undisturbed = Changing(lambda chosen: DecideShard(0, [UPSTREAM], chosen)).work("situations", situation_records(messages), [])
    assert shell.messages("decisions") == undisturbed.messages("decisions")
    assert shell.settled == undisturbed.settled
    assert isinstance(shell.shard, DecideShard)
    shell.settle(START)
    assert shell.shard.policy.hash == other.hash


def silenced_all(text: str) -> Policy:
    """A policy of which a silence lets nothing through."""
    silence = "{name: all, when: situation.events > 0, author: jo, reason: a drill, until: 2100-01-01T00:00:00Z}"
    return policy(f"{text}silences:\n  - {silence}\n")


NO_GUARDS = POLICY.replace("teams:", "guards: {dual_hat: false, self_resolved: false, absorbed: false}\nteams:", 1)
STOPPED: tuple[tuple[Policy, Policy, dict[str, Any]], ...] = (
    (policy(NO_GUARDS), silenced_all(NO_GUARDS), {}),
    (policy(NO_GUARDS), policy(), {"self_resolved": True}),
)
"""A policy, one that stops all that it asks for, and what every situation has in common."""


@settings(max_examples=120, deadline=None)
@given(streams(), st.sampled_from(STOPPED), changes)
def test_each_suppressed_action_has_exactly_one_receipt(
    messages: list[dict[str, Any]], policies: tuple[Policy, Policy, dict[str, Any]], plan: Plan
) -> None:
    """What would have been asked of a team, had nothing stopped it, has one receipt of that revision, rule and kind, and no other."""
    willing, stopping, common = policies
    records = situation_records([{**one, **common} for one in messages])
    faults: Plan = [(size, None, fault) for size, _, fault in plan]

    def told(chosen: Policy, mode: str) -> list[tuple[Any, ...]]:
        world = Changing(lambda _: DecideShard(0, [UPSTREAM], chosen))
        world.policy = chosen
        found = world.work("situations", records, faults).messages("decisions")
        assert {one["mode"] for one in found} <= {mode, "shadow", "backfill"}
        first = {(one["id"], one["team"]): one for one in reversed(found) if one["mode"] == mode and not one["withdrawn"]}
        live = first.values()  # without what is only told again
        return sorted((one["situation"]["id"], one["situation"]["revision"], one["team"], one["rule"], one["do"]) for one in live)

    receipts = told(stopping, "suppressed")
    assert receipts == told(willing, "live")
    assert len(receipts) == len(set(receipts))


@settings(max_examples=60, deadline=None)
@given(streams(), changes)
def test_a_receipt_asks_nobody(messages: list[dict[str, Any]], plan: Plan) -> None:
    """Act sends nothing for what was suppressed, and accounts for each receipt."""
    shell = Changing(lambda _: DecideShard(0, [UPSTREAM], silenced_all(POLICY))).work("situations", situation_records(messages), [])
    records = decision_records(one for one in shell.outputs.values() if b'"mode":"suppressed"' in one.value)
    act = Changing(lambda chosen: ActShard(0, [DECIDE], chosen, KEY)).work("decisions", records, plan)
    assert act.messages("actions") == []
    assert act.dispositions("decisions") == ["suppressed"] * len(records)
