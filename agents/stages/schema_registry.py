"""Ids of schemas in; the schemas out, fetched from the registry that settings name, for sift's pure reader.

Asked by `agents.runtime.hold` before a batch is worked. What the registry does not say now is asked for again, ever more seldom; only
its own word that it has no such schema counts as none. It answers on its own host only: no redirect is followed, no proxy asked, and
an answer is bounded in size and time. Its password appears in no message.
"""

import asyncio
import base64
import logging
import math
import random
import ssl
import time
from collections.abc import Callable, Mapping, Sequence, Set
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlsplit

import aiohttp
import orjson
from yarl import URL

from agents.settings import Settings
from schemas.errors import WinnowError
from schemas.registry import RegisteredSchema, SchemaCache, installed, needed

log = logging.getLogger("winnow")

MOST_BYTES = 1024 * 1024
MOST_REFERENCES = 100
AT_ONCE = 8
MOST_TOGETHER = 200
"""So many are fetched before another shard gets its turn."""
UNKNOWN_SECONDS = 60.0
"""So long its word holds that it has no such schema: one that is registered later is found."""
MANY, FORGET_SECONDS = 10_000, 300.0
"""Of more than so many unknown ids old ones are forgotten, by when the batches that had them are worked long since."""
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 15.0
SAY_SECONDS = 60.0
_NOT_FOUND = frozenset({40401, 40402, 40403})
"""Codes of Confluent's interface: no such subject, version, schema. A 404 without one is a wrong address, or a proxy's."""


class _NotNowError(Exception):
    """The registry does not say; the message tells why, without secrets."""


class _UnknownError(Exception):
    """The registry says that it has no such thing."""


class _TooLargeError(Exception):
    """A schema that is larger than any that is read."""


class SchemaRegistry:
    """The registry of a deployment as one worker knows it. Raises WinnowError for settings that do not fit."""

    def __init__(self, settings: Settings, cache: SchemaCache, seconds: Callable[[], float] = time.monotonic) -> None:
        self._url = address(settings)
        self._headers = {
            "Accept": "application/vnd.schemaregistry.v1+json, application/json",
            "Accept-Encoding": "identity",
            **_authorization(settings),
        }
        self._tls = _tls(settings)
        self._timeout = aiohttp.ClientTimeout(total=settings.schema_registry_timeout_seconds)
        self._cache = cache
        self._seconds = seconds
        self._unknown: dict[int, float] = {}
        self._asking = asyncio.Lock()
        self._pause, self._again = 0.0, -math.inf
        self._away: str | None = None
        self._said = -math.inf

    async def prepare(self, records: Sequence[Any]) -> str | None:
        """See `agents.runtime.stage.Prepare`: fetch what these records need and nobody has fetched yet."""
        numbers = needed(records)
        now = self._seconds()
        if not self._missing(numbers, now):
            return None
        while True:
            async with self._asking:  # another shard may have fetched it meanwhile
                missing = self._missing(numbers, now)
                if not missing:
                    return None
                if self._away is not None and self._seconds() < self._again:
                    return self._away
                try:
                    await self._fetch_all(sorted(missing)[:MOST_TOGETHER])
                except _NotNowError as error:
                    return self._fail(str(error))
                if self._away is not None:
                    log.warning("the schema registry %s answers again", self._url)
                    self._away, self._pause, self._said = None, 0.0, -math.inf

    async def reach(self) -> str | None:
        """Ask for some schema, whether there is one or not: why that is not answered, None when it is."""
        try:
            await self._fetch_all([1])
        except _NotNowError as error:
            return str(error)
        return None

    def _missing(self, numbers: Set[int], now: float) -> Set[int]:
        """What is to be asked for; that the registry has no such schema holds for a while only, as of ``now``."""
        if len(self._unknown) > MANY:
            for number in [number for number, until in self._unknown.items() if until + FORGET_SECONDS < now]:
                del self._unknown[number]
                self._cache.forget(number)
        again = {number for number in numbers & self._unknown.keys() if self._unknown[number] <= now}
        return self._cache.missing(numbers) | again

    def _fail(self, why: str) -> str:
        self._away = f"the schema registry {self._url} gives no schema: {why}"
        self._pause = min(max(2 * self._pause, FIRST_PAUSE_SECONDS), LONGEST_PAUSE_SECONDS)
        now = self._seconds()
        self._again = now + self._pause * random.uniform(0.5, 1.0)  # noqa: S311  # no secret: workers ask at different times
        if now - self._said >= SAY_SECONDS:
            self._said = now
            log.error("records are held back: %s", self._away)
        return self._away

    # -- asking ------------------------------------------------------------------------------------------------------

    async def _fetch_all(self, numbers: Sequence[int]) -> None:
        """Put these schemas into the cache, in what order whatever; raises _NotNowError when one could not be had, behind the others."""
        if not numbers:
            return
        connector = aiohttp.TCPConnector(ssl=self._tls, limit=AT_ONCE)
        session = aiohttp.ClientSession(
            connector=connector, headers=self._headers, timeout=self._timeout, auto_decompress=False, trust_env=False,
            cookie_jar=aiohttp.DummyCookieJar(),
        )  # fmt: skip
        room = asyncio.Semaphore(AT_ONCE)

        async def fetch(number: int) -> None:
            async with room:
                if failed:
                    return
                try:
                    await self._fetch(session, number)
                except _NotNowError as error:
                    failed.append(error)

        failed: list[_NotNowError] = []
        async with session, asyncio.TaskGroup() as group:
            for number in numbers:
                group.create_task(fetch(number))
        if failed:
            raise failed[0]

    async def _fetch(self, session: aiohttp.ClientSession, number: int) -> None:
        try:
            answer = await self._ask(session, f"schemas/ids/{number}")
            kind = answer.get("schemaType", "AVRO")
            if kind == "PROTOBUF":
                answer = await self._ask(session, f"schemas/ids/{number}?format=serialized")
            found: dict[str, str | None] = {}
            await self._refer(session, answer, kind == "PROTOBUF", found)
            references = tuple((name, text) for name, text in found.items() if text is not None)
            schema = RegisteredSchema(str(kind), _text(answer), references)
        except _UnknownError as error:
            self._unknown[number] = self._seconds() + UNKNOWN_SECONDS
            self._cache.refuse(number, "unknown_schema", f"the registry does not know schema {number}: {error}")
        except _TooLargeError as error:
            self._cache.refuse(number, "bad_schema", f"schema {number} of the registry cannot be used: {error}")
        else:
            self._unknown.pop(number, None)
            await asyncio.to_thread(self._cache.put, number, schema)

    async def _refer(
        self, session: aiohttp.ClientSession, answer: Mapping[str, Any], serialized: bool, found: dict[str, str | None]
    ) -> None:
        """Put what a schema refers to into ``found``, each behind what it refers to itself; None for one that is on its way."""
        for one in answer.get("references") or ():
            if not isinstance(one, dict) or not isinstance(name := one.get("name"), str) or not isinstance(one.get("version"), int):
                raise _NotNowError("an answer has references that are none")
            if name in found:
                continue
            if len(found) >= MOST_REFERENCES:
                raise _TooLargeError(f"it has more than {MOST_REFERENCES} references")
            found[name] = None
            place = f"subjects/{quote(str(one.get('subject')), safe='')}/versions/{one['version']}"
            other = await self._ask(session, place + ("?format=serialized" if serialized else ""))
            await self._refer(session, other, serialized, found)
            del found[name]  # behind those
            found[name] = _text(other)

    async def _ask(self, session: aiohttp.ClientSession, path: str) -> Mapping[str, Any]:
        """The object that the registry answers. Raises _UnknownError, _TooLargeError or _NotNowError."""
        try:
            async with session.get(URL(f"{self._url}/{path}", encoded=True), allow_redirects=False) as response:
                body = bytearray()
                async for chunk in response.content.iter_chunked(65_536):
                    body += chunk
                    if len(body) > MOST_BYTES and response.status == HTTPStatus.OK and "json" in response.content_type:
                        raise _TooLargeError(f"it has more than {MOST_BYTES >> 20} MiB")
                    if len(body) > MOST_BYTES:
                        raise _NotNowError(f"it answers {response.status} with more than {MOST_BYTES >> 20} MiB")
                return _answer(response.status, bytes(body))
        except TimeoutError as error:
            raise _NotNowError(f"no answer within {self._timeout.total:g} s") from error
        except aiohttp.ClientSSLError as error:
            raise _NotNowError("its certificate is not accepted; see WINNOW_SCHEMA_REGISTRY_CA_FILE") from error
        except (aiohttp.ClientError, OSError) as error:
            raise _NotNowError(f"it does not answer ({type(error).__name__})") from error


def address(settings: Settings) -> str:
    """The registry's address without what no address should have. Raises WinnowError."""
    url = settings.schema_registry_url.rstrip("/")
    try:
        parts = urlsplit(url)
        fits = parts.scheme in {"http", "https"} and parts.hostname and not (parts.query or parts.fragment) and (parts.port or 1)
        secret = parts.username is not None or parts.password is not None
    except ValueError:
        fits = secret = False
    if secret:
        raise WinnowError(
            "WINNOW_SCHEMA_REGISTRY_URL has a user or a password in it",
            hint="Name them in WINNOW_SCHEMA_REGISTRY_USER and WINNOW_SCHEMA_REGISTRY_PASSWORD_FILE: the address is logged.",
        )
    if not fits:
        raise WinnowError(f"WINNOW_SCHEMA_REGISTRY_URL {url[:80]!r} is not http://host:port or https://host:port, with a path or without")
    if not installed():
        raise WinnowError("reading by a schema registry needs fastavro and protobuf", hint="pip install 'winnow-pipeline[registry]'")
    return url


def _authorization(settings: Settings) -> dict[str, str]:
    """The header that says who asks (HTTP basic)."""
    user = settings.schema_registry_user
    if user is None:
        return {}
    if ":" in user:
        raise WinnowError("WINNOW_SCHEMA_REGISTRY_USER has a colon, which HTTP gives no user name")
    both = f"{user}:{settings.registry_password() or ''}"
    return {"Authorization": f"Basic {base64.b64encode(both.encode()).decode()}"}


def _tls(settings: Settings) -> ssl.SSLContext:
    file = settings.schema_registry_ca_file
    try:
        return ssl.create_default_context(cafile=str(file) if file else None)
    except OSError as error:
        raise WinnowError(f"cannot use the authorities in {file}: {error}", hint="Check WINNOW_SCHEMA_REGISTRY_CA_FILE.") from error


def _answer(status: int, body: bytes) -> Mapping[str, Any]:
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        said = None
    if status == HTTPStatus.OK and isinstance(said, dict):
        return said
    if status == HTTPStatus.NOT_FOUND and isinstance(said, dict) and said.get("error_code") in _NOT_FOUND:
        raise _UnknownError(f"error {said['error_code']}")
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise _NotNowError(f"it refuses us ({status}); see WINNOW_SCHEMA_REGISTRY_USER and _PASSWORD_FILE, and its rights")
    if 300 <= status < 400:
        raise _NotNowError(f"it sends us elsewhere ({status}), which is not followed; see WINNOW_SCHEMA_REGISTRY_URL")
    raise _NotNowError(f"it answers {status}" + ("" if status != HTTPStatus.OK else ", and no JSON object"))


def _text(answer: Mapping[str, Any]) -> str:
    text = answer.get("schema")
    if not isinstance(text, str):
        raise _NotNowError("an answer has no schema")
    return text
