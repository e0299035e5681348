"""Stage sift reads ``posts`` and ``feedback``, writes ``information``, ``chaff`` and ``rejected``. The work is in `pipeline.sift`."""

import weakref
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path

from agents.runtime import Champions, Stage
from agents.settings import Settings
from agents.stages.schema_registry import SchemaRegistry
from models import Bundle, load_bundle
from models.judging import Histograms
from pipeline.privacy import OwnTerms
from pipeline.sift import Judge, SiftConfig, SiftShard, Subjects, invented_subjects, parse_subjects
from pipeline.stream import hash_texts
from schemas.errors import WinnowError
from schemas.registry import SchemaCache
from schemas.sources import SOURCES


def stage(settings: Settings, partitions: Mapping[str, int]) -> Stage:
    """Sift as this deployment configured it; one shard per input partition, no order needed between them."""
    config, prepare = sift_config(settings), None
    if settings.schema_registry_url:
        schemas = SchemaCache()
        config, prepare = replace(config, registry=schemas), SchemaRegistry(settings, schemas).prepare
    bundle = load_bundle(settings.model_file)
    champions = Champions(settings, bundle)
    shards: weakref.WeakSet[SiftShard] = weakref.WeakSet()

    # Shards are restored in threads: what they share is looked up safely.
    histograms = lru_cache(maxsize=2)(partial(Histograms, epoch=settings.drift_epoch))

    def watch(judge: Judge) -> Histograms:
        """One for all shards; `champions` judges with bundles only."""
        assert isinstance(judge, Bundle)
        return histograms(judge)

    def make(topic: str, partition: int) -> SiftShard:
        shard = SiftShard(topic, partition, config, bundle, champions.find, watch)
        shards.add(shard)
        return shard

    def warm_up() -> None:
        bundle.warm_up()
        hash_texts(["compile the kernel before the first event comes"])

    def look() -> None:
        """Only a worker calls this, between batches: the flow without Kafka judges with the deployment's own artefact."""
        champions.follow()
        if champions.known:
            for shard in shards:
                shard.use(champions.current)

    return Stage("sift", make, warm_up=warm_up, prepare=prepare, between_batches=look)


def sift_config(settings: Settings) -> SiftConfig:
    """Settings and the files they name as sifting wants them. Raises WinnowError when a file is missing or wrong."""
    for name, source in (("posts", settings.posts_source), ("feedback", settings.feedback_source)):
        if source not in SOURCES:
            raise WinnowError(f"WINNOW_{name.upper()}_SOURCE: no source is called {source!r}", hint="See `winnow source list`.")
    return SiftConfig(
        sources={"posts": settings.posts_source, "feedback": settings.feedback_source},
        subjects=load_subjects(settings.subjects_file),
        roster=frozenset(read(settings.roster_file, "roster").split()) if settings.roster_file else frozenset(),
        author_key=settings.author_key.get_secret_value().encode(),
        stakeholder_confidence=settings.stakeholder_confidence,
        spam_threshold=settings.spam_threshold,
        desk_confidence=settings.desk_confidence,
        chaff_share=settings.chaff_share,
        backfill_after_ms=int(settings.backfill_after_seconds * 1000),
        future_tolerance_ms=int(settings.future_tolerance_seconds * 1000),
        remember_ms=int(settings.remember_seconds * 1000),
        remember_entries=settings.remember_entries,
        idle_live_ms=int(settings.idle_live_seconds * 1000),
        idle_history_ms=int(settings.idle_history_seconds * 1000),
        in_flight_records=2 * settings.batch_records,
    )


def load_subjects(path: Path | None) -> Subjects:
    """The subjects file, or the three invented brands when there is none."""
    return invented_subjects() if path is None else parse_subjects(read(path, "subjects file"), str(path))


def own_terms(settings: Settings) -> OwnTerms:
    """What redaction leaves where it stands in all that this deployment shows. Raises WinnowError as `load_subjects`."""
    return load_subjects(settings.subjects_file).own_terms()


def read(path: Path, what: str) -> str:
    """A configured file's text. Raises WinnowError naming it when it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise WinnowError(f"cannot read the {what} {path}: {error}", hint="Check the path and its permissions.") from error
