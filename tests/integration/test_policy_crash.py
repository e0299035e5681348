"""On a real Kafka, under load: workers are killed while their policy changes, and no action is left that nobody takes back."""

from pathlib import Path
from typing import Any

import pytest

from agents.operate.policy_files import write_whole
from agents.runtime.lease import HELD_UP
from agents.settings import Settings
from pipeline.policy.load import parse_policy
from tests.integration.policy_world import READY_SECONDS, committed, create, end_of, fast, seen, until, working
from tests.integration.test_policy_reload import load

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(600)]

POLICY = """
version: 1
teams:
  - {name: support, attention: {per_hour: 100000, burst: 100000}}
  - {name: product, attention: {per_hour: 100000, burst: 100000}}
rules:
  - {name: to-%s, when: situation.kind == 'case', do: review, owner: %s}
"""
TEAMS = ("support", "product")
TEXTS = [POLICY % (team, team) for team in TEAMS]
HASHES = {parse_policy(text, team).hash: team for text, team in zip(TEXTS, TEAMS, strict=True)}
TURNS = 3


async def test_kill_9_that_brings_another_policy_leaves_no_action_behind(settings: Settings, tmp_path: Path) -> None:
    """Each situation stands with one team, by one policy; whoever was asked by the other one, if anybody was, has had it taken back."""
    policy = tmp_path / "policy.yaml"
    policy.write_text(TEXTS[0])
    own = fast(settings, policy, session_timeout_seconds=6.0)
    await create(own)
    number = 0
    async with working(own, tmp_path) as supervisor:
        for turn in range(TURNS):
            number = await load(own, number, 1.0)
            write_whole(policy, TEXTS[(turn + 1) % 2])
            await supervisor.until_ready(READY_SECONDS)  # only who runs can be killed
            for stage in ("decide", "act"):
                supervisor.kill(stage)
            number = await load(own, number, 1.0)
            await supervisor.until_ready(READY_SECONDS)
            number = await load(own, number, 3.0)

        async def done() -> bool:
            decided = await committed(own, f"{own.prefix}-decide", "situations") == await end_of(own, "situations")
            return decided and await committed(own, f"{own.prefix}-act", "decisions") == await end_of(own, "decisions")

        await until("all decided and acted on", done, 200)
        actions = [one for team in TEAMS for one in await seen(own, f"actions.{team}")]
        decisions = await seen(own, "decisions")
        held_up = sum(child.log.read_text().count(HELD_UP) for child in supervisor.children)
        assert sum(child.restarts for child in supervisor.children) == 2 * TURNS + held_up
    assert {one["policy"] for one in decisions} == set(HASHES)
    assert all(one["rule"] == f"to-{HASHES[one['policy']]}" for one in decisions if not one["withdrawn"])
    standing = left_standing(actions)
    assert len(standing) == number
    assert [teams for teams in standing.values() if len(teams) != 1] == []


def left_standing(actions: list[dict[str, Any]]) -> dict[str, set[str]]:
    """Situation -> teams with an action that nothing has superseded or revoked."""
    known = {one["action_id"]: one for one in actions}
    gone = {one[field] for one in known.values() for field in ("supersedes", "revokes")}
    found: dict[str, set[str]] = {one["situation"]: set() for one in known.values()}
    for identity, one in known.items():
        if one["kind"] != "revoke" and identity not in gone:
            found[one["situation"]].add(one["team"])
    return found
