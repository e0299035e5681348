"""Kafka clients as Winnow wants them: durable producers, plain readers, admin clients."""

import asyncio
import contextlib
import logging
import socket
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from typing import Any

import aiokafka
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import (
    BrokerResponseError,
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    InvalidTimestampError,
    KafkaConnectionError,
    KafkaError,
    KafkaTimeoutError,
    NodeNotReadyError,
    NotCoordinatorForGroupError,
)
from confluent_kafka import KafkaError as RdError
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from faust.auth import Credentials, SASLCredentials, SSLCredentials

from agents.kafka import tls
from agents.kafka.unpacking import bound_unpacking
from agents.settings import Settings
from schemas.errors import Unavailable, WinnowError
from schemas.times import iso
from schemas.topics import STATE_MAX_MESSAGE_BYTES

MESSAGE_MAX_BYTES = 1_048_588
BATCH_BYTES = 1_000_000

RETRY_SECONDS = 0.2
STOP_SECONDS = 2.0
DELIVERY_REQUESTS = 3
"""So many requests without an answer are the end of a write, as for the Java client: 120 s of delivery, 40 s each request."""
DEAD_SECONDS = 20.0
"""A cluster has noticed by then that one of its brokers is dead, and names another as controller or coordinator."""

DEAD = (NodeNotReadyError, KafkaConnectionError)
ABSENT = (RdError._TRANSPORT, RdError._TIMED_OUT, RdError._ALL_BROKERS_DOWN)

_quiet = logging.getLogger("winnow.librdkafka")
_quiet.setLevel(logging.CRITICAL)


def connection(settings: Settings) -> dict[str, Any]:
    """How to reach and authenticate to the broker, as aiokafka keywords. Secrets stay in here."""
    found: dict[str, Any] = {"bootstrap_servers": settings.broker, "request_timeout_ms": int(settings.request_timeout_seconds * 1000)}
    if settings.security_protocol == "PLAINTEXT":
        return found
    found["security_protocol"] = settings.security_protocol
    if settings.security_protocol.endswith("SSL"):
        found["ssl_context"] = tls.context(settings)
    if settings.security_protocol.startswith("SASL"):
        found["sasl_mechanism"] = settings.sasl_mechanism
        found["sasl_plain_username"], found["sasl_plain_password"] = _credentials(settings)
    return found


def _credentials(settings: Settings) -> tuple[str, str]:
    word = settings.password()
    if not settings.sasl_username or not word:
        hint = "Set WINNOW_SASL_USERNAME and WINNOW_SASL_PASSWORD_FILE."
        raise WinnowError(f"{settings.security_protocol} needs a user and a password", hint=hint)
    return settings.sasl_username, word


def rd_admin(settings: Settings) -> AdminClient:
    """librdkafka's admin client, for what aiokafka has not: incremental changes, ACLs, authorised operations. Secrets stay in here."""
    found: dict[str, Any] = {"bootstrap.servers": settings.broker, "security.protocol": settings.security_protocol, "log_level": 0}
    files = {"ssl.ca.location": settings.tls_ca_file, "ssl.certificate.location": settings.tls_certificate_file,
             "ssl.key.location": settings.tls_key_file}  # fmt: skip
    if settings.security_protocol.endswith("SSL"):
        found |= {key: str(path) for key, path in files.items() if path is not None}
    if settings.security_protocol.startswith("SASL"):
        name, word = _credentials(settings)
        found |= {"sasl.mechanism": settings.sasl_mechanism, "sasl.username": name, "sasl.password": word}
    return AdminClient(found, logger=_quiet)


class Producer(aiokafka.AIOKafkaProducer):  # type: ignore[misc]  # aiokafka is untyped here
    """A producer in which whoever has a batch for a partition waits for its turn, and for its acknowledgement no longer than a while.

    aiokafka's own lets all of them wake up for one place, and takes from the time that each may wait, at every wake-up, all that it has
    waited so far: with eight shards that write to the same partitions, as under load, its 40 s are over after four, and the worker ends.
    And it tries for ever what a leader that it knows does not answer, as what is idempotent must not be given up and then go on: nothing
    more is to be written with one that has given up.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._turns: dict[tuple[str, int], asyncio.Lock] = {}
        self._answer_seconds = options["request_timeout_ms"] / 1000
        self._most_seconds = self._answer_seconds * DELIVERY_REQUESTS

    async def start(self) -> None:
        """As the producer's, which asks for its number without end. Raises TimeoutError when none comes in time."""
        async with asyncio.timeout(self._answer_seconds):
            await super().start()

    async def send_batch(self, batch: Any, topic: str, *, partition: int) -> "asyncio.Future[Any]":
        """As the producer's; batches of one partition go in the order in which they were brought."""
        async with self._turns.setdefault((topic, partition), asyncio.Lock()):
            return self._limited(await super().send_batch(batch, topic, partition=partition))

    async def send(self, *args: Any, **options: Any) -> "asyncio.Future[Any]":
        """As the producer's."""
        return self._limited(await super().send(*args, **options))

    def _limited(self, sent: "asyncio.Future[Any]") -> "asyncio.Future[Any]":
        """The same acknowledgement, or a KafkaTimeoutError in its place when it does not come in time."""

        def give_up() -> None:
            if not sent.done():
                sent.set_exception(KafkaTimeoutError(f"not acknowledged within {self._most_seconds:.0f} s"))

        waiting = asyncio.get_running_loop().call_later(self._most_seconds, give_up)
        sent.add_done_callback(lambda _: waiting.cancel())
        return sent

    async def stop(self) -> None:
        """As the producer's, but what a broker does not take is left behind: all that counts was acknowledged before."""
        stopping = asyncio.ensure_future(super().stop())
        await asyncio.wait({stopping}, timeout=STOP_SECONDS)
        if not stopping.done():
            self._message_accumulator.fail_all(KafkaTimeoutError("its producer was stopped"))
            await self.client.close()
            await asyncio.wait({stopping}, timeout=STOP_SECONDS)
        if stopping.done():
            stopping.result()
        else:
            stopping.cancel()


def producer(settings: Settings, *, largest_bytes: int = BATCH_BYTES) -> Producer:
    """Idempotent, acks=all, zstd, one batch up to ``largest_bytes`` (Faust's defaults lose a factor of five)."""
    return Producer(
        **connection(settings),
        acks="all",
        enable_idempotence=settings.broker_is_real,
        compression_type="zstd",
        max_batch_size=largest_bytes,
        max_request_size=max(largest_bytes + 65_536, MESSAGE_MAX_BYTES),
        linger_ms=0,
    )


def state_producer(settings: Settings) -> aiokafka.AIOKafkaProducer:
    """Producer whose batch holds all state changes of one input batch."""
    return producer(settings, largest_bytes=STATE_MAX_MESSAGE_BYTES - 65_536)


class Reader(aiokafka.AIOKafkaConsumer):  # type: ignore[misc]  # aiokafka is untyped here
    """A consumer that can be stopped at any moment.

    aiokafka's own, stopped before its tasks had a turn (a broker without topics: nothing to wait for), cancels a task that never
    began, and raises that cancellation in whoever stops it.
    """

    async def start(self) -> None:
        """As the consumer's, and every task that it made has begun."""
        await super().start()
        await asyncio.sleep(0)

    async def stop(self) -> None:
        """As the consumer's, but it ends, and its cancellation is not the caller's.

        aiokafka awaits the fetches that it cancels one after the other: one that waits to be tried again (a broker died) passes its
        cancellation on to who stops the consumer, and the others go on. A fetcher that is just taking up another assignment swallows it,
        and has to be cancelled once more.
        """
        stopping = asyncio.ensure_future(super().stop())
        await asyncio.wait({stopping}, timeout=STOP_SECONDS)
        if not stopping.done():
            stopping.cancel()
            await asyncio.wait({stopping}, timeout=STOP_SECONDS)
        if stopping.done() and not stopping.cancelled():
            stopping.result()
            return
        left = list(self._fetcher._pending_tasks)
        for fetch in left:
            fetch.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await self._client.close()

    async def position(self, partition: TopicPartition) -> int:
        """As the consumer's. Raises KafkaTimeoutError when no broker says where to read on from, once the former place is gone."""
        try:
            async with asyncio.timeout(self._request_timeout_ms / 1000):
                return int(await super().position(partition))
        except TimeoutError as error:
            raise KafkaTimeoutError(f"nobody says where {partition.topic}/{partition.partition} begins") from error


def reader(settings: Settings, **options: Any) -> Reader:
    """Consumer without a group, for restoring, auditing and explaining."""
    bound_unpacking()
    return Reader(
        **connection(settings),
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=50,
        max_partition_fetch_bytes=4 * 1024 * 1024,
        **options,
    )


class Admin(AIOKafkaAdminClient):  # type: ignore[misc]  # aiokafka is untyped here
    """An admin client that asks another broker when one is dead.

    aiokafka's own asks one at random of all that it has heard of, and gives up when that one is dead; for a dead controller it waits.
    """

    async def _send_request(self, request: Any, node_id: int | None = None) -> Any:
        deadline = time.monotonic() + DEAD_SECONDS
        while True:
            try:
                return await super()._send_request(request, node_id)
            except DEAD:
                if node_id is not None or time.monotonic() > deadline:
                    raise
                await asyncio.sleep(RETRY_SECONDS)

    async def _send_request_to_node(self, node_id: int, request: Any) -> Any:
        """Ask the controller, whichever broker that is by now: only questions to it come this way."""
        deadline = time.monotonic() + DEAD_SECONDS
        while True:
            try:
                return await self._client.send(node_id, request)
            except DEAD:
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(RETRY_SECONDS)
            await self._client.force_metadata_update()
            if self._client.cluster.controller is not None:
                node_id = self._client.cluster.controller.nodeId


def admin(settings: Settings) -> AIOKafkaAdminClient:
    """Client for topics, offsets and configuration."""
    return Admin(**connection(settings))


async def partition_counts(settings: Settings) -> dict[str, int]:
    """Full name -> partitions of all topics that the user may see, of whichever deployment. Raises KafkaError or OSError.

    All of them: to ask for one by name makes it, on brokers that make topics by themselves.
    """
    client = admin(settings)
    try:
        await client.start()
        return {found["topic"]: len(found["partitions"]) for found in await client.describe_topics() if found["partitions"]}
    finally:
        await client.close()


def faust_credentials(settings: Settings) -> Credentials | None:
    """The same connection in Faust's words; None without TLS and SASL."""
    if settings.security_protocol == "PLAINTEXT":
        return None
    context = tls.context(settings) if settings.security_protocol.endswith("SSL") else None
    if settings.security_protocol == "SSL":
        return SSLCredentials(context)
    return SASLCredentials(
        username=settings.sasl_username, password=settings.password(), ssl_context=context, mechanism=settings.sasl_mechanism
    )


def unreachable(settings: Settings, error: BaseException) -> WinnowError:
    """One line for a broker that cannot be talked to, told apart by what a person has to do about it.

    aiokafka says "unable to bootstrap" whether nobody listens, a certificate expired or the password is wrong: a look tells which.
    """
    if (answered := _answered(settings, error)) is not None:
        return answered
    name = type(error).__name__
    user = settings.sasl_username or "us"
    if not _listens(settings):
        return Unavailable(
            f"cannot reach the broker {settings.broker} ({name})", hint="Is it running? Check WINNOW_BROKER; `make kafka` starts one here."
        )
    if settings.security_protocol.endswith("SSL") and (refused := tls.refused(settings)) is not None:
        return refused
    told = "Authentication" in name or "Sasl" in name
    if not told and settings.security_protocol != "PLAINTEXT" and tls.is_silent(settings):
        return tls.silent(settings)
    if told or settings.security_protocol != "PLAINTEXT":
        hint = "Check WINNOW_SASL_USERNAME, WINNOW_SASL_PASSWORD_FILE, WINNOW_SASL_MECHANISM and WINNOW_SECURITY_PROTOCOL."
        return WinnowError(f"the broker {settings.broker} does not let {user} in ({name})", hint=hint)
    hint = "Does it still start? Does it expect TLS or SASL? Check WINNOW_SECURITY_PROTOCOL."
    return Unavailable(f"the broker {settings.broker} listens but does not answer ({name}: {error})", hint=hint)


def _answered(settings: Settings, error: BaseException) -> WinnowError | None:
    """One line for what the broker itself said; None when it said nothing that tells."""
    name = type(error).__name__
    if isinstance(error, InvalidTimestampError):
        return wrong_clock(settings)
    if "Authorization" in name:
        user = settings.sasl_username or "us"
        return WinnowError(f"the broker {settings.broker} forbids this to {user} ({name})", hint="Check the ACLs: `winnow acls plan`.")
    if isinstance(error, BrokerResponseError) and error.retriable:
        return Unavailable(
            f"the broker {settings.broker} cannot answer yet ({name})", hint="It starts, or elects a leader; look at it if this stays."
        )
    return None


def unwritten(settings: Settings, what: str, error: KafkaError) -> WinnowError:
    """One line for what the broker did not take from a worker; ``what`` is e.g. "state to winnow.act-state.v1/0"."""
    if isinstance(error, InvalidTimestampError):
        return wrong_clock(settings)
    return WinnowError(f"cannot write {what} at {settings.broker}: {error}", hint="Nothing was acknowledged; input will be read again.")


def wrong_clock(settings: Settings) -> WinnowError:
    """A record's time stamp is that of the machine that writes it, and the broker takes none that is far ahead of its own."""
    return WinnowError(
        f"the clock of this machine says {iso(int(time.time() * 1000))}, further ahead of the broker {settings.broker} than that takes "
        f"(message.timestamp.after.max.ms, an hour by default): nothing was written",
        hint="Set the clock here, or the broker's (NTP); `winnow doctor` compares them.",
    )


def _listens(settings: Settings) -> bool:
    """Whether any of the brokers accepts connections: one of them that is dead says nothing about the rest."""
    for host in tls.hosts(settings):
        with contextlib.suppress(OSError), socket.create_connection(host, timeout=2.0):
            return True
    return False


async def administer(
    settings: Settings, what: str, ask: Callable[[AdminClient], Mapping[Any, Future[Any]]], *, lenient: bool = False
) -> dict[Any, Any]:
    """Ask librdkafka's admin client and wait for all answers.

    Raises WinnowError that says in one line ``what`` the broker would not do; if ``lenient``, the KafkaException is the answer instead.
    """
    answers = await _ask(settings, ask)
    if any(map(_found_no_controller, answers.values())):
        answers = await _ask(settings, ask)  # a new client hears of the controller that has taken the place of one that died
    for error in answers.values():
        if isinstance(error, KafkaException) and lenient:
            continue
        if isinstance(error, KafkaException):
            cause = error.args[0]
            if "AUTHORIZATION" in cause.name():
                raise forbidden(settings, what) from error
            kind = Unavailable if cause.retriable() or cause.code() in ABSENT else WinnowError
            raise kind(f"cannot {what} at {settings.broker}: {cause.str()}", hint="See the broker's log.") from error
        if isinstance(error, BaseException):
            raise error
    return answers


async def _ask(settings: Settings, ask: Callable[[AdminClient], Mapping[Any, Future[Any]]]) -> dict[Any, Any]:
    """All answers, exceptions among them."""
    client = rd_admin(settings)  # its answers die with it
    asked = ask(client)
    answers = await asyncio.gather(*map(asyncio.wrap_future, asked.values()), return_exceptions=True)
    return dict(zip(asked, answers, strict=True))


def _found_no_controller(answer: object) -> bool:
    """Whether nothing was asked, because librdkafka waited in vain for the controller that it knew."""
    return (
        isinstance(answer, KafkaException)
        and answer.args[0].code() == RdError._TIMED_OUT
        and "waiting for controller" in answer.args[0].str()
    )


def forbidden(settings: Settings, what: str) -> WinnowError:
    """One line for what the ACLs do not allow."""
    return WinnowError(
        f"user {settings.sasl_username or 'unnamed'} may not {what} at {settings.broker}", hint="`winnow acls plan` shows missing ACLs."
    )


async def committed(settings: Settings, group: str, places: Iterable[tuple[str, int]]) -> dict[tuple[str, int], int]:
    """Committed offsets of a consumer group for these (full topic name, partition): next offset; those never committed are left out."""
    return {place: offset for place, (offset, _) in (await committed_with_notes(settings, group, places)).items()}


async def committed_with_notes(settings: Settings, group: str, places: Iterable[tuple[str, int]]) -> dict[tuple[str, int], tuple[int, str]]:
    """As `committed`, with the text that was committed beside each offset."""
    client = admin(settings)
    deadline = time.monotonic() + settings.request_timeout_seconds
    try:
        await client.start()
        while True:
            try:
                # The embedded broker answers nothing when asked for everything: name the partitions.
                found = await client.list_consumer_group_offsets(group, partitions=[TopicPartition(*place) for place in places])
                break
            except (GroupCoordinatorNotAvailableError, GroupLoadInProgressError, NotCoordinatorForGroupError, *DEAD):
                # A new broker makes its offsets topic when first asked, one that was just started loads it, and for one that has
                # just died another steps in: all pass.
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(RETRY_SECONDS)
    except (KafkaError, OSError) as error:
        raise unreachable(settings, error) from error
    finally:
        await client.close()
    return {(place.topic, place.partition): (meta.offset, meta.metadata or "") for place, meta in found.items() if meta.offset >= 0}
