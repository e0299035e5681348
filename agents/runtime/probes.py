"""One worker's state in; /live, /ready and /metrics out, on loopback unless told otherwise."""

from collections.abc import Callable

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from agents.metrics import Metrics
from agents.settings import Settings
from schemas.errors import WinnowError

Missing = Callable[[], str | None]
"""None when all is well, otherwise what is missing."""


class Web:
    """The three end points of a worker.

    ``/live`` asks for a restart when it does not answer or says 503; ``/ready`` only says whether work gets done.
    """

    def __init__(self, settings: Settings, metrics: Metrics, ready: Missing, alive: Missing = lambda: None) -> None:
        self._settings = settings
        self._metrics = metrics
        self._ready = ready
        self._alive = alive
        self._runner: web.AppRunner | None = None
        self.address = ""

    async def start(self) -> None:
        """Listen. Raises WinnowError when the port is taken."""
        app = web.Application()
        app.add_routes([web.get("/live", self._is_alive), web.get("/ready", self._is_ready), web.get("/metrics", self._scrape)])
        # Probes and scrapers keep their connections open: stopping does not wait for them.
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        host, port = self._settings.web_host, self._settings.web_port
        site = web.TCPSite(self._runner, host, port)
        try:
            await site.start()
        except OSError as error:
            raise WinnowError(
                f"cannot listen on {host}:{port}: {error.strerror}", hint="Set WINNOW_WEB_PORT to a free port, or 0."
            ) from error
        self.address = "http://{}:{}/metrics".format(*self._runner.addresses[0][:2])

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _is_alive(self, _: web.Request) -> web.Response:
        return _answer(self._alive(), "live")

    async def _is_ready(self, _: web.Request) -> web.Response:
        return _answer(self._ready(), "ready")

    async def _scrape(self, _: web.Request) -> web.Response:
        return web.Response(body=generate_latest(self._metrics.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _answer(missing: str | None, well: str) -> web.Response:
    return web.Response(text=f"{missing or well}\n", status=503 if missing else 200)
