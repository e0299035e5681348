"""How many CPU microseconds an event each part of sifting costs, measured alone in this process. For part sift."""

import time
from collections.abc import Callable, Sequence

import msgspec

from agents.bench.rig import Put
from agents.runtime import calm_collector
from agents.settings import Settings
from agents.stages import sift
from models import load_bundle
from pipeline.sift import join
from pipeline.stream import Batch, Record, hash_texts
from schemas.sources import Ignored, Malformed, read

BATCH = 4_096


def measure(settings: Settings, records: Sequence[Put], now_ms: int) -> dict[str, float]:
    """Parts: read (a payload), subjects, judge, hash (of texts), language (of those that name none), json (of the signal in an output), and
    ``total``: the whole shard in batches, with what is remembered, outputs and accounting.
    """
    stage = sift.stage(settings, {})
    stage.warm_up()
    calm_collector()
    config, bundle = sift.sift_config(settings), load_bundle(settings.model_file)
    count = len(records)
    raw = [(headers[0][1].decode(), value) for _, value, headers in records]
    decoded = [found for source, value in raw if not isinstance(found := read(source, value), Malformed | Ignored)]
    texts = [join(signal.title, signal.text) for signal, _ in decoded]
    signals = [signal for signal, _ in decoded]
    parts: dict[str, Callable[[], object]] = {
        "read": lambda: [read(source, value) for source, value in raw],
        "subjects": lambda: [config.subjects.of_text(text) for text in texts],
        "judge": lambda: [bundle.judge(texts[start : start + BATCH]) for start in range(0, len(texts), BATCH)],
        "hash": lambda: [hash_texts(texts[start : start + BATCH]) for start in range(0, len(texts), BATCH)],
        "language": lambda: bundle.language([text for text, signal in zip(texts, signals, strict=True) if not signal.language]),
        "json": lambda: [msgspec.json.encode(signal) for signal in signals],
    }
    costs = {name: _cost(work, count) for name, work in parts.items()}
    shard = stage.make("posts", 0)
    batches = [
        Batch("posts", 0, [Record(start + n, now_ms, *record) for n, record in enumerate(records[start : start + BATCH])])
        for start in range(0, count, BATCH)
    ]
    costs["total"] = _cost(lambda: [shard.process(batch, now_ms) for batch in batches], count)
    return costs


def _cost(work: Callable[[], object], count: int) -> float:
    started = time.thread_time()
    work()
    return round((time.thread_time() - started) / count * 1e6, 2)
