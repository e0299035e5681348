"""The example subscriber against decide and act on a real Kafka: once, in time, taken back, answered; killed in between."""

import ast
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from agents.settings import Settings
from schemas.times import iso
from tests.integration.policy_world import committed, create, end_of, fast, happening, program, seen, send, tell, until, working

pytestmark = pytest.mark.kafka

SUBSCRIBER = Path(__file__).resolve().parents[2] / "deploy" / "examples" / "subscriber.py"
POLICY = """
version: 1
teams:
  - {name: support, contact: support-lead, attention: {per_hour: 600, burst: 100}}
rules:
  - name: case
    when: situation.kind == 'case'
    do: reply
    owner: support
    escalation: [{after: 30s, team: support, contact: support-lead}]
"""


def said(log: Path, verb: str) -> Counter[str]:
    """Action ids that the subscriber's ticket system was told to open or close, with how often."""
    return Counter(line.split()[1] for line in log.read_text().splitlines() if line.startswith(f"{verb} "))


async def test_the_example_subscriber(settings: Settings, tmp_path: Path) -> None:
    """It opens each action once although it is killed and everything comes again, none that expired, closes what is revoked or
    superseded, and every action that it opened is acknowledged.
    """
    policy, log = tmp_path / "policy.yaml", tmp_path / "subscriber.log"
    policy.write_text(POLICY)
    own = fast(settings, policy)
    await create(own)
    command = (str(SUBSCRIBER), own.broker, "support", own.prefix, str(tmp_path / "tickets.sqlite"))

    async def handled() -> bool:
        return await committed(own, "support-desk", "actions.support") == await end_of(own, "actions.support")

    async with working(own, tmp_path):
        await tell(own, [happening(name) for name in ("stays", "resolved", "graver")])

        async def opened(count: int) -> bool:
            return log.exists() and len(said(log, "open")) >= count

        async with program(*command, log=log):
            await until("three tickets", lambda: opened(3))
        await tell(own, [happening("resolved", 2, self_resolved=True), happening("graver", 2, severity=0.9), happening("fresh")])
        expired = {**(await seen(own, "actions.support"))[0], "action_id": "e" * 32, "not_after": iso(1_700_000_000_000)}
        expired.pop("appended"), expired.pop("place")
        await send(own, "actions.support", "expired", expired)
        for again in await seen(own, "actions.support"):  # all of it comes again
            await send(own, "actions.support", again["situation"], {k: v for k, v in again.items() if k not in ("appended", "place")})
        async with program(*command, log=log):
            await until("five tickets", lambda: opened(5))
            await until("all was handled", handled)

        async def answered() -> set[str]:
            known = {one["action_id"] for one in await seen(own, "outcomes") if one["status"] == "received"}
            return known if len(known) == 5 else set()

        acknowledged = await until("answers", answered)

        async def settled() -> bool:
            return await committed(own, f"{own.prefix}-act", "outcomes") == await end_of(own, "outcomes")

        await until("act took them in", settled)
    actions = {one["action_id"]: one for one in await seen(own, "actions.support")}
    check(actions, log, acknowledged)
    assert all(one["team"] == "support" and one["by"] for one in await seen(own, "outcomes"))


def check(actions: dict[str, dict[str, Any]], log: Path, acknowledged: set[str]) -> None:
    """What was opened, closed and answered follows from the actions."""
    live = {key for key, one in actions.items() if one["kind"] == "reply" and key != "e" * 32}
    replaced = {one[name] for one in actions.values() for name in ("revokes", "supersedes") if one[name]}
    assert said(log, "open") == dict.fromkeys(live, 1)
    assert len(live) == 5
    assert said(log, "close") == dict.fromkeys(replaced, 1)
    assert len(replaced) == 2
    assert acknowledged == live
    assert not [one for one in actions.values() if one["kind"] == "escalate"]


def test_the_example_is_short() -> None:
    """At most 60 lines, as the README says, every function explained."""
    text = SUBSCRIBER.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 60
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert all(ast.get_docstring(node) for node in functions)
