"""Names of topics in; the id of each, which a topic that is deleted and made anew does not keep, out."""

from collections.abc import Iterable, Mapping

from confluent_kafka import KafkaException, TopicCollection, Uuid
from confluent_kafka.admin import TopicDescription

from agents.kafka import clients
from agents.kafka.topics import ADMIN_SECONDS
from agents.settings import Settings

UNKNOWN = str(Uuid(0, 0))
"""What a broker of before Kafka 2.8 says."""


async def identities(settings: Settings, names: Iterable[str]) -> Mapping[str, str]:
    """Full name -> id, without topics that have none, do not exist, or of which no broker tells now."""
    wanted = sorted(set(names))
    if not settings.broker_is_real or not wanted:
        return {}
    found = await clients.administer(
        settings, f"look at {wanted[0]}",
        lambda client: client.describe_topics(TopicCollection(wanted), request_timeout=ADMIN_SECONDS), lenient=True,
    )  # fmt: skip
    return {name: str(said.topic_id) for name, said in found.items() if _has_id(said)}


def _has_id(said: TopicDescription | KafkaException) -> bool:
    return not isinstance(said, KafkaException) and str(said.topic_id) != UNKNOWN
