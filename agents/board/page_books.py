"""Books: where every event ended, how far behind the stages are and what has drifted, the audit, what was rejected, which model judges."""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from agents.board.looking import SINCE
from agents.board.people import EVERY_TEAM
from agents.board.schema import KEEP_DAYS
from agents.board.site import back, board_of, form_of, page_async, require
from agents.board.words import DAY_MS, HOUR_MS
from agents.inspect import Window, drift, run_audit
from agents.kafka import dismiss, heaps, now_ms, put_back
from agents.operate import promote, read_board, roll_back
from schemas.errors import WinnowError
from schemas.topics import STAGES

AUDIT_SECONDS = 300.0
_audits = asyncio.Lock()


async def books(request: Request) -> Response:
    """The screen."""
    return await _shown(request, {})


async def audit(request: Request) -> Response:
    """POST: hold the ledger against the topics, now; all of it, or what was written in a range of time. It waits to be asked for."""
    fields = await form_of(request)
    require(request, "look", EVERY_TEAM)
    given = {name: (fields.get(name) or [""])[0].strip()[:40] for name in ("from", "to")}
    try:
        window = window_of(given["from"], given["to"])
        async with _audits, asyncio.timeout(AUDIT_SECONDS):
            report = await run_audit(board_of(request).settings, window=window)
    except WinnowError as error:
        return await _shown(request, given, trouble=str(error))
    except TimeoutError:
        trouble = f"It did not end within {AUDIT_SECONDS / 60:.0f} minutes: choose a shorter range, or use `winnow audit`."
        return await _shown(request, given, trouble=trouble)
    return await _shown(request, given, report.lines(), balanced=report.balanced)


def window_of(since: str, until: str) -> Window | None:
    """The range of a form, times in UTC as browsers send them; None for all. Raises WinnowError for what is no range, or too long."""
    if not since and not until:
        return None
    begin, end = _moment(since, "from"), _moment(until, "to") if until else None
    now = int(time.time() * 1000)
    if begin < now - KEEP_DAYS * DAY_MS:
        raise WinnowError(f"that range begins more than {KEEP_DAYS} days ago", hint="`winnow audit` holds everything that is kept.")
    if begin >= now:
        raise WinnowError("that range has not begun yet", hint="Times are in UTC.")
    return Window(begin, end if end is None or end < now else None)


def _moment(text: str, name: str) -> int:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise WinnowError(f"{name}: {text!r} is no time", hint="As 2026-03-02T14:00, in UTC.") from error
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)


async def _shown(
    request: Request, given: dict[str, str], lines: Sequence[str] = (), *, balanced: bool | None = None, trouble: str | None = None
) -> Response:
    person, board = require(request, "look"), board_of(request)
    since = request.query_params.get("since", "24h")
    since = since if since in SINCE else "24h"
    workers = await board.workers.latest()
    hour = int(time.time() * 1000) // HOUR_MS - SINCE[since] // HOUR_MS
    rows = await asyncio.to_thread(
        board.store.rows,
        "SELECT stage, disposition, sum(events) AS events FROM book WHERE hour >= ? AND disposition != 'watermark' GROUP BY 1, 2",
        (hour,),
    )
    funnel: dict[str, dict[str, int]] = {stage: {} for stage in STAGES}
    for row in rows:
        funnel.setdefault(row["stage"], {})[row["disposition"]] = row["events"]
    stages = [
        {"name": stage, "total": sum(counts.values()), "counts": sorted(counts.items(), key=lambda one: -one[1])}
        for stage, counts in funnel.items()
    ]
    return await page_async(
        request, "books.html", title="Books", stages=stages, since=since, ranges=list(SINCE), lines=lines, balanced=balanced,
        may_audit=person.may("look", EVERY_TEAM), given=given, trouble=trouble, status=400 if trouble else 200,
        workers=workers, asked=board.workers.workers, SHIFTED=drift.SHIFTED,
    )  # fmt: skip


async def rejected(request: Request) -> Response:
    """What could not be read, in groups; POST puts a group back or dismisses it."""
    board = board_of(request)
    if request.method == "POST":
        fields = await form_of(request)
        require(request, "steer", EVERY_TEAM)
        code = (fields.get("code") or [""])[0]
        if not code or fields.get("do") not in (["replay"], ["dismiss"]):
            raise HTTPException(400, "Nothing was chosen.")
        await (put_back if fields["do"] == ["replay"] else dismiss)(board.settings, code=code)
        return back(request, {}, "handled", "/books/rejected")
    person = require(request, "look", EVERY_TEAM)
    found = [heap.to_json(now_ms()) for heap in await heaps(board.settings)]
    return await page_async(request, "rejected.html", title="Rejected", heaps=found, may_steer=person.may("steer", EVERY_TEAM))


async def models(request: Request) -> Response:
    """Which versions there are; POST makes one the champion, or goes back to the one before."""
    board = board_of(request)
    if request.method == "POST":
        fields = await form_of(request)
        require(request, "steer", EVERY_TEAM)
        if fields.get("do") == ["rollback"]:
            await roll_back(board.settings)
        else:
            await promote(board.settings, (fields.get("version") or [""])[0])
        return back(request, {}, "announced", "/books/models")
    person = require(request, "look", EVERY_TEAM)
    trouble, versions = None, list[Any]()
    try:
        known = await read_board(board.settings)
        versions = sorted({one.version: one for one in known.latest.values()}.values(), key=lambda one: one.at, reverse=True)
        champion = known.champion.version if known.champion else None
    except WinnowError as error:
        trouble, champion = str(error), None
    return await page_async(
        request,
        "models.html",
        title="Models",
        versions=versions,
        champion=champion,
        trouble=trouble,
        may_steer=person.may("steer", EVERY_TEAM),
    )
