"""A team's subscriber, in whichever language, against decide and act on a real Kafka: what it is told, and what it must have done then."""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agents.settings import Settings
from schemas.times import iso
from tests.integration.policy_world import committed, create, end_of, fast, happening, seen, send, tell, until, working

POLICY = """
version: 1
teams:
  - {name: support, contact: support-lead, attention: {per_hour: 600, burst: 100}}
rules:
  - name: case
    when: situation.kind == 'case'
    do: reply
    owner: support
    escalation: [{after: 1h, team: support, contact: support-lead}]
"""
EXPIRED, UNKNOWN = "e" * 32, "d" * 32
"""Ids of actions that nobody is to open: one too late, one of a kind that the subscriber does not know."""


@dataclass(frozen=True)
class Desk:
    """How a subscriber is started for the team support. ``hears``: its standard input takes what people say, `ACTION_ID STATUS`."""

    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    hears: bool = False

    @asynccontextmanager
    async def working(self, log: Path) -> AsyncIterator[asyncio.subprocess.Process]:
        """Its process, killed when the block is left."""
        with log.open("ab") as out:
            process = await asyncio.create_subprocess_exec(
                *self.command, stdin=asyncio.subprocess.PIPE, stdout=out, stderr=out, cwd=log.parent, env={**os.environ, **self.environment}
            )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


def said(log: Path, verb: str) -> Counter[str]:
    """Action ids that the subscriber's ticket system was told to open or close, with how often."""
    return Counter(line.split()[1] for line in log.read_text().splitlines() if line.startswith(f"{verb} "))


def bare(message: dict[str, Any]) -> dict[str, Any]:
    """A message that was read, as it was written."""
    return {name: value for name, value in message.items() if name not in ("appended", "place")}


async def subscribing(settings: Settings, folder: Path, desk: Desk) -> None:
    """It opens each action once although it is killed and everything comes again (the one in hand when it was killed: once more, perhaps),
    none that expired or is of a kind that it does not know, closes what is revoked or superseded, and every action that it opened is
    answered: received, and then what people say.
    """
    policy, log = folder / "policy.yaml", folder / "subscriber.log"
    policy.write_text(POLICY)
    own = fast(settings, policy)
    await create(own)

    async def handled() -> bool:
        return await committed(own, f"{own.prefix}-team-support", "actions.support") == await end_of(own, "actions.support")

    async def opened(count: int) -> bool:
        return log.exists() and len(said(log, "open")) >= count

    async def received() -> set[str]:
        known = {one["action_id"] for one in await seen(own, "outcomes") if one["status"] == "received"}
        return known if len(known) == 5 else set()

    async def settled() -> bool:
        return await committed(own, f"{own.prefix}-act", "outcomes") == await end_of(own, "outcomes")

    async with working(own, folder):
        await tell(own, [happening(name) for name in ("stays", "resolved", "graver")])
        async with desk.working(log):
            await until("three tickets", lambda: opened(3))
        in_hand = list(said(log, "open"))[-1]  # killed between opening it and writing that down, the next one opens it again
        await tell(own, [happening("resolved", 2, self_resolved=True), happening("graver", 2, severity=0.9), happening("fresh")])
        before = [bare(one) for one in await seen(own, "actions.support")]
        await send(own, "actions.support", "expired", {**before[0], "action_id": EXPIRED, "not_after": iso(1_700_000_000_000)})
        if desk.hears:
            await send(own, "actions.support", "unknown", {**before[0], "action_id": UNKNOWN, "kind": "ponder"})
        for again in await seen(own, "actions.support"):  # all of it comes again
            await send(own, "actions.support", again["situation"], bare(again))
        async with desk.working(log) as process:
            await until("five tickets", lambda: opened(5))
            await until("all was handled", handled)
            answered = await until("answers", received)
            if desk.hears:
                await _hear(own, process, before[0]["action_id"])
        await until("act took them in", settled)
    _check({one["action_id"]: one for one in await seen(own, "actions.support")}, log, in_hand, answered)
    assert all(one["team"] == "support" and one["by"] for one in await seen(own, "outcomes"))


async def _hear(settings: Settings, process: asyncio.subprocess.Process, action_id: str) -> None:
    """What a person says of an open action goes out behind `received`, and act makes a label of what is done; of another action nothing."""
    assert process.stdin is not None
    for line in (f"{EXPIRED} done", f"{action_id} acknowledged", f"{action_id} done"):
        process.stdin.write(f"{line}\n".encode())
    await process.stdin.drain()

    async def labelled() -> bool:
        return any(one["action_id"] == action_id for one in await seen(settings, "labels"))

    await until("a label", labelled)
    told = [one["status"] for one in await seen(settings, "outcomes") if one["action_id"] == action_id]
    assert list(dict.fromkeys(told)) == ["received", "acknowledged", "done"], told


def _check(actions: dict[str, dict[str, Any]], log: Path, in_hand: str, answered: set[str]) -> None:
    """What was opened, closed and answered follows from the actions."""
    live = {key for key, one in actions.items() if one["kind"] == "reply" and key not in (EXPIRED, UNKNOWN)}
    replaced = {one[name] for one in actions.values() for name in ("revokes", "supersedes") if one[name]}
    tickets = said(log, "open")
    assert set(tickets) == live
    assert len(live) == 5
    assert tickets[in_hand] <= 2, tickets
    assert all(count == 1 for key, count in tickets.items() if key != in_hand), tickets
    assert said(log, "close") == dict.fromkeys(replaced, 1)
    assert len(replaced) == 2
    assert answered == live
    assert not [one for one in actions.values() if one["kind"] == "escalate"]
