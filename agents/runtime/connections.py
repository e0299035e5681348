"""Connections to a worker's web port: so many at most, a time-out for whoever says nothing, and few words about either.

`agents.runtime.probes` answers what comes through. The port is for a probe and a scraper; whoever opens more, or opens them and
waits, must not take the descriptors that Kafka's connections need, nor fill the log.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

log = logging.getLogger("winnow")

MOST_CONNECTIONS = 64
HEADER_SECONDS = 5.0
"""A connection that has not sent a whole request by then is closed."""

KEEP_ALIVE_SECONDS = 75.0
"""Longer than the usual interval of scrapes, a minute."""

SAY_SECONDS = 60.0
BACKLOG = 16
OUT_OF_DESCRIPTORS = "socket.accept() out of system resource"
"""What asyncio calls it. It says so for each place in the backlog, with a traceback, again every second."""

Answer = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class _Seldom:
    """Says one thing at most once a minute, with how often it came to pass."""

    def __init__(self, line: str) -> None:
        self._line = line
        self._times = 0
        self._said: float | None = None

    def __call__(self, *values: object) -> None:
        self._times += 1
        now = time.monotonic()
        if self._said is None or now - self._said >= SAY_SECONDS:
            log.warning(self._line + " (%d times since the last such line)", *values, self._times)
            self._said, self._times = now, 0


class _Connection(web.RequestHandler):
    """One of them. Closed at once when there are too many, and after `HEADER_SECONDS` without a request."""

    __slots__ = ("_expected", "_server")

    def __init__(self, server: "BoundedServer") -> None:
        loop = asyncio.get_running_loop()
        super().__init__(server, loop=loop, access_log=None, keepalive_timeout=KEEP_ALIVE_SECONDS, lingering_time=1.0)  # type: ignore[arg-type]
        self._server = server
        self._expected: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take it in, or close it."""
        super().connection_made(transport)
        if len(self._server.open) >= MOST_CONNECTIONS:
            self._server.refused(MOST_CONNECTIONS)
            self.force_close()
            return
        self._server.open.add(self)
        self._expected = asyncio.get_running_loop().call_later(HEADER_SECONDS, self.force_close)

    def heard(self) -> None:
        """A whole request came: from now on aiohttp's own keep-alive time-out bounds the silence."""
        if self._expected is not None:
            self._expected.cancel()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Make room for another."""
        self._server.open.discard(self)
        self.heard()
        super().connection_lost(exc)


class BoundedServer(web.Server):
    """aiohttp's low-level server with bounds; ``answer`` is asked for every request."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(self._hear)
        self.open: set[_Connection] = set()
        self.refused = _Seldom("the web port has %d connections open and takes no more: who opens them?")
        self._answer = answer

    def __call__(self) -> web.RequestHandler:
        """A protocol for a connection that was accepted."""
        return _Connection(self)

    async def _hear(self, request: web.BaseRequest) -> web.StreamResponse:
        connection = request.protocol
        assert isinstance(connection, _Connection)
        connection.heard()
        return await self._answer(request)


class QuietAccept:
    """Says in one line a minute that no connection can be accepted, instead of a traceback for each place in the backlog."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._before = self._loop.get_exception_handler()
        self._say = _Seldom("no descriptor is left for a connection to the web port (%s): raise the limit of open files (ulimit -n)")
        self._loop.set_exception_handler(self._handle)

    def _handle(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if context.get("message") == OUT_OF_DESCRIPTORS:
            self._say(context.get("exception"))
        elif self._before is not None:
            self._before(loop, context)
        else:
            loop.default_exception_handler(context)

    def undo(self) -> None:
        """Leave errors of the loop to whoever had them before."""
        self._loop.set_exception_handler(self._before)
