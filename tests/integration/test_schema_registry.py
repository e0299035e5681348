"""Schemas from a real HTTP server: each asked for once; what it does not say is waited for, and only its own word counts as none."""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import orjson
import pytest
import trustme
from aiohttp import web
from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto
from pydantic import SecretStr

from agents.settings import Settings
from agents.stages import schema_registry
from agents.stages.schema_registry import SchemaRegistry
from pipeline.stream import Record
from schemas.errors import WinnowError
from schemas.registry import SchemaCache
from schemas.sources import Malformed
from tests.integration.registry import LocalRegistry, refusal
from tests.unit.schemas.registry.test_avro import AUTHOR
from tests.unit.schemas.registry.test_protobuf import field, file

POST = {"type": "record", "name": "Post", "fields": [{"name": "author", "type": "org.people.Author"}]}
BODY = b"\x02u"


def framed(*numbers: int) -> list[Record]:
    """Records with these schemas."""
    return [Record(at, 0, None, b"\0" + number.to_bytes(4, "big") + BODY, ()) for at, number in enumerate(numbers)]


@pytest.fixture
async def registry() -> AsyncIterator[LocalRegistry]:
    """One that knows schema 1, a text, and 2, a record that refers to another one."""
    local = LocalRegistry()
    local.avro(1, "string")
    local.avro(2, POST, {"name": "org.people.Author", "subject": "org/people", "version": 3})
    local.subjects["org/people/3"] = {"subject": "org/people", "schema": orjson.dumps(AUTHOR).decode()}
    async with local.listening():
        yield local


class Asking:
    """The client of a worker, and a clock that a test moves."""

    def __init__(self, url: str, clock_step: float = 0.0, **changes: object) -> None:
        self.cache = SchemaCache()
        self.now = 0.0
        settings = Settings().model_copy(update={"schema_registry_url": url, "schema_registry_timeout_seconds": 10.0, **changes})
        self.clock_step = clock_step
        self.client = SchemaRegistry(settings, self.cache, self.seconds)

    def seconds(self) -> float:
        """The clock; it goes a step each time somebody looks."""
        self.now += self.clock_step
        return self.now

    async def prepare(self, *numbers: int) -> str | None:
        """What a runner is told."""
        return await self.client.prepare(framed(*numbers))

    def read(self, number: int) -> Any:
        """What a record comes to."""
        return self.cache.to_json(framed(number)[0].value or b"")


async def test_a_schema_is_asked_for_once(registry: LocalRegistry) -> None:
    """With what it refers to, whose subject may have a slash in it; shards that ask together, too."""
    asking = Asking(registry.url + "/")
    told = await asyncio.gather(asking.prepare(1, 2, 1), asking.prepare(2), asking.prepare(1))
    assert told == [None, None, None]
    assert (asking.read(1), asking.read(2)) == (b'"u"', b'{"author":{"id":"u"}}')
    assert await asking.prepare(1, 2) is None
    assert registry.asked == {"/schemas/ids/1": 1, "/schemas/ids/2": 1, "/subjects/org%2Fpeople/versions/3": 1}


async def test_protobuf_is_asked_for_compiled(registry: LocalRegistry) -> None:
    """With its imports; a registry that only has the text is named in the refusal."""
    F = FieldDescriptorProto
    author = DescriptorProto(name="Author", field=[field("id", 1, F.TYPE_STRING)])
    post = DescriptorProto(name="Post", field=[field("author", 1, F.TYPE_MESSAGE, ".org.Author")])
    reference = {"name": "author.proto", "subject": "author", "version": 1}
    registry.schemas[5] = {"schemaType": "PROTOBUF", "schema": "message Post {}", "references": [reference]}
    registry.serialized = {5: file(post, imports=("author.proto",)), "author/1": file(author)}
    registry.subjects["author/1"] = {"schemaType": "PROTOBUF", "schema": "message Author {}"}
    registry.schemas[6] = {"schemaType": "PROTOBUF", "schema": "message Post {}"}
    asking = Asking(registry.url)
    assert await asking.prepare(5, 6) is None
    assert asking.cache.to_json(b"\0\0\0\0\5\0\x0a\x03\x0a\x01u") == b'{"author":{"id":"u"}}'
    assert asking.read(6).code == "protobuf_unsupported"


async def test_only_its_own_word_says_that_it_has_none(registry: LocalRegistry) -> None:
    """It is asked again when that is a while ago: a schema that was registered meanwhile is found."""
    registry.avro(4, POST, {"name": "org.people.Author", "subject": "nobody", "version": 1})
    asking = Asking(registry.url)
    assert await asking.prepare(1, 3, 4) is None
    assert asking.read(3) == Malformed("unknown_schema", "the registry does not know schema 3: error 40403")
    assert asking.read(4) == Malformed("unknown_schema", "the registry does not know schema 4: error 40401")
    registry.avro(3, "string")
    assert await asking.prepare(3) is None
    assert asking.read(3).code == "unknown_schema"
    asking.now += schema_registry.UNKNOWN_SECONDS
    assert await asking.prepare(3) is None
    assert asking.read(3) == b'"u"'
    assert registry.asked["/schemas/ids/3"] == 2


async def test_unknown_ids_do_not_fill_the_memory(registry: LocalRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many old ones are forgotten; those that no registry can have are never asked for."""
    monkeypatch.setattr(schema_registry, "MANY", 20)
    asking = Asking(registry.url)
    assert await asking.prepare(*range(100, 130), 2**31) is None
    asking.now += schema_registry.UNKNOWN_SECONDS + schema_registry.FORGET_SECONDS + 1
    assert await asking.prepare(1, 100) is None
    assert asking.cache.missing({1, 100, 101, 129}) == {101, 129}
    assert asking.read(2**31).code == "unknown_schema"
    assert len(registry.asked) == 31


async def test_shards_take_turns_when_there_is_much_to_ask(registry: LocalRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that needs a schema does not wait until another one has all of its own; asking ends, however long it takes."""
    monkeypatch.setattr(schema_registry, "MOST_TOGETHER", 5)
    asking = Asking(registry.url, clock_step=schema_registry.UNKNOWN_SECONDS / 10)
    much = asyncio.create_task(asking.prepare(*range(100, 200)))
    await registry.was_asked.wait()
    assert await asking.prepare(1) is None
    assert not much.done()
    assert await much is None
    assert asking.read(199).code == "unknown_schema"
    assert registry.asked.total() == 101


def redirected(_: web.Request) -> web.Response:
    """To where the schemas would be."""
    raise web.HTTPFound("/elsewhere")


def endless(_: web.Request) -> web.Response:
    """More than is read."""
    return web.Response(body=b" " * (schema_registry.MOST_BYTES + 1), content_type="text/html")


@pytest.mark.parametrize(
    ("instead", "told"),
    [
        (redirected, "sends us elsewhere (302)"),
        (endless, "more than 1 MiB"),
        (lambda _: web.Response(text="<html>not here</html>", status=404, content_type="text/html"), "it answers 404"),
        (lambda _: web.json_response({"error_code": 404, "message": "HTTP 404 Not Found"}, status=404), "it answers 404"),
        (lambda _: refusal(500, 50001), "it answers 500"),
        (lambda _: refusal(429, 42900), "it answers 429"),
        (lambda _: web.Response(text="welcome"), "no JSON object"),
        (lambda _: web.json_response([1]), "no JSON object"),
        (lambda _: web.json_response({"subject": "x"}), "an answer has no schema"),
        (lambda _: web.json_response({"schema": '"int"', "references": [{"name": 1}]}), "references that are none"),
        (lambda _: web.json_response({"error_code": 403}, status=403), "refuses us (403)"),
    ],
)
async def test_what_may_pass_is_waited_for(registry: LocalRegistry, instead: Any, told: str) -> None:
    """Nothing is rejected for it; what could be fetched is there already."""
    asking = Asking(registry.url)
    assert await asking.prepare(1) is None
    registry.instead = instead
    why = await asking.prepare(1, 2)
    assert why is not None
    assert told in why
    assert registry.url in why
    assert asking.read(1) == b'"u"'
    assert asking.cache.missing({2}) == {2}
    registry.instead = None
    asking.now += schema_registry.LONGEST_PAUSE_SECONDS
    assert await asking.prepare(1, 2) is None
    assert "/elsewhere" not in registry.asked


async def test_it_is_asked_ever_more_seldom_and_told_once_a_minute(registry: LocalRegistry, caplog: pytest.LogCaptureFixture) -> None:
    """However many shards ask; that it is back is told too."""
    registry.instead = lambda _: refusal(503, 50003)
    asking = Asking(registry.url)
    with caplog.at_level(logging.WARNING, "winnow"):
        for _ in range(300):
            for _ in range(3):
                assert await asking.prepare(1) is not None
            asking.now += 1.0
    lines = [record.getMessage() for record in caplog.records if record.name == "winnow"]
    assert len(lines) == 5
    assert all("records are held back: the schema registry" in line and "answers 503" in line for line in lines)
    assert 20 <= registry.asked["/schemas/ids/1"] <= 60
    registry.instead = None
    asking.now += schema_registry.LONGEST_PAUSE_SECONDS
    caplog.clear()
    with caplog.at_level(logging.WARNING, "winnow"):
        assert await asking.prepare(1) is None
    assert [record.getMessage() for record in caplog.records] == [f"the schema registry {registry.url} answers again"]


async def test_a_registry_that_is_not_there_or_does_not_answer(registry: LocalRegistry) -> None:
    """Neither ends a worker, and each is told by what it is."""
    registry.stuck = True
    assert "no answer within 0.5 s" in str(await Asking(registry.url, schema_registry_timeout_seconds=0.5).prepare(1))
    away = LocalRegistry()
    async with away.listening():
        pass
    assert "does not answer (ClientConnectorError)" in str(await Asking(away.url).prepare(1))


async def test_doctor_asks_whether_it_answers(registry: LocalRegistry) -> None:
    """Whatever schemas it has."""
    assert await Asking(registry.url).client.reach() is None
    registry.schemas.clear()
    assert await Asking(registry.url).client.reach() is None
    registry.instead = lambda _: refusal(500, 50001)
    assert "answers 500" in str(await Asking(registry.url).client.reach())


async def test_a_schema_beyond_the_bounds_is_no_schema(registry: LocalRegistry) -> None:
    """A megabyte of it, and references without end: the records are refused, others go on."""
    registry.schemas[7] = {"schema": '"' + "x" * schema_registry.MOST_BYTES + '"'}
    names = [{"name": f"r{number}", "subject": "many", "version": 1} for number in range(200)]
    registry.avro(8, "string", *names)
    registry.subjects["many/1"] = {"schema": '"int"'}
    registry.avro(9, "string", {"name": "loop", "subject": "loop", "version": 1})
    registry.subjects["loop/1"] = {"schema": '"int"', "references": [{"name": "loop", "subject": "loop", "version": 1}]}
    asking = Asking(registry.url)
    assert await asking.prepare(7, 8, 9) is None
    assert (asking.read(7).code, "more than 1 MiB" in asking.read(7).reason) == ("bad_schema", True)
    assert (asking.read(8).code, "more than 100 references" in asking.read(8).reason) == ("bad_schema", True)
    assert asking.read(9) == b'"u"'


async def test_the_password_is_sent_and_never_told(registry: LocalRegistry, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """From a file or a variable; a wrong one is waited for, as it may be mended."""
    registry.password = ("reader", "hunter2")
    (tmp_path / "password").write_text("hunter2\n")
    right = Asking(registry.url, schema_registry_user="reader", schema_registry_password_file=tmp_path / "password")
    assert await right.prepare(1) is None
    wrong = Asking(registry.url, schema_registry_user="reader", schema_registry_password=SecretStr("swordfish"))
    with caplog.at_level(logging.DEBUG):
        why = await wrong.prepare(1)
    assert "refuses us (401)" in str(why)
    assert "swordfish" not in f"{why} {caplog.text}"


async def test_its_certificate_is_checked(tmp_path: Path) -> None:
    """By the authorities that are named; a registry of others is waited for."""
    authority = trustme.CA()
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(served)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    app = web.Application()

    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"schema": '"string"'})

    app.router.add_get("/{rest:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=served)
    await site.start()
    url = f"https://localhost:{runner.addresses[0][1]}"
    try:
        assert await Asking(url, schema_registry_ca_file=tmp_path / "ca.pem").prepare(1) is None
        assert "certificate is not accepted" in str(await Asking(url).prepare(1))
    finally:
        await runner.cleanup()


def faults(tmp_path: Path) -> Iterable[tuple[dict[str, object], str]]:
    """Settings that do not fit, and what is said."""
    yield {"schema_registry_url": "ftp://registry"}, "is not http://host:port"
    yield {"schema_registry_url": "registry:8081"}, "is not http://host:port"
    yield {"schema_registry_url": "http://registry:port"}, "is not http://host:port"
    yield {"schema_registry_url": "http://registry/?x=1"}, "is not http://host:port"
    yield {"schema_registry_url": "http://u:hunter2@registry"}, "has a user or a password in it"
    yield {"schema_registry_ca_file": tmp_path / "nowhere.pem"}, "cannot use the authorities"
    yield {"schema_registry_user": "u", "schema_registry_password_file": tmp_path / "nowhere"}, "cannot read the schema registry password"
    yield {"schema_registry_user": "u:v"}, "has a colon"


def test_settings_that_do_not_fit_are_refused_at_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each by its name and without a password; so is a worker without the packages."""
    for changes, told in faults(tmp_path):
        with pytest.raises(WinnowError, match=told) as refused:
            Asking(
                **{
                    "url": "http://registry:8081/apis/ccompat/v7",
                    **{k.removeprefix("schema_registry_url") or "url": v for k, v in changes.items()},
                }
            )
        assert "hunter2" not in str(refused.value)
    monkeypatch.setattr(schema_registry, "installed", lambda: False)
    with pytest.raises(WinnowError, match=r"pip install 'winnow-pipeline\[registry\]'"):
        Asking("http://registry:8081")
