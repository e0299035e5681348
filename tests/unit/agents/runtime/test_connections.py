"""A worker's web port under strangers: too many connections, silent ones, nonsense, and no descriptors left."""

import asyncio
import contextlib
import logging
import os
import resource
import socket
from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest

from agents.metrics.metrics import Metrics
from agents.runtime import connections
from agents.runtime.probes import Web
from agents.settings import load_settings

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture
async def web() -> AsyncIterator[Web]:
    """A worker's end points."""
    found = Web(load_settings(), Metrics("sift"), lambda: None)
    await found.start()
    try:
        yield found
    finally:
        await found.stop()


def port(web: Web) -> int:
    """Where it listens."""
    return int(web.address.rsplit(":", 1)[1].split("/")[0])


async def connect(web: Web, amount: int) -> list[Stream]:
    """Open connections and say nothing."""
    return [await asyncio.open_connection("127.0.0.1", port(web)) for _ in range(amount)]


async def status(web: Web, path: str = "/live") -> int:
    """What a client of its own is answered."""
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session,
        session.get(web.address.replace("/metrics", path)) as answer,
    ):
        return answer.status


def close(streams: list[Stream]) -> None:
    """Close them from this end."""
    for _, writer in streams:
        writer.close()


async def test_more_connections_than_that_are_closed_at_once(
    web: Web, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cap holds, one line says so however many come, and there is room again when some have gone."""
    monkeypatch.setattr(connections, "HEADER_SECONDS", 600.0)  # these say nothing, and stay
    kept = await connect(web, connections.MOST_CONNECTIONS)
    refused = await connect(web, 100)
    for reader, _ in refused:
        with contextlib.suppress(ConnectionResetError):
            assert await asyncio.wait_for(reader.read(), 10) == b"", "closed without a word"
    assert sum("takes no more" in record.message for record in caplog.records) == 1
    assert not any(reader.at_eof() for reader, _ in kept), "those that were there first stay"
    close(kept)
    async with asyncio.timeout(10):
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                assert await status(web) == 200
                break
    close(refused)


async def test_a_connection_without_a_whole_request_is_closed(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """Silence, and a request that comes by drops; one that has been answered is kept for the next scrape."""
    monkeypatch.setattr(connections, "HEADER_SECONDS", 0.3)
    (silent, dripping, scraping) = await connect(web, 3)
    scraping[1].write(b"GET /live HTTP/1.1\r\nHost: x\r\n\r\n")
    assert (await scraping[0].readline()).startswith(b"HTTP/1.1 200")
    dripping[1].write(b"GET /live HTTP/1.1\r\nX: ")
    assert await asyncio.wait_for(silent[0].read(), 10) == b""
    assert await asyncio.wait_for(dripping[0].read(), 10) == b""
    await scraping[0].readuntil(b"live\n")
    scraping[1].write(b"GET /ready HTTP/1.1\r\nHost: x\r\n\r\n")
    assert (await scraping[0].readline()).startswith(b"HTTP/1.1 200")
    close([silent, dripping, scraping])


async def test_nonsense_fills_no_log(web: Web, caplog: pytest.LogCaptureFixture) -> None:
    """What is no HTTP, unknown paths and other methods are answered, and nobody is told."""
    for said, answered in (
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"HTTP/1.0 400"), (b"GET /table HTTP/1.0\r\n\r\n", b"HTTP/1.0 404"),
        (b"POST /live HTTP/1.0\r\nContent-Length: 1\r\n\r\nx", b"HTTP/1.0 405"), (b"HEAD /live HTTP/1.0\r\n\r\n", b"HTTP/1.0 200"),
    ):  # fmt: skip
        for _ in range(20):
            ((reader, writer),) = await connect(web, 1)
            writer.write(said)
            assert (await asyncio.wait_for(reader.read(), 10)).startswith(answered)
            writer.close()
    assert [record.message for record in caplog.records if record.levelno >= logging.WARNING] == []


@contextlib.contextmanager
def no_descriptor_left() -> Iterator[None]:
    """The process may open no file more."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    with open(os.devnull) as probe:
        free = probe.fileno()  # the lowest that is free
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.slow
async def test_without_descriptors_one_line_says_so_and_it_recovers(web: Web, caplog: pytest.LogCaptureFixture) -> None:
    """asyncio tells it for each place in the backlog, every second; here once a minute, and once there is room all are taken in."""
    clients = [socket.socket() for _ in range(8)]
    try:
        for client in clients:
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", port(web)))
        with no_descriptor_left():
            loop = asyncio.get_running_loop()
            tried_again = asyncio.Event()
            loop.call_later(2.5, tried_again.set)  # asyncio tries every second
            await tried_again.wait()
        assert ["ulimit -n" in record.message for record in caplog.records] == [True]
        assert await status(web) == 200
    finally:
        for client in clients:
            client.close()


def test_what_comes_again_and_again_is_said_once_a_minute(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """At once for the first, however short the machine has been up; then with how often it came since."""
    times = [3.0, 3.0, 62.9, 63.0, 63.0, 122.0, 123.0]
    monkeypatch.setattr(connections, "time", SimpleNamespace(monotonic=lambda: times.pop(0)))
    say = connections._Seldom("no room for %d")
    while times:
        say(7)
    assert [record.getMessage() for record in caplog.records] == [
        f"no room for 7 ({often} times since the last such line)" for often in (1, 3, 3)
    ]


async def test_other_errors_of_the_loop_are_told_as_before(caplog: pytest.LogCaptureFixture) -> None:
    """By whoever had them, or by the loop itself where nobody had; afterwards all of them are."""
    loop = asyncio.get_running_loop()
    heard: list[str] = []

    def before(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        heard.append(context["message"])

    loop.set_exception_handler(before)
    quiet = connections.QuietAccept()
    for message in ("a task failed", connections.OUT_OF_DESCRIPTORS):
        loop.call_exception_handler({"message": message, "exception": OSError(24, "too many open files")})
    assert heard == ["a task failed"]
    assert ["too many open files" in record.getMessage() for record in caplog.records] == [True]
    quiet.undo()
    assert loop.get_exception_handler() is before
    loop.set_exception_handler(None)
    quiet = connections.QuietAccept()
    loop.call_exception_handler({"message": "nobody hears"})
    assert "nobody hears" in caplog.text
    quiet.undo()
    assert loop.get_exception_handler() is None
