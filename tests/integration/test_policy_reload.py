"""On a real Kafka, under load: a policy file that changes is taken up between two batches, a broken one changes nothing but a count."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from agents.local.supervise import Supervisor
from agents.operate.policy_files import write_whole
from agents.settings import Settings
from pipeline.policy.load import load_policy, parse_policy, silences_beside
from tests.integration.policy_world import PATIENCE_SECONDS, committed, create, end_of, fast, happening, seen, tell, until, working

pytestmark = pytest.mark.kafka

POLICY = """
version: 1
teams:
  - {name: support, attention: {per_hour: 100000, burst: 100000}}
rules:
  - {name: rule-%s, when: situation.kind == 'case', do: review, owner: support}
"""
A, B = parse_policy(POLICY % "a", "a"), parse_policy(POLICY % "b", "b")
A_SECOND = 1_000


async def load(settings: Settings, first: int, seconds: float) -> int:
    """A thousand situations a second, as long as that; the number behind the last."""
    number, started = first, time.monotonic()
    while (spent := time.monotonic() - started) < seconds:
        count = int(spent * A_SECOND) - (number - first)
        if count > 0:
            await tell(settings, [happening(f"s{one}") for one in range(number, number + count)])
            number += count
        await asyncio.sleep(0.02)
    return number


async def load_until(settings: Settings, first: int, holds: Callable[[], Awaitable[bool]], what: str) -> int:
    """A thousand situations a second until something holds, and for a second more, which goes by what holds then."""
    number, started = first, time.monotonic()
    while not await holds():
        assert time.monotonic() - started < PATIENCE_SECONDS, f"never came to pass: {what}"
        number = await load(settings, number, 0.2)
    return await load(settings, number, 1.0)


async def count_of(supervisor: Supervisor, stage: str, fact: str) -> float:
    """What the worker of a stage has counted of a fact."""
    port = next(child.port for child in supervisor.children if child.stage == stage)
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/metrics") as answer:
        text = await answer.text()
    lines = [line for line in text.splitlines() if fact in line and not line.startswith("#") and "_created" not in line]
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines)


async def test_reload_under_load(settings: Settings, tmp_path: Path) -> None:
    """A to B to broken to B with a silence to B to A, at 1,000 situations/s: each situation decided once, by one policy, in that order."""
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY % "a")
    own = fast(settings, policy, session_timeout_seconds=40.0)
    await create(own)
    async with working(own, tmp_path) as supervisor:

        async def refused_once() -> bool:
            return await count_of(supervisor, "decide", "policies_refused") == 1

        async def taken_up(times: int) -> bool:
            return (tmp_path / "decide.log").read_text().count(" takes the place of ") == times

        number = await load(own, 0, 2)
        write_whole(policy, POLICY % "b")
        number = await load_until(own, number, partial(taken_up, 1), "b in force")
        write_whole(policy, "version: 1\nteams: []\nrules: nonsense\n")
        number = await load_until(own, number, refused_once, "the broken one refused")
        write_whole(policy, POLICY % "b")
        write_whole(silences_beside(policy), silenced())
        number = await load_until(own, number, partial(taken_up, 2), "b with a silence in force")
        silenced_hash = load_policy(policy).hash
        write_whole(silences_beside(policy), "version: 1\nsilences: []\n")  # two files do not change at once
        number = await load_until(own, number, partial(taken_up, 3), "b in force again")
        write_whole(policy, POLICY % "a")
        number = await load_until(own, number, partial(taken_up, 4), "a in force again")

        async def done() -> bool:
            return await committed(own, f"{own.prefix}-decide", "situations") == await end_of(own, "situations")

        await until("all decided", done)
        decisions = await seen(own, "decisions")
        log = (tmp_path / "decide.log").read_text()
    told(decisions, number, silenced_hash)
    refused = [line for line in log.splitlines() if "refused" in line]
    assert len(refused) == 1
    assert "policy.yaml:2" in refused[0]
    assert [child.restarts for child in supervisor.children] == [0, 0]


def silenced() -> str:
    """A silence that matches nothing."""
    return (
        "version: 1\nsilences:\n  - {name: never, when: situation.subject == 'nobody', author: jo, reason: a drill, "
        "until: 2100-01-01T00:00:00Z}\n"
    )


def told(decisions: list[dict[str, Any]], number: int, silenced_hash: str) -> None:
    """Each situation once, rule and hash of one policy, policies in the order in which they were put in force."""
    assert len(decisions) == len({one["situation"]["id"] for one in decisions}) == number
    runs = [key for key, _ in groupby((one["policy"], one["rule"]) for one in decisions)]
    assert runs == [(A.hash, "rule-a"), (B.hash, "rule-b"), (silenced_hash, "rule-b"), (B.hash, "rule-b"), (A.hash, "rule-a")]
