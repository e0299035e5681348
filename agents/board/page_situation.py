"""Situation: the story from post to outcome in words, its curve, evidence, who was asked and why, and what spoke against it; and ideas."""

from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from agents.board.looking import PAGE, Filters, asked_about, curve_of, first_ask_minutes, holders, said_in, situation_of
from agents.board.site import board_of, page, require
from schemas.messages import ActionKind, SituationKind


def situation(request: Request) -> Response:
    """The screen."""
    person, board, identity = require(request, "look"), board_of(request), request.path_params["situation"]
    row = board.store.row("SELECT * FROM situations WHERE id = ?", (identity,))
    if row is None:
        raise HTTPException(404, "There is no such situation here: it may be older than thirty days, or not read yet.")
    found = situation_of(row)
    everybody = asked_about(board.store, [identity])[identity]
    asked = [one for one in everybody if person.may("look", one["team"])]
    if found["kind"] == SituationKind.CASE:
        found["evidence"] = said_in(found["evidence"], everybody)
    decisions = [
        dict(one) | {name: orjson.loads(one[name]) for name in ("facts", "against", "escalation")}
        for one in board.store.rows("SELECT * FROM decisions WHERE situation = ? ORDER BY decided_ms, role", (identity,))
        if person.may("look", one["team"])
    ]
    return page(
        request, "situation.html", title=f"{found['kind']} about {board.name(found['subject'])}", situation=found,
        asked=asked, decisions=decisions,
        curve=curve_of(board.store, found, asked), holders=holders(asked), first_ask=first_ask_minutes(found, asked),
        timeline=timeline(found, asked), may_silence=person.may("silence"),
    )  # fmt: skip


def timeline(found: dict[str, Any], asked: list[dict[str, Any]]) -> list[tuple[int, str, str]]:
    """What happened when (Unix ms, kind, in words), the first first."""
    told: list[tuple[int, str, str]] = [(found["opened_ms"], "onset", "It began")]
    if found["kind"] != "case":
        told.append((found["alarm_ms"], "alarm", "It was noticed"))
    for action in asked:
        if action["kind"] == ActionKind.DIGEST:
            asking = f"{action['team']} was told, in a digest of {len(action['evidence'])}"
        else:
            again = "was asked anew, in place of what it had been asked" if action["supersedes"] else "was asked"
            verb = "was asked, one step up" if action["step"] else again
            asking = f"{action['team']} {verb} ({action['kind']}, rule {action['rule']})"
        told.append((action["created_ms"], "asked", asking))
        for one in action["answers"]:
            by = f" by {one['who']}" if one["who"] else ""
            why = f": {one['reason'] or one['comment']}" if one["reason"] or one["comment"] else ""
            told.append((one["at_ms"], "answer", f"{one['team']}: {one['status']}{by}{why}"))
    if found["status"] == "closed":
        told.append((found["updated_ms"], "closed", "It became quiet"))
    return sorted(told, key=lambda one: one[0])


def ideas(request: Request) -> Response:
    """Wishes of many, ranked by how many different people have them; as many a page as of a queue."""
    person, board, asks = require(request, "look"), board_of(request), Filters.of(request.query_params)
    subject, number = asks.subject, asks.page
    rows = board.store.rows(
        f"SELECT * FROM situations WHERE kind = 'idea'{' AND subject = ?' if subject else ''} "  # noqa: S608  # of our own pieces
        "ORDER BY people DESC, updated_ms DESC LIMIT ? OFFSET ?",
        (*([subject] if subject else []), PAGE + 1, (number - 1) * PAGE),
    )
    rows, more = rows[:PAGE], len(rows) > PAGE
    about = asked_about(board.store, [row["id"] for row in rows])
    found = []
    for row in rows:
        asked = [one for one in about[row["id"]] if person.may("look", one["team"])]
        found.append(situation_of(row) | {"asked": asked, "open": next((one for one in asked if one["open"]), None)})
    subjects = [row[0] for row in board.store.rows(_SUBJECTS)]
    return page(request, "ideas.html", title="Ideas", ideas=found, subjects=subjects, subject=subject, number=number, more=more)


_SUBJECTS = (
    "WITH RECURSIVE one (subject) AS (SELECT min(subject) FROM situations WHERE kind = 'idea' UNION ALL SELECT (SELECT min(subject) FROM "
    "situations WHERE kind = 'idea' AND subject > one.subject) FROM one WHERE one.subject IS NOT NULL) "
    "SELECT subject FROM one WHERE subject IS NOT NULL"
)
"""All subjects of ideas, by one look into the index for each."""
