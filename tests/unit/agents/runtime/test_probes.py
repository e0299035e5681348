"""A worker's end points on loopback."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from agents.local.ports import free_port
from agents.metrics.metrics import Metrics
from agents.runtime.probes import Web
from agents.runtime.stage import Stage
from agents.runtime.worker import Worker
from agents.settings import load_settings
from pipeline.stream.stage import Span, Step
from schemas.errors import WinnowError


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    """A browser."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        yield session


class State:
    """What a worker would say of itself."""

    missing: str | None = "no partitions assigned"

    def ready(self) -> str | None:
        """None when nothing is missing."""
        return self.missing


async def test_ready_follows_the_worker_and_live_does_not(client: aiohttp.ClientSession) -> None:
    """/ready is 503 with the reason until nothing is missing; /live is 200 all the while."""
    state = State()
    web = Web(load_settings(), Metrics("sift"), state.ready)
    await web.start()
    base = web.address.removesuffix("/metrics")
    try:
        for missing, status, text in (
            ("no partitions assigned", 503, "no partitions assigned"),
            (None, 200, "ready"),
            ("rebalancing", 503, "rebalancing"),
        ):
            state.missing = missing
            async with client.get(f"{base}/ready") as answer:
                assert (answer.status, (await answer.text()).strip()) == (status, text)
            async with client.get(f"{base}/live") as answer:
                assert answer.status == 200
        async with client.get(f"{base}/table") as answer:
            assert answer.status == 404, "nothing of Faust's own pages is served"
    finally:
        await web.stop()
    with pytest.raises(aiohttp.ClientError):
        await client.get(f"{base}/live")


def test_a_worker_is_not_ready_before_it_has_partitions() -> None:
    """A fresh worker says what it waits for."""
    assert (
        Worker(load_settings(), Stage("decide", lambda topic, partition: pytest.fail("no shard yet"))).ready() == "no partitions assigned"
    )


async def test_metrics_tell_what_became_of_events(client: aiohttp.ClientSession) -> None:
    """Counts by disposition under the worker's own stage, in Prometheus' text format."""
    metrics = Metrics("sift")
    step = Step(spans=[Span("posts", 0, 0, bytes([2, 7, 7]))])
    step.count("rejected", "not_json")
    metrics.step(step, 0.5)
    web = Web(load_settings(), metrics, lambda: None)
    await web.start()
    try:
        async with client.get(web.address) as answer:
            assert answer.headers["Content-Type"].startswith("text/plain")
            text = await answer.text()
    finally:
        await web.stop()
    assert 'winnow_events_total{disposition="information",stage="sift",topic="posts"} 2.0' in text
    assert 'winnow_events_total{disposition="rejected",stage="sift",topic="posts"} 1.0' in text
    assert 'winnow_rejected_total{reason="not_json",stage="sift"} 1.0' in text


async def test_it_listens_on_loopback_only() -> None:
    """Unless told otherwise."""
    web = Web(load_settings(), Metrics("sift"), lambda: None)
    await web.start()
    try:
        assert web.address.startswith("http://127.0.0.1:")
    finally:
        await web.stop()


async def test_a_taken_port_is_named() -> None:
    """One line that says which setting to change."""
    settings = load_settings(web_port=free_port())
    first, second = (Web(settings, Metrics("sift"), lambda: None) for _ in range(2))
    await first.start()
    try:
        with pytest.raises(WinnowError, match=rf"cannot listen on 127\.0\.0\.1:{settings.web_port}.*WINNOW_WEB_PORT"):
            await second.start()
    finally:
        await first.stop()
        await second.stop()
