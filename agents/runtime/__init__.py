"""What runs a stage: worker, partitions, delivery, changelog, transport, ledger, probes."""

from agents.runtime.changelog import StateStore
from agents.runtime.lease import HELD_UP
from agents.runtime.model_registry import BEFORE, FACET, HELD, Announcements, Champions, artefact_path, open_bundle, take_in
from agents.runtime.outputs import Emitter
from agents.runtime.policy_reload import PolicyWatch
from agents.runtime.silence_feed import SilenceFeed, follow_policy
from agents.runtime.stage import Stage
from agents.runtime.worker import Worker, calm_collector

__all__ = [
    "BEFORE",
    "FACET",
    "HELD",
    "HELD_UP",
    "Announcements",
    "Champions",
    "Emitter",
    "PolicyWatch",
    "SilenceFeed",
    "Stage",
    "StateStore",
    "Worker",
    "artefact_path",
    "calm_collector",
    "follow_policy",
    "open_bundle",
    "take_in",
]
