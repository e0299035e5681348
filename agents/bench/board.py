"""Part board: how long the board takes to read 200,000 actions, what memory it holds, and how quick each screen is while fifty look."""

import asyncio
import contextlib
import time
from typing import Any

import aiohttp
import orjson

from agents.bench.memory import resident_megabytes
from agents.bench.rig import Put, Rig, preload
from agents.bench.spent import cpu_seconds
from agents.kafka import clients
from agents.local import BOARD
from agents.settings import Settings
from schemas.times import iso

ACTIONS, QUICK_ACTIONS = 200_000, 20_000
TEAMS = ("support", "comms", "operations", "product")
STREAMS = 50
ASKED, QUICK_ASKED = 200, 40
CHANGE_SECONDS = 2.0
SURGES = 200
SUBJECTS = ("aurora", "brightbank", "cobalt")
RULES = ("urgent-complaint", "quiet-question", "on-the-spot", "software")


async def measure(rig: Rig) -> dict[str, Any]:
    """Seconds from start to complete pages, MB, and milliseconds per screen at p50 and p99; streams refresh their page as browsers do."""
    actions, asked = (QUICK_ACTIONS, QUICK_ASKED) if rig.quick else (ACTIONS, ASKED)
    settings = await rig.deploy("board", TEAMS)
    now_ms = int(time.time() * 1000)
    for number, team in enumerate(TEAMS):
        await preload(settings, f"actions.{team}", (_action(n, team, now_ms) for n in range(number, actions, len(TEAMS))), now_ms, only=0)
    await preload(settings, "decisions", (_decision(n, TEAMS[n % len(TEAMS)], now_ms) for n in range(actions)), now_ms)
    await preload(settings, "situations", (_situation(n, now_ms) for n in range(actions)), now_ms)
    people = rig.folder / "people.yaml"
    people.write_text(_people(), encoding="utf-8")
    started = time.monotonic()
    async with rig.workers(
        settings, [BOARD], WINNOW_BOARD_FOLDER=str(rig.folder / "board"), WINNOW_BOARD_PEOPLE_FILE=str(people),
        WINNOW_BOARD_PROXIES="127.0.0.1",
    ) as supervisor:  # fmt: skip
        seconds = time.monotonic() - started
        child = supervisor.children[0]
        assert child.process is not None
        spent = cpu_seconds(child.process.pid)
        screens = await _screens(f"http://127.0.0.1:{child.port}", settings, asked, now_ms)
        resident, peak = await asyncio.to_thread(resident_megabytes, child.process.pid)
    return {
        "actions": actions, "records": 3 * actions, "seconds_to_read_all": round(seconds, 1),
        "cpu_seconds_to_read_all": round(spent, 1), "megabytes": resident, "peak_megabytes": peak,
        "streams": STREAMS, "milliseconds": screens,
    }  # fmt: skip


async def _screens(url: str, settings: Settings, asked: int, now_ms: int) -> dict[str, dict[str, float]]:
    name = _name("a", 4)
    places = {
        "now": "/", "queue": "/queue/support", "queue_all_by_severity": "/queue/all?sort=gravest",
        "queue_searched": "/queue/support?q=refund",
        "action": f"/action/{name}", "situation": f"/situation/{_name('s', 4)}", "ideas": "/ideas", "search": "/search?q=suitcase+lyon",
        "silences": "/silences", "policy": "/policy", "books": "/books",
    }  # fmt: skip
    found = {}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=60)) as session:
        opened = [asyncio.Event() for _ in range(STREAMS)]
        browsers = [asyncio.create_task(_browse(session, url, n, event)) for n, event in enumerate(opened)]
        browsers.append(asyncio.create_task(_change(settings, now_ms)))
        try:
            # Fifty that come at once are no screen's time: the first one measured would have it all.
            all_opened: asyncio.Future[Any] = asyncio.gather(*(event.wait() for event in opened))
            await asyncio.wait([all_opened, *browsers], return_when=asyncio.FIRST_COMPLETED)
            all_opened.cancel()  # of no effect once it is done; else a browser has failed, which is told below
            for screen, place in places.items():
                found[screen] = await _timed(session, url + place, asked)
        finally:
            for browser in browsers:
                browser.cancel()
            ended = await asyncio.gather(*browsers, return_exceptions=True)
    for fault in ended:
        if isinstance(fault, Exception):
            raise fault
    return found


def _people() -> str:
    """The board's people file: the board bounds how often one person asks, so everybody is somebody else."""
    names = "".join(f'  - {{name: person-{n}, teams: {{"*": [look, answer]}}}}\n' for n in range(STREAMS + 1))
    return f"version: 1\npeople:\n{names}"


def _as(number: int) -> dict[str, str]:
    """What a proxy adds: who asks."""
    return {"x-forwarded-user": f"person-{number}"}


async def _timed(session: aiohttp.ClientSession, address: str, asked: int) -> dict[str, float]:
    taken = []
    for _ in range(asked):
        started = time.perf_counter()
        async with session.get(address, headers=_as(STREAMS)) as answer:
            await answer.read()
            answer.raise_for_status()
        taken.append((time.perf_counter() - started) * 1000)
        await asyncio.sleep(0.05)  # the board bounds how often one person asks
    taken.sort()
    return {"p50": round(taken[len(taken) // 2], 1), "p99": round(taken[min(int(len(taken) * 0.99), len(taken) - 1)], 1)}


async def _browse(session: aiohttp.ClientSession, url: str, number: int, opened: asyncio.Event) -> None:
    """A page that somebody leaves open: its stream, and its live part again after a change that it shows, as the board's own script.

    opened: set when the stream has told its first version.
    """
    place, version = f"/queue/{TEAMS[number % len(TEAMS)]}", None
    async with session.get(f"{url}/events?at={place}&since=0", headers=_as(number), timeout=aiohttp.ClientTimeout(total=None)) as stream:
        async for line in stream.content:
            if not line.startswith(b"data: "):
                continue
            told = orjson.loads(line[6:])["version"]
            if version is not None and told != version:
                async with session.get(url + place, headers=_as(number) | {"x-winnow-fragment": str(told)}) as answer:
                    answer.raise_for_status()
                    await answer.read()
            version = told
            opened.set()


async def _change(settings: Settings, now_ms: int) -> None:
    """Something new every few seconds."""
    producer = clients.producer(settings)
    await producer.start()
    try:
        for number in range(10_000_000, 10_100_000):
            key, value, headers = _action(number, "support", now_ms)
            await producer.send_and_wait(settings.topic("actions.support"), value, key=key, headers=headers)
            await asyncio.sleep(CHANGE_SECONDS)
    finally:
        with contextlib.suppress(asyncio.CancelledError):
            await producer.stop()


# -- made-up messages, all of their fields set ---------------------------------------------------------------------------


def _name(what: str, number: int) -> str:
    return f"{ord(what):x}{number:030x}"


def _text(number: int) -> str:
    return f"my suitcase {number} went to lyon and I did not, flight {number % 977} was late, I want a refund of {number % 613} euros"


def _put(noun: str, key: str, message: dict[str, Any]) -> Put:
    return key.encode(), orjson.dumps(message), [("ce_type", f"winnow.{noun}.v1".encode())]


def _action(number: int, team: str, now_ms: int) -> Put:
    at = now_ms - number % 86_400_000
    lineage = {"topic": "posts", "partition": number % 4, "offset": number}
    situation = _name("s", number)
    message = {
        "action_id": _name("a", number), "decision": _name("d", number), "situation": situation, "situation_kind": "case",
        "subject": SUBJECTS[number % 3], "team": team, "role": "owner", "kind": "reply", "owner": team, "peers": [], "step": 0,
        "contact": f"{team}-lead", "severity": number % 97 / 100, "summary": f"An unhappy customer complains: {_text(number)}",
        "rule": RULES[number % 4], "policy": "bench", "created_at": iso(at), "not_after": iso(now_ms + 86_400_000), "supersedes": None,
        "revokes": None, "reply": {"source": "x", "reply_to": str(number), "url": f"https://x.com/i/status/{number}", "private": False},
        "evidence": [{"information": _name("i", number), "author": "a", "excerpt": _text(number), "lineage": lineage}],
        "appended_at": iso(at), "lineage": lineage,
    }  # fmt: skip
    return _put("actions", situation, message)


def _decision(number: int, team: str, now_ms: int) -> Put:
    message = {
        "id": _name("d", number), "situation": {"id": _name("s", number), "revision": 1}, "team": team, "role": "owner", "do": "reply",
        "owner": team, "peers": [], "escalation": [{"after_seconds": 3600, "team": team, "contact": "lead"}], "rule": RULES[number % 4],
        "matched": [RULES[number % 4]], "facts": {"situation.intent": "complaint"}, "against": [], "policy": "bench", "mode": "live",
        "withdrawn": False, "supersedes": None, "not_after": iso(now_ms), "decided_at": iso(now_ms), "clock": now_ms,
        "appended_at": iso(now_ms), "lineage": {"topic": "posts", "partition": 0, "offset": number},
    }  # fmt: skip
    return _put("decisions", team, message)


def _situation(number: int, now_ms: int) -> Put:
    surge, at = number < SURGES, now_ms - number % 86_400_000
    lineage = {"topic": "posts", "partition": number % 4, "offset": number}
    message = {
        "id": _name("s", number), "kind": "surge" if surge else "case" if number % 50 else "idea", "subject": SUBJECTS[number % 3],
        "facet": "negative" if surge else "complaint", "status": "updated" if number < 5 or not surge else "closed", "revision": 1,
        "opened_at": iso(at - 600_000), "updated_at": iso(at), "events": 1 + number % 300, "copies": 0, "authors": 1 + number % 300,
        "reach": 10, "sentiment": {"negative": 1}, "intents": {"complaint": 1}, "stakeholders": {"customer": 1}, "sources": {"x": 1},
        "expected": 3.0, "p_value": 0.001, "severity": number % 97 / 100, "urgency": 0.5, "origin": "organic", "self_resolved": False,
        "dual_hat": False, "backfill": False, "absorbed_by": None,
        "evidence": [{"information": _name("i", number), "author": "a", "source": "x", "text": _text(number), "sentiment": "negative",
                      "intent": "complaint", "created_at": iso(at), "url": f"https://x.com/i/status/{number}", "reply_to": str(number),
                      "public": True, "lineage": lineage}],
        "clock": at, "appended_at": iso(at), "lineage": lineage, "model": "bench",
    }  # fmt: skip
    return _put("situations", _name("s", number), message)
