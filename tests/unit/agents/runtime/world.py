"""Workers, a broker and a group coordinator in one thread: real runners, delivery, changelog, outputs and ledger over fakes.

A schedule says between which two callbacks what happens to its worker, and its seed in which
order the network answers; everything else follows, so that a schedule that fails can be repeated.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple

from aiokafka.errors import KafkaTimeoutError

from agents.runtime.changelog import EPOCH_HEADER, MARKS, StateStore
from agents.runtime.partition_runner import LostInput
from agents.runtime.ports import InputPartition
from pipeline.ledger import Book
from schemas.errors import WinnowError
from tests.unit.agents.runtime.controlled_loop import ControlledLoop, Process
from tests.unit.agents.runtime.fakes import FakeKafka, FakeProducer, FakeReader, FakeRecord, Network, Request
from tests.unit.agents.runtime.hosts import INPUT, OUT, SETTINGS, STAGE, Host

MOST_EVENTS = 10_000
COMMIT_EVERY = 40
LOOK_EVERY = 60
STATE = SETTINGS.topic(f"{STAGE}-state")


class Disturbance(NamedTuple):
    """What happens to the worker that owns the shard after so many callbacks and answers of the network."""

    step: int
    kind: str


class Schedule(NamedTuple):
    """One course of events. ``seed``: None for a network that answers only when nothing else is to be done, the oldest first."""

    disturbances: tuple[Disturbance, ...]
    seed: int | None = None


KINDS = ("rebalance", "revoke", "stop", "crash", "crash, late", "suspend", "wake", "cut off", "lost", "unheard", "dropped")
"""Revoked and assigned anew; moved to another worker; SIGTERM; kill -9, with what is on its way lost or arriving late; suspended while
another takes over, and resumed after its lease ran out; the same, just before it did; cut off from the coordinator alone, and working on
beside the next owner; a request that fails, not done or done; a batch that never arrives.

Only those that have restored their state are cut off or wake before their lease ran out: who then still claims the shard would take
it from its rightful owner, and nothing but the coordinator could tell who is who.
"""


@dataclass
class World:
    """One run of a schedule, from an empty deployment until all input is done and committed."""

    schedule: Schedule
    loop: ControlledLoop
    network: Network = field(default_factory=lambda: Network(held=True))
    committed: dict[InputPartition, int] = field(default_factory=dict)
    hosts: list[Host] = field(default_factory=list)
    generation: int = 0
    owner: Host | None = None
    failing: str = ""
    events: int = 0
    topic_ids: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.kafka = FakeKafka(network=self.network)
        self.kafka.landed = self._check_order
        self._random = Random(self.schedule.seed) if self.schedule.seed is not None else None
        self._ahead = sorted(self.schedule.disturbances)
        self._later: list[tuple[int, Callable[[], object]]] = []
        self._moving = False
        self._outputs: set[str] = set()
        self._state: dict[str, int] = {}
        self._writers: dict[bytes, Process | None] = {}
        self._asking: Process | None = None
        self._withheld: dict[Process | None, int] = {}
        self._book = Book()

    def store(self) -> StateStore:
        """A changelog of a process of its own."""
        return StateStore(SETTINGS, STAGE, FakeProducer(self.kafka), open_reader=lambda _: FakeReader(self.kafka))

    # -- the course of events ----------------------------------------------------------------------------------------

    def run(self) -> None:
        """Until all is done; raises AssertionError for whatever should not be."""
        while not self.done or self._ahead or self._later or self._moving or self._hidden() or self._late():
            assert self.events < MOST_EVENTS, f"never done: {self.committed}"
            self.events += 1
            self._intervene()
            self._step()
        self._check()

    @property
    def done(self) -> bool:
        """All records are done and committed. A marker at the end is accounted for by who worked the record before it."""
        return all(self.committed.get(place, 0) > offsets[-1] for place, offsets in INPUT.items())

    def _hidden(self) -> set[bytes | None]:
        """State keys whose last record, all that compaction leaves, is a former owner's and came too late. Marks may: where one is,
        one more worker ends before its successor suspects anything.
        """
        newest, found = 0, set()
        for record in self.kafka.log(STATE):
            if (record.key or b"").startswith(MARKS):
                continue
            epoch = int(dict(record.headers)[EPOCH_HEADER])
            newest = max(newest, epoch)
            (found.add if epoch < newest else found.discard)(record.key)
        return found

    def _late(self) -> bool:
        """Whether a write of a former owner is still on its way."""
        return any(one.lane[0] == STATE and one.process is not self.owner for one in self.network.requests)

    def _step(self) -> None:
        if self._random is not None and self._random.random() < 0.3 and (requests := self._answerable()):
            self._answer(self._random.choice(requests))
        elif not self.loop.step():
            if requests := self._answerable():
                self._answer(requests[0])
            elif not self.loop.advance():
                assert self._later or self.owner is None or self.owner.dead, "everybody waits for ever"

    def _answerable(self) -> list[Request]:
        return [one for one in self.network.first_of_lanes() if self._withheld.get(one.process, 0) <= self.events]

    def _answer(self, request: Request) -> None:
        self.network.take(request)
        kind, host = self.failing, request.process
        self._asking = host
        if kind and host is self.owner and host is not None:
            self.failing = ""
            request.fail(done=kind == "unheard")
        else:
            request.answer()

    def _intervene(self) -> None:
        while self._later and self._later[0][0] <= self.events:
            self._later.pop(0)[1]()
        if self.owner is not None and self.events % COMMIT_EVERY == 0:
            self.owner.start(self.owner.try_to_commit())
        if self.owner is not None and self.events % LOOK_EVERY == 0:
            self.owner.start(self.owner.look())
        if (self.owner is None or self.owner.dead) and not self._moving:
            self._hand_over()
        if self._ahead and self.owner is not None and not self._moving and self.events >= self._ahead[0].step:
            self._disturb(self._ahead.pop(0).kind, self.owner)
        if self._ahead and self.done:
            self._ahead.clear()  # over before it came to that

    def _hand_over(self, host: Host | None = None) -> None:
        self.generation += 1
        self.owner = host or Host(self)
        if host is None:
            self.hosts.append(self.owner)
        self.owner.start(self.owner.assign(self.generation))

    def _disturb(self, kind: str, host: Host) -> None:
        if kind in ("rebalance", "revoke", "stop"):
            self._moving = True
            task = host.start(host.stop() if kind == "stop" else host.revoke())
            self._when_left(host, task, host if kind == "rebalance" else None)
            return
        draw = self._random.randrange(1_000) if self._random is not None else self.events * 7
        if kind in ("crash, late", "suspend", "wake", "cut off"):
            self._withheld[host] = self.events + draw % 31
        if kind in ("wake", "cut off") and not host.partitions.places():
            kind = "suspend"
        if kind.startswith("crash"):
            host.dead = True
            if kind == "crash":
                self.network.requests = [one for one in self.network.requests if one.process is not host]
        elif kind in ("suspend", "wake", "cut off"):
            host.suspended = kind != "cut off"
            self._hand_over()
            self._after(10 + draw % 151, lambda: self._resume(host, 1e7 if kind == "suspend" else 0.0))
        elif kind == "dropped":
            host.dropping = True
        else:
            self.failing = kind

    def _when_left(self, host: Host, task: Any, following: Host | None) -> None:
        if task.done() or host.dead or host.failure is not None:
            self._moving = False
            failed = host.dead or host.failure is not None or (task.done() and task.exception() is not None)
            if failed:
                host.dead = True
            self._hand_over(None if failed else following)
        else:
            self._after(1, lambda: self._when_left(host, task, following))

    def _after(self, events: int, action: Callable[[], object]) -> None:
        self._later.append((self.events + events, action))
        self._later.sort(key=lambda later: later[0])

    def _resume(self, host: Host, overslept: float) -> None:
        """It goes on where it was, and hears from the coordinator some time later that its partitions are another one's."""
        host.suspended, host.overslept = False, overslept
        self.loop.thaw()
        self._after(80, lambda: host.start(host.leave()))

    def dispositions(self, place: InputPartition, end: int) -> list[str | None]:
        """What the ledger says of the offsets before ``end``."""
        return [self._book.disposition(STAGE, SETTINGS.noun(place.topic), place.partition, offset) for offset in range(end)]

    def outputs(self) -> list[str]:
        """Ids of the outputs as they were written."""
        return [dict(record.headers)["ce_id"].decode() for record in self.kafka.log(SETTINGS.topic(OUT))]

    # -- what must hold ----------------------------------------------------------------------------------------------

    def commit(self, generation: int, settled: Mapping[InputPartition, int]) -> None:
        """Take a commit. Everything before it is in outputs, state and ledger."""
        if generation != self.generation:
            raise KafkaTimeoutError("fenced")
        for place, position in settled.items():
            noun = SETTINGS.noun(place.topic)
            assert position <= self._state.get(noun, 0), f"{noun} is committed at {position}, its state ends at {self._state.get(noun)}"
            account, covered = self._book.accounts.get((STAGE, noun, 0)), self.committed.get(place, 0)
            for run in account.runs if account is not None else ():
                covered = max(covered, run.end) if run.first <= covered else covered
            assert position <= covered, f"{noun}/{covered} to {position - 1} are committed and not in the ledger"
            self.committed[place] = max(position, self.committed.get(place, 0))

    def _check_order(self, topic: str, _: int, records: Sequence[FakeRecord]) -> None:
        """Outputs before state before ledger."""
        for record in records:
            if record.value is None:
                continue
            key = (record.key or b"").partition(b"|")[2]
            if topic == SETTINGS.topic(OUT):
                self._outputs.add(dict(record.headers)["ce_id"].decode())
            elif topic == STATE and key == b"applied":
                writer = self._writers.setdefault(dict(record.headers)[EPOCH_HEADER], self._asking)
                assert writer is self._asking, "two workers write under the same epoch"
                for identity in json.loads(record.value):
                    assert identity in self._outputs, f"{identity} is in the state before its output"
            elif topic == STATE and key == b"@position":
                for noun, _, (position, *_) in json.loads(record.value)["settlements"]:
                    self._state[noun] = max(position, self._state.get(noun, 0))
            elif topic == SETTINGS.topic("ledger"):
                self._book.read(record.value)
                entry = json.loads(record.value)
                assert entry["last"] < self._state.get(entry["topic"], 0), f"{entry} is in the ledger before it is in the state"

    def _check(self) -> None:
        """Each input record applied exactly once and in order, each output once by its id and its place in the ledger, each offset with its
        disposition.
        """
        for host in self.hosts:
            host.dead = True
        network, self.kafka.network = self.kafka.network, Network()
        self.kafka.compact(STATE)
        state = self.loop.run(self.store().read("0", 0))
        self.kafka.network = network
        applied = json.loads(state[b"applied"])
        outputs: dict[str, set[bytes | None]] = {}
        untold = set(self.outputs())
        ends = list(self._book.written[OUT, 0])
        said = {offset for first, last in zip(ends[::2], ends[1::2], strict=True) for offset in range(first, last + 1)}
        for record in self.kafka.log(SETTINGS.topic(OUT)):
            identity = dict(record.headers)["ce_id"].decode()
            outputs.setdefault(identity, set()).add(record.value)
            untold -= {identity} if record.offset in said else set()
        assert not untold, f"no ledger entry says where {untold} lie"
        assert not self._book.gaps()
        assert not self._book.conflicts
        for place, offsets in INPUT.items():
            noun = SETTINGS.noun(place.topic)
            assert [one for one in applied if one.startswith(noun)] == [f"{noun}/{offset}" for offset in offsets]
            for at, offset in enumerate(offsets):
                assert outputs.pop(f"{noun}/{offset}", None) == {b"%d" % at}
            told = self.dispositions(place, self.committed[place])
            assert told == ["acted" if offset in offsets else "absent" for offset in range(self.committed[place])]
        assert not outputs
        for host in self.hosts:
            assert host.failure is None or isinstance(host.failure, (WinnowError, KafkaTimeoutError)), host.failure
            dropped = any(one.kind == "dropped" for one in self.schedule.disturbances)
            assert dropped or not isinstance(host.failure, LostInput), host.failure
        assert not self.loop.errors


def explore(schedule: Schedule) -> World:
    """Run a schedule."""
    with ControlledLoop() as loop:
        world = World(schedule, loop)
        world.run()
    return world
