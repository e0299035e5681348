"""Labels to a challenger of the noise gate."""

from pipeline.learn.shard import Champion, LearnShard

__all__ = ["Champion", "LearnShard"]
