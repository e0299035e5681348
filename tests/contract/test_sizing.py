"""The page that sizes a cluster says what the measured figures and the table of topics give."""

import pytest

from agents.kafka import sizing
from schemas.topics import STAGES, TOPICS
from tests.conftest import ROOT


def test_the_page_is_what_the_figures_give() -> None:
    """`python -m agents.kafka.sizing > deploy/SIZING.md` was run after the last change."""
    assert (ROOT / "deploy" / "SIZING.md").read_text() == "\n".join(sizing.page()) + "\n"


def test_every_topic_is_sized() -> None:
    """Of those that are deleted by age all but what people write; of stages all."""
    aged = {noun for noun, spec in TOPICS.items() if spec.cleanup == "delete"}
    assert set(sizing.BYTES) == aged - {"outcomes", "labels"} | {"actions"}
    assert set(sizing.STATE_BYTES) == set(sizing.WORKER_MEGABYTES) == set(STAGES)


@pytest.mark.parametrize(("noun", "rate", "size"), [("posts", 1_000, 240 * 1_000 * 7 * 86_400), ("decisions", 10, 385 * 10 * 14 * 86_400)])
def test_what_is_kept_is_rate_times_retention(noun: str, rate: int, size: int) -> None:
    """Bytes an event, events a second, seconds."""
    assert sizing.kept_bytes(noun, rate) == size


def test_state_is_bounded_by_its_segments_not_by_time() -> None:
    """At low rates a week of it is less than the segments, at high rates the segments are."""
    assert sizing.state_bytes("decide", 0.001, 4) < 2 * 73 * 0.001 * 8 * 86_400
    assert sizing.state_bytes("decide", 1_000, 4) == 2 * (73 * 1_000 * 3_600 + 4 * 128 * 1024 * 1024)


def test_a_thousand_a_second_is_affordable() -> None:
    """A terabyte or so a replica; it was four with decisions and ledger kept for 90 days."""
    assert sizing.all_bytes(1_000) < 1.25e12
