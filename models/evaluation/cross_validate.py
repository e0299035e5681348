"""Judges each labelled row by a model that never saw its text, trained on the other folds.

Same features as the shipped heads. The head (`models.fitting.solver`) is a linear SVM on features scaled by naive Bayes log-count
ratios, so it stays one weight an n-gram and output. Equal texts (white space and case aside) stay in one fold, or a copy in the
training part would answer for its twin; where rows come in groups (events, networks), whole groups are held out instead.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold

from models.errors import ModelError
from models.features import vectorise as features
from models.fitting import Codes, Floats, learn

FOLDS = 5


@dataclass(frozen=True, slots=True)
class HeldOut:
    """For n rows over the classes, in order: the code answered, its probability; and the seconds that judging (not training) took."""

    classes: tuple[str, ...]
    truth: Codes
    answers: Codes
    confidence: Floats
    seconds: float


def normalised(text: str) -> str:
    """What two rows have in common when one is a copy of the other."""
    return " ".join(text.lower().split())


def cross_validate(
    texts: Sequence[str], labels: Sequence[str], *, groups: Sequence[str] | None = None, folds: int = FOLDS, seed: int = 1
) -> HeldOut:
    """Train on all folds (or all ``groups``) but one and judge that one, for each; deterministic by ``seed``.

    Raises ModelError, naming the class, where one has fewer different texts than there are folds, or where there is but one class;
    and where there are fewer than three groups.
    """
    classes = tuple(sorted(set(labels)))
    truth = np.array([classes.index(label) for label in labels])
    copies = copies_of(texts)
    first = np.unique(copies, return_index=True)[1]
    _refuse_small(classes, truth[first], folds)
    whole = None if groups is None else _group_codes(groups)
    answers, confidence, seconds = np.zeros(len(truth), np.int64), np.zeros(len(truth)), 0.0
    for hold in _held(truth, copies, whole, folds, seed):
        given = [text for text, held in zip(texts, hold, strict=True) if not held]
        idf = features.idf_tenths(given)
        left = None if whole is None else whole[~hold]
        head = learn(features.hashed_csr(given, idf), truth[~hold], len(classes), copies=copies[~hold], groups=left, seed=seed)
        judged = features.hashed_csr([text for text, held in zip(texts, hold, strict=True) if held], idf)
        started = time.perf_counter()
        chances = head.chances(judged)
        seconds += time.perf_counter() - started
        answers[hold], confidence[hold] = chances.argmax(axis=1), chances.max(axis=1)
    return HeldOut(classes, truth, answers, confidence, seconds)


def train_and_judge(
    texts: Sequence[str], labels: Sequence[str], judged: Sequence[str], *, groups: Sequence[str] | None = None, seed: int = 1
) -> tuple[tuple[str, ...], Codes, Floats]:
    """Train on (texts, labels), judge the texts `judged`: the classes in order, each answer's code and its probability."""
    classes = tuple(sorted(set(labels)))
    codes = np.array([classes.index(label) for label in labels])
    idf = features.idf_tenths(texts)
    whole = None if groups is None else _group_codes(groups)
    head = learn(features.hashed_csr(texts, idf), codes, len(classes), copies=copies_of(texts), groups=whole, seed=seed)
    chances = head.chances(features.hashed_csr(judged, idf))
    return classes, chances.argmax(axis=1), chances.max(axis=1)


def copies_of(texts: Sequence[str]) -> Codes:
    """A number for each text, equal where two are copies of each other."""
    return np.unique(np.array([normalised(text) for text in texts]), return_inverse=True)[1].ravel()


def _group_codes(groups: Sequence[str]) -> Codes:
    names, codes = np.unique(np.array(groups), return_inverse=True)
    if len(names) < 2:
        raise ModelError(f"all rows are of one group, {names[0] if len(names) else 'none'}", hint="leave the groups out")
    return codes.ravel()


def _held(truth: Codes, copies: Codes, groups: Codes | None, folds: int, seed: int) -> Iterator[NDArray[np.bool_]]:
    """Which rows are judged, for each training."""
    if groups is not None:
        for group in np.unique(groups):
            yield groups == group
        return
    first = np.unique(copies, return_index=True)[1]
    for _, held in StratifiedKFold(folds, shuffle=True, random_state=seed).split(np.zeros(len(first)), truth[first]):
        yield np.isin(copies, held)


def _refuse_small(classes: tuple[str, ...], codes: Codes, folds: int) -> None:
    if len(classes) < 2:
        raise ModelError(f"all rows are labelled {classes[0] if classes else 'nothing'}", hint="training needs two classes or more")
    counts = np.bincount(codes, minlength=len(classes))
    small = [f"{name} ({count})" for name, count in zip(classes, counts, strict=True) if count < folds]
    if small:
        raise ModelError(
            f"too few different texts to train and test on: {', '.join(small)}", hint=f"each class needs {folds}; merge or drop the rest"
        )
