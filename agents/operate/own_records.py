"""A person's words as records in Kafka: what commands and the board write, marked as caused by no other record."""

import hashlib
from collections.abc import Mapping, Sequence

import aiokafka
import orjson
from aiokafka.errors import KafkaError
from msgspec.structs import replace

from agents.kafka import clients, topics
from agents.runtime import Emitter
from agents.settings import Settings
from pipeline.stream import Output, Written

_CAUSES = ("ce_lineage", "traceparent", "ce_clock")


def own_record(noun: str, key: str, message: Mapping[str, object] | None, now_ms: int) -> Output:
    """A record that a person causes at ``now_ms`` (Unix ms); ``message`` None takes the key out of a compacted topic."""
    value = b"" if message is None else orjson.dumps(message)
    name = hashlib.blake2b(b"/".join((noun.encode(), key.encode(), value)), digest_size=16).hexdigest()
    said = Output(noun=noun, key=key.encode(), value=value, id=name, time_ms=now_ms, source="person", lineage="", trace="")
    # No record caused it, so it names none: whoever audits tells a person's word from a stage's by that.
    said = replace(said, ready=[one for one in said.headers() if one[0] not in _CAUSES])
    # Stages write no tombstones, so an Output has a value.
    return replace(said, value=None) if message is None else said


def _of(deployment: str, said: Output) -> Output:
    """The record, saying in which deployment it was said."""
    named = [(name, f"/{deployment}/{said.source}".encode() if name == "ce_source" else value) for name, value in said.ready or ()]
    return replace(said, ready=named)


async def write_records(settings: Settings, outputs: Sequence[Output], producer: aiokafka.AIOKafkaProducer | None = None) -> list[Written]:
    """Write records, acknowledged, each where the Java client would put its key. Returns where those lie that a stage reads.

    producer: a started one of `clients.producer` that the caller keeps; None: one for this call, after a look whether the topics are
    there (the client itself would wait for one that is not). Raises WinnowError when a topic is missing, or the broker does not take them.
    """
    outputs = [_of(settings.prefix, output) for output in outputs]
    if producer is not None:
        return await Emitter(settings, producer).emit(outputs)
    await topics.partitions(settings, {output.noun for output in outputs})
    producer = clients.producer(settings)
    try:
        await producer.start()
    except (KafkaError, OSError) as error:
        await producer.stop()
        raise clients.unreachable(settings, error) from error
    try:
        return await Emitter(settings, producer).emit(outputs)
    finally:
        await producer.stop()
