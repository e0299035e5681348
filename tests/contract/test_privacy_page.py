"""The page about privacy says of every topic what it holds and until when, as the topics are really made."""

import pytest

from agents.kafka import retention
from agents.kafka.topics import configuration, kept_ms
from schemas.topics import ACTIONS, DAY_MS, STAGES, TOPICS, state_topic


def test_the_page_has_the_table_as_it_is() -> None:
    """`python -m agents.kafka.retention` was run after the last change."""
    text = retention.PAGE.read_text(encoding="utf-8")
    assert text == retention.page(text)


def test_every_topic_is_told() -> None:
    """Those of the table, of the teams and of states; what holds texts and is compacted has an end."""
    assert (
        set(retention.HOLDS) == {*TOPICS, "actions", *(f"{stage}-state" for stage in STAGES)} == {spec.noun for spec in retention.specs()}
    )
    assert [spec.noun for spec in retention.specs() if kept_ms(configuration(spec, 1)) is None] == ["health", "models", "silences"]


@pytest.mark.parametrize(
    ("configured", "days"),
    [
        (configuration(TOPICS["posts"], 1), 8),
        (configuration(ACTIONS, 1), 30 + 30 / 7),
        (configuration(state_topic("act"), 1), 1),
        ({"cleanup.policy": "delete", "retention.ms": "-1"}, None),
        ({"cleanup.policy": "delete", "retention.ms": str(2**63 - 1), "segment.ms": "1"}, None),
        ({"cleanup.policy": "delete", "retention.ms": str(DAY_MS)}, 8),
        ({"cleanup.policy": "compact", "max.compaction.lag.ms": str(2**63 - 1)}, None),
        ({"cleanup.policy": "compact,delete", "max.compaction.lag.ms": str(2 * DAY_MS), "retention.ms": str(DAY_MS), "segment.ms": "0"}, 1),
    ],
)  # fmt: skip
def test_how_long_a_topic_keeps(configured: dict[str, str], days: float | None) -> None:
    """Retention and a file where it is deleted, the lag of compaction where it is compacted, the shorter of both; None for ever."""
    found = kept_ms(configured)
    assert found is None if days is None else found == pytest.approx(days * DAY_MS)
