"""The composition root: each stage's shards from settings and partition counts, for a worker or for the flow without Kafka."""

import importlib
from collections.abc import Iterable, Mapping
from dataclasses import replace

from agents.runtime import Stage
from agents.settings import Settings
from pipeline.flow import Flow, FlowStage, Keep
from schemas.errors import WinnowError
from schemas.topics import INPUTS, STAGES, TOPICS


def stage(settings: Settings, name: str, partitions: Mapping[str, int]) -> Stage:
    """One stage by name; its module is imported only now, so that a worker loads what it needs and no more."""
    if name not in STAGES:
        raise WinnowError(f"unknown stage {name!r}", hint=f"Stages: {', '.join(STAGES)}.")
    found: Stage = importlib.import_module(f"agents.stages.{name}").stage(settings, partitions)
    return replace(found, partitions=partitions)


def flow(settings: Settings, *, batch_records: int = 1_000, stages: Iterable[str] = STAGES, keep: Keep | None = None) -> Flow:
    """The whole product over an iterable, configured as the deployment is; ``keep`` is told of every record of its topics."""
    partitions = {spec.noun: spec.partitions or settings.partitions for spec in TOPICS.values()}
    # Nothing wakes up late here, and nobody asks a registry.
    settings = settings.model_copy(update={"idle_history_seconds": 0.0, "schema_registry_url": ""})
    parts = []
    for name in stages:
        built = stage(settings, name, partitions)
        built.warm_up()
        parts.append(FlowStage(name, INPUTS[name], built.make, built.together))
    return Flow(parts, partitions, batch_records=batch_records, keep=keep)
