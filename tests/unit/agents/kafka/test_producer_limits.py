"""A producer waits for a broker that does not answer, but not for ever: not to start, not for an acknowledgement, not to stop."""

import asyncio
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaTimeoutError

from agents.kafka import clients
from agents.settings import load_settings

PLACE = TopicPartition("winnow.information.v1", 0)


class Silence:
    """A cluster that is known, and says nothing any more."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, seconds: float) -> None:
        settings = load_settings(broker="127.0.0.1:1", broker_is_real=False, request_timeout_seconds=seconds)
        self.producer = clients.producer(settings)
        self.closed = False
        monkeypatch.setattr(self.producer.client, "_wait_on_metadata", self._known)
        monkeypatch.setattr(self.producer.client, "bootstrap", self._for_ever)
        monkeypatch.setattr(self.producer.client, "close", self._close)
        monkeypatch.setattr(self.producer, "_partition", lambda topic, partition, *_: partition)
        monkeypatch.setattr(clients, "STOP_SECONDS", 0.01)

    async def _known(self, _: str) -> None:
        """The topic is."""

    async def _for_ever(self) -> None:
        await asyncio.Event().wait()

    async def _close(self) -> None:
        self.closed = True

    async def sent(self) -> "asyncio.Future[Any]":
        """A batch that nobody takes."""
        batch = self.producer.create_batch()
        batch.append(key=None, value=b"v", timestamp=0)
        batch.close()
        return await self.producer.send_batch(batch, PLACE.topic, partition=PLACE.partition)


async def test_what_is_not_acknowledged_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """After three requests' time, whether a batch or a record; aiokafka would try again for ever."""
    silence = Silence(monkeypatch, seconds=0.02)
    for waiting in (await silence.sent(), await silence.producer.send("winnow.posts.v1", b"v", partition=0)):
        with pytest.raises(KafkaTimeoutError, match="not acknowledged within 0 s"):
            await asyncio.wait_for(waiting, 30)
    await silence.producer.stop()


async def test_what_is_acknowledged_in_time_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its time is over with it."""
    silence = Silence(monkeypatch, seconds=1_000.0)
    waiting = await silence.sent()
    loop = asyncio.get_running_loop()
    before = len(loop._scheduled)  # type: ignore[attr-defined]  # what is to be called later
    silence.producer._message_accumulator._pop_batch(PLACE).done(7)
    assert (await waiting).offset == 7
    await asyncio.sleep(0)
    assert [one.cancelled() for one in loop._scheduled].count(False) < before  # type: ignore[attr-defined]
    await silence.producer.stop()


async def test_a_start_without_an_answer_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """aiokafka asks for a producer's number without end; no page answers yet, so nobody would see it."""
    silence = Silence(monkeypatch, seconds=0.02)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(silence.producer.start(), 30)
    await silence.producer.stop()
    assert silence.closed


async def test_a_stop_leaves_behind_what_nobody_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """aiokafka waits until all is written."""
    silence = Silence(monkeypatch, seconds=1_000.0)
    waiting = await silence.sent()
    sender = silence.producer._sender
    sender._sender_task = asyncio.create_task(silence._for_ever())

    async def close() -> None:
        sender._sender_task.cancel()

    monkeypatch.setattr(sender, "close", close)
    await asyncio.wait_for(silence.producer.stop(), 30)
    assert silence.closed
    with pytest.raises(KafkaTimeoutError, match="its producer was stopped"):
        await waiting
