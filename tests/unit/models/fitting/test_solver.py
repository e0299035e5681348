"""Features and codes in, a head with honest chances out; settings chosen without a look outside."""

import numpy as np
import pytest
from scipy import sparse

from models import ModelError
from models.evaluation.cross_validate import copies_of, cross_validate, train_and_judge
from models.features import vectorise as features
from models.fitting.solver import MOST_CALIBRATED, Trained, learn

TOPICS = ("garden", "engine", "violin")


def rows(count: int = 12) -> tuple[list[str], list[str], list[str]]:
    """Texts of three topics, their labels, and the place that each comes from."""
    made = [
        (f"{place} {topic} number {at}", topic, place) for at in range(count) for topic in TOPICS for place in ("north", "south", "west")
    ]
    texts, labels, places = zip(*made, strict=True)
    return list(texts), list(labels), list(places)


def fitted(texts: list[str], labels: list[str]) -> tuple[Trained, sparse.csr_matrix]:
    """A head, and the features of its texts."""
    matrix = features.features_csr(texts, features.idf_tenths(texts))
    codes = np.array([TOPICS.index(label) for label in labels])
    return learn(matrix, codes, len(TOPICS), copies=copies_of(texts)), matrix


def test_chances_are_chances() -> None:
    """They should be finite, sum to one, and be the same in every training."""
    texts, labels, _ = rows()
    head, matrix = fitted(texts, labels)
    chances = head.chances(matrix)
    assert np.isfinite(chances).all()
    assert np.allclose(chances.sum(axis=1), 1)
    assert np.array_equal(chances, fitted(texts, labels)[0].chances(matrix))
    assert [TOPICS[code] for code in chances.argmax(axis=1)] == labels


def test_groups_are_judged_by_the_others() -> None:
    """With groups every row should be answered, by what was learned elsewhere, and well where the groups are alike."""
    texts, labels, places = rows()
    found = cross_validate(texts, labels, groups=places)
    assert [found.classes[code] for code in found.answers] == labels


def test_one_group_cannot_be_left_out() -> None:
    """The operator should read why nothing was judged."""
    texts, labels, _ = rows()
    with pytest.raises(ModelError, match="all rows are of one group, here"):
        cross_validate(texts, labels, groups=["here"] * len(texts))


def test_the_rarer_class_is_not_forgotten() -> None:
    """Where one class in twenty is rare but plain, it should be answered all the same."""
    texts = [f"all is well on day {at}" for at in range(190)] + [f"the boiler leaks on day {at}" for at in range(10)]
    labels = ["well"] * 190 + ["leak"] * 10
    found = cross_validate(texts, labels)
    assert [found.classes[code] for code in found.answers[-10:]] == ["leak"] * 10


def test_many_classes_are_learned_without_inner_folds() -> None:
    """With more classes than are calibrated there should be answers and chances as well."""
    letters = "bcdfghjklmnpqrstvwxyz"
    names = [f"{letters[at % 20]}o{letters[at // 20]}ik{letters[at % 20]}u" for at in range(MOST_CALIBRATED + 2)]
    texts, labels = [f"{name} is here, take {at}" for name in names for at in range(5)], [name for name in names for _ in range(5)]
    classes, codes, chances = train_and_judge(texts, labels, texts)
    assert [classes[code] for code in codes] == labels
    assert ((chances > 0) & (chances <= 1)).all()
