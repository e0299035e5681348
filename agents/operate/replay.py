"""`winnow replay`: writes arrivals into Kafka at their own pace, faster, or as fast as it goes."""

import asyncio
import time
from collections.abc import Callable, Iterable

import aiokafka
from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from aiokafka.producer.message_accumulator import BatchBuilder

from agents.kafka import clients, topics
from agents.settings import Settings
from pipeline.flow import Arrival
from pipeline.stream import partition_of
from schemas.errors import WinnowError

LINGER_SECONDS = 0.1
Progress = Callable[[int], None]


async def run_replay(settings: Settings, arrivals: Iterable[Arrival], *, speed: float | None, progress: Progress = lambda _: None) -> int:
    """Write all arrivals; how many. ``speed`` 60 makes an hour a minute, None goes as fast as the broker takes it.

    Records are collected for a tenth of a second into one batch a partition. Raises WinnowError when the broker is not there.
    """
    counts = await topics.partitions(settings, ("posts", "feedback"))
    producer = clients.producer(settings)
    try:
        await producer.start()
        return await _Replay(settings, producer, counts, progress).run(arrivals, speed)
    except MessageSizeTooLargeError as error:
        raise WinnowError(
            "the file has an event that is larger than the topic takes", hint="Raise max.message.bytes of posts and feedback."
        ) from error
    except (KafkaError, OSError) as error:
        raise clients.unreachable(settings, error) from error
    finally:
        await producer.stop()


class _Replay:
    def __init__(self, settings: Settings, producer: aiokafka.AIOKafkaProducer, counts: dict[str, int], progress: Progress) -> None:
        self._settings = settings
        self._producer = producer
        self._counts = counts
        self._progress = progress
        self._open: dict[tuple[str, int], BatchBuilder] = {}
        self._sent: list[asyncio.Future[object]] = []

    async def run(self, arrivals: Iterable[Arrival], speed: float | None) -> int:
        started, first_ms, flushed, number = time.monotonic(), None, time.monotonic(), 0
        for number, arrival in enumerate(arrivals, 1):
            if first_ms is None:
                first_ms = arrival.appended_ms
            due = started + (arrival.appended_ms - first_ms) / 1000 / speed if speed else 0.0
            while (now := time.monotonic()) < due or now - flushed > LINGER_SECONDS:
                await self._flush()
                flushed = now
                self._progress(number - 1)
                await asyncio.sleep(min(max(due - now, 0), LINGER_SECONDS))
            await self._append(arrival)
        await self._flush()
        self._progress(number)
        return number

    async def _append(self, arrival: Arrival) -> None:
        place = (self._settings.topic(arrival.topic), partition_of(arrival.key, self._counts[arrival.topic]))
        batch = self._open.get(place) or self._open.setdefault(place, self._producer.create_batch())
        now_ms = int(time.time() * 1000)
        if batch.append(timestamp=now_ms, key=arrival.key, value=arrival.value, headers=list(arrival.headers)) is None:
            await self._send(place)
            batch = self._open[place] = self._producer.create_batch()
            # The first record of a batch is taken whatever its size: the broker refuses what is too large.
            batch.append(timestamp=now_ms, key=arrival.key, value=arrival.value, headers=list(arrival.headers))

    async def _send(self, place: tuple[str, int]) -> None:
        batch = self._open.pop(place)
        batch.close()
        self._sent.append(await self._producer.send_batch(batch, place[0], partition=place[1]))

    async def _flush(self) -> None:
        for place in list(self._open):
            await self._send(place)
        sent, self._sent = self._sent, []
        await asyncio.gather(*sent)
