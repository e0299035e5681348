"""The board as an ASGI application: routes to pages, the event stream, signing in, probes and metrics; what is refused, in words."""

import asyncio
import logging
from collections.abc import AsyncIterator
from importlib.resources import files
from urllib.parse import urlencode

import orjson
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from agents.board import page_books, page_enter, page_now, page_policy, page_queue, page_search, page_silences, page_situation, page_why
from agents.board.changes import version_of
from agents.board.fragment import live
from agents.board.gauges import Gauges
from agents.board.guard import Guard
from agents.board.site import Board, board_of, here, own_place, page_async, person_of
from agents.board.views import view_of
from schemas.errors import Unavailable, WinnowError
from schemas.times import iso

log = logging.getLogger("winnow")

_STATIC = {"board.js": "text/javascript; charset=utf-8", "board.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"}


def application(board: Board) -> Starlette:
    """All of it around one board."""
    gauges = Gauges(board)
    routes = [
        Route("/", live(page_now.now)),
        Route("/queue", live(page_queue.queues)),
        Route("/queue/{team}.csv", page_queue.queue_csv),
        Route("/queue/{team}", live(page_queue.queue)),
        Route("/queue/{team}/next", page_queue.next_one, methods=["POST"]),
        Route("/action/{action}", live(page_queue.action)),
        Route("/answers", page_queue.answer, methods=["POST"]),
        Route("/situation/{situation}", live(page_situation.situation)),
        Route("/ideas", live(page_situation.ideas)),
        Route("/search", page_search.search),
        Route("/why", page_why.why),
        Route("/why/label", page_why.label, methods=["POST"]),
        Route("/silences", live(page_silences.silences)),
        Route("/silences/make", page_silences.make, methods=["POST"]),
        Route("/silences/change", page_silences.change, methods=["POST"]),
        Route("/policy", page_policy.policy),
        Route("/policy/diff", page_policy.diff, methods=["POST"]),
        Route("/books", page_books.books),
        Route("/books/audit", page_books.audit, methods=["POST"]),
        Route("/books/rejected", page_books.rejected, methods=["GET", "POST"]),
        Route("/books/models", page_books.models, methods=["GET", "POST"]),
        Route("/events", events),
        Route("/enter", page_enter.enter, methods=["GET", "POST"]),
        Route("/enter/with", page_enter.leave_for_provider),
        Route("/enter/back", page_enter.arrive),
        Route("/leave", page_enter.leave, methods=["POST"]),
        Route("/static/{name}", static),
        Route("/live", alive),
        Route("/ready", ready),
        Route("/metrics", lambda request: metrics(request, gauges)),
    ]
    handlers = {HTTPException: refused, WinnowError: unable, Exception: broken}
    app = Starlette(routes=routes, middleware=[Middleware(Guard, access=board.access)], exception_handlers=handlers)  # type: ignore[arg-type]  # Starlette's type is narrower than what it takes
    app.state.board = board
    app.state.gauges = gauges
    return app


async def events(request: Request) -> Response:
    """What the script of a screen listens to: the last change that it shows, and whether all is well. Bounded in number, and no queue.

    at: the screen's address; since: the version that it was read at.
    """
    person, board = person_of(request), board_of(request)
    if not board.changes.has_room(person.name):
        return PlainTextResponse("Too many open pages.\n", 503, headers={"Retry-After": "30"})

    query = request.query_params
    view = await asyncio.to_thread(view_of, board.store, person, own_place(query.get("at", "")))
    since = version_of(query.get("since", "")) or 0

    def tell(version: int) -> bytes:
        follower = board.follower
        said = {
            "version": version, "as_of": iso(follower.as_of_ms) if follower.as_of_ms else None, "trouble": follower.trouble,
            "caught_up": follower.caught_up,
        }  # fmt: skip
        return b"event: state\ndata: " + orjson.dumps(said) + b"\n\n"

    async def stream() -> AsyncIterator[bytes]:
        yield b"retry: 1000\n\n"
        async for said in board.changes.watch(person.name, view, since, tell):
            yield said

    return StreamingResponse(stream(), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


async def static(request: Request) -> Response:
    """Three files of our own, by name: nothing else can be asked for."""
    name = request.path_params["name"]
    if name not in _STATIC:
        raise HTTPException(404, "There is no such file.")
    content = await asyncio.to_thread((files("agents.board") / "static" / name).read_bytes)
    return Response(content, media_type=_STATIC[name], headers={"Cache-Control": "max-age=300"})


async def alive(_: Request) -> Response:
    """The loop turns."""
    return PlainTextResponse("live\n")


async def ready(request: Request) -> Response:
    """Whether what pages show is complete."""
    follower = board_of(request).follower
    missing = follower.trouble or (None if follower.caught_up else "still reading")
    return PlainTextResponse(f"{missing or 'ready'}\n", 503 if missing else 200)


def metrics(request: Request, gauges: Gauges) -> Response:
    """For Prometheus."""
    return Response(generate_latest(gauges.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


async def refused(request: Request, error: HTTPException) -> Response:
    """What may not be, or is not there: a page that says so; the way in for who is not known."""
    access = board_of(request).access
    if request.headers.get("x-winnow") == "1":
        return JSONResponse({"said": error.detail}, error.status_code)
    if error.status_code == 401 and access.can_enter and request.method == "GET" and request.url.path != "/events":
        return RedirectResponse(f"/enter?{urlencode({'back': here(request)})}", 303)
    heading = {401: "Who are you?", 403: "That is not for you", 404: "Not here", 405: "Not so"}.get(error.status_code, "That did not work")
    return await page_async(request, "refused.html", title=heading, heading=heading, detail=error.detail, status=error.status_code)


async def unable(request: Request, error: WinnowError) -> Response:
    """What could not be done: why, and what to do."""
    status = 503 if isinstance(error, Unavailable) else 400
    if request.headers.get("x-winnow") == "1":
        return JSONResponse({"said": str(error)}, status)
    return await page_async(
        request, "refused.html", title="That did not work", heading="That did not work", detail=str(error), status=status
    )


async def broken(request: Request, error: Exception) -> Response:
    """A fault of ours: the log has it."""
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return PlainTextResponse("The board failed at this; its log says how.\n", 500)
