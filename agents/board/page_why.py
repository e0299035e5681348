"""Why not?: what became of one post, by its link or id, and how near it came; "this should have been asked" becomes a label."""

import asyncio
import re

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from agents.board.people import EVERY_TEAM
from agents.board.site import back, board_of, form_of, page_async, require
from agents.inspect import run_explain
from schemas.errors import WinnowError

MOST_ASKED = 400
EXPLAIN_SECONDS = 120.0
_LINKS = (
    (re.compile(r"https?://(?:www\.)?(?:x|twitter)\.com/[^/\s]+/status/(\d+)"), "x"),
    (re.compile(r"https?://bsky\.app/profile/([^/\s]+)/post/([a-z0-9]+)"), "bluesky"),
    (re.compile(r"https?://[^/\s]+/@[^/\s]+/(\d+)"), "mastodon"),
    (re.compile(r"https?://(?:www\.|old\.)?reddit\.com/r/[^/\s]+/comments/([a-z0-9]+)"), "reddit"),
)


def as_event(asked: str) -> str:
    """What `winnow explain` understands: a link becomes ``source:id``, anything else stays as it is."""
    for pattern, source in _LINKS:
        found = pattern.match(asked)
        if found is not None:
            return f"{source}:{found[found.lastindex or 1]}"
    return asked


async def why(request: Request) -> Response:
    """The screen: a field, and the story of what was asked for."""
    require(request, "look", EVERY_TEAM)
    board = board_of(request)
    asked = request.query_params.get("what", "").strip()[:MOST_ASKED]
    lines, trouble, pieces = [], None, []
    if asked:
        # A link that is known from an action or a situation needs no search through the topics.
        try:
            async with asyncio.timeout(EXPLAIN_SECONDS):
                story = await run_explain(board.settings, as_event(asked))
            lines = story.lines()
            pieces = [
                {"id": one["id"], "subject": one["subject"], "chaff": "disposition" in one} for one in (*story.chaff, *story.information)
            ][:20]
        except WinnowError as error:
            trouble = str(error)
        except TimeoutError:
            trouble = "The topics could not be searched in two minutes: use `winnow explain`."
    return await page_async(request, "why.html", title="Why not?", asked=asked, lines=lines, trouble=trouble, pieces=pieces)


async def label(request: Request) -> Response:
    """POST: it should have been asked about. A post that nobody was asked about is no team's: who says so answers for all, as who looks."""
    fields = await form_of(request)
    person, board = require(request, "answer", EVERY_TEAM), board_of(request)
    information, subject = (fields.get("information") or [""])[0], (fields.get("subject") or [""])[0][:200]
    if not re.fullmatch(r"[0-9a-f]{32}", information):
        raise HTTPException(400, "There is nothing to label.")
    await board.desk.label(information, subject, by=person.name)
    return back(request, fields, "labelled", "/why")
