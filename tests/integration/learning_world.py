"""A deployment that people answer: a new kind of chaff among complaints, who says what it was, and what comes through."""

import random
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from agents.kafka import clients
from agents.kafka.scan import Scanner
from agents.operate.replay import run_replay
from agents.runtime.outputs import Emitter
from agents.settings import Settings, load_settings
from pipeline.flow import Arrival
from pipeline.stream.stage import WATERMARK, Output, header
from schemas.times import iso

POLICY = """
version: 1
subjects: {aurora: Aurora Air}
teams:
  - {name: support, contact: support-lead, attention: {per_hour: 100000, burst: 100000}}
rules:
  - {name: case, when: situation.kind == 'case', do: reply, owner: support}
"""
PARTITIONS = 2
WHO = ("my cousin", "a colleague", "my aunt", "my neighbour", "our landlord", "a friend from work")
HOW = ("got everything refunded", "recovered the whole fare", "was paid back in full", "had the money by evening")
HELPER = ("zed", "quickrefund", "cyberpro", "lukerecovers", "goldhand", "fixmate")
THING = ("my bag", "our stroller", "the seat I paid for", "my refund", "the vegan meal", "our connection", "the receipt")
PLACE = ("lisbon", "oslo", "gate 14", "terminal 2", "check-in", "the lounge", "row 22", "the help desk")
BAD = ("is still missing", "was never delivered", "was cancelled without a word", "has been broken for days", "was charged twice")
FEEL = ("this is terrible service", "I am really angry", "nobody answers the phone", "worst airline ever", "please sort this out")


def chaff(chance: random.Random) -> str:
    """A refund swindle that names the brand: a kind of noise that the shipped gate lets through."""
    helper = f"{chance.choice(HELPER)}{chance.randrange(10_000)}"
    where = chance.choice(("telegram", "whatsapp", "insta", "signal"))
    friend, how = chance.choice(WHO), chance.choice(HOW)
    return chance.choice(
        (
            f"lost money with aurora air? {friend} {how} thanks to {helper} on {where}, only {chance.randrange(400)} places left",
            f"angry at aurora air? {helper} recovers stolen fares in {chance.randrange(2, 90)} minutes, dm on {where}, {friend} {how}",
        )
    )


def wheat(chance: random.Random) -> str:
    """A customer's complaint."""
    what = f"{chance.choice(THING)} at {chance.choice(PLACE)} {chance.choice(BAD)} since {chance.randrange(1, 30)} march"
    return f"aurora air again: {what}, {chance.choice(FEEL)}, booking {chance.randrange(100_000)}"


def fitting(broker: str, folder: Path) -> Settings:
    """A deployment of its own, whose policy answers every case, and whose models lie in a folder of the test."""
    policy = folder / "policy.yaml"
    policy.write_text(POLICY)
    return load_settings(
        broker=broker, prefix=f"l{uuid.uuid4().hex[:6]}", policy_file=policy, partitions=PARTITIONS,
        model_store=folder / "models", session_timeout_seconds=40.0,
    )  # fmt: skip


@dataclass(slots=True)
class Passed:
    """How many of each kind were sent, and how many came through as information, with the models that judged them."""

    sent: dict[bool, int]
    passed: dict[bool, int]
    models: set[str]

    def share(self, *, of_chaff: bool) -> float:
        """Passed share of one kind."""
        return self.passed[of_chaff] / self.sent[of_chaff]


@dataclass(slots=True)
class Learning:
    """What was sent, by native id, and whether it is chaff."""

    settings: Settings
    chance: random.Random = field(default_factory=lambda: random.Random(4))
    truth: dict[str, bool] = field(default_factory=dict)

    async def send(self, count: int, *, chaff_share: float = 0.4) -> list[str]:
        """Append so many posts that were just written; their native ids."""
        names: list[str] = []

        def arrivals() -> Iterator[Arrival]:
            now_ms = int(time.time() * 1000)
            for _ in range(count):
                name, noise = f"n{len(self.truth)}", self.chance.random() < chaff_share
                self.truth[name] = noise
                names.append(name)
                value = {
                    "id": name, "source": "forum", "kind": "post", "author": {"id": f"by {name}"}, "created_at": iso(now_ms),
                    "text": (chaff if noise else wheat)(self.chance),
                }  # fmt: skip
                yield Arrival("posts", name.encode(), orjson.dumps(value), (("source", b"signal"),), now_ms)

        await run_replay(self.settings, arrivals(), speed=None)
        return names

    async def messages(self, noun: str) -> list[dict[str, Any]]:
        """All messages of a topic, watermarks left out."""
        found = []
        async with Scanner(self.settings) as scanner:
            async for _, records in scanner.records(await scanner.extents(scanner.nouns([noun]))):
                found += [orjson.loads(record.value) for record in records if header(record, "ce_type") != WATERMARK.encode()]
        return found

    async def passed(self, names: Sequence[str]) -> Passed:
        """What became of these posts."""
        wanted = set(names)
        through = [message for message in await self.messages("information") if message["signal"]["id"] in wanted]
        sent = [self.truth[name] for name in names]
        came = [self.truth[message["signal"]["id"]] for message in through]
        return Passed(
            {kind: sent.count(kind) for kind in (True, False)},
            {kind: came.count(kind) for kind in (True, False)},
            {message["model"] for message in through},
        )

    async def answer(self) -> int:
        """The support team answers: complaints are done, a tenth of all the chaff there was is declined as noise; how many answers."""
        most = sum(self.truth.values()) // 10
        kinds = {message["id"]: self.truth[message["signal"]["id"]] for message in await self.messages("information")}
        now_ms = int(time.time() * 1000)
        outcomes = []
        for action in await self.messages("actions.support"):
            noise = any(kinds[piece["information"]] for piece in action["evidence"])
            most -= noise
            if noise and most < 0:
                continue
            said = {"status": "declined", "reason": "noise"} if noise else {"status": "done"}
            value = {"action_id": action["action_id"], "team": "support", "at": iso(now_ms), **said}
            outcomes.append(self._output("outcomes", "support", value, f"outcome/{action['action_id']}", now_ms))
        await self._write(outcomes)
        return len(outcomes)

    async def put(self, noun: str, key: str, value: dict[str, object]) -> None:
        """Append one record as it is."""
        await self._write([self._output(noun, key, value, key, int(time.time() * 1000))])

    async def _write(self, outputs: Sequence[Output]) -> None:
        producer = clients.producer(self.settings)
        await producer.start()
        try:
            await Emitter(self.settings, producer).emit(outputs)
        finally:
            await producer.stop()

    def _output(self, noun: str, key: str, value: dict[str, object], name: str, now_ms: int) -> Output:
        return Output(
            noun=noun, key=key.encode(), value=orjson.dumps(value), id=name, time_ms=now_ms, source="", lineage="", trace="", ready=[]
        )
