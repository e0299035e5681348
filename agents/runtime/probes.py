"""One worker's state in; /live, /ready and /metrics out, on loopback unless told otherwise."""

from collections.abc import Callable

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from agents.metrics import Metrics
from agents.runtime.connections import BACKLOG, BoundedServer, QuietAccept
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
        self._runner: web.ServerRunner | None = None
        self._quiet: QuietAccept | None = None
        self.address = ""

    async def start(self) -> None:
        """Listen. Raises WinnowError when the port is taken."""
        # Probes and scrapers keep their connections open: stopping does not wait for them.
        self._runner = web.ServerRunner(BoundedServer(self._answer), shutdown_timeout=1.0)
        await self._runner.setup()
        self._quiet = QuietAccept()
        host, port = self._settings.web_host, self._settings.web_port
        site = web.TCPSite(self._runner, host, port, backlog=BACKLOG)
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
        if self._quiet is not None:
            self._quiet.undo()

    async def _answer(self, request: web.BaseRequest) -> web.Response:
        if request.path not in ("/live", "/ready", "/metrics"):
            return web.Response(text="there are /live, /ready and /metrics\n", status=404)
        if request.method not in ("GET", "HEAD"):
            return web.Response(text="GET only\n", status=405, headers={"Allow": "GET, HEAD"})
        if request.path == "/metrics":
            return web.Response(body=generate_latest(self._metrics.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})
        return _said(self._alive(), "live") if request.path == "/live" else _said(self._ready(), "ready")


def _said(missing: str | None, well: str) -> web.Response:
    return web.Response(text=f"{missing or well}\n", status=503 if missing else 200)
