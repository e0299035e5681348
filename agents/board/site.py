"""What all pages share: the board's parts, its templates, and how a page is asked for, refused and shown."""

import asyncio
import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from agents.board import words
from agents.board.access import Access
from agents.board.answering import DECLINE_REASONS, AnswerDesk
from agents.board.changes import Changes
from agents.board.follow import TopicFollower
from agents.board.guard import MOST_ADDRESS
from agents.board.people import Member, Right
from agents.board.store import Store
from agents.board.workers import WorkersWatch
from agents.settings import Settings
from pipeline.policy import Policy, load_policy, silences_beside

FRAGMENT, SHOWN = "x-winnow-fragment", "x-winnow-shown"
"""Headers of the script: it wants a screen's live part only; the ids of the rows that it shows."""
TOKEN = secrets.token_hex(32)
"""Stands for the form token of whoever asks in a fragment that many get; no text of a post can be it."""
UNFOLDED = 10
"""Of what a digest holds, so much is in a list."""
MOST_FORM_BYTES = 300_000
FORM_SECONDS = 10.0
SCREENS = (
    ("/", "Now"), ("/queue", "Queues"), ("/ideas", "Ideas"), ("/silences", "Silences"), ("/why", "Why not?"), ("/policy", "Policy"),
    ("/books", "Books"),
)  # fmt: skip


_OF_EVERY_DICT = frozenset(dir(dict))


class _Environment(Environment):
    """A row is asked for its keys at once: that Jinja looks for an attribute before, and fails, was a fourth of what a page takes."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        if type(obj) is dict and attribute in obj and attribute not in _OF_EVERY_DICT:
            return obj[attribute]
        return super().getattr(obj, attribute)


def environment() -> Environment:
    """Templates: everything escaped, everything foreign made harmless, nothing undefined."""

    def harmless(value: Any) -> Any:
        if value is None:
            return ""
        return words.shown(value) if type(value) is str else value

    found = _Environment(
        loader=PackageLoader("agents.board"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        finalize=harmless,
    )  # fmt: skip
    found.filters |= {
        "clock": words.clock, "span": words.span, "number": words.number, "people": words.people, "gravity": words.gravity,
        "listed": words.listed, "link": words.safe_link,
    }  # fmt: skip
    found.globals |= {
        "STATES": words.STATES, "SPEAK": words.SPEAK, "ORIGINS": words.ORIGINS, "DOING": words.DOING, "SCREENS": SCREENS,
        "DECLINE_REASONS": DECLINE_REASONS, "UNFOLDED": UNFOLDED,
    }  # fmt: skip
    return found


_TEAMS = (
    "WITH RECURSIVE one (team) AS (SELECT min(team) FROM actions UNION ALL SELECT (SELECT min(team) FROM actions WHERE team > one.team) "
    "FROM one WHERE one.team IS NOT NULL) SELECT team FROM one WHERE team IS NOT NULL"
)
"""All teams that have actions, by one look into the index for each: DISTINCT would read all of it."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """A fragment, with the last change that it surely holds and when it was made (seconds of a clock that only goes forward)."""

    version: int
    at: float
    text: str


@dataclass(slots=True)
class Fragments:
    """Those made lately, by address and rights, and those being made; ``count``: how many were made. For one loop."""

    made: OrderedDict[tuple[object, ...], Fragment] = field(default_factory=OrderedDict)
    making: dict[tuple[object, ...], asyncio.Lock] = field(default_factory=dict)
    count: int = 0


@dataclass(slots=True)
class Board:
    """One running board. teams: those of the policy; names: subject -> how people call it."""

    settings: Settings
    store: Store
    changes: Changes
    follower: TopicFollower
    desk: AnswerDesk
    access: Access
    workers: WorkersWatch
    teams: tuple[str, ...]
    budgets: Mapping[str, int]
    names: Mapping[str, str]
    templates: Environment = field(default_factory=environment)
    fragments: Fragments = field(default_factory=Fragments)

    def name(self, subject: str) -> str:
        """How people call a subject."""
        return self.names.get(subject, subject)

    def teams_of(self, person: Member) -> list[str]:
        """The teams that a person may look at: those of the policy, and others that have actions."""
        known = dict.fromkeys((*self.teams, *(row[0] for row in self.store.rows(_TEAMS))))
        return [team for team in known if person.may("look", team)]


def policy_in_force(settings: Settings) -> Policy:
    """The policy as workers read it; read anew when its file or the silences beside it change. Raises WinnowError for a bad one."""
    file = settings.policy_file
    changed = tuple(one.stat().st_mtime_ns if one.exists() else 0 for one in ((file, silences_beside(file)) if file else ()))
    return _read_policy(file, changed)


@lru_cache(maxsize=2)
def _read_policy(file: Path | None, _changed: tuple[int, ...]) -> Policy:
    return load_policy(file)


def board_of(request: Request) -> Board:
    """The board that answers."""
    found: Board = request.app.state.board
    return found


def person_of(request: Request) -> Member:
    """Who asks. Raises 401 when nobody is known."""
    found: Member | None = request.scope["person"]
    if found is None:
        raise HTTPException(401, "Sign in first.")
    return found


def require(request: Request, right: Right, team: str | None = None) -> Member:
    """Who asks, if they may. Raises 401 or 403, in words."""
    person = person_of(request)
    if not person.may(right, team):
        raise HTTPException(
            403, f"{person.name} may not {right}{f' for {team}' if team else ''}. Ask whoever keeps the board's people file."
        )
    return person


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> Response:
    """A page of a person's, or its live part alone, with `TOKEN` in it, if that is asked for; synchronous, to be called in a thread."""
    board, alone = board_of(request), getattr(request.state, "alone", False)
    now_ms = int(time.time() * 1000)
    person: Member | None = request.scope["person"]
    query = dict(request.query_params)
    token = TOKEN if alone else board.access.form_token(person) if person else ""
    shared = {
        "path": request.url.path, "query": query, "person": person, "now_ms": now_ms, "name": board.name, "token": token,
        "follower": board.follower, "version": getattr(request.state, "version", board.changes.version),
        "ago": partial(words.ago, now_ms=now_ms), "due": partial(words.due, now_ms=now_ms),
        "with_query": partial(with_query, request.url.path, query), "local": board.access.local is not None,
        "said": said_of(query.get("said", "")), "here": here(request),
    }  # fmt: skip
    found, told = board.templates.get_template(template), {**shared, **values}
    if alone and (part := found.blocks.get("live")) is not None:
        return HTMLResponse("".join(part(found.new_context(told))), status)
    return HTMLResponse(found.render(told), status)


async def page_async(request: Request, template: str, *, status: int = 200, **values: Any) -> Response:
    """The same from a coroutine."""
    return await asyncio.to_thread(partial(page, request, template, status=status, **values))


def with_query(path: str, query: Mapping[str, str], **changes: Any) -> str:
    """The present address with some of its filters changed; empty ones are left out."""
    merged = {**query, **{name: str(value) for name, value in changes.items()}}
    kept = {name: value for name, value in merged.items() if value and name not in ("said", *(("page",) if "page" not in changes else ()))}
    return f"{path}?{urlencode(kept)}" if kept else path


def here(request: Request) -> str:
    """The present address without what was said on it."""
    return with_query(request.url.path, dict(request.query_params), page=request.query_params.get("page", ""))


def said_of(text: str) -> tuple[str, str] | None:
    """What a page says about what was just done: (in words, id of the action or ""), only of words that we know."""
    status, _, action = text.partition(":")
    told = {
        "acknowledged": "Acknowledged: it is yours.", "done": "Done.", "declined": "Declined.", "undone": "Taken back: it waits again.",
        "kept": "Nothing was written: it was answered already.", "silenced": "Silenced.", "ended": "The silence has ended.",
        "extended": "The silence lasts longer now.", "labelled": "Noted: the models learn from it.", "none": "Nothing waits here.",
        "handled": "Done.", "announced": "Done: workers follow within seconds.",
    }.get(status)  # fmt: skip
    return None if told is None else (told, action if len(action) == 32 and action.isalnum() else "")


async def form_of(request: Request) -> dict[str, list[str]]:
    """The fields of a form that one of our pages sent. Raises 403 for any other, 413 or 408 for one too large or too slow."""
    board, person = board_of(request), person_of(request)
    fields = await raw_form(request)
    if not board.access.form_is_ours(person, (fields.get("token") or [""])[0], request.headers):
        raise HTTPException(403, "This form was not sent from a page of the board, or the page is too old. Load it again.")
    return fields


async def raw_form(request: Request) -> dict[str, list[str]]:
    """The fields of a form, whoever sent it. Bounded in size and time."""
    if request.headers.get("content-type", "").partition(";")[0] != "application/x-www-form-urlencoded":
        raise HTTPException(415, "Forms only.")
    body = bytearray()
    try:
        async with asyncio.timeout(FORM_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MOST_FORM_BYTES:
                    raise HTTPException(413, "That is too much for one form.")
    except TimeoutError:
        raise HTTPException(408, "The form came too slowly.") from None
    fields: dict[str, list[str]] = {}
    try:
        for name, value in parse_qsl(bytes(body).decode("utf-8"), keep_blank_values=True, max_num_fields=1_000):
            fields.setdefault(name, []).append(value)
    except (ValueError, UnicodeDecodeError):
        raise HTTPException(400, "This is no form.") from None
    return fields


def own_place(place: str, otherwise: str = "/") -> str:
    """An address on this board as it came with a form; what a browser could take for another host's, or for a command, is not followed."""
    ours = re.fullmatch(r"/(?!/)[^\x00-\x20\x7f\\]*", place) is not None and len(place) <= MOST_ADDRESS
    return place if ours else otherwise


def back(request: Request, fields: Mapping[str, list[str]], said: str, otherwise: str = "/") -> Response:
    """Where a form came from, with what came of it; JSON for the script, which stays on its page."""
    if request.headers.get("x-winnow") == "1":
        told = said_of(said)
        return JSONResponse({"said": told[0] if told else "", "action": told[1] if told else ""})
    place = own_place((fields.get("back") or [""])[0], otherwise)
    address, _, query = place.partition("?")
    kept = [(name, value) for name, value in parse_qsl(query) if name != "said"]
    return RedirectResponse(f"{address}?{urlencode([*kept, ('said', said)])}", 303)
