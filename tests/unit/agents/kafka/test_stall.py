"""Who reads up to an end waits as long as he gets further, and a minute more."""

from types import SimpleNamespace

import pytest
from aiokafka import TopicPartition

from agents.kafka import Stall, stall
from schemas.errors import Unavailable


def test_a_reader_that_gets_further_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slowly; one that does not is told where it stands still."""
    now = 5.0
    monkeypatch.setattr(stall, "time", SimpleNamespace(monotonic=lambda: now))
    watched, left = Stall("here:9092"), [TopicPartition("a", 0), TopicPartition("b", 3)]
    for reached in (0, 1, 2):
        watched.look(reached, left)
        now += 60.0
        watched.look(reached, left)
    now += 0.5
    with pytest.raises(Unavailable, match="the broker here:9092 gives nothing more of a/0, b/3"):
        watched.look(2, left)
