"""Stage decide reads ``situations``, writes ``decisions``. The work is in `pipeline.decide`."""

from collections.abc import Mapping

from agents.runtime import Stage, follow_policy
from agents.settings import Settings
from pipeline.decide import DecideShard
from schemas.topics import upstream


def stage(settings: Settings, partitions: Mapping[str, int]) -> Stage:
    """Decide by this deployment's policy, a new one from the next batch on; one shard per partition, merging all shards of correlate."""
    watch, begin = follow_policy(settings)
    sources = upstream("decide", partitions)

    def make(_: str, partition: int) -> DecideShard:
        return watch.follow(DecideShard(partition, sources, watch.policy).with_grace(settings.idle_history_seconds))

    return Stage("decide", make, begin=begin, between_batches=watch.look)
