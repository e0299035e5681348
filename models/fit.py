"""In: features and labels of one facet. Out: calibrated linear weights, with scores on rows that were held out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import minimize_scalar
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import train_test_split

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Linear:
    """Weights (k, ROWS) and intercepts (k) of one facet; the first class is the zero everyone else is measured against."""

    classes: tuple[str, ...]
    weights: Floats
    intercepts: Floats
    temperature: float
    held_out: dict[str, float]


def softmax(logits: Floats) -> Floats:
    """Probabilities (n, classes) from logits (n, classes - 1) against a first class of logit zero."""
    full = np.concatenate([np.zeros((len(logits), 1)), logits], axis=1)
    powers: Floats = np.exp(full - full.max(axis=1, keepdims=True))
    powers /= powers.sum(axis=1, keepdims=True)
    return powers


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
) -> Linear:
    """Fit a (multinomial) logistic regression; its temperature is set, and its scores taken, on a held-out fifth."""
    codes = np.array([classes.index(label) for label in labels])
    share = np.array(weights)
    learn, hold = train_test_split(np.arange(len(codes)), test_size=0.2, random_state=seed, stratify=codes)
    coefficients, intercepts = _solve(features[learn], codes[learn], share[learn], strength, balanced)
    logits = features[hold] @ coefficients.T + intercepts

    def loss(log_temperature: float) -> float:
        probabilities = softmax(logits / np.exp(log_temperature))
        return float(-np.log(np.maximum(probabilities[np.arange(len(hold)), codes[hold]], 1e-12)).mean())

    temperature = float(np.exp(minimize_scalar(loss, bounds=(-3.0, 3.0), method="bounded").x))
    probabilities = softmax(logits / temperature)
    answers = probabilities.argmax(axis=1)
    held_out = {
        "rows": float(len(hold)),
        "accuracy": float(accuracy_score(codes[hold], answers)),
        "macro_f1": float(f1_score(codes[hold], answers, average="macro")),
        "ece": calibration_error(probabilities.max(axis=1), answers == codes[hold]),
    }
    coefficients, intercepts = _solve(features, codes, share, strength, balanced)
    return Linear(classes, coefficients / temperature, intercepts / temperature, temperature, held_out)
