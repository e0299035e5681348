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
RARE_COUNTS = 0.5
"""A row of the second class counts so often when chances are set: to throw away what is wanted is worse than to keep what is not."""

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


def _solve(
    features: sparse.csr_matrix, codes: NDArray[np.int64], weights: Floats, strength: float, balanced: bool
) -> tuple[Floats, Floats]:
    model = LogisticRegression(C=strength, max_iter=300, tol=1e-3, class_weight="balanced" if balanced else None)
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
) -> Linear:
    """Fit a (multinomial) logistic regression; its temperature is set, and its scores taken, on a held-out fifth.

    With ``margin``, for two classes, a linear SVM instead (as `models.fitting.solver` has it), which carries over better to texts of
    another kind; then an intercept is set on the held-out fifth as well (Platt 1999).
    """
    if margin:
        return _fit_margin(features, labels, weights, classes, seed, strength)
    codes = np.array([classes.index(label) for label in labels])
    share = np.array(weights)
    learn, hold = train_test_split(np.arange(len(codes)), test_size=0.2, random_state=seed, stratify=codes)
    coefficients, intercepts = _solve(features[learn], codes[learn], share[learn], strength, balanced)
    logits = features[hold] @ coefficients.T + intercepts

    def loss(log_temperature: float) -> float:
        probabilities = against_first(logits / np.exp(log_temperature))
        return float(-np.log(np.maximum(probabilities[np.arange(len(hold)), codes[hold]], 1e-12)).mean())

    temperature = float(np.exp(minimize_scalar(loss, bounds=(-3.0, 3.0), method="bounded").x))
    probabilities = against_first(logits / temperature)
    held_out = _scores(probabilities, codes[hold])
    coefficients, intercepts = _solve(features, codes, share, strength, balanced)
    return Linear(classes, coefficients / temperature, intercepts / temperature, temperature, held_out, probabilities)


def _fit_margin(
    features: sparse.csr_matrix, labels: list[str], weights: list[float], classes: tuple[str, ...], seed: int, strength: float
) -> Linear:
    codes = np.array([classes.index(label) for label in labels])
    share, settings = np.array(weights), SolverSettings(strength, RATIO_SHARE)
    learn, hold = train_test_split(np.arange(len(codes)), test_size=0.2, random_state=seed, stratify=codes)
    found, intercepts = solve(features[learn], codes[learn], len(classes), settings, share[learn])
    margins, truth = features[hold] @ found[:, 1] + intercepts[1], codes[hold]
    counts = share[hold] * np.where(truth == 1, RARE_COUNTS, 1.0)

    def loss(scaling: Floats) -> float:
        logits = np.exp(scaling[0]) * margins + scaling[1]
        return float((counts * np.logaddexp(0, np.where(truth == 1, -logits, logits))).sum() / counts.sum())

    slope, shift = minimize(loss, np.zeros(2), method="L-BFGS-B", bounds=[(-3.0, 3.0), (-5.0, 5.0)]).x
    chances = 1 / (1 + np.exp(-(np.exp(slope) * margins + shift)))
    probabilities = np.stack([1 - chances, chances], axis=1)
    found, intercepts = solve(features, codes, len(classes), settings, share)
    weights_, bias = found[:, 1:].T * np.exp(slope), intercepts[1:] * np.exp(slope) + shift
    return Linear(classes, weights_, bias, float(np.exp(-slope)), _scores(probabilities, truth), probabilities)


def _scores(probabilities: Floats, truth: NDArray[np.int64]) -> dict[str, float]:
    answers = probabilities.argmax(axis=1)
    return {
        "rows": float(len(truth)),
        "accuracy": float(accuracy_score(truth, answers)),
        "macro_f1": float(f1_score(truth, answers, average="macro")),
        "ece": calibration_error(probabilities.max(axis=1), answers == truth),
    }
