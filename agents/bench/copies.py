"""What remembering and folding a short text costs when a million are remembered, and the memory they take. For part correlate."""

import random
import time
from collections.abc import Iterator

from pipeline.near_duplicates import Duplicates, Text

WORDS = 20_000
CHUNK = 2_000


def measured(*, quick: bool) -> dict[str, float]:
    """``microseconds`` of CPU a text on average, ``microseconds_when_full`` of the last tenth, ``megabytes_per_million`` texts."""
    most = 40_000 if quick else 1_000_000
    memory, spent = Duplicates(), []
    for texts in _texts(most):
        started = time.process_time()
        for _ in memory.fold(texts):
            pass
        spent.append(time.process_time() - started)
    last = spent[-max(1, len(spent) // 10) :]
    return {
        "microseconds": round(1e6 * sum(spent) / most, 2),
        "microseconds_when_full": round(1e6 * sum(last) / (len(last) * CHUNK), 2),
        "megabytes_per_million": round(memory.nbytes / len(memory), 1),
        "remembered": len(memory),
    }


def _texts(most: int) -> Iterator[list[Text]]:
    """Texts of five to thirty words, no two alike, in batches; the first batch is small change: it compiles."""
    rng = random.Random(1)  # noqa: S311  # texts to measure with, no secret
    words = [f"{rng.getrandbits(30):x}" for _ in range(WORDS)]
    for first in range(0, most, CHUNK):
        yield [
            Text(" ".join(rng.choices(words, k=rng.randrange(5, 31))), 0, f"{at:032x}", 7, at + 1, at + 1, 0, 0, personal=False)
            for at in range(first, first + CHUNK)
        ]
