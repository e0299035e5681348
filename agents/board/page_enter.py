"""The way in and out: by a token, or at the organisation's provider; then on to where one wanted to."""

import logging
import time
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from agents.board.access import COOKIE, LEAVING, LEAVING_SECONDS, SESSION_SECONDS
from agents.board.people import Member
from agents.board.site import board_of, form_of, own_place, page_async, raw_form
from schemas.errors import WinnowError

log = logging.getLogger("winnow")


async def enter(request: Request) -> Response:
    """Sign in with a token, and go on to where one wanted to."""
    access = board_of(request).access
    if request.method == "GET" or access.people is None:
        return await _asked(request, own_place(request.query_params.get("back", "")))
    address = request.client.host if request.client else ""
    if not access.entering.admits(address, time.monotonic()):
        return PlainTextResponse("Too many tries: wait a minute.\n", 429, headers={"Retry-After": "60"})
    fields = await raw_form(request)
    place = own_place((fields.get("back") or [""])[0])
    person = access.people.with_token((fields.get("token") or [""])[0])
    if person is None:
        log.warning("a token that is nobody's was tried from %s", address)
        return await _asked(request, place, "That token is nobody's.")
    return _entered(request, person, RedirectResponse(place, 303))


async def leave_for_provider(request: Request) -> Response:
    """To the provider, with what has to come back in a cookie that only its answer brings along."""
    access = board_of(request).access
    if access.provider is None:
        raise HTTPException(404, "Nobody signs in at a provider here.")
    leaving = await access.provider.leave(own_place(request.query_params.get("back", "")))
    answer = RedirectResponse(leaving.address, 303)
    answer.set_cookie(
        LEAVING, access.seal(leaving.kept, time.time()), max_age=LEAVING_SECONDS, path="/enter", httponly=True, samesite="lax",
        secure=_is_encrypted(request),
    )  # fmt: skip
    return answer


async def arrive(request: Request) -> Response:
    """Back from the provider, with a code or a refusal."""
    access, query = board_of(request).access, request.query_params
    if access.provider is None or access.people is None:
        raise HTTPException(404, "Nobody signs in at a provider here.")
    kept = access.unseal(request.cookies.get(LEAVING, ""), time.time())
    if kept is None or query.get("state") != kept["state"]:
        return await _asked(request, "/", "That sign-in was not begun here, or too long ago. Begin again.")
    if not (code := query.get("code", "")):
        return await _asked(request, kept["place"], f"The provider let nobody in: {query.get('error', 'it does not say why')[:80]}.")
    try:
        name = await access.provider.arrive(code, kept)
    except WinnowError as error:
        log.warning("a sign-in at the provider failed: %s", error)
        return await _asked(request, kept["place"], str(error))
    person = access.people.named(name)
    if person is None:
        log.warning("%r signed in at the provider and is not in the board's people file", name)
        return await _asked(request, kept["place"], f"{name} may do nothing here. Ask whoever keeps the board's people file.")
    # A page of our own that goes on by itself: a redirect would still count as coming from the provider, and the strict cookie stay behind.
    answer = await page_async(request, "entered.html", title="Signed in", place=own_place(kept["place"]), name=person.name)
    answer.delete_cookie(LEAVING, path="/enter")
    return _entered(request, person, answer)


async def leave(request: Request) -> Response:
    """Sign out."""
    await form_of(request)
    answer = RedirectResponse("/enter", 303)
    answer.delete_cookie(COOKIE)
    return answer


def _entered(request: Request, person: Member, answer: Response) -> Response:
    answer.set_cookie(
        COOKIE, board_of(request).access.cookie(person.name, time.time()), max_age=SESSION_SECONDS, httponly=True, samesite="strict",
        secure=_is_encrypted(request),
    )  # fmt: skip
    return answer


def _is_encrypted(request: Request) -> bool:
    return request.url.scheme == "https" or request.headers.get("x-forwarded-proto") == "https"


async def _asked(request: Request, place: str, wrong: str = "") -> Response:
    """The page with the ways in."""
    access = board_of(request).access
    there = f"/enter/with?{urlencode({'back': place})}" if access.provider is not None else None
    return await page_async(
        request, "enter.html", title="Sign in", wrong=wrong, place=place, there=there, status=403 if wrong else 200,
        have_tokens=access.people is not None and access.people.have_tokens,
    )  # fmt: skip
