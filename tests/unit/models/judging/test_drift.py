"""A bundle's histograms: bins of the artefact in which held-out rows lay evenly, and counts that lose nobody."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import Bundle
from models.artefacts.artefact import fuse
from models.artefacts.reference import Reference, count, histogram, measure_texts, reference_of
from models.judging.drift import Histograms
from models.learner import GateLearner

TEXTS = ["My card was stolen, please block it", "Der Zug war zu spät", "", "@a @b see http://x.co and http://y.co", "great, thank you"]


@pytest.fixture(scope="module")
def histograms(bundle: Bundle) -> Histograms:
    """Of the shipped artefact."""
    return Histograms(bundle)


def test_every_text_is_in_one_bin_of_each_histogram(bundle: Bundle, histograms: Histograms) -> None:
    """Counts of a batch should sum to its size, under exactly the names that have keys; also for no texts at all."""
    for texts in (TEXTS, []):
        found = histograms.of_judged(bundle.judge(texts)) | histograms.of_texts(texts) | histograms.of_languages(["en"] * len(texts))
        assert found.keys() == set(histograms.keys)
        assert {name: int(counts.sum()) for name, counts in found.items()} == dict.fromkeys(found, len(texts))


def test_the_artefact_has_bins_for_every_facet(bundle: Bundle) -> None:
    """Ten bins of about equal share of the rows held out, for every facet that is learned; shares that sum to one."""
    for name, part in bundle.artefact.parts.items():
        if name == "language":
            continue
        assert len(part.reference.shares) == 10
        assert sum(part.reference.shares) == pytest.approx(1, abs=1e-4)
        assert max(part.reference.shares) < 0.2
        assert sum(part.reference.answers) == pytest.approx(1, abs=1e-4)
    assert bundle.artefact.reference.keys() == {"length", "links", "mentions", "rarity", "language"}


def test_a_learned_gate_makes_only_its_own_counts_incomparable(bundle: Bundle, histograms: Histograms) -> None:
    """Keys of all other facets, and of the texts, should be those of the champion; another epoch changes them all."""
    learner = GateLearner(bundle)
    learner.partial_fit(["kettle for sale", "my kettle leaks"], [True, False])
    learned = Histograms(Bundle.from_bytes(learner.export()))
    assert {name for name, key in learned.keys.items() if key != histograms.keys[name]} == {"spam"}
    assert not set(Histograms(bundle, 1).keys.values()) & set(histograms.keys.values())


def test_counts_over_other_bins_are_not_comparable(bundle: Bundle, histograms: Histograms) -> None:
    """A reference that a restart takes over must fit: with other bins for length, only length should have another key."""
    other = fuse(bundle.artefact.idf, bundle.artefact.parts, bundle.artefact.reference | {"length": Reference((9.0,), (0.5, 0.5))})
    assert {name for name, key in Histograms(Bundle(other)).keys.items() if key != histograms.keys[name]} == {"length"}


def test_texts_are_measured_by_what_they_look_like(bundle: Bundle) -> None:
    """Length in characters, links and mentions counted, n-grams of another language rarer than those of plain English."""
    found = measure_texts([*TEXTS, "Δεν λειτουργεί τίποτα εδώ, σας παρακαλώ"], bundle.artefact.idf)
    assert found["length"].tolist()[:3] == [35, 19, 0]
    assert found["links"].tolist()[3] == 2
    assert found["mentions"].tolist()[3] == 2
    assert found["rarity"][-1] > found["rarity"][0] > found["rarity"][2] >= 0


@settings(deadline=None)
@given(st.lists(st.floats(0, 1, width=32), min_size=1, max_size=200), st.integers(2, 12))
def test_bins_share_what_they_are_made_of(values: list[float], bins: int) -> None:
    """At most so many bins, edges ascending, shares of all values summing to one and equal to their counts."""
    column = np.array(values, np.float32)
    found = histogram(column, bins)
    assert len(found.edges) < bins
    assert list(found.edges) == sorted(set(found.edges))
    assert len(found.shares) == len(found.edges) + 1
    assert np.allclose(found.shares, count(column, found.edges) / len(values), atol=1e-6)
    assert Reference.from_json(found.to_json()) == found


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"edges": [2, 1], "shares": [0.1, 0.2, 0.7], "answers": []},
        {"edges": [1], "shares": [1], "answers": []},
        {"edges": [float("nan")], "shares": [0.5, 0.5], "answers": []},
        {"edges": "x", "shares": [], "answers": []},
    ],
)
def test_a_reference_that_is_none_is_refused(wrong: dict[str, object]) -> None:
    """Edges that do not ascend, shares that do not fit, numbers that are none: an error, not a histogram."""
    with pytest.raises((KeyError, TypeError, ValueError)):
        Reference.from_json(wrong)


def test_a_yes_or_no_facet_is_measured_by_its_chance_others_by_that_of_their_answer() -> None:
    """Of two classes the second's probability, of three the best one's."""
    assert reference_of(np.array([[0.9, 0.1]], np.float32)).edges == (pytest.approx(0.1),)
    assert reference_of(np.array([[0.5, 0.3, 0.2]], np.float32)) == Reference((0.5,), (1.0, 0.0), (1.0, 0.0, 0.0))
