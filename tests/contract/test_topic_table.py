"""The topic table and the dispositions against what was promised before."""

from pathlib import Path

import orjson
import pytest

from schemas.asyncapi import OUTPUTS
from schemas.messages import EMITTED, RECEIVED
from schemas.topics import ACTIONS, DISPOSITIONS, INPUTS, STAGES, TOPICS

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
