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
    surges = surges_of(
        board, person, "SELECT * FROM situations WHERE kind = 'surge' AND status != 'closed' ORDER BY severity DESC LIMIT ?", MOST_SURGES
    )
    over = surges_of(
        board, person,
        "SELECT * FROM situations WHERE kind = 'surge' AND status = 'closed' AND seen_ms > (SELECT max(seen_ms) FROM situations) - ? "
        "ORDER BY updated_ms DESC LIMIT 6",
        RECENT_MS,
    )  # fmt: skip
    quiet_since = board.store.value("SELECT max(updated_ms) FROM situations WHERE kind = 'surge' AND status = 'closed'")
    teams = [team_of(board, team) for team in board.teams_of(person)]
    return page(request, "now.html", title="Now", surges=surges, over=over, quiet_since=quiet_since, teams=teams)


def surges_of(board: Board, person: Member, statement: str, value: int) -> list[dict[str, Any]]:
    """Surges with what was asked about them, their curves, and the page that this person can answer."""
    rows = board.store.rows(statement, (value,))
    about = asked_about(board.store, [row["id"] for row in rows])
    return [surge_of(board, person, situation_of(row), about[row["id"]]) for row in rows]


def surge_of(board: Board, person: Member, found: dict[str, Any], asked: list[dict[str, Any]]) -> dict[str, Any]:
    """One of them."""
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
        "SELECT coalesce(sum(actions), 0) AS open, coalesce(sum(actions) FILTER (WHERE state IN ('none', 'received')), 0) AS waiting, "
        "coalesce(sum(actions) FILTER (WHERE kind = 'page'), 0) AS pages, "
        "(SELECT count(*) FROM actions WHERE team = ?1 AND open = 1 AND due_ms < ?2) AS late, "
        "(SELECT min(due_ms) FROM actions WHERE team = ?1 AND open = 1) AS next_due, "
        "(SELECT count(*) FROM actions WHERE team = ?1 AND seen_ms > ?3) AS hour, "
        "(SELECT coalesce(sum(json_array_length(evidence)), 0) FROM actions WHERE kind = 'digest' AND open = 1 AND team = ?1) AS digested "
        "FROM tally WHERE team = ?1 AND open = 1",
        (team, now_ms, now_ms - HOUR_MS),
    )
    assert row is not None
    return {"name": team, **dict(row), "budget": board.budgets.get(team)}
