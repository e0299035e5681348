"""Margins in, honest chances out: of two classes and of more."""

import numpy as np
import pytest
from scipy import sparse

from models.fitting import fit
from models.fitting.calibrate import against_first

CLASSES = ("red", "green", "blue")


def noisy(rows: int = 900, seed: int = 4) -> tuple[sparse.csr_matrix, list[str]]:
    """One column a class and one that is always there; a fifth of the labels are wrong."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, len(CLASSES), rows)
    told = np.where(rng.random(rows) < 0.2, rng.integers(0, len(CLASSES), rows), truth)
    columns = np.column_stack([np.eye(len(CLASSES))[truth], np.full(rows, 0.5)])
    return sparse.csr_matrix(columns.astype(np.float32)), [CLASSES[code] for code in told]


@pytest.mark.parametrize("classes", [CLASSES, CLASSES[:2]])
def test_a_head_of_margins_says_how_often_it_is_right(classes: tuple[str, ...]) -> None:
    """Its confidence on rows held out should be its accuracy, within a few hundredths, and its weights give the same answers."""
    matrix, labels = noisy()
    kept = [at for at, label in enumerate(labels) if label in classes]
    rows, names = matrix[kept], [labels[at] for at in kept]
    found = fit(rows, names, [1.0] * len(names), classes, seed=1, strength=0.2, margin=True, plain=3)
    assert found.held_out["accuracy"] > 0.75
    assert found.held_out["ece"] < 0.06
    answers = against_first(rows @ found.weights.T + found.intercepts).argmax(axis=1)
    assert np.mean([classes[code] == name for code, name in zip(answers, names, strict=True)]) > 0.75


def test_a_second_class_that_counts_less_is_claimed_less() -> None:
    """Where calling a row the second class is to be rare, its chances should be lower, and their order the same."""
    matrix, labels = noisy()
    names = ["red" if label == "red" else "green" for label in labels]
    plain, wary = (
        fit(
            matrix, names, [1.0] * len(names), CLASSES[:2], seed=1, strength=0.2, margin=True, balanced=False, second_counts=counts, plain=3
        )
        for counts in (1.0, 0.05)
    )
    chances = [against_first(matrix @ one.weights.T + one.intercepts)[:, 1] for one in (plain, wary)]
    assert (chances[1] < chances[0]).all()
    ranks = [np.unique(np.round(one, 9), return_inverse=True)[1] for one in chances]
    assert np.array_equal(*ranks)
    assert chances[1].mean() < 0.5 < chances[0].mean()


def test_rows_count_in_calibration_what_they_count_in_learning() -> None:
    """Rows of no weight with wrong labels should not make a head doubt the others."""
    matrix, labels = noisy()
    truth = [CLASSES[code] for code in np.asarray(matrix[:, :3].argmax(axis=1)).ravel()]
    weights = [1.0 if told == right else 0.001 for told, right in zip(labels, truth, strict=True)]
    doubting = fit(matrix, labels, [1.0] * len(labels), CLASSES, seed=1, margin=True, strength=0.2, plain=3)
    trusting = fit(matrix, labels, weights, CLASSES, seed=1, margin=True, strength=0.2, plain=3)
    sure = [against_first(matrix @ one.weights.T + one.intercepts).max(axis=1).mean() for one in (doubting, trusting)]
    assert sure[1] > sure[0] + 0.05
