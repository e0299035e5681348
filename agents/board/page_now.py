"""Now: every open surge in one sentence with its curve, the gravest first; how each team stands; when it was last quiet."""

import time
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from agents.board.looking import asked_about, curve_of, first_ask_minutes, holders, situation_of
from agents.board.people import Member
from agents.board.site import Board, board_of, page, require
from agents.board.words import HOUR_MS

MOST_SURGES = 12
RECENT_MS = 6 * HOUR_MS


def now(request: Request) -> Response:
    """The screen."""
    person, board = require(request, "look"), board_of(request)
    surges = [
        surge_of(board, person, row)
        for row in board.store.rows(
            "SELECT * FROM situations WHERE kind = 'surge' AND status != 'closed' ORDER BY severity DESC LIMIT ?", (MOST_SURGES,)
        )
    ]
    latest = board.store.value("SELECT max(seen_ms) FROM situations") or 0
    over = [
        surge_of(board, person, row)
        for row in board.store.rows(
            "SELECT * FROM situations WHERE kind = 'surge' AND status = 'closed' AND seen_ms > ? ORDER BY updated_ms DESC LIMIT 6",
            (latest - RECENT_MS,),
        )
    ]
    quiet_since = board.store.value("SELECT max(updated_ms) FROM situations WHERE kind = 'surge' AND status = 'closed'")
    teams = [team_of(board, team) for team in board.teams_of(person)]
    return page(request, "now.html", title="Now", surges=surges, over=over, quiet_since=quiet_since, teams=teams)


def surge_of(board: Board, person: Member, row: Any) -> dict[str, Any]:
    """A surge with what was asked about it, its curve, and the page that this person can answer."""
    found = situation_of(row)
    asked = asked_about(board.store, found["id"])
    mine = next((one for one in asked if one["open"] and one["kind"] in ("page", "escalate") and person.may("answer", one["team"])), None)
    return found | {
        "asked": asked, "mine": mine, "curve": curve_of(board.store, found, asked), "holders": holders(asked),
        "first_ask": first_ask_minutes(found, asked),
        "asked_teams": list(dict.fromkeys(one["team"] for one in asked)),
    }  # fmt: skip


def team_of(board: Board, team: str) -> dict[str, Any]:
    """What waits for a team, and how much of its hour is used."""

    now_ms = int(time.time() * 1000)
    row = board.store.row(
        "SELECT count(*) AS open, sum(state IN ('none', 'received')) AS waiting, sum(due_ms < ?1) AS late, sum(kind = 'page') AS pages, "
        "min(due_ms) AS next_due "
        "FROM actions WHERE team = ?2 AND open = 1",
        (now_ms, team),
    )
    assert row is not None
    hour = board.store.value("SELECT count(*) FROM actions WHERE team = ? AND seen_ms > ?", (team, now_ms - HOUR_MS))
    digested = board.store.value(
        "SELECT sum(json_array_length(evidence)) FROM actions WHERE kind = 'digest' AND open = 1 AND team = ?", (team,)
    )
    figures = {name: row[name] or 0 for name in ("open", "waiting", "late", "pages", "next_due")}
    return {"name": team, **figures, "digested": digested or 0, "hour": hour, "budget": board.budgets.get(team)}
