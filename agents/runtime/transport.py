"""A Faust transport whose event is a whole batch: records of one partition in, one RecordBatch event out, explicit positions back.

Stock Faust pays 58-78 us a message in its consumer; a batch an event costs 1.3-2.5 us a message. What differs from
``faust.transport.drivers.aiokafka``: the scheduler cuts the fetched records into chunks, one event each; acknowledging is a
position that a stage has made durable (`BatchConsumer.settle`), not a message; nothing is ever committed that was not settled.
These are private methods of a pinned version; tests/integration/test_transport.py fails when an upgrade changes them.
"""

import asyncio
import logging
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

import aiokafka
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import KafkaError
from faust.auth import Credentials  # noqa: F401  # imported first: faust.types has an import cycle through it
from faust.serializers.schemas import Schema
from faust.transport.drivers import aiokafka as driver
from faust.transport.utils import DefaultSchedulingStrategy
from faust.types import TP
from faust.types.tuples import ConsumerMessage

from agents.kafka import bound_unpacking
from agents.runtime.ports import InputPartition, RecordBatch

log = logging.getLogger("winnow")

DEFAULT_MOST_RECORDS = 4_096
FETCH_WAIT_MS = 40
LOG_START_SECONDS = 5.0
NEVER_MS = 2**31 - 1
MARKER = 1
"""So many offsets may be missing between two fetches before the broker is asked: a transaction's marker takes one, which is usual."""

FETCH_BYTES = 64 * 1024
"""The broker collects for `FETCH_WAIT_MS` unless so much is there: one batch every 40 ms costs far less than one a post."""


class Fetched(list[Any]):
    """Records of one partition from one fetch. ``follows``: the end of the fetch before it, or where reading began.

    ``log_start``: where the log started when records were missing before these; 0 when there were none.
    """

    def __init__(self, records: Iterable[Any], follows: int) -> None:
        super().__init__(records)
        self.follows = follows
        self.log_start = 0


class BatchScheduler(DefaultSchedulingStrategy):  # type: ignore[misc]  # faust is untyped here
    """Cuts the records of a fetch into chunks: bounds the time one batch may hold the event loop."""

    most_records: ClassVar[int] = DEFAULT_MOST_RECORDS

    def iterate(self, records: Mapping[TP, Fetched]) -> Iterator[tuple[TP, RecordBatch]]:
        """Yield (partition, chunk), partitions taking turns."""
        most = self.most_records
        pending = {tp: 0 for tp, found in records.items() if found}
        while pending:
            for tp, start in list(pending.items()):
                found = records[tp]
                follows = found[start - 1].offset + 1 if start else found.follows
                yield tp, RecordBatch(InputPartition(*tp), found[start : start + most], follows, 0 if start else found.log_start)
                pending[tp] = start + most
                if pending[tp] >= len(found):
                    del pending[tp]


class PassThrough(Schema):  # type: ignore[misc]  # faust is untyped here
    """Hands the batch to the agent undecoded: bad bytes are the stage's business, an event at a time."""

    def compile(self, app: Any, **_: Any) -> Any:
        """Decoder that wraps the message, without touching its value."""
        create_event = app.create_event

        async def decode(message: Any, *, propagate: bool = False) -> Any:
            return create_event(None, message.value, message.headers, message)

        return decode


class BatchConsumerThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]  # faust is untyped here
    """The consumer of a stage: short fetch waits, and partitions of equal number together (co-partitioned inputs).

    Reads only what was committed: a connector that writes in transactions may abort one. The embedded broker knows no such thing.
    """

    isolation_level: ClassVar[str] = "read_committed"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._fetched_to: dict[TP, int] = {}
        """End of what was fetched since reading began there. Only this thread touches it, so it is true whatever Faust does with
        what was fetched: drop it during a rebalance, or seek back in the middle of it."""

    async def _fetch_records(self, *args: Any, **kwargs: Any) -> dict[TP, Fetched]:
        found: dict[TP, Fetched] = {}
        for tp, records in (await super()._fetch_records(*args, **kwargs)).items():
            found[tp] = Fetched(records, self._fetched_to.get(tp, 0))
            self._fetched_to[tp] = records[-1].offset + 1
        for tp, fetched in found.items():  # behind the notes, which nothing may come between
            if fetched[0].offset - fetched.follows > MARKER:
                fetched.log_start = await self._log_start(tp)
        return found

    async def _log_start(self, tp: TP) -> int:
        """Where the log of ``tp`` starts now: what is missing before was deleted. 0 when the broker does not say."""
        place = driver.ensure_aiokafka_TP(tp)
        try:
            async with asyncio.timeout(LOG_START_SECONDS):
                return int((await self._ensure_consumer().beginning_offsets([place]))[place])
        except (KafkaError, TimeoutError) as error:
            log.warning(
                "%s/%d: records are missing, and the broker does not say whether they were deleted (%r): `winnow audit` does", *tp, error
            )
            return 0

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Read on from what is committed; where nothing is, from the beginning, where aiokafka would stay where it is."""
        found: Mapping[TP, int] = await self.call_thread(self._seek_to_committed)
        return found

    async def _seek_to_committed(self) -> Mapping[TP, int]:
        consumer = self._ensure_consumer()
        committed: dict[TP, int] = {}
        for tp in consumer.assignment():  # one by one: nothing is awaited between a seek and the note of it
            committed |= await consumer.seek_to_committed(tp)
            fetched, self._fetched_to[tp] = self._fetched_to.get(tp), committed[tp] or 0
            if fetched and not committed[tp]:
                await consumer.seek_to_beginning(tp)
        return committed

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Reading begins anew."""
        self._fetched_to.clear()
        await super().on_partitions_assigned(assigned, generation_id)

    def _create_worker_consumer(self, transport: Any) -> aiokafka.AIOKafkaConsumer:
        bound_unpacking()
        conf = self.app.conf
        self._assignor = RangePartitionAssignor
        return aiokafka.AIOKafkaConsumer(
            client_id=conf.broker_client_id,
            group_id=conf.id,
            bootstrap_servers=driver.server_list(transport.url, transport.default_port),
            partition_assignment_strategy=[RangePartitionAssignor],
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_poll_records=None,
            isolation_level=self.isolation_level,
            # aiokafka lets a member that fetches nothing leave the group then, and never join again: so does who has no partition, until
            # it is needed. That a worker gets nowhere is for the watchdog to see.
            max_poll_interval_ms=NEVER_MS,
            max_partition_fetch_bytes=conf.consumer_max_fetch_size,
            fetch_min_bytes=FETCH_BYTES,
            fetch_max_wait_ms=FETCH_WAIT_MS,
            request_timeout_ms=int(conf.broker_request_timeout * 1000),
            check_crcs=conf.broker_check_crcs,
            session_timeout_ms=int(conf.broker_session_timeout * 1000),
            rebalance_timeout_ms=int(conf.broker_rebalance_timeout * 1000),
            heartbeat_interval_ms=int(conf.broker_heartbeat_interval * 1000),
            metadata_max_age_ms=conf.consumer_metadata_max_age_ms,
            connections_max_idle_ms=conf.consumer_connections_max_idle_ms,
            **driver.credentials_to_aiokafka_auth(conf.broker_credentials, conf.ssl_context),
        )


class BatchConsumer(driver.Consumer):  # type: ignore[misc]  # faust is untyped here
    """Commits what stages have settled, and nothing else."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._settled: dict[TP, int] = {}
        self._handed: dict[TP, int] = {}
        self._passed: dict[TP, int] = {}

    def settle(self, tp: TP, position: int) -> None:
        """Everything of ``tp`` before ``position`` is durable: it may be committed."""
        if position > self._settled.get(tp, -1):
            self._settled[tp] = position

    def handed(self, tp: TP) -> int | None:
        """Offset behind the last record handed out since assignment; None when there was none."""
        return self._handed.get(tp)

    def settled(self, tp: TP) -> int | None:
        """Position that is durable."""
        return self._settled.get(tp)

    def committed(self, tp: TP) -> int | None:
        """Position last committed (or found at assignment)."""
        position: int | None = self._committed_offset[tp]
        return position

    def answered_ms(self, tp: TP) -> int | None:
        """When the broker last answered a fetch of ``tp``, Unix ms."""
        state = self._state(tp)
        return None if state is None else state.timestamp

    def trouble(self) -> BaseException | None:
        """What membership in the group failed of: aiokafka tells it who fetches, and waits until then. None while all is well."""
        consumer = self._thread._consumer
        coordinator = None if consumer is None else consumer._coordinator
        if coordinator is None:
            return None
        task, found = coordinator._coordination_task, coordinator._pending_exception
        if task.done() and not task.cancelled():
            found = task.exception() or found
        return found if isinstance(found, BaseException) else None

    def has_coordinator(self) -> bool:
        """Whether a broker is known that leads the group."""
        consumer = self._thread._consumer
        coordinator = None if consumer is None else consumer._coordinator
        return coordinator is not None and coordinator.coordinator_id is not None

    def end_reached(self, tp: TP) -> bool:
        """Whether the broker has nothing for ``tp`` beyond what was handed out, as of its last answer."""
        return self.lag(tp) == 0

    def lag(self, tp: TP) -> int:
        """Records of ``tp`` that were not handed out yet, as of the broker's last answer; -1 before anything is known.

        The position that aiokafka reads on from does not count: what it has fetched may still be on its way here.
        """
        state = self._state(tp)
        reached = max(self._handed.get(tp, -1), self._passed.get(tp, -1))
        if state is None or state.highwater is None or reached < 0:
            return -1
        return max(int(state.highwater) - reached, 0)

    def trailing(self, tp: TP, worked_to: int) -> int | None:
        """Where ``tp`` ends, when nothing but markers of transactions is between ``worked_to`` and its end; None otherwise."""
        passed = self._passed.get(tp, -1)
        return passed if passed > worked_to == self._handed.get(tp) and self.end_reached(tp) else None

    def forget(self, tps: Iterable[TP]) -> None:
        """Partitions are no longer ours: their positions are somebody else's now."""
        for tp in tps:
            self._settled.pop(tp, None)
            self._handed.pop(tp, None)
            self._passed.pop(tp, None)

    def _state(self, tp: TP) -> Any:
        """What aiokafka knows of an assigned partition that it reads; None for others."""
        consumer = self._thread._consumer
        subscription = consumer._subscription.subscription if consumer is not None else None
        assignment = subscription.assignment if subscription is not None else None
        state = assignment.state_value(driver.ensure_aiokafka_TP(tp)) if assignment is not None else None
        return state if state is not None and state.has_valid_position else None

    async def _wait_next_records(self, timeout: float) -> tuple[Any, Any]:  # noqa: ASYNC109  # Faust's signature
        records, active = await super()._wait_next_records(timeout)
        for tp in active or ():
            # Nothing of it is on its way to us now: what was read beyond the last record holds none (a transaction's marker
            # at the end), and must not look like input that waits.
            if not (records or {}).get(tp) and (state := self._state(tp)) is not None:
                self._passed[tp] = int(state.position)
        return records, active

    def _new_consumer_thread(self) -> BatchConsumerThread:
        return BatchConsumerThread(self, loop=self.loop, beacon=self.beacon)

    def _to_message(self, tp: TP, record: RecordBatch) -> ConsumerMessage:
        last = record.records[-1]
        self._handed[tp] = last.offset + 1
        return ConsumerMessage(
            last.topic, last.partition, last.offset, last.timestamp / 1000, last.timestamp_type, (), None,
            record, None, 0, 0, tp, generation_id=self.app.consumer_generation_id,
        )  # fmt: skip

    def ack(self, message: Any) -> bool:
        """A message is only a vehicle here: releasing it commits nothing, `settle` does."""
        message.acked = True
        self._unacked_messages.discard(message)
        return True

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Gaps are the ledger's business (``absent``)."""

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TP]:
        return (tp for tp in list(self._settled) if topics is None or tp in topics or tp.topic in topics)

    def _new_offset(self, tp: TP) -> int | None:
        return self._settled.get(tp)


class Transport(driver.Transport):  # type: ignore[misc]  # faust is untyped here
    """Registered under ``faust.transports`` as ``batchkafka``."""

    Consumer: ClassVar[type] = BatchConsumer
