"""The shipped artefact on real rows: it should be no worse than its card says."""

import json
from pathlib import Path

import pytest

from models import DEFAULT_ARTEFACT, Bundle
from models.evaluation.card_figures import airline_figures, spam_folds
from models.examples.licensed import read

pytestmark = pytest.mark.data


def test_airline_figures_are_those_of_the_card(bundle: Bundle, data: Path) -> None:
    """The card's zero-shot figures should be what the artefact does today, and complaints should not be spam."""
    rows = read(data, "airline_tweets")
    found = airline_figures(bundle, [row["text"] for row in rows], [row["airline_sentiment"] for row in rows])
    card = json.loads((DEFAULT_ARTEFACT / "card.json").read_text(encoding="utf-8"))["figures"]
    for name, scores in found.items():
        assert scores == pytest.approx(card[name], abs=0.005)
    assert found["airline called spam (all of it false), zero-shot"]["share_above_0.5"] < 0.01
    assert found["airline sentiment, zero-shot"]["macro_f1"] > 0.5


def test_hashed_features_keep_up_with_published_spam_figures(data: Path) -> None:
    """Five-fold spam F1 on sms_spam should stay within 0.015 of word and character TF-IDF (0.960)."""
    assert spam_folds(data, seed=1)["spam_f1"] > 0.945
