"""In: labelled texts of any facet. Out: each row judged by a model that never saw its text, trained on the other folds.

Same features as the shipped heads. The head is a linear SVM on features scaled by naive Bayes log-count ratios, halfway between
both (Wang and Manning 2012: Baselines and Bigrams), so it stays one weight an n-gram and output. Equal texts (white space and case
aside) stay in one fold, or a copy in the training part would answer for its twin.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import minimize
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC

from models import features
from models.errors import ModelError

FOLDS = 5
STRENGTH = 0.2
RATIO_SHARE = 0.5
_CALIBRATION_SHARE = 5
_SHIFT_COST = 1e-3
_MOST_SHIFT = 2.0
_MOST_CALIBRATED = 30
_MANY_TEMPERATURE = 0.3
"""With more classes than that a second training for the temperature is not worth its minutes: chances are ranks, not rates."""

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Judged:
    """For n rows over the classes, in order: the code answered, its probability; and the seconds that judging (not training) took."""

    classes: tuple[str, ...]
    truth: Codes
    answers: Codes
    confidence: Floats
    seconds: float


def normalised(text: str) -> str:
    """What two rows have in common when one is a copy of the other."""
    return " ".join(text.lower().split())


def cross_validate(texts: Sequence[str], labels: Sequence[str], *, folds: int = FOLDS, seed: int = 1) -> Judged:
    """Train on all folds but one and judge that one, for each; deterministic by ``seed``.

    Raises ModelError, naming the class, where one has fewer different texts than there are folds, or where there is but one class.
    """
    classes = tuple(sorted(set(labels)))
    truth = np.array([classes.index(label) for label in labels])
    keys, first, group = np.unique(np.array([normalised(text) for text in texts]), return_index=True, return_inverse=True)
    _refuse_small(classes, truth[first], folds)
    matrix = features.features_csr(texts, features.idf_tenths(texts))
    answers, confidence, seconds = np.zeros(len(truth), np.int64), np.zeros(len(truth)), 0.0
    splitter = StratifiedKFold(folds, shuffle=True, random_state=seed)
    for _, held in splitter.split(np.zeros(len(keys)), truth[first]):
        hold = np.isin(group, held)
        weights, intercepts, temperature = _fit(matrix[~hold], truth[~hold], len(classes), seed)
        started = time.perf_counter()
        chances = _softmax((matrix[hold] @ weights + intercepts) / temperature)
        seconds += time.perf_counter() - started
        answers[hold], confidence[hold] = chances.argmax(axis=1), chances.max(axis=1)
    return Judged(classes, truth, answers, confidence, seconds)


def train_and_judge(
    texts: Sequence[str], labels: Sequence[str], judged: Sequence[str], *, seed: int = 1
) -> tuple[tuple[str, ...], Codes, Floats]:
    """Train on (texts, labels), judge the texts `judged`: the classes in order, each answer's code and its probability."""
    classes = tuple(sorted(set(labels)))
    codes = np.array([classes.index(label) for label in labels])
    idf = features.idf_tenths(texts)
    weights, intercepts, temperature = _fit(features.features_csr(texts, idf), codes, len(classes), seed)
    chances = _softmax((features.features_csr(judged, idf) @ weights + intercepts) / temperature)
    return classes, chances.argmax(axis=1), chances.max(axis=1)


def _refuse_small(classes: tuple[str, ...], codes: Codes, folds: int) -> None:
    if len(classes) < 2:
        raise ModelError(f"all rows are labelled {classes[0] if classes else 'nothing'}", hint="training needs two classes or more")
    counts = np.bincount(codes, minlength=len(classes))
    small = [f"{name} ({count})" for name, count in zip(classes, counts, strict=True) if count < folds]
    if small:
        raise ModelError(
            f"too few different texts to train and test on: {', '.join(small)}", hint=f"each class needs {folds}; merge or drop the rest"
        )


def _fit(matrix: sparse.csr_matrix, codes: Codes, classes: int, seed: int) -> tuple[Floats, Floats, float]:
    """Weights (ROWS, classes), intercepts, and the temperature that makes their softmax honest.

    It is set on rows that were held out, and of two classes the intercepts as well: there the rarer one is answered too seldom. Of
    more, the balanced training already gives small classes their due, and likelihood would take it back.
    """
    hold = np.random.default_rng(seed).permutation(len(codes)) % _CALIBRATION_SHARE == 0
    if classes > _MOST_CALIBRATED or len(np.unique(codes[~hold])) < classes:
        hold[:] = False
    temperature, shift = _MANY_TEMPERATURE, np.zeros(classes)
    if hold.any():
        weights, intercepts = _solve(matrix[~hold], codes[~hold], classes)
        margins, truth = matrix[hold] @ weights + intercepts, codes[hold]

        def loss(scaling: Floats) -> float:
            chances = _softmax((margins + scaling[1:]) / np.exp(scaling[0]))
            likelihood = np.log(np.maximum(chances[np.arange(len(truth)), truth], 1e-12)).mean()
            return float(_SHIFT_COST * (scaling[1:] ** 2).sum() - likelihood)

        most = _MOST_SHIFT if classes == 2 else 0.0
        start = np.concatenate([[np.log(_MANY_TEMPERATURE)], np.zeros(classes)])
        found = minimize(loss, start, method="L-BFGS-B", bounds=[(-4.0, 2.0)] + [(-most, most)] * classes).x
        temperature, shift = float(np.exp(found[0])), found[1:]
    weights, intercepts = _solve(matrix, codes, classes)
    return weights, intercepts + shift, temperature


def _solve(matrix: sparse.csr_matrix, codes: Codes, classes: int) -> tuple[Floats, Floats]:
    weights, intercepts = np.zeros((matrix.shape[1], classes)), np.zeros(classes)
    present = (matrix > 0).astype(np.float32).tocsr()
    total = np.asarray(present.sum(axis=0)).ravel()
    for code in range(classes) if classes > 2 else (1,):
        chosen = codes == code
        ratio = _ratio(present[chosen], total)
        model: Any = LinearSVC(C=STRENGTH, class_weight="balanced", random_state=0)
        model.fit(matrix @ sparse.diags(ratio, format="csr"), chosen)
        weights[:, code], intercepts[code] = model.coef_[0] * ratio, model.intercept_[0]
    return weights, intercepts


def _ratio(chosen: sparse.csr_matrix, total: NDArray[np.float32]) -> NDArray[np.float32]:
    """How each n-gram is to count: 1 for one that says nothing of the class, more the more it says, either way."""
    inside = 1 + np.asarray(chosen.sum(axis=0)).ravel()
    outside = 2 + total - inside
    ratio = np.abs(np.log((inside / inside.sum()) / (outside / outside.sum())))
    scaled: NDArray[np.float32] = ((1 - RATIO_SHARE) + RATIO_SHARE * ratio).astype(np.float32)
    return scaled


def _softmax(margins: Floats) -> Floats:
    powers: Floats = np.exp(margins - margins.max(axis=1, keepdims=True))
    powers /= powers.sum(axis=1, keepdims=True)
    return powers
