"""Books: where every event ended, how far the board is, the audit, what was rejected, and which model judges."""

import asyncio
import time
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from agents.board.looking import SINCE
from agents.board.site import back, board_of, form_of, page_async, require
from agents.board.words import HOUR_MS
from agents.inspect import run_audit
from agents.kafka import dismiss, heaps, now_ms, put_back
from agents.operate import promote, read_board, roll_back
from schemas.errors import WinnowError
from schemas.topics import STAGES

_audits = asyncio.Lock()


async def books(request: Request) -> Response:
    """The screen."""
    return await _shown(request, [], None)


async def audit(request: Request) -> Response:
    """POST: hold the ledger against the topics, now. It reads all of the ledger, so it waits to be asked for."""
    await form_of(request)
    require(request, "look", "*")
    async with _audits:
        report = await run_audit(board_of(request).settings)
    return await _shown(request, report.lines(), report.balanced)


async def _shown(request: Request, lines: list[str], balanced: bool | None) -> Response:
    require(request, "look")
    board = board_of(request)
    since = request.query_params.get("since", "24h")
    since = since if since in SINCE else "24h"
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
        may_steer=require(request, "look").may("steer", "*"),
    )  # fmt: skip


async def rejected(request: Request) -> Response:
    """What could not be read, in groups; POST puts a group back or dismisses it."""
    board = board_of(request)
    if request.method == "POST":
        fields = await form_of(request)
        require(request, "steer", "*")
        code = (fields.get("code") or [""])[0]
        if not code or fields.get("do") not in (["replay"], ["dismiss"]):
            raise HTTPException(400, "Nothing was chosen.")
        await (put_back if fields["do"] == ["replay"] else dismiss)(board.settings, code=code)
        return back(request, {}, "handled", "/books/rejected")
    person = require(request, "look", "*")
    found = [heap.to_json(now_ms()) for heap in await heaps(board.settings)]
    return await page_async(request, "rejected.html", title="Rejected", heaps=found, may_steer=person.may("steer", "*"))


async def models(request: Request) -> Response:
    """Which versions there are; POST makes one the champion, or goes back to the one before."""
    board = board_of(request)
    if request.method == "POST":
        fields = await form_of(request)
        require(request, "steer", "*")
        if fields.get("do") == ["rollback"]:
            await roll_back(board.settings)
        else:
            await promote(board.settings, (fields.get("version") or [""])[0])
        return back(request, {}, "announced", "/books/models")
    person = require(request, "look", "*")
    trouble, versions = None, list[Any]()
    try:
        known = await read_board(board.settings)
        versions = sorted({one.version: one for one in known.latest.values()}.values(), key=lambda one: one.at, reverse=True)
        champion = known.champion.version if known.champion else None
    except WinnowError as error:
        trouble, champion = str(error), None
    return await page_async(
        request, "models.html", title="Models", versions=versions, champion=champion, trouble=trouble, may_steer=person.may("steer", "*")
    )
