"""Search over everything that was asked."""

from starlette.requests import Request
from starlette.responses import Response

from agents.board.looking import action_of, fts
from agents.board.site import board_of, page, require

MOST_FOUND = 100


def search(request: Request) -> Response:
    """Actions whose summary, subject or excerpts have all the words, the best match first; an id leads to what it names."""
    person, board = require(request, "look"), board_of(request)
    asked = request.query_params.get("q", "").strip()[:200]
    rows = []
    if asked and (match := fts(asked)):
        rows = board.store.rows(
            "SELECT actions.* FROM found JOIN actions ON actions.number = found.rowid WHERE found MATCH ? ORDER BY rank LIMIT ?",
            (match, MOST_FOUND),
        )
    known = board.store.row("SELECT id FROM situations WHERE id = ?", (asked,)) if len(asked) == 32 else None
    items = [action_of(row) for row in rows if person.may("look", row["team"])]
    return page(request, "search.html", title="Search", asked=asked, items=items, situation=known["id"] if known else None)
