"""A broker inside this process, for the demo and quick tests: librdkafka's mock cluster, no Java, no Docker, nothing durable.

It keeps at most 5 MiB or 100,000 batches a partition and silently forgets the oldest: whoever uses it paces its producers and
looks for ``absent`` offsets in the ledger afterwards. Topics have four partitions, whatever one asks for.
"""

from collections.abc import Iterable
from types import TracebackType

from confluent_kafka import Producer

from schemas.errors import WinnowError

PARTITIONS = 4


class EmbeddedBroker:
    """Lives as long as the object; ``address`` is its bootstrap server on loopback."""

    def __init__(self) -> None:
        self._cluster: Producer | None = Producer({"bootstrap.servers": "", "test.mock.num.brokers": 1, "log_level": 0})
        brokers = self._cluster.list_topics(timeout=10).brokers.values()
        if not brokers:
            raise WinnowError("the embedded broker did not start", hint="Use a real one: `make kafka` and WINNOW_BROKER.")
        broker = next(iter(brokers))
        self.address = f"{broker.host}:{broker.port}"

    def create(self, topics: Iterable[str]) -> None:
        """Make topics exist: a metadata request creates them here."""
        assert self._cluster is not None
        for topic in topics:
            self._cluster.list_topics(topic, timeout=10)

    def close(self) -> None:
        """Forget everything."""
        self._cluster = None

    def __enter__(self) -> "EmbeddedBroker":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
