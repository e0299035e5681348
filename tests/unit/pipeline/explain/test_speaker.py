"""What a story says of who spoke, and why that was believed."""

import pytest

from pipeline.explain import Story
from schemas.messages import StakeholderEvidence


def told(**over: object) -> str:
    """The story of one piece of information."""
    piece = {
        "place": "information/0/1", "id": "1" * 32, "subject": "aurora", "intent": "question", "sentiment": "neutral", "urgency": 0.2,
        "stakeholder": "customer", "dual_hat": False, "language": "en", "confidence": {"intent": 0.9, "sentiment": 0.8}, "copies": 1,
        "copy_of": None, "text": "where is it", "backfill": False, "model": "m1", "lineage": "posts/0/1", "disposition": None,
        "settled_at": None, "no_case": None, **over,
    }  # fmt: skip
    return "\n".join(Story("1" * 32, "information", information=[piece]).lines())


@pytest.mark.parametrize("evidence", [evidence.value for evidence in StakeholderEvidence])
def test_every_kind_of_evidence_is_told(evidence: str) -> None:
    """One line says what decided; words that were too unsure name the setting."""
    lines = told(stakeholder_evidence=evidence)
    assert "who speaks is known by " in lines
    assert ("WINNOW_STAKEHOLDER_CONFIDENCE" in lines) is (evidence == "words_unsure")


def test_older_information_and_competitors_are_told() -> None:
    """What says nothing of evidence has no such line; a competitor's is said to be counted only."""
    assert "who speaks is known" not in told(stakeholder_evidence=None)
    assert "never answered" not in told(competitor=False)
    assert "about a competitor: counted, never answered" in told(competitor=True)
