"""A policy kept in a shard's state is the same policy again, hash and all; what cannot be read any more is no policy."""

import orjson
import pytest

from agents.bench.many_rules import many_rules
from pipeline.decide.shard import DecideShard
from pipeline.policy.load import Policy, Rule, Silence, load_policy, parse_silences, with_silences
from pipeline.policy.policy_shard import POLICY_KEY
from pipeline.policy.snapshot import dump_policy, policy_of
from tests.unit.pipeline.decide.world import POLICY, UPSTREAM, policy

HOURS = POLICY.replace(
    "{name: product, attention: {per_hour: 60, burst: 100}}",
    "{name: product, hours: {start: '22:30', end: '06:00', days: [mon, sun], time_zone: Europe/Berlin, wake_at: 0.75}}",
)
SILENCES = """
version: 1
silences:
  - {name: drill, when: "text.mentions('drill')", author: jo, reason: a drill, until: 2026-03-02T13:00:00+01:00}
"""


@pytest.mark.parametrize(
    "given",
    [policy(), load_policy(None), policy(HOURS), policy(many_rules(200)), with_silences(policy(), parse_silences(SILENCES, "s"), "s")],
    ids=["plain", "default", "hours", "many", "silences"],
)
def test_a_policy_survives_being_stored(given: Policy) -> None:
    """Rules, teams, silences and conditions are equal, and so is the hash that ids are derived from."""
    again = policy_of(dump_policy(given))
    assert again is not None
    assert again.model_dump() == given.model_dump()
    assert (again.hash, again.stored()) == (given.hash, given.stored())
    assert [rule.name for rule, _ in again.ranked] == [rule.name for rule, _ in given.ranked]
    assert again.fields == given.fields
    parts: tuple[Rule | Silence, ...] = (*given.rules, *given.silences)
    assert all(again.condition(part).paths == given.condition(part).paths for part in parts)


def test_a_policy_keeps_the_hash_that_it_had() -> None:
    """Where another Winnow would give it another hash, it is known by the one under which it decided."""
    dumped = dump_policy(policy()).replace(policy().hash.encode(), b"0123456789ab")
    again = policy_of(dumped)
    assert again is not None
    assert again.hash == "0123456789ab"


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"[]",
        b'{"v":1}',
        dump_policy(policy()).replace(b"situation.kind", b"situation.wrong"),
        dump_policy(policy()).replace(b'"rules"', b'"ruling"'),
        orjson.dumps({"v": 1, "hash": "x", "policy": None}),
    ],
)
def test_what_is_no_policy_any_more_is_none(broken: bytes) -> None:
    """Unreadable, unknown fields, conditions that no longer compile: no policy, and no crash."""
    assert policy_of(broken) is None


def test_a_shard_told_of_a_policy_while_it_restores_goes_by_it_in_the_end() -> None:
    """Restoring takes a while, and policies do not wait: the latest one is in force once nothing of the former is in doubt."""
    latest = policy(POLICY.replace("severity >= 0.75", "severity >= 0.5"))
    shard = DecideShard(0, [UPSTREAM], policy(HOURS))
    shard.use(latest)
    shard.restore({POLICY_KEY: dump_policy(policy())})
    assert shard.policy.hash == policy().hash
    for _ in range(3):
        shard.tick(0, caught_up=True)
    assert shard.policy.hash == latest.hash


def test_a_policy_that_cannot_be_read_any_more_is_counted_and_replaced() -> None:
    """The configured one is in force at once and written down before anything is decided by it."""
    shard = DecideShard(0, [UPSTREAM], policy())
    step = shard.restore({POLICY_KEY: b"{}"})
    assert step.changes == {POLICY_KEY: dump_policy(policy())}
    found = shard.tick(0, caught_up=True)
    assert found is not None
    assert found.counts == {("policy_unreadable",): 1}
