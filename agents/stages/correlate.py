"""Stage correlate reads ``information``, writes ``situations``. The work is in `pipeline.correlate`."""

from collections.abc import Mapping

from agents.runtime import Stage
from agents.settings import Settings
from pipeline.correlate import CorrelateConfig, CorrelateShard, warm_up
from schemas.topics import upstream


def stage(settings: Settings, partitions: Mapping[str, int]) -> Stage:
    """Correlate as this deployment configured it; one shard per partition, merging all shards of sift."""
    config = CorrelateConfig(author_key=settings.author_key.get_secret_value().encode())
    sources = upstream("correlate", partitions)
    return Stage(
        "correlate",
        lambda _, partition: CorrelateShard(partition, sources, config).with_grace(settings.idle_history_seconds),
        warm_up=warm_up,
    )
