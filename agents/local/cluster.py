"""Three real brokers on loopback, replication as in production, to lose some of them: for tests and `make chaos`."""

from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

from agents.local.kafka import LocalKafka, Membership, libraries
from agents.local.ports import free_port

BROKERS = 3
HEAP = "256m"


class LocalCluster:
    """Brokers that are controllers as well, numbered from 1, each in a folder of its own; survive being killed with data and port."""

    def __init__(self, folder: Path, *, brokers: int = BROKERS, heap: str = HEAP) -> None:
        controllers = {node: free_port() for node in range(1, brokers + 1)}
        first = Membership(1, controllers)
        self.brokers = {
            node: LocalKafka(folder / f"broker-{node}", heap=heap, member=Membership(node, controllers, first.cluster))
            for node in controllers
        }

    @property
    def address(self) -> str:
        """Bootstrap addresses, comma-separated, whether they run or not."""
        return ",".join(broker.address for broker in self.brokers.values())

    def start(self, nodes: Iterable[int] | None = None) -> None:
        """Start these, all by default, and wait until each serves. Raises WinnowError with the log's place of one that does not."""
        libraries()  # once, not by all of them
        chosen = [self.brokers[node] for node in (self.brokers if nodes is None else nodes)]
        for broker in chosen:
            broker.launch()
        for broker in chosen:
            broker.until_answering()

    def kill(self, node: int) -> None:
        """kill -9, by its process id."""
        self.brokers[node].stop(kill=True)

    def running(self) -> list[int]:
        """Numbers of those that run."""
        return [node for node, broker in self.brokers.items() if broker.process_id is not None]

    def stop(self) -> None:
        """End all; a cluster that is thrown away need not hand anything over."""
        for node in self.running():
            self.kill(node)

    def __enter__(self) -> "LocalCluster":
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()
