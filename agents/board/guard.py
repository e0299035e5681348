"""The ASGI layer around all pages: Host, identity, rates, and the headers of every answer. It lets in what reaches a page."""

import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agents.board.access import Access

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
PROBES = ("/live", "/ready", "/metrics")
READING = ("GET", "HEAD")
MOST_ADDRESS = 8_192


class Guard:
    """Lets in what may come in; `scope["person"]` is who asks, None when nobody is known."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refused = self._refused(scope)
        await (refused or self._app)(scope, receive, send_guarded)

    def _refused(self, scope: Scope) -> PlainTextResponse | None:
        headers, address = Headers(scope=scope), (scope.get("client") or ("",))[0]
        if scope["path"] in PROBES and scope["method"] in READING:
            scope["person"] = None
            return None
        if not self._access.host_is_ours(headers):
            return PlainTextResponse("This board has another name. Its names are set with WINNOW_BOARD_HOSTS.\n", 421)
        if len(scope.get("query_string", b"")) + len(scope.get("raw_path") or b"") > MOST_ADDRESS:
            return PlainTextResponse("That address is too long.\n", 414)
        person = scope["person"] = self._access.who(address, headers)
        buckets = self._access.reading if scope["method"] in READING else self._access.writing
        if not buckets.admits(person.name if person else address, time.monotonic()):
            return PlainTextResponse("Too many requests: wait a few seconds.\n", 429, headers={"Retry-After": "5"})
        return None
