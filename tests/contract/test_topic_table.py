"""The topic table and the dispositions against what was promised before."""

from pathlib import Path

import orjson
import pytest

from agents.kafka.topics import configuration
from schemas.asyncapi import OUTPUTS
from schemas.messages import EMITTED, RECEIVED
from schemas.topics import ACTIONS, DAY_MS, DISPOSITIONS, INPUTS, STAGES, TOPICS, TopicSpec, state_topic

PROMISED = orjson.loads((Path(__file__).parent / "golden" / "dispositions.json").read_bytes())
NOUNS = TOPICS.keys() | {ACTIONS.noun}


@pytest.mark.parametrize("stage", PROMISED)
def test_dispositions_are_append_only(stage: str) -> None:
    """A ledger byte written long ago means what it meant then: the old list is a prefix of today's."""
    assert list(DISPOSITIONS[stage][: len(PROMISED[stage])]) == PROMISED[stage]


@pytest.mark.parametrize("stage", STAGES)
def test_dispositions_fit_a_byte_and_start_alike(stage: str) -> None:
    """Each stage has its own closed list without repeats, whose first three codes every auditor may rely on."""
    names = DISPOSITIONS[stage]
    assert names[:3] == ("unsettled", "absent", "rejected")
    assert len(set(names)) == len(names) <= 256


def test_every_stage_is_described_everywhere() -> None:
    """Inputs, outputs and dispositions are told for exactly the stages there are."""
    assert set(STAGES) == INPUTS.keys() == OUTPUTS.keys() == DISPOSITIONS.keys() == PROMISED.keys()


def test_every_noun_a_stage_reads_or_writes_is_a_topic_with_a_message() -> None:
    """No stage reads or writes a topic that nobody creates, or one whose message nobody defined."""
    used = {noun for table in (INPUTS, OUTPUTS) for nouns in table.values() for noun in nouns}
    assert used <= NOUNS
    assert EMITTED.keys() | RECEIVED.keys() == NOUNS


def test_every_input_is_written_by_a_stage_or_comes_from_outside() -> None:
    """A stage that waits for a topic nobody fills would wait for ever."""
    written = {noun for nouns in OUTPUTS.values() for noun in nouns}
    assert {noun for nouns in INPUTS.values() for noun in nouns} <= written | RECEIVED.keys()


SPECS = [*TOPICS.values(), ACTIONS, *map(state_topic, STAGES)]


@pytest.mark.parametrize("spec", [spec for spec in SPECS if spec.cleanup == "delete"], ids=lambda spec: spec.noun)
def test_a_record_outlives_its_retention_by_little(spec: TopicSpec) -> None:
    """Files end often enough: Kafka deletes whole ones, and by itself would write to one for a week."""
    segment_ms = int(configuration(spec, 3).get("segment.ms", 7 * DAY_MS))
    assert spec.longest_ms == spec.retention_ms + segment_ms
    assert DAY_MS <= segment_ms <= spec.retention_ms / 7


@pytest.mark.parametrize("spec", [spec for spec in SPECS if spec.cleanup == "compact"], ids=lambda spec: spec.noun)
def test_what_was_said_leaves_a_compacted_topic_within_a_day(spec: TopicSpec) -> None:
    """State holds texts; it is compacted that late at most, and not before the hour that guards against a writer that was replaced."""
    values = configuration(spec, 3)
    assert spec.said == spec.noun.endswith("-state")
    assert values.get("max.compaction.lag.ms") == (str(DAY_MS) if spec.said else None)
    assert int(values["min.compaction.lag.ms"]) < int(values.get("max.compaction.lag.ms", DAY_MS))
    assert "segment.ms" not in values
