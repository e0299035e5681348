"""Stage decide: ``situations`` in, ``decisions`` out. The work is pipeline/decide.py."""

from collections.abc import Mapping

from agents.settings import Settings
from agents.worker import Stage
from pipeline.decide import DecideShard
from pipeline.policy import load_policy
from schemas.topics import upstream


def stage(settings: Settings, partitions: Mapping[str, int]) -> Stage:
    """Decide by this deployment's policy; one shard per partition, merging all shards of correlate."""
    policy = load_policy(settings.policy_file)
    sources = upstream("decide", partitions)
    return Stage("decide", lambda _, partition: DecideShard(partition, sources, policy).patient(settings.idle_history_seconds))
