"""uvicorn with bounds: so many connections, and a time limit for whoever opens one and says nothing, or says it too slowly."""

import asyncio
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

MOST_CONNECTIONS = 1_000
REQUEST_SECONDS = 10.0
"""A connection on which no request is answered, and no whole one has come by then, is closed."""
KEEP_ALIVE_SECONDS = 75


class BoundedProtocol(H11Protocol):
    """One connection. uvicorn itself waits for the rest of a request as long as the client likes."""

    _expected: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Take it in."""
        super().connection_made(transport)
        self._expect()

    def data_received(self, data: bytes) -> None:
        """Bytes came: a whole request by now, or a part of one."""
        super().data_received(data)
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        if self._expected is not None:
            self._expected.cancel()
        super().connection_lost(exc)

    def _expect(self) -> None:
        """Give the next request its time; the timer of a part is not wound anew by another part."""
        answering = self.cycle is not None and not self.cycle.response_complete
        if answering and self._expected is not None:
            self._expected.cancel()
            self._expected = None
        elif not answering and self._expected is None:
            self._expected = self.loop.call_later(REQUEST_SECONDS, self._too_slow)

    def _too_slow(self) -> None:
        self._expected = None
        answering = self.cycle is not None and not self.cycle.response_complete
        if not answering and not self.transport.is_closing():
            self.transport.close()


def server(app: Any) -> uvicorn.Server:
    """The server for an application. No header changes a client's address: identity hangs on it."""
    config = uvicorn.Config(
        app, http=BoundedProtocol, ws="none", lifespan="off", log_config=None, access_log=False, server_header=False, date_header=True,
        proxy_headers=False, limit_concurrency=MOST_CONNECTIONS, timeout_keep_alive=KEEP_ALIVE_SECONDS,
        h11_max_incomplete_event_size=16_384,
        timeout_graceful_shutdown=3,
    )  # fmt: skip
    return uvicorn.Server(config)
