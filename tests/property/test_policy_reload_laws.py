"""Laws of a policy that changes while it works: no decision mixes two, none is left standing beside another, nothing is lost."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.act import ActShard
from pipeline.decide import DecideShard
from pipeline.policy import Policy
from tests.property.test_decide_laws import streams
from tests.unit.pipeline.decide_world import (
    DECIDE,
    KEY,
    POLICY,
    START,
    UPSTREAM,
    Shell,
    decision_records,
    policy,
    situation_records,
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
)
SUFFIX = {A.hash: "a", B.hash: "b", C.hash: "c"}

changes = st.lists(st.tuples(st.integers(1, 6), st.sampled_from((None, A, B, C)), st.sampled_from(("done", "restart"))), max_size=15)
"""So many records, then maybe another policy, maybe a restart. A crash between outputs and state that also brings another policy is
no part of the law: what was written under the former one is decided again under the new one.
"""


class Changing:
    """A shell whose shard is told of new policies, as workers tell theirs."""

    def __init__(self, make: Any) -> None:
        self.policy = A
        self.shell = Shell(lambda: make(self.policy))

    def work(self, topic: str, records: list[Any], plan: list[tuple[int, Policy | None, str]]) -> Shell:
        """Work off the records while policies change."""
        self.shell.log[topic] = records
        for size, fresh, fault in plan:
            self.shell.poll(topic, size, START)
            if fresh is not None:
                self.policy = fresh
                self.shell.shard.use(fresh)  # type: ignore[attr-defined]  # decide and act shards both are told
            if fault == "restart":
                self.shell.restart()
        self.shell.poll(topic, len(records), START)
        return self.shell


@settings(max_examples=120, deadline=None)
@given(streams(), changes)
def test_each_decision_is_of_one_policy(messages: list[dict[str, Any]], plan: list[tuple[int, Policy | None, str]]) -> None:
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
def test_no_action_is_left_standing_beside_another(
    messages: list[dict[str, Any]], deciding: list[tuple[int, Policy | None, str]], acting: list[tuple[int, Policy | None, str]]
) -> None:
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
