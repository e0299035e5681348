"""A schema registry of Confluent's interface on loopback: schemas by id, faults on demand, what was asked of it."""

import asyncio
import base64
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import web

from agents.local.ports import free_port

Answer = Callable[[web.Request], web.StreamResponse]


def refusal(status: int, code: int) -> web.Response:
    """As a registry says that it has no such thing."""
    return web.json_response({"error_code": code, "message": "not found"}, status=status)


@dataclass
class LocalRegistry:
    """What it has, and what it does instead of an answer."""

    schemas: dict[int, dict[str, Any]] = field(default_factory=dict)
    serialized: dict[int | str, str] = field(default_factory=dict)
    subjects: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    instead: Answer | None = None
    password: tuple[str, str] | None = None
    stuck: bool = False
    was_asked: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = field(default_factory=free_port)

    def avro(self, number: int, schema: object, *references: dict[str, Any]) -> None:
        """Register an Avro schema."""
        self.schemas[number] = {"schema": orjson.dumps(schema).decode(), **({"references": list(references)} if references else {})}

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["LocalRegistry"]:
        """It is there while the block runs, at the same port each time."""
        app = web.Application()
        app.router.add_get("/{rest:.*}", self._answer)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", self.port)
        await site.start()
        try:
            yield self
        finally:
            await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.asked[request.raw_path] += 1
        self.was_asked.set()
        if self.stuck:
            await asyncio.Event().wait()
        if self.instead is not None:
            return self.instead(request)
        right = None if self.password is None else f"Basic {base64.b64encode(':'.join(self.password).encode()).decode()}"
        if right is not None and request.headers.get("Authorization") != right:
            return web.json_response({"error_code": 401, "message": "Unauthorized"}, status=401)
        kind, _, rest = request.path.strip("/").partition("/")
        compiled = request.query.get("format") == "serialized"
        if kind == "subjects":
            subject, _, version = rest.partition("/versions/")
            found = self.subjects.get(f"{subject}/{version}")
            key: int | str = f"{subject}/{version}"
            missing = refusal(404, 40401)
        else:
            key = int(rest.removeprefix("ids/"))
            found, missing = self.schemas.get(key), refusal(404, 40403)
        if found is None:
            return missing
        return web.json_response(found | ({"schema": self.serialized[key]} if compiled and key in self.serialized else {}))
