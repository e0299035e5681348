"""Queue of a team, one action, and what is answered there: acknowledge, done, decline, undo, one or many, and the next one."""

import asyncio
import csv
import io
import re
from dataclasses import replace
from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from agents.board.answering import DECLINE_REASONS
from agents.board.looking import PAGE, SINCE, SORTS, STATES, Filters, action_of, listed
from agents.board.page_now import team_of
from agents.board.schema import json_of
from agents.board.site import SHOWN, Board, back, board_of, form_of, page, page_async, person_of, require
from agents.board.words import DOING, shown
from schemas.messages import OutcomeStatus
from schemas.times import iso

ALL = "all"
MOST_AT_ONCE = 100
MOST_CSV = 50_000
_ID = re.compile(r"[0-9a-f]{32}")
_COLUMNS = ("id", "team", "kind", "state", "answered_by", "reason", "severity", "subject", "summary", "rule", "owner", "link", "created_ms",
            "due_ms", "not_after_ms", "situation")  # fmt: skip


def queues(request: Request) -> Response:
    """All teams."""
    person, board = require(request, "look"), board_of(request)
    return page(request, "queues.html", title="Queues", teams=[team_of(board, team) for team in board.teams_of(person)])


def queue(request: Request) -> Response:
    """The queue of a team, or of all that one may look at."""
    board, team = board_of(request), request.path_params["team"]
    person = require(request, "look", "*" if team == ALL else team)
    if team != ALL and team not in board.teams_of(person):
        raise HTTPException(404, f"There is no team {team}.")
    filters = Filters.of(request.query_params)
    rows, count, newest = listed(board.store, filters, None if team == ALL else team, person.name)
    left = rows_left(board, request.headers.get(SHOWN, ""), {row["id"] for row in rows}, None if team == ALL else team)
    return page(
        request, "queue.html", title=f"Queue of {team}", team=team, filters=filters, count=count, newest=newest,
        items=[action_of(row) for row in rows], left=left,
        kinds=list(DOING), sorts=list(SORTS), states=list(STATES), ranges=list(SINCE), pages=-(-count // PAGE), live=filters.page == 1,
        may_answer=person.may("answer", "*" if team == ALL else team), teams=board.teams_of(person),
    )  # fmt: skip


def rows_left(board: Board, shown: str, there: set[str], team: str | None) -> list[dict[str, Any]]:
    """Of the ids that a page shows, the actions that are no longer in its list: they stay in their place, as they are now."""
    ids = [one for one in shown.split(",")[: 2 * PAGE] if _ID.fullmatch(one) and one not in there]
    if not ids:
        return []
    rows = board.store.rows(
        "SELECT * FROM actions WHERE id IN (SELECT value FROM json_each(?1)) AND (?2 IS NULL OR team = ?2)",
        (json_of(ids), team),
    )
    return [action_of(row) for row in rows]


def queue_csv(request: Request) -> Response:
    """The same list as a file."""
    board, team = board_of(request), request.path_params["team"]
    person = require(request, "look", "*" if team == ALL else team)
    filters = replace(Filters.of(request.query_params), page=1)
    rows = listed(board.store, filters, None if team == ALL else team, person.name, page=MOST_CSV).rows
    out = io.StringIO()
    lines = csv.writer(out)
    lines.writerow([name.replace("_ms", "") for name in _COLUMNS])
    for row in rows:
        lines.writerow([_cell(iso(row[name]) if name.endswith("_ms") else row[name]) for name in _COLUMNS])
    headers = {"Content-Disposition": 'attachment; filename="queue.csv"'}
    return Response(out.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _cell(value: Any) -> Any:
    """A spreadsheet computes what begins like a formula."""
    text = shown(value) if isinstance(value, str) else value
    return f"'{text}" if isinstance(text, str) and text[:1] in "=+-@\t\r" and text else text


def action(request: Request) -> Response:
    """One action: everything about it, and its answers."""
    person_of(request)  # whoever is nobody does not even learn what there is
    board, action_id = board_of(request), request.path_params["action"]
    row = board.store.row("SELECT * FROM actions WHERE id = ?", (action_id,))
    if row is None:
        raise HTTPException(404, "There is no such action here: it may be older than thirty days, or not read yet.")
    person = require(request, "look", row["team"])
    answers = [dict(one) for one in board.store.rows("SELECT * FROM answers WHERE action = ? ORDER BY part, start", (action_id,))]
    others = board.store.rows("SELECT * FROM actions WHERE situation = ? AND id != ? ORDER BY created_ms", (row["situation"], action_id))
    chosen = board.store.row("SELECT * FROM decisions WHERE id = ? AND team = ?", (row["decision"], row["team"]))
    return page(
        request, "action.html", title="Action", item=action_of(row), answers=answers,
        others=[action_of(one) for one in others if person.may("look", one["team"])],
        facts=orjson.loads(chosen["facts"]) if chosen else {}, may_answer=person.may("answer", row["team"]),
    )  # fmt: skip


async def answer(request: Request) -> Response:
    """POST: an answer to one action, or to many, which is asked about once more."""
    fields, board, person = await form_of(request), board_of(request), person_of(request)
    ids = list(dict.fromkeys(one for one in fields.get("action", ()) if _ID.fullmatch(one)))[:MOST_AT_ONCE]
    status = (fields.get("status") or [""])[0]
    reason, comment = _reason(fields) if status == OutcomeStatus.DECLINED else (None, None)
    rows = [row for one in ids if (row := await asyncio.to_thread(board.desk.action, one)) is not None]
    if not rows:
        raise HTTPException(404, "Nothing was chosen, or it is not here any more.")
    for row in rows:
        require(request, "answer", row["team"])
    if len(rows) > 1 and fields.get("sure") != ["yes"]:
        return await page_async(
            request,
            "sure.html",
            title="Sure?",
            rows=rows,
            answer=status,
            reason=reason,
            comment=comment,
            origin=(fields.get("back") or ["/"])[0],
        )
    said = "kept"
    for row in rows:
        if status == "undo":
            done = await board.desk.undo(row, by=person.name)
        else:
            done = await board.desk.answer(row, status, by=person.name, reason=reason, comment=comment)
        said = ("undone" if status == "undo" else status) if done.written else said
    undoable = rows[0]["id"] if len(rows) == 1 and said in ("acknowledged", "done", "declined") else ""
    return back(request, fields, f"{said}:{undoable}" if undoable else said)


def _reason(fields: dict[str, list[str]]) -> tuple[str | None, str | None]:
    reason, comment = (fields.get("reason") or [""])[0], (fields.get("comment") or [""])[0].strip()[:500]
    if reason not in DECLINE_REASONS and not comment:
        raise HTTPException(400, "To decline takes one of the reasons, or a word of your own.")
    return (reason if reason in DECLINE_REASONS else None), comment or None


async def next_one(request: Request) -> Response:
    """POST: take the most urgent one that nobody has, and go to it."""
    fields, board, team = await form_of(request), board_of(request), request.path_params["team"]
    person = require(request, "answer", team)
    found = await board.desk.take_next(await asyncio.to_thread(waiting, board, team), by=person.name)
    if found is None:
        return back(request, fields, "none", f"/queue/{team}")
    if request.headers.get("x-winnow") == "1":
        return JSONResponse({"go": f"/action/{found}"})
    return RedirectResponse(f"/action/{found}?said=acknowledged:{found}", 303)


def waiting(board: Board, team: str) -> list[str]:
    """Ids of what waits for a team, pages first, then what is due first."""
    rows = board.store.rows(
        "SELECT id FROM actions WHERE team = ? AND open = 1 AND state IN ('none', 'received') "
        "ORDER BY kind != 'page', due_ms, number LIMIT 50",
        (team,),
    )
    return [row[0] for row in rows]
