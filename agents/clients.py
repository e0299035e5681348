"""Kafka clients as Winnow wants them: settings in; durable producers, plain readers and admin clients out."""

import socket
import ssl
from collections.abc import Iterable
from typing import Any

import aiokafka
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from faust.auth import Credentials, SASLCredentials, SSLCredentials

from agents.settings import Settings
from schemas.errors import WinnowError
from schemas.topics import STATE_MAX_MESSAGE_BYTES

MESSAGE_MAX_BYTES = 1_048_588
BATCH_BYTES = 1_000_000


def connection(settings: Settings) -> dict[str, Any]:
    """How to reach and authenticate to the broker, as aiokafka keywords. Secrets stay in here."""
    found: dict[str, Any] = {"bootstrap_servers": settings.broker, "request_timeout_ms": int(settings.request_timeout_seconds * 1000)}
    if settings.security_protocol == "PLAINTEXT":
        return found
    found["security_protocol"] = settings.security_protocol
    if settings.security_protocol.endswith("SSL"):
        found["ssl_context"] = tls(settings)
    if settings.security_protocol.startswith("SASL"):
        found["sasl_mechanism"] = settings.sasl_mechanism
        found["sasl_plain_username"] = settings.sasl_username
        found["sasl_plain_password"] = settings.password()
    return found


def tls(settings: Settings) -> ssl.SSLContext:
    """TLS context from the files of the settings; the system's authorities when none is named."""
    context = ssl.create_default_context(cafile=str(settings.tls_ca_file) if settings.tls_ca_file else None)
    if settings.tls_certificate_file:
        context.load_cert_chain(str(settings.tls_certificate_file), str(settings.tls_key_file) if settings.tls_key_file else None)
    return context


def producer(settings: Settings, *, largest_bytes: int = BATCH_BYTES) -> aiokafka.AIOKafkaProducer:
    """Idempotent, acks=all, zstd, one batch up to ``largest_bytes`` (Faust's defaults lose a factor of five)."""
    return aiokafka.AIOKafkaProducer(
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


def reader(settings: Settings, **options: Any) -> aiokafka.AIOKafkaConsumer:
    """Consumer without a group, for restoring, auditing and explaining."""
    return aiokafka.AIOKafkaConsumer(
        **connection(settings),
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=50,
        max_partition_fetch_bytes=4 * 1024 * 1024,
        **options,
    )


def admin(settings: Settings) -> AIOKafkaAdminClient:
    """Client for topics, offsets and configuration."""
    return AIOKafkaAdminClient(**connection(settings))


def faust_credentials(settings: Settings) -> Credentials | None:
    """The same connection in Faust's words; None without TLS and SASL."""
    if settings.security_protocol == "PLAINTEXT":
        return None
    context = tls(settings) if settings.security_protocol.endswith("SSL") else None
    if settings.security_protocol == "SSL":
        return SSLCredentials(context)
    return SASLCredentials(
        username=settings.sasl_username, password=settings.password(), ssl_context=context, mechanism=settings.sasl_mechanism
    )


def unreachable(settings: Settings, error: BaseException) -> WinnowError:
    """One line for a broker that cannot be talked to, told apart by what a person has to do about it.

    aiokafka says "unable to bootstrap" whether nobody listens or the password is wrong: a plain TCP connection tells which.
    """
    name = type(error).__name__
    if "Authentication" in name or "Sasl" in name or (settings.security_protocol != "PLAINTEXT" and _listens(settings)):
        hint = "Check WINNOW_SECURITY_PROTOCOL, WINNOW_SASL_USERNAME, WINNOW_SASL_PASSWORD_FILE and WINNOW_TLS_CA_FILE."
        return WinnowError(f"the broker {settings.broker} does not let {settings.sasl_username or 'us'} in ({name})", hint=hint)
    if "Authorization" in name:
        return WinnowError(
            f"the broker {settings.broker} forbids this to {settings.sasl_username or 'us'} ({name})", hint="Check the ACLs."
        )
    if _listens(settings):
        hint = "Does it expect TLS or SASL? Check WINNOW_SECURITY_PROTOCOL."
        return WinnowError(f"the broker {settings.broker} listens but does not answer ({name}: {error})", hint=hint)
    hint = "Is it running? Check WINNOW_BROKER; `make kafka` starts one here."
    return WinnowError(f"cannot reach the broker {settings.broker} ({name})", hint=hint)


def _listens(settings: Settings) -> bool:
    host, _, port = settings.broker.split(",")[0].rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=2.0):
            return True
    except (OSError, ValueError):
        return False


async def committed(settings: Settings, group: str, places: Iterable[tuple[str, int]]) -> dict[tuple[str, int], int]:
    """Committed offsets of a consumer group for these (full topic name, partition): next offset; those never committed are left out."""
    client = admin(settings)
    try:
        await client.start()
        # The embedded broker answers nothing when asked for everything: name the partitions.
        found = await client.list_consumer_group_offsets(group, partitions=[TopicPartition(*place) for place in places])
    except (KafkaError, OSError) as error:
        raise unreachable(settings, error) from error
    finally:
        await client.close()
    return {(place.topic, place.partition): meta.offset for place, meta in found.items() if meta.offset >= 0}
