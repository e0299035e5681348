"""Stage act reads ``decisions`` and ``outcomes``, writes ``actions.<team>`` and ``labels``. The work is in `pipeline.act`."""

from collections.abc import Mapping

from agents.runtime import Stage, follow_policy
from agents.settings import Settings
from agents.stages.sift import load_subjects
from pipeline.act import ActShard
from schemas.topics import upstream


def stage(settings: Settings, partitions: Mapping[str, int]) -> Stage:
    """Act by this deployment's policy, a new one from the next batch on; one shard serves the decisions and the outcomes of a team."""
    watch, begin = follow_policy(settings)
    sources = upstream("act", partitions)
    subjects = load_subjects(settings.subjects_file)
    own, names = subjects.own_terms(), subjects.names
    key = settings.author_key.get_secret_value().encode()

    def make(_: str, partition: int) -> ActShard:
        shard = ActShard(partition, sources, watch.policy, key, own=own, names=names, outcome_partitions=partitions["outcomes"])
        return watch.follow(shard.with_grace(settings.idle_history_seconds))

    return Stage("act", make, together=True, begin=begin, between_batches=watch.look)
