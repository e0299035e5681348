"""What the batch consumer makes of aiokafka's state: events, positions, lags, commits; and what it hands to aiokafka and Faust."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import faust
import pytest
from aiokafka.errors import KafkaError
from faust.types import TP
from yarl import URL

from agents.runtime import transport
from agents.runtime.ports import InputPartition, RecordBatch
from agents.runtime.transport import BatchConsumer, BatchConsumerThread, PassThrough, Transport

TOPIC = "winnow.posts.v1"
FIRST, SECOND = TP(TOPIC, 0), TP(TOPIC, 1)
OTHER = TP("winnow.feedback.v1", 0)


class Fetched(NamedTuple):
    """A record as aiokafka hands it out."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    timestamp_type: int = 0


@dataclass
class Known:
    """What aiokafka knows of a partition."""

    highwater: int | None
    position: int
    timestamp: int | None = None
    has_valid_position: bool = True


@dataclass
class FakeKafkaConsumer:
    """aiokafka's consumer, as far as its subscription goes; ``assigned``: whether it has one."""

    states: dict[TP, Known] = field(default_factory=dict)
    subscribed: bool = True
    assigned: bool = True

    @property
    def _subscription(self) -> Any:
        assignment = SimpleNamespace(state_value=self.states.get) if self.assigned else None
        return SimpleNamespace(subscription=SimpleNamespace(assignment=assignment) if self.subscribed else None)

    def assignment(self) -> set[TP]:
        """What it reads."""
        return set(self.states)


async def ignored(*_: Any) -> None:
    """A callback of Faust's."""


Make = Callable[..., faust.App]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Faust apps with the batch transport that talk to nobody."""

    def made(**conf: Any) -> faust.App:
        app = faust.App("group", broker="kafka://a:1", datadir=str(tmp_path), web_enabled=False, **conf)
        app.transport = Transport([URL("kafka://a:1"), URL("kafka://b:2")], app)
        return app

    return made


@pytest.fixture
async def consumer(make: Make) -> BatchConsumer:
    """A consumer that was not started, on a fake of aiokafka's."""
    found = make().transport.create_consumer(ignored, on_partitions_revoked=ignored, on_partitions_assigned=ignored)
    assert isinstance(found, BatchConsumer)
    found._thread._consumer = FakeKafkaConsumer()
    return found


def of(consumer: BatchConsumer) -> FakeKafkaConsumer:
    """The fake below it."""
    found = consumer._thread._consumer
    assert isinstance(found, FakeKafkaConsumer)
    return found


def handed(consumer: BatchConsumer, tp: TP, *offsets: int) -> Any:
    """Hand a batch out."""
    records = [Fetched(*tp, offset, 1_000 + offset) for offset in offsets]
    return consumer._to_message(tp, RecordBatch(InputPartition(*tp), records, 0))


# -- events ------------------------------------------------------------------------------------------------------------------


async def test_a_batch_is_one_message_at_its_last_record(consumer: BatchConsumer) -> None:
    """Faust sees the place of the last record, in seconds, and the batch untouched; what is handed out ends behind it."""
    assert consumer.handed(FIRST) is None
    consumer.app.consumer_generation_id = 3
    batch = RecordBatch(InputPartition(*FIRST), [Fetched(*FIRST, 5, 9_000), Fetched(*FIRST, 8, 9_500, 1)], 5)
    message = consumer._to_message(FIRST, batch)
    assert (message.topic, message.partition, message.offset, message.tp) == (TOPIC, 0, 8, FIRST)
    assert (message.timestamp, message.timestamp_type, message.generation_id) == (9.5, 1, 3)
    assert message.value is batch
    assert (message.key, message.checksum, list(message.headers)) == (None, None, [])
    assert (message.serialized_key_size, message.serialized_value_size) == (0, 0)
    assert consumer.handed(FIRST) == 9


async def test_an_event_bears_the_batch_undecoded(make: Make, consumer: BatchConsumer) -> None:
    """Neither key nor value is looked at."""
    message = handed(consumer, FIRST, 1)
    event = await PassThrough().compile(make())(message)
    assert (event.key, event.value) == (None, message.value)
    assert event.message is message
    assert not event.headers


async def test_acknowledging_a_message_commits_nothing(consumer: BatchConsumer) -> None:
    """It is let go of; what may be committed is what was settled."""
    message = handed(consumer, FIRST, 1, 2)
    consumer.track_message(message)
    assert consumer.ack(message) is True
    assert message.acked
    assert message not in consumer._unacked_messages
    assert consumer.settled(FIRST) is None
    assert list(consumer._filter_tps_with_pending_acks()) == []


# -- commits -----------------------------------------------------------------------------------------------------------------


async def test_settled_positions_do_not_go_back(consumer: BatchConsumer) -> None:
    """Settling is idempotent, and what is older changes nothing; 0 is a position too."""
    for position, settled in ((0, 0), (7, 7), (5, 7), (7, 7), (8, 8)):
        consumer.settle(FIRST, position)
        assert (consumer.settled(FIRST), consumer._new_offset(FIRST)) == (settled, settled)
    assert consumer._new_offset(SECOND) is None


async def test_only_what_is_settled_is_committed(consumer: BatchConsumer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once, as long as it does not grow; with the positions that Faust remembers as committed."""
    commits: list[dict[TP, int]] = []

    async def commit(offsets: dict[TP, int]) -> bool:
        commits.append(dict(offsets))
        return True

    monkeypatch.setattr(consumer._thread, "commit", commit)
    consumer.app.topics._acking_topics = {TOPIC}
    handed(consumer, FIRST, 0, 1, 2, 3)
    handed(consumer, SECOND, 0)
    consumer.settle(FIRST, 3)
    assert consumer.committed(FIRST) is None
    of(consumer).states |= {place: Known(9, 9) for place in (FIRST, SECOND)}
    await consumer.commit()
    await consumer.commit()
    assert commits == [{FIRST: 3}]
    assert (consumer.committed(FIRST), consumer.committed(SECOND)) == (3, None)


async def test_commits_may_be_asked_for_by_topic_or_partition(consumer: BatchConsumer) -> None:
    """Of all that is settled."""
    for place in (FIRST, SECOND, OTHER):
        consumer.settle(place, 1)
    assert list(consumer._filter_tps_with_pending_acks()) == [FIRST, SECOND, OTHER]
    assert list(consumer._filter_tps_with_pending_acks({TOPIC})) == [FIRST, SECOND]
    assert list(consumer._filter_tps_with_pending_acks({SECOND, OTHER})) == [SECOND, OTHER]


async def test_gaps_are_left_to_the_ledger(consumer: BatchConsumer) -> None:
    """Faust would commit over them."""
    await consumer._add_gap(FIRST, 3, 9)
    assert not consumer._gap


# -- where it stands ---------------------------------------------------------------------------------------------------------


async def test_nothing_is_known_of_what_aiokafka_does_not_read(consumer: BatchConsumer) -> None:
    """Before it runs, is subscribed, is assigned, reads that partition and knows from where, lag is unknown and no answer came."""
    fake = of(consumer)
    handed(consumer, FIRST, 4)
    for known in (fake, FakeKafkaConsumer(subscribed=False), FakeKafkaConsumer(assigned=False), None):
        consumer._thread._consumer = known
        assert (consumer.lag(FIRST), consumer.answered_ms(FIRST), consumer.end_reached(FIRST)) == (-1, None, False)
    consumer._thread._consumer = fake
    fake.states[FIRST] = Known(highwater=5, position=5, timestamp=77, has_valid_position=False)
    assert (consumer.lag(FIRST), consumer.answered_ms(FIRST)) == (-1, None)
    fake.states[FIRST].has_valid_position = True
    assert (consumer.lag(FIRST), consumer.answered_ms(FIRST), consumer.end_reached(FIRST)) == (0, 77, True)


async def test_lag_is_what_was_not_handed_out(consumer: BatchConsumer) -> None:
    """As of the broker's last answer, whatever was fetched meanwhile; never less than nothing."""
    known = of(consumer).states[FIRST] = Known(highwater=None, position=9)
    assert consumer.lag(FIRST) == -1, "nothing was handed out"
    handed(consumer, FIRST, 0, 1)
    assert consumer.lag(FIRST) == -1, "the broker has not said where it ends"
    for highwater, lag in ((9, 7), (3, 1), (2, 0), (1, 0)):
        known.highwater = highwater
        assert (consumer.lag(FIRST), consumer.end_reached(FIRST)) == (lag, lag == 0)


async def test_a_partition_from_whose_beginning_nothing_came_is_known_once_it_was_passed(
    consumer: BatchConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty one is read to its end at 0: nothing waits there."""
    of(consumer).states[FIRST] = Known(highwater=0, position=0)
    assert consumer.lag(FIRST) == -1
    await fetched(consumer, monkeypatch, {}, FIRST)
    assert (consumer.lag(FIRST), consumer.end_reached(FIRST)) == (0, True)


async def fetched(
    consumer: BatchConsumer, monkeypatch: pytest.MonkeyPatch, records: dict[TP, list[Fetched]] | None, *active: TP
) -> tuple[Any, Any]:
    """What one look for records hands out when the thread has these."""

    async def getmany(active_partitions: set[TP] | None, timeout: float) -> Any:  # noqa: ASYNC109  # Faust's signature
        assert timeout == 0.5
        return records

    monkeypatch.setattr(consumer, "_getmany", getmany)
    consumer._set_active_tps(set(active))
    return await consumer._wait_next_records(0.5)


async def test_markers_at_the_end_are_trailing(consumer: BatchConsumer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once a look brought nothing, what aiokafka read beyond the last record holds none: the input ends there, all of it handed out."""
    known = of(consumer).states[FIRST] = Known(highwater=5, position=5)
    handed(consumer, FIRST, 0, 1, 2)
    assert (consumer.trailing(FIRST, 3), consumer.lag(FIRST)) == (None, 2)
    of(consumer).states[SECOND] = Known(highwater=8, position=8)
    assert await fetched(consumer, monkeypatch, {FIRST: [Fetched(*FIRST, 3, 0)]}, FIRST) == ({FIRST: [Fetched(*FIRST, 3, 0)]}, {FIRST})
    assert consumer.trailing(FIRST, 3) is None, "records are on their way"
    await fetched(consumer, monkeypatch, {SECOND: []}, SECOND)
    assert (consumer.trailing(FIRST, 3), consumer.lag(SECOND)) == (None, 0), "the other one was looked at"
    await fetched(consumer, monkeypatch, None, FIRST)
    assert (consumer.trailing(FIRST, 3), consumer.lag(FIRST)) == (5, 0)
    assert consumer.trailing(FIRST, 2) is None, "not all of it was worked"
    known.highwater = 6
    assert consumer.trailing(FIRST, 3) is None, "more has come"
    assert consumer.lag(FIRST) == 1


async def test_nothing_trails_the_last_record(consumer: BatchConsumer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading ended right behind what was handed out: no marker is accounted for."""
    of(consumer).states[FIRST] = Known(highwater=3, position=3)
    handed(consumer, FIRST, 2)
    await fetched(consumer, monkeypatch, {}, FIRST)
    assert (consumer.end_reached(FIRST), consumer.trailing(FIRST, 3)) == (True, None)


async def test_what_aiokafka_does_not_read_is_not_passed(consumer: BatchConsumer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a valid position nothing is known of it."""
    known = of(consumer).states[FIRST] = Known(highwater=3, position=3, has_valid_position=False)
    await fetched(consumer, monkeypatch, {}, FIRST)
    known.has_valid_position = True
    assert consumer.lag(FIRST) == -1


async def test_what_was_revoked_is_forgotten(consumer: BatchConsumer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its positions are somebody else's now; those of other partitions stay. Forgetting what was never known harms nobody."""
    for place in (FIRST, SECOND):
        of(consumer).states[place] = Known(highwater=5, position=5)
        handed(consumer, place, 2)
        consumer.settle(place, 3)
    await fetched(consumer, monkeypatch, {}, FIRST, SECOND)
    consumer.forget([FIRST, OTHER])
    assert (consumer.settled(FIRST), consumer.handed(FIRST), consumer.lag(FIRST)) == (None, None, -1)
    assert (consumer.settled(SECOND), consumer.handed(SECOND), consumer.lag(SECOND)) == (3, 3, 0)


# -- the thread --------------------------------------------------------------------------------------------------------------


async def test_an_assignment_begins_anew(consumer: BatchConsumer, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was fetched before it is nobody's: Faust is told, and what comes next follows nothing."""
    thread = consumer._thread
    assert isinstance(thread, BatchConsumerThread)
    assert thread._fetched_to == {}
    thread._fetched_to[FIRST] = 12
    told: list[Any] = []

    async def assigned(*what: Any) -> None:
        told.append(what)

    monkeypatch.setattr(consumer, "threadsafe_partitions_assigned", assigned)
    await thread.on_partitions_assigned({FIRST}, 4)
    assert thread._fetched_to == {}
    assert told == [(thread.thread_loop, {FIRST}, 4)]


async def test_seeking_is_the_threads_business(consumer: BatchConsumer, monkeypatch: pytest.MonkeyPatch) -> None:
    """It alone touches what it has fetched."""

    async def call_thread(what: Callable[[], Any]) -> Any:
        return await what()

    async def seek() -> dict[TP, int]:
        return {FIRST: 3}

    monkeypatch.setattr(consumer._thread, "call_thread", call_thread)
    monkeypatch.setattr(consumer._thread, "_seek_to_committed", seek)
    assert await consumer._thread.seek_to_committed() == {FIRST: 3}


async def test_what_aiokafka_is_made_with(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Committed records only, from the beginning, short waits, partitions of equal number together; Faust's times in milliseconds."""
    made: list[dict[str, Any]] = []
    bounded: list[bool] = []
    monkeypatch.setattr(transport.aiokafka, "AIOKafkaConsumer", lambda **options: made.append(options))
    monkeypatch.setattr(transport, "bound_unpacking", lambda: bounded.append(True))
    app = make(
        broker_max_poll_interval=7.5,  # no fetch for so long says nothing of who has no partition
        broker_request_timeout=15.5, broker_session_timeout=6.5, broker_rebalance_timeout=60.5,
        broker_heartbeat_interval=1.5, consumer_max_fetch_size=99, broker_check_crcs=False, consumer_metadata_max_age_ms=11,
        consumer_connections_max_idle_ms=12, broker_client_id="me",
    )  # fmt: skip
    consumer = app.transport.create_consumer(ignored, on_partitions_revoked=ignored, on_partitions_assigned=ignored)
    consumer._thread._create_worker_consumer(app.transport)
    (options,) = made
    auth = {name: options.pop(name) for name in ("security_protocol", "sasl_mechanism", "ssl_context") if name in options}
    assert auth["security_protocol"] == "PLAINTEXT"
    assert options == {
        "client_id": "me", "group_id": "group", "bootstrap_servers": ["a:1", "b:2"],
        "partition_assignment_strategy": [transport.RangePartitionAssignor], "enable_auto_commit": False, "auto_offset_reset": "earliest",
        "max_poll_records": None, "isolation_level": "read_committed", "max_poll_interval_ms": 2**31 - 1, "max_partition_fetch_bytes": 99,
        "fetch_min_bytes": 65_536, "fetch_max_wait_ms": 40, "request_timeout_ms": 15_500, "check_crcs": False,
        "session_timeout_ms": 6_500, "rebalance_timeout_ms": 60_500, "heartbeat_interval_ms": 1_500, "metadata_max_age_ms": 11,
        "connections_max_idle_ms": 12,
    }  # fmt: skip
    assert consumer._thread._assignor is transport.RangePartitionAssignor
    assert bounded == [True], "what a record may unpack to is bounded before the first comes"


async def test_whether_a_broker_leads_the_group_is_told(consumer: BatchConsumer) -> None:
    """None does before there is a consumer, nor while its coordinator is being looked for."""
    consumer._thread._consumer = None
    assert not consumer.has_coordinator()
    consumer._thread._consumer = SimpleNamespace(_coordinator=SimpleNamespace(coordinator_id=None))
    assert not consumer.has_coordinator()
    consumer._thread._consumer._coordinator.coordinator_id = 0
    assert consumer.has_coordinator()


async def test_what_a_membership_failed_of_is_told(consumer: BatchConsumer) -> None:
    """Nothing before there is one, nor while all is well; what waits for whoever fetches, or what its task ended with."""
    consumer._thread._consumer = None
    assert consumer.trouble() is None
    running = asyncio.get_running_loop().create_future()
    coordinator = SimpleNamespace(_coordination_task=running, _pending_exception=None)
    consumer._thread._consumer = SimpleNamespace(_coordinator=None)
    assert consumer.trouble() is None
    consumer._thread._consumer._coordinator = coordinator
    assert consumer.trouble() is None
    refused, bug = KafkaError("refused"), ZeroDivisionError("a bug")
    coordinator._pending_exception = refused
    assert consumer.trouble() is refused
    running.set_exception(bug)
    assert consumer.trouble() is bug
