"""Stage correlate reads ``information``, writes ``situations``. The work is in `pipeline.correlate`."""

from collections.abc import Mapping

from agents.runtime import Stage
from agents.settings import Settings
from pipeline.correlate import CaseConfig, CorrelateConfig, CorrelateShard, warm_up
from schemas.topics import upstream


def stage(settings: Settings, partitions: Mapping[str, int]) -> Stage:
    """Correlate as this deployment configured it; one shard per partition, merging all shards of sift."""
    config = CorrelateConfig(author_key=settings.author_key.get_secret_value().encode(), cases=cases(settings))
    sources = upstream("correlate", partitions)
    return Stage(
        "correlate",
        lambda _, partition: CorrelateShard(partition, sources, config).with_grace(settings.idle_history_seconds),
        warm_up=warm_up,
    )


def cases(settings: Settings) -> CaseConfig:
    """What opens a case in this deployment."""
    return CaseConfig(settings.case_least_urgency, settings.case_least_negativity)
