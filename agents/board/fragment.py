"""The live part of a screen alone, for the script of a page that was told of a change: made once for all who see the same."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps
from time import monotonic

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from agents.board.changes import version_of
from agents.board.site import FRAGMENT, SHOWN, TOKEN, Fragment, board_of, person_of

MOST_KEPT = 64
KEEP_SECONDS = 10.0

Screen = Callable[[Request], Response | Awaitable[Response]]


def live(screen: Screen) -> Callable[[Request], object]:
    """A screen whose live part can be had alone: with the header ``X-Winnow-Fragment``, the version of the change that it must hold."""

    @wraps(screen)
    async def answer(request: Request) -> Response:
        since = request.headers.get(FRAGMENT)
        request.state.version = board_of(request).changes.version  # as of before the database is asked
        request.state.alone = since is not None
        if since is None:
            return await _asked(screen, request)
        return await _fragment(request, screen, version_of(since))

    return answer


async def _asked(screen: Screen, request: Request) -> Response:
    found = screen(request) if asyncio.iscoroutinefunction(screen) else await run_in_threadpool(screen, request)
    return found if isinstance(found, Response) else await found


async def _fragment(request: Request, screen: Screen, since: int | None) -> Response:
    """The part as of version ``since`` or later; None: as of now."""
    board, person = board_of(request), person_of(request)
    rights = frozenset((team, rights) for team, rights in person.rights.items())
    mine = person.name if request.query_params.get("state") == "mine" else ""
    key = (request.url.path, request.url.query, request.headers.get(SHOWN, ""), rights, mine)
    fragments = board.fragments
    lock = fragments.making.setdefault(key, asyncio.Lock())
    try:
        async with lock:
            known = fragments.made.get(key)
            if known is None or since is None or known.version < since or monotonic() - known.at > KEEP_SECONDS:
                version, at = board.changes.version, monotonic()
                known = Fragment(version, at, bytes((await _asked(screen, request)).body).decode())
                fragments.made[key] = known
                fragments.count += 1
                while len(fragments.made) > MOST_KEPT:
                    fragments.made.popitem(last=False)
            fragments.made.move_to_end(key)
    finally:
        if not lock.locked():
            fragments.making.pop(key, None)
    return HTMLResponse(known.text.replace(TOKEN, board.access.form_token(person)))
