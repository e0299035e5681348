"""A linear head with honest chances from features and class codes, its settings chosen without a look outside.

A linear SVM per class on features scaled by naive Bayes log-count ratios, halfway between both (Wang and Manning 2012: Baselines
and Bigrams). On answers to rows that were held out of an inner training its intercepts are moved to where rare classes get their
due (macro-F1), and its temperature is set. Rows that come in groups are held out by group: then the intercepts make up for the
vocabulary that the next group will not share, and the head that transfers best is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import minimize_scalar
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC

INNER_FOLDS = 3
MOST_CALIBRATED = 30
"""With more classes than that inner trainings are not worth their minutes: chances are ranks, not rates."""

_MANY_TEMPERATURE = 0.3
_TOLERANCE = 0.1
_STEPS = np.linspace(-2, 2, 41)
_ROUNDS = 3
_SHIFT_COST = 0.002

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SolverSettings:
    """How strongly the SVM fits, and how much naive Bayes has to say (0 nothing .. 1)."""

    strength: float
    ratio_share: float


USUAL = SolverSettings(0.2, 0.5)
TRANSFERRING = (USUAL, SolverSettings(0.05, 0.0), SolverSettings(0.02, 0.0))
"""What is tried where rows come in groups: what fits one group closely seldom fits the next."""


@dataclass(frozen=True, slots=True)
class Trained:
    """Weights (features, k), intercepts (k) and temperature of k classes."""

    weights: Floats
    intercepts: Floats
    temperature: float

    def chances(self, matrix: sparse.csr_matrix) -> Floats:
        """Probabilities (n, k) of n rows."""
        return softmax((matrix @ self.weights + self.intercepts) / self.temperature)


def learn(matrix: sparse.csr_matrix, codes: Codes, classes: int, *, copies: Codes, groups: Codes | None = None, seed: int = 1) -> Trained:
    """Train on n rows; rows of equal `copies`, or of equal `groups`, are never on both sides of an inner split. Deterministic."""
    parts = _parts(codes, classes, copies, groups, seed)
    if parts is None:
        weights, intercepts = solve(matrix, codes, classes, USUAL)
        return Trained(weights, intercepts, _MANY_TEMPERATURE)
    tried = []
    for settings in USUAL, *(TRANSFERRING[1:] if groups is not None else ()):
        margins = _out_of_fold(matrix, codes, classes, parts, settings)
        shift, score = _balance(margins, codes, parts if groups is not None else None)
        tried.append((score, settings, margins, shift))
    _, settings, margins, shift = max(tried, key=lambda one: one[0])
    weights, intercepts = solve(matrix, codes, classes, settings)
    return Trained(weights, intercepts + shift, _temperature(margins + shift, codes))


def _parts(codes: Codes, classes: int, copies: Codes, groups: Codes | None, seed: int) -> Codes | None:
    """The inner fold of each row; None where a class is too small for any."""
    if groups is not None and len(np.unique(groups)) > 1:
        return groups
    first, inverse = np.unique(copies, return_index=True, return_inverse=True)[1:]
    counts = np.bincount(codes[first], minlength=classes)
    if classes > MOST_CALIBRATED or counts.min() < INNER_FOLDS:
        return None
    parts = np.zeros(len(first), np.int64)
    splitter = StratifiedKFold(INNER_FOLDS, shuffle=True, random_state=seed)
    for part, (_, held) in enumerate(splitter.split(np.zeros(len(first)), codes[first])):
        parts[held] = part
    return parts[inverse.ravel()]


def _out_of_fold(matrix: sparse.csr_matrix, codes: Codes, classes: int, parts: Codes, settings: SolverSettings) -> Floats:
    margins = np.zeros((len(codes), classes))
    for part in np.unique(parts):
        hold = parts == part
        weights, intercepts = solve(matrix[~hold], codes[~hold], classes, settings)
        margins[hold] = matrix[hold] @ weights + intercepts
    return margins


def solve(
    matrix: sparse.csr_matrix, codes: Codes, classes: int, settings: SolverSettings, counts: Floats | None = None, plain: int | None = None
) -> tuple[Floats, Floats]:
    """Weights (features, classes) and intercepts (classes), one class against the rest; of two classes only the second has any.

    A row counts as often as ``counts`` (n) says, once without. Columns from ``plain`` on (all before it are counted for the ratios) are
    taken as they are: of numbers that every row has, presence says nothing.
    """
    weights, intercepts = np.zeros((matrix.shape[1], classes)), np.zeros(classes)
    present = sparse.csr_matrix((np.ones_like(matrix.data), matrix.indices, matrix.indptr), shape=matrix.shape)
    counted = slice(0, plain)
    if plain is not None:
        present = present[:, counted]
    total = np.asarray(present.sum(axis=0)).ravel()
    for code in range(classes) if classes > 2 else (1,):
        chosen = codes == code
        if not chosen.any():
            intercepts[code] = -1.0
            continue
        ratio = np.ones(matrix.shape[1], np.float32)
        ratio[counted] = _ratio(present[chosen], total, settings.ratio_share)
        scaled = sparse.csr_matrix((matrix.data * ratio[matrix.indices], matrix.indices, matrix.indptr), shape=matrix.shape)
        model: Any = LinearSVC(C=settings.strength, class_weight="balanced", random_state=0, tol=_TOLERANCE)
        model.fit(scaled, chosen, sample_weight=counts)
        weights[:, code], intercepts[code] = model.coef_[0] * ratio, model.intercept_[0]
    return weights, intercepts


def _ratio(chosen: sparse.csr_matrix, total: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    """How each n-gram is to count: 1 for one that says nothing of the class, more the more it says, either way."""
    inside = 1 + np.asarray(chosen.sum(axis=0)).ravel()
    outside = 2 + total - inside
    ratio = np.abs(np.log((inside / inside.sum()) / (outside / outside.sum())))
    scaled: NDArray[np.float32] = ((1 - share) + share * ratio).astype(np.float32)
    return scaled


def _balance(margins: Floats, codes: Codes, parts: Codes | None) -> tuple[Floats, float]:
    """The shift of the intercepts with the best macro-F1 (averaged over `parts`), small ones preferred; and its score."""
    classes = margins.shape[1]
    rows = [np.arange(len(codes))] if parts is None else [np.flatnonzero(parts == part) for part in np.unique(parts)]
    size = float(margins.std()) or 1.0

    def score(shift: Floats) -> float:
        found = np.mean([_macro_f1((margins[part] + shift).argmax(axis=1), codes[part], classes) for part in rows])
        return float(found) - _SHIFT_COST * float(np.abs(shift).sum()) / size

    shift = np.zeros(classes)
    best = score(shift)
    for _ in range(_ROUNDS if classes > 2 else 1):
        for code in range(classes) if classes > 2 else (1,):
            for step in _STEPS * size:
                moved = shift.copy()
                moved[code] = step
                found = score(moved)
                if found > best:
                    best, shift = found, moved
    return shift, best


def _macro_f1(answers: Codes, truth: Codes, classes: int) -> float:
    counts = np.bincount(truth * classes + answers, minlength=classes * classes).reshape(classes, classes)
    total = counts.sum(axis=0) + counts.sum(axis=1)
    occurring = total > 0
    return float((2 * np.diag(counts)[occurring] / total[occurring]).mean())


def _temperature(margins: Floats, codes: Codes) -> float:
    """What the margins are to be divided by for their softmax to be the likeliest."""
    rows = np.arange(len(codes))

    def loss(log_temperature: float) -> float:
        chances = softmax(margins / np.exp(log_temperature))
        return float(-np.log(np.maximum(chances[rows, codes], 1e-12)).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-4.0, 2.0), method="bounded").x))


def softmax(margins: Floats) -> Floats:
    """Probabilities (n, k) from the margins of all k classes."""
    powers: Floats = np.exp(margins - margins.max(axis=1, keepdims=True))
    powers /= powers.sum(axis=1, keepdims=True)
    return powers
