"""Many shards that write to one partition wait for each other, and none of them runs out of time before it is over."""

import asyncio
import time
from types import SimpleNamespace

import pytest
from aiokafka import TopicPartition
from aiokafka.producer import message_accumulator
from aiokafka.producer.message_accumulator import MessageAccumulator

from agents.kafka import clients
from agents.settings import load_settings

SENDERS = 20
PLACE = TopicPartition("winnow.information.v1", 0)


def test_twenty_that_wait_a_second_for_each_other_all_get_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """The broker takes one batch a second: the last of twenty waits half of the 40 s that it may; aiokafka gave up after nine."""
    seconds = 0.0
    monkeypatch.setattr(message_accumulator, "time", SimpleNamespace(monotonic=lambda: seconds, time=time.time))

    async def course() -> list[int]:
        nonlocal seconds
        producer = clients.producer(load_settings(broker="127.0.0.1:1", broker_is_real=False))  # no number of a producer to ask for

        async def known(_: str) -> None:
            """The topic is."""

        monkeypatch.setattr(producer.client, "_wait_on_metadata", known)
        monkeypatch.setattr(producer, "_partition", lambda topic, partition, *_: partition)
        accumulator: MessageAccumulator = producer._message_accumulator
        accepted: list[int] = []

        async def send(number: int) -> None:
            batch = producer.create_batch()
            batch.append(key=None, value=b"%d" % number, timestamp=0)
            batch.close()
            await producer.send_batch(batch, PLACE.topic, partition=PLACE.partition)
            accepted.append(number)

        senders = [asyncio.create_task(send(number)) for number in range(SENDERS)]
        while not all(sender.done() for sender in senders):
            await asyncio.sleep(0)
            if accumulator._batches.get(PLACE):
                seconds += 1
                accumulator._pop_batch(PLACE).done_noack()
        for sender in senders:
            sender.result()
        producer._closed = True  # it never started
        return accepted

    assert asyncio.run(course()) == list(range(SENDERS)), "in the order in which they came"
