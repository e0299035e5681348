"""On a real Kafka: what nobody acknowledges goes up its chain on time, through kill -9, once; an acknowledgement ends it."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from agents.settings import Settings
from schemas.times import iso, to_milliseconds
from tests.integration.policy_world import create, fast, happening, seen, send, tell, until, working

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(900)]

POLICY = """
version: 1
teams:
  - {name: comms, contact: comms-duty, attention: {per_hour: 600, burst: 100}}
  - {name: management, contact: duty-manager, attention: {per_hour: 600, burst: 100}}
rules:
  - name: surge
    when: situation.kind == 'surge'
    do: page
    owner: comms
    escalation:
      - {after: 5s, team: comms, contact: head-of-comms}
      - {after: 120s, team: management, contact: duty-manager}
"""


async def escalations(settings: Settings, name: str) -> list[dict[str, Any]]:
    """Escalations of one situation, in the order of their topics' times; one that a killed worker's successor wrote again counts once."""
    found = [one for team in ("comms", "management") for one in await seen(settings, f"actions.{team}")]
    chosen = {one["action_id"]: one for one in reversed(found) if one["kind"] == "escalate" and one["subject"] == name}
    return sorted(chosen.values(), key=lambda one: one["appended"])


async def test_escalation_through_kill_9(settings: Settings, tmp_path: Path) -> None:
    """Two surges: one is acknowledged after its first escalation, one never is; act is killed before the first and after the last."""
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY)
    own = fast(settings, policy, session_timeout_seconds=6.0)
    await create(own)
    async with working(own, tmp_path) as supervisor:
        await tell(own, [happening("a", kind="surge", subject="ignored"), happening("b", kind="surge", subject="answered")])
        pages = await until("both pages", lambda: two(own))
        before = supervisor.kill("act")

        async def first_steps() -> list[dict[str, Any]]:
            found = [*await escalations(own, "ignored"), *await escalations(own, "answered")]
            return found if len(found) >= 2 else []

        first = await until("first steps", first_steps)
        assert {(one["step"], one["team"], one["contact"]) for one in first} == {(1, "comms", "head-of-comms")}
        answer = next(one for one in pages if one["subject"] == "answered")
        outcome = {"action_id": answer["action_id"], "team": "comms", "status": "acknowledged", "at": iso(answer["appended"] + 6_000)}
        await send(own, "outcomes", "comms", outcome)

        async def second_step() -> list[dict[str, Any]]:
            found = await escalations(own, "ignored")
            return found if len(found) >= 2 else []

        ignored = await until("second step", second_step, 300)
        restarts = supervisor.children[1].restarts
        supervisor.kill("act")
        await until("another restart", lambda: restarted(supervisor, restarts))
        await supervisor.until_ready(180)
        later = happening("c", kind="surge", subject="later")
        await tell(own, [later])
        await until("the restarted worker pages again", lambda: paged(own, "later"))
        assert [one["action_id"] for one in await escalations(own, "ignored")] == [one["action_id"] for one in ignored]
        assert len(await escalations(own, "answered")) == 1
    assert before
    assert [(one["step"], one["team"], one["contact"]) for one in ignored] == [
        (1, "comms", "head-of-comms"),
        (2, "management", "duty-manager"),
    ]
    decision = next(one for one in await seen(own, "decisions") if one["situation"]["subject"] == "ignored")
    for one, after_ms in zip(ignored, (5_000, 120_000), strict=True):
        # Due counts from the decision, whatever died meanwhile.
        assert to_milliseconds(one["created_at"]) == decision["appended"] + after_ms
        assert one["appended"] >= to_milliseconds(one["created_at"])  # never early
    assert all(early["appended"] < late["appended"] for early, late in pairwise(ignored))


async def two(settings: Settings) -> list[dict[str, Any]]:
    """Both pages, or nothing yet."""
    found = [one for one in await seen(settings, "actions.comms") if one["kind"] == "page"]
    return found if len(found) == 2 else []


async def paged(settings: Settings, subject: str) -> bool:
    """Whether a page about this has come."""
    return any(one["subject"] == subject and one["kind"] == "page" for one in await seen(settings, "actions.comms"))


async def restarted(supervisor: Any, before: int) -> bool:
    """Whether act runs again as another process."""
    child = supervisor.children[1]
    return child.restarts > before and child.process.returncode is None
