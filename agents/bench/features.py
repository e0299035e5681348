"""Part features: CPU microseconds an event for the shared features and all facets together, each alone."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from agents.bench.rig import Rig
from agents.bench.streams import put, recent
from models import Bundle, load_bundle
from models.evaluation import microseconds_per_event
from models.heads import LINEAR
from models.judging import Histograms
from pipeline.sift import SAMPLED, Drift, join
from schemas.sources import Ignored, Malformed, decode

BATCH = 1_000
OTHER_BATCHES = (100, 4_000)
EVENTS = 4_000
LANGUAGE_ROUNDS = 2


async def measure(rig: Rig | None) -> dict[str, Any]:
    """``microseconds_per_event``: features and all facets of one batch of 1,000, the best of several rounds of this thread's CPU time.

    No broker is needed. Language is another job: it is only asked for what is kept and does not name its own.
    """
    texts = simulated_texts(EVENTS)
    bundle = load_bundle()
    bundle.warm_up()
    rounds = 10 if rig is None or not rig.quick else 5
    return await asyncio.to_thread(_costs, bundle, texts, rounds)


def simulated_texts(events: int) -> list[str]:
    """Title and text of a simulated stream's events, as sift joins them."""
    found = []
    for _, value, headers in map(put, recent(events, int(time.time() * 1000))):
        decoded = decode(headers[0][1].decode(), value or b"")
        if not isinstance(decoded, Malformed | Ignored):
            found.append(join(decoded[0]["title"], str(decoded[0]["text"])))
    return found


def _watching(bundle: Bundle, texts: Sequence[str]) -> float:
    """What watching drift adds, beside judging."""
    batch = texts[:BATCH]
    drift, judged, languages = Drift(Histograms(bundle)), bundle.judge(batch), ["en"] * len(batch)

    def watch(part: Sequence[str]) -> None:
        drift.note(judged, part[::SAMPLED])
        drift.note_languages(languages)

    return microseconds_per_event(watch, batch, BATCH)


def _costs(bundle: Bundle, texts: Sequence[str], rounds: int) -> dict[str, Any]:
    return {
        "microseconds_per_event": round(microseconds_per_event(bundle.judge, texts, BATCH, rounds), 2),
        "microseconds_in_batches": {
            str(batch): round(microseconds_per_event(bundle.judge, texts, batch, rounds), 2) for batch in OTHER_BATCHES
        },
        "features_and_scores_microseconds": round(microseconds_per_event(bundle.logits, texts, BATCH, rounds), 2),
        "drift_microseconds": round(_watching(bundle, texts), 2),
        "language_microseconds": round(microseconds_per_event(bundle.language, texts, BATCH, LANGUAGE_ROUNDS), 2),
        "facets": len(LINEAR),
        "characters_per_event": round(sum(map(len, texts)) / len(texts)),
        "model": bundle.version,
    }
