"""One worker's state in; /live, /ready and /metrics out, on loopback unless told otherwise."""

from collections.abc import Callable

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from agents.metrics import Metrics
from agents.settings import Settings
from schemas.errors import WinnowError


class Web:
    """The three end points of a worker. ``ready`` returns None or what is missing."""

    def __init__(self, settings: Settings, metrics: Metrics, ready: Callable[[], str | None]) -> None:
        self._settings = settings
        self._metrics = metrics
        self._ready = ready
        self._runner: web.AppRunner | None = None
        self.address = ""

    async def start(self) -> None:
        """Listen. Raises WinnowError when the port is taken."""
        app = web.Application()
        app.add_routes([web.get("/live", self._live), web.get("/ready", self._is_ready), web.get("/metrics", self._scrape)])
        self._runner = web.AppRunner(app, access_log=None)
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

    async def _live(self, _: web.Request) -> web.Response:
        return web.Response(text="live\n")

    async def _is_ready(self, _: web.Request) -> web.Response:
        missing = self._ready()
        return web.Response(text=f"{missing or 'ready'}\n", status=503 if missing else 200)

    async def _scrape(self, _: web.Request) -> web.Response:
        return web.Response(body=generate_latest(self._metrics.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})
