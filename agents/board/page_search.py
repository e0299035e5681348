"""Search over everything that was asked."""

from starlette.requests import Request
from starlette.responses import Response

from agents.board.looking import action_of, fts
from agents.board.people import EVERY_TEAM
from agents.board.schema import json_of
from agents.board.site import board_of, page, require

MOST_FOUND = 100


def search(request: Request) -> Response:
    """Actions whose summary, subject or excerpts have all the words, the newest first; an id leads to what it names."""
    person, board = require(request, "look"), board_of(request)
    asked = request.query_params.get("q", "").strip()[:200]
    teams = board.teams_of(person)
    rows = []
    if match := fts(board.store, asked, None if person.may("look", EVERY_TEAM) else teams):
        rows = board.store.rows(
            "SELECT actions.* FROM (SELECT rowid AS number FROM found WHERE found MATCH ?1 ORDER BY rowid DESC LIMIT ?3) JOIN actions "
            "USING (number) WHERE team IN (SELECT value FROM json_each(?2)) ORDER BY number DESC",
            (match, json_of(teams), MOST_FOUND),
        )
    known = board.store.row("SELECT id FROM situations WHERE id = ?", (asked,)) if len(asked) == 32 else None
    items = [action_of(row) for row in rows]
    return page(
        request, "search.html", title="Search", asked=asked, items=items, situation=known["id"] if known else None,
        most=len(rows) == MOST_FOUND,
    )  # fmt: skip
