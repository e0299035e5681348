"""One decision a situation, by policy."""

from pipeline.decide.shard import DecideShard

__all__ = ["DecideShard"]
