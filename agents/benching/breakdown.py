"""Native records in; microseconds an event that each part of sifting costs, measured alone in this process, out."""

import time
from collections.abc import Callable, Sequence

import orjson

from agents import sift
from agents.benching.rig import Put
from agents.settings import Settings
from pipeline.seen import hash_texts
from pipeline.stage import Batch, Record
from pipeline.subjects import join
from schemas.sources import Malformed, decode

BATCH = 4_096


def measure(settings: Settings, records: Sequence[Put], now_ms: int) -> dict[str, float]:
    """Parts: parse (JSON alone, part of decode), decode, subjects, judge, hash; and ``total``, the whole shard in batches."""
    stage = sift.stage(settings, {})
    stage.warm_up()
    config, bundle = sift.sift_config(settings), sift.load_bundle(settings.model_file)
    count = len(records)
    raw = [(headers[0][1].decode(), value) for _, value, headers in records]
    decoded = [found for source, value in raw if not isinstance(found := decode(source, value), Malformed)]
    texts = [join(signal["title"], str(signal["text"])) for signal, _ in decoded]
    signals = [signal for signal, _ in decoded]
    parts: dict[str, Callable[[], object]] = {
        "decode": lambda: [decode(source, value) for source, value in raw],
        "subjects": lambda: [config.subjects.of_text(text) for text in texts],
        "judge": lambda: [bundle.judge(texts[start : start + BATCH]) for start in range(0, len(texts), BATCH)],
        "hash": lambda: [hash_texts(texts[start : start + BATCH]) for start in range(0, len(texts), BATCH)],
        "json_of_signal": lambda: [orjson.dumps(signal) for signal in signals],
    }
    found = {name: _cost(work, count) for name, work in parts.items()}
    shard = stage.make("posts", 0)
    batches = [
        Batch("posts", 0, [Record(start + n, now_ms, *record) for n, record in enumerate(records[start : start + BATCH])])
        for start in range(0, count, BATCH)
    ]
    found["total"] = _cost(lambda: [shard.process(batch, now_ms) for batch in batches], count)
    return found


def _cost(work: Callable[[], object], count: int) -> float:
    started = time.perf_counter()
    work()
    return round((time.perf_counter() - started) / count * 1e6, 2)
