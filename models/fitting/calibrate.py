"""Calibrated linear weights of one facet, with scores on rows that were held out. Called by `LinearFacet.fit`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import minimize, minimize_scalar
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import train_test_split

from models.fitting.solver import SolverSettings, softmax, solve

RATIO_SHARE = 0.5


Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Linear:
    """Weights (k, ROWS) and intercepts (k) of one facet; the first class is the zero everyone else is measured against."""

    classes: tuple[str, ...]
    weights: Floats
    intercepts: Floats
    temperature: float
    held_out: dict[str, float]
    held: Floats | None = None
    """Calibrated probabilities (n, classes) of the rows held out: what drift is measured against."""


def against_first(logits: Floats) -> Floats:
    """Probabilities (n, classes) from logits (n, classes - 1) against a first class of logit zero."""
    return softmax(np.concatenate([np.zeros((len(logits), 1)), logits], axis=1))


def calibration_error(confidence: Floats, right: NDArray[np.bool_], bins: int = 10) -> float:
    """Expected calibration error: how far confidence is from accuracy, over equal-width bins (Guo et al. 2017)."""
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [abs(confidence[which == at].mean() - right[which == at].mean()) * (which == at).mean() for at in np.unique(which)]
    return float(sum(gaps))


def _solve(model: LogisticRegression, features: sparse.csr_matrix, codes: NDArray[np.int64], weights: Floats) -> tuple[Floats, Floats]:
    model.fit(features, codes, sample_weight=weights)
    coefficients, intercepts = model.coef_.astype(np.float64), model.intercept_.astype(np.float64)
    if len(coefficients) > 1:  # softmax weights are only defined up to a shift: measure against the first class
        coefficients, intercepts = coefficients[1:] - coefficients[0], intercepts[1:] - intercepts[0]
    return coefficients, intercepts


def fit(
    features: sparse.csr_matrix,
    labels: list[str],
    weights: list[float],
    classes: tuple[str, ...],
    *,
    seed: int,
    strength: float = 4.0,
    balanced: bool = True,
    margin: bool = False,
    second_counts: float = 1.0,
    plain: int | None = None,
) -> Linear:
    """Fit a (multinomial) logistic regression; its temperature is set, and its scores taken, on a held-out fifth.

    With ``margin`` a linear SVM a class instead (as `models.fitting.solver` has it), which carries over better to texts of
    another kind; then intercepts are set on the held-out fifth as well (Platt 1999). Rows count in calibration what they count in
    learning, times ``second_counts`` where they are of the second class. ``plain``: as in `models.fitting.solver.solve`.
    """
    if margin:
        return _fit_margin(features, labels, weights, classes, seed, strength, second_counts, plain, balanced)
    codes = np.array([classes.index(label) for label in labels])
    share = np.array(weights)
    learn, hold = train_test_split(np.arange(len(codes)), test_size=0.2, random_state=seed, stratify=codes)
    # The second fit, on all rows, begins where the first one ended: a third of the time.
    model = LogisticRegression(C=strength, max_iter=300, tol=1e-3, class_weight="balanced" if balanced else None, warm_start=True)
    coefficients, intercepts = _solve(model, features[learn], codes[learn], share[learn])
    logits = features[hold] @ coefficients.T + intercepts

    def loss(log_temperature: float) -> float:
        probabilities = against_first(logits / np.exp(log_temperature))
        losses = -np.log(np.maximum(probabilities[np.arange(len(hold)), codes[hold]], 1e-12))
        return float((losses * share[hold]).sum() / share[hold].sum())

    temperature = float(np.exp(minimize_scalar(loss, bounds=(-3.0, 3.0), method="bounded").x))
    probabilities = against_first(logits / temperature)
    held_out = _scores(probabilities, codes[hold])
    coefficients, intercepts = _solve(model, features, codes, share)
    return Linear(classes, coefficients / temperature, intercepts / temperature, temperature, held_out, probabilities)


def _fit_margin(
    features: sparse.csr_matrix,
    labels: list[str],
    weights: list[float],
    classes: tuple[str, ...],
    seed: int,
    strength: float,
    second_counts: float,
    plain: int | None,
    balanced: bool,
) -> Linear:
    codes = np.array([classes.index(label) for label in labels])
    share, settings = np.array(weights), SolverSettings(strength, RATIO_SHARE)
    learn, hold = train_test_split(np.arange(len(codes)), test_size=0.2, random_state=seed, stratify=codes)
    found, intercepts = solve(features[learn], codes[learn], len(classes), settings, share[learn], plain)
    margins, truth = features[hold] @ found + intercepts, codes[hold]
    counts = share[hold] * np.where(truth == 1, second_counts, 1.0)
    if balanced:  # half way to classes that are all as frequent
        counts = counts / np.sqrt(np.bincount(truth, counts, len(classes)))[truth]
    slope, shifts = _scaled(margins, truth, counts)
    probabilities = softmax(slope * margins + shifts)
    found, intercepts = solve(features, codes, len(classes), settings, share, plain)
    found, intercepts = slope * found, slope * intercepts + shifts
    return Linear(
        classes, (found[:, 1:] - found[:, :1]).T, intercepts[1:] - intercepts[0], 1 / slope, _scores(probabilities, truth), probabilities
    )


def _scaled(margins: Floats, truth: NDArray[np.int64], counts: Floats) -> tuple[float, Floats]:
    """By what margins (n, k) are to be multiplied, and what is to be added to each class (nothing to the first), to be likeliest."""
    rows = np.arange(len(truth))

    def loss(scaling: Floats) -> float:
        chances = softmax(np.exp(scaling[0]) * margins + np.concatenate([[0.0], scaling[1:]]))
        return float(-(counts * np.log(np.maximum(chances[rows, truth], 1e-12))).sum() / counts.sum())

    classes = margins.shape[1]
    found = minimize(loss, np.zeros(classes), method="L-BFGS-B", bounds=[(-3.0, 3.0), *[(-5.0, 5.0)] * (classes - 1)]).x
    return float(np.exp(found[0])), np.concatenate([[0.0], found[1:]])


def _scores(probabilities: Floats, truth: NDArray[np.int64]) -> dict[str, float]:
    answers = probabilities.argmax(axis=1)
    return {
        "rows": float(len(truth)),
        "accuracy": float(accuracy_score(truth, answers)),
        "macro_f1": float(f1_score(truth, answers, average="macro")),
        "ece": calibration_error(probabilities.max(axis=1), answers == truth),
    }
