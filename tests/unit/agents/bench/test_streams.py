"""What the bench and the soak feed is all there."""

from collections import Counter

import pytest

from agents.bench.streams import send_together
from agents.kafka import clients
from agents.settings import load_settings
from pipeline.simulation import Simulated


async def test_what_does_not_fit_a_batch_goes_into_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three posts of which one batch holds only one: all are sent, in order, and the small one of another partition too."""
    settings = load_settings(broker="127.0.0.1:1", broker_is_real=False, partitions=1)
    producer = clients.producer(settings, largest_bytes=1_000)
    sent: Counter[tuple[str, int]] = Counter()

    async def taken(batch: object, topic: str, *, partition: int) -> None:
        sent[topic, partition] += batch.record_count()  # type: ignore[attr-defined]

    monkeypatch.setattr(producer, "send_batch", taken)
    posts = [Simulated("posts", "x", b"k", b"x" * 900, 0, {}) for _ in range(3)]
    made = await send_together(settings, producer, [*posts, Simulated("feedback", "x", b"k", b"y", 0, {})])
    assert len(made) == 4
    assert sent == {(settings.topic("posts"), 0): 3, (settings.topic("feedback"), 0): 1}
