"""All stages on a real Kafka without Faust: each works off its input once, in the order of the delivery rule."""

import time
import uuid
from collections.abc import Iterable, Sequence

import aiokafka
import orjson
from aiokafka import TopicPartition

from agents.kafka import clients, topics
from agents.kafka.scan import Scanner
from agents.runtime.ledger_writer import LedgerWriter
from agents.runtime.outputs import Emitter
from agents.settings import Settings
from agents.stages import build as stages
from pipeline.policy.load import load_policy
from pipeline.stream.stage import Batch, Output, Shard, Step, Written
from schemas.topics import INPUTS

ORDER = ("sift", "correlate", "decide", "act", "learn", "monitor", "monitor")
"""Monitor comes twice: it reads what it wrote itself about its other inputs."""


def raw(noun: str, source: str, payload: bytes, partition_key: str = "0") -> tuple[str, str, bytes, bytes]:
    """A record as a producer writes it: (noun, source, key, value)."""
    return noun, source, partition_key.encode(), payload


def signal(native: str, text: str, author: str, at: str, **changes: object) -> bytes:
    """A canonical post."""
    return orjson.dumps(
        {"id": native, "source": "forum", "kind": "post", "author": {"id": author}, "text": text, "created_at": at} | changes
    )


class ByHand:
    """A deployment whose stages run when the test says so."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._shards: dict[tuple[str, str, int], Shard] = {}
        self._read: dict[tuple[str, TopicPartition], int] = {}

    async def prepare(self) -> None:
        """Create the topics."""
        await topics.apply(self.settings, [team.name for team in load_policy(self.settings.policy_file).teams])

    async def send(self, records: Iterable[tuple[str, str, bytes, bytes]]) -> None:
        """Append raw records."""
        producer = clients.producer(self.settings)
        await producer.start()
        try:
            for noun, source, key, value in records:
                await producer.send_and_wait(self.settings.topic(noun), value, key=key, headers=[("source", source.encode())])
        finally:
            await producer.stop()

    async def write(self, outputs: Sequence[Output]) -> None:
        """Append outputs as a stage would."""
        producer = clients.producer(self.settings)
        await producer.start()
        try:
            await Emitter(self.settings, producer).emit(outputs)
        finally:
            await producer.stop()

    async def work(self, order: Sequence[str] = ORDER, *, commit: bool = True) -> None:
        """Let each stage work off what there is, and say that nothing more comes."""
        for name in order:
            await self._stage(name, commit=commit)

    async def _stage(self, name: str, *, commit: bool) -> None:
        built = stages.stage(self.settings, name, await topics.needed_by(self.settings, name))
        built.warm_up()
        producer = clients.producer(self.settings)
        await producer.start()
        emitter = Emitter(self.settings, producer)
        ledger = LedgerWriter(name, emitter)
        positions: dict[TopicPartition, int] = {}
        written: list[Written] = []

        async def durable(step: Step | None) -> bool:
            if step is None:
                return False
            written.extend(await emitter.emit(step.outputs))
            await ledger.write(step.spans, written)
            if step.spans:
                written.clear()
            positions.update({TopicPartition(self.settings.topic(noun), number): at for (noun, number), at in step.positions.items()})
            return step.more

        try:
            touched = []
            async with Scanner(self.settings) as scanner:
                extents = await scanner.extents(INPUTS[name])
                for place, (begin, _) in extents.items():
                    noun = self.settings.noun(place.topic)
                    key = (name, "" if built.together else noun, place.partition)
                    shard = self._shards[key] = self._shards.get(key) or built.make(noun, place.partition)
                    touched.append(shard)
                    start = self._read.get((name, place), begin)
                    async for _, records in scanner.records({place: (start, extents[place][1])}):
                        await durable(shard.process(Batch(noun, place.partition, records), _now()))
                    self._read[name, place] = extents[place][1]
            for shard in dict.fromkeys(touched):
                while await durable(shard.tick(_now() + 3_600_000, caught_up=True)):
                    pass
        finally:
            await producer.stop()
        if commit:
            await self.commit(name, positions)

    async def commit(self, name: str, positions: dict[TopicPartition, int]) -> None:
        """Commit positions for a stage's group."""
        consumer = aiokafka.AIOKafkaConsumer(
            bootstrap_servers=self.settings.broker, group_id=f"{self.settings.prefix}-{name}", enable_auto_commit=False
        )
        await consumer.start()
        try:
            consumer.assign(list(positions))
            await consumer.commit(positions)
        finally:
            await consumer.stop()


def unique(settings: Settings) -> Settings:
    """The same broker, topics of their own."""
    return settings.model_copy(update={"prefix": f"t{uuid.uuid4().hex[:8]}", "partitions": 2})


def _now() -> int:
    return int(time.time() * 1000)
