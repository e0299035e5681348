"""Silences: what is left alone, by whom and for how long; make one from a situation, see what it would have matched, extend, end."""

import asyncio
import re
import time
from datetime import UTC, datetime
from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from agents.board.site import Board, back, board_of, form_of, page_async, policy_in_force, require
from agents.operate import draft_silence, recorded_situations
from pipeline.backtest import matches
from pipeline.policy import silence_of
from schemas.errors import WinnowError
from schemas.messages import SilenceRecord
from schemas.times import to_milliseconds

LENGTHS = {30: "30 minutes", 120: "2 hours", 480: "8 hours", 1_440: "a day", 10_080: "a week"}
PREVIEWED = "situations:24h"


async def silences(request: Request) -> Response:
    """The screen."""
    person, board = require(request, "look"), board_of(request)
    query = request.query_params
    draft = {name: query.get(name, "")[:2_000] for name in ("name", "when", "reason")} | {"minutes": query.get("minutes", "120")}
    if (source := query.get("from")) is not None and not draft["when"]:
        draft |= await asyncio.to_thread(suggested, board, source[:64])
    matched, trouble = None, None
    if query.get("preview") and draft["when"]:
        try:
            matched = await asyncio.to_thread(preview, board, draft["when"])
        except WinnowError as error:
            trouble = str(error)
    known, in_file = await asyncio.to_thread(listed, board)
    return await page_async(
        request, "silences.html", title="Silences", silences=known, in_file=in_file, draft=draft, matched=matched, trouble=trouble,
        lengths=LENGTHS,
        may_silence=person.may("silence"),
    )  # fmt: skip


def listed(board: Board) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Those of the topic, the longest first, and those that the policy's files hold."""
    now = int(time.time() * 1000)
    known = [orjson.loads(row[0]) for row in board.store.rows("SELECT message FROM silences")]
    for one in known:
        one["until_ms"] = to_milliseconds(one["until"])
        one["active"] = one["until_ms"] > now
    try:
        policy = policy_in_force(board.settings)
    except WinnowError:
        return sorted(known, key=lambda one: -one["until_ms"]), []
    in_file = [one.model_dump(mode="json") | {"until_ms": int(one.until.timestamp() * 1000)} for one in policy.silences]
    return sorted(known, key=lambda one: -one["until_ms"]), in_file


def suggested(board: Board, situation: str) -> dict[str, str]:
    """A silence of what a situation is about."""
    row = board.store.row("SELECT kind, subject, facet FROM situations WHERE id = ?", (situation,))
    if row is None:
        return {}
    name = re.sub(r"[^a-z0-9_-]+", "-", f"{row['facet']}-{row['subject']}".lower()).strip("-_0123456789")[:40] or "silence"
    facts = " && ".join(f"situation.{fact} == {_quoted(row[fact])}" for fact in ("kind", "subject", "facet"))
    return {"name": name, "when": facts}


def _quoted(text: str) -> str:
    """Text as CEL writes it."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def preview(board: Board, when: str) -> int:
    """How many situations of the last 24 hours it would have left alone. Raises WinnowError for what is no condition."""
    now_ms = int(time.time() * 1000)
    tried = draft_silence("preview", when, "preview", "preview", datetime.fromtimestamp(now_ms // 1000 + 60, UTC), now_ms=now_ms)
    situations = recorded_situations(board.settings, PREVIEWED, None, lambda _: None)
    return matches((silence_of(tried),), situations, policy_in_force(board.settings).zone(None))[0]


async def make(request: Request) -> Response:
    """POST: a new one."""
    fields, board = await form_of(request), board_of(request)
    person = require(request, "silence")
    name, when, reason = ((fields.get(field) or [""])[0].strip()[:2_000] for field in ("name", "when", "reason"))

    await board.desk.silence(name, when, by=person.name, reason=reason, minutes=_minutes(fields))
    return back(request, {}, "silenced", "/silences")


async def change(request: Request) -> Response:
    """POST: let one last longer, or end it."""
    fields, board = await form_of(request), board_of(request)
    person = require(request, "silence")
    found = await asyncio.to_thread(board.store.value, "SELECT message FROM silences WHERE id = ?", ((fields.get("id") or [""])[0],))
    if found is None:
        raise HTTPException(404, "There is no such silence any more.")
    ends = fields.get("do") == ["end"]
    await board.desk.change_silence(SilenceRecord.model_validate_json(found), by=person.name, minutes=None if ends else _minutes(fields))
    return back(request, {}, "ended" if ends else "extended", "/silences")


def _minutes(fields: dict[str, list[str]]) -> int:
    given = (fields.get("minutes") or [""])[0]
    if not given.isdecimal() or not 0 < int(given[:9]) <= 90 * 1_440:
        raise HTTPException(400, "It lasts between a minute and ninety days.")
    return int(given)
