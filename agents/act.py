"""Stage act: ``decisions`` and ``outcomes`` in, ``actions.<team>`` and ``labels`` out. The work is pipeline/act.py."""

from collections.abc import Mapping

from agents.settings import Settings
from agents.worker import Stage
from pipeline.act import ActShard
from pipeline.policy import load_policy
from schemas.topics import upstream


def stage(settings: Settings, partitions: Mapping[str, int]) -> Stage:
    """Act by this deployment's policy; one shard serves the decisions and the outcomes of a team."""
    policy = load_policy(settings.policy_file)
    sources = upstream("act", partitions)
    key = settings.author_key.get_secret_value().encode()
    return Stage(
        "act", lambda _, partition: ActShard(partition, sources, policy, key).patient(settings.idle_history_seconds), together=True
    )
