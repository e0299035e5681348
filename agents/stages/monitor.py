"""Stage monitor reads ``decisions``, ``outcomes`` and ``ledger``, writes ``health``. The work is in `pipeline.monitor`."""

from collections.abc import Mapping

from agents.runtime import Stage
from agents.settings import Settings
from pipeline.monitor import MonitorShard
from pipeline.stream import hash_texts


def stage(settings: Settings, partitions: Mapping[str, int]) -> Stage:
    """Monitor as this deployment configured it; one shard serves a partition number of all three inputs."""

    def warm_up() -> None:
        hash_texts(["compile the kernel before the first event comes"])

    return Stage("monitor", lambda _, partition: MonitorShard(partition), together=True, warm_up=warm_up)
