"""What every facet promises, so that one suite of laws, one trainer and one bundle serve them all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from models.artefacts import Part
from models.errors import ModelError
from models.examples import Examples

ABSTAINED: Final = -1
"""The code that `predict` gives a text whose best class is less probable than the facet's threshold."""

Floats = NDArray[np.float32]
Codes = NDArray[np.int16]

LEAST_ROWS = 5
"""Of each class: four to learn from, one to be calibrated on."""

_NAMED = 5


class Estimator(Protocol):
    """One facet of what a text is: fitted once, then judging whole batches.

    `classes` are those it can answer, `labels` the closed list that messages know; `predict` speaks in codes of `classes`.
    """

    @property
    def name(self) -> str:
        """The facet, as artefacts, reports and the command line call it."""

    @property
    def classes(self) -> tuple[str, ...]:
        """What it tells apart; column i of `predict_proba` is the probability of class i."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The closed list of answers that a message may carry: the classes, and such as nothing was learned about."""

    @property
    def threshold(self) -> float:
        """Below this probability of its best class `predict` abstains; kept in the artefact."""

    def fit(self, texts: Sequence[str], labels: Sequence[str], weights: Sequence[float] | None = None, *, seed: int = 1) -> Estimator:
        """Learn from n labelled texts; the same rows and seed give the same estimator. Returns itself.

        Raises ModelError where a row has no text, a label that is no class or a weight that is no number, and where a class has no row.
        """

    def predict_proba(self, texts: Sequence[str]) -> Floats:
        """Calibrated probabilities (n, classes); a text's row depends on no other text."""

    def predict(self, texts: Sequence[str]) -> Codes:
        """The code of each text's most probable class, or ABSTAINED."""

    def part(self) -> Part:
        """What was learned, as the artefact keeps it."""

    def examples(self, data: Path) -> Examples:
        """The rows of the folder of data sets that teach this facet."""


class OnlineEstimator(Estimator, Protocol):
    """A facet that goes on learning while it judges."""

    def partial_fit(self, texts: Sequence[str], labels: Sequence[str], weights: Sequence[float] | None = None) -> OnlineEstimator:
        """Learn from n more labelled texts, one by one, on top of what is known: batches make no difference. Returns itself."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Checked training rows: the code of each text's class and what the row counts."""

    codes: NDArray[np.int64]
    weights: NDArray[np.float64]


def check_rows(
    facet: str, classes: Sequence[str], texts: Sequence[str], labels: Sequence[str], weights: Sequence[float] | None, *, whole: bool = True
) -> Rows:
    """Rows that can be learned from; `whole`: every class needs LEAST_ROWS.

    Raises ModelError naming the facet, the first rows (from 1) that are wrong and why, or the classes without rows, or with too few.
    """
    counts = [1.0] * len(texts) if weights is None else list(weights)
    if not len(texts) == len(labels) == len(counts):
        raise ModelError(f"{facet}: {len(texts)} texts, {len(labels)} labels and {len(counts)} weights", hint="give one of each a row")
    known = {label: code for code, label in enumerate(classes)}
    wrong = []
    for row, (text, label, weight) in enumerate(zip(texts, labels, counts, strict=True), start=1):
        if not isinstance(text, str):
            wrong.append(f"row {row}: {text!r} is no text")
        elif not isinstance(label, str) or label not in known:
            wrong.append(f"row {row}: label {label!r} is none of {_listed(classes)}")
        elif not (isinstance(weight, int | float) and math.isfinite(weight) and weight >= 0):
            wrong.append(f"row {row}: weight {weight!r} is no number of 0 or more")
    if wrong:
        more = f"; and {len(wrong) - _NAMED} more" if len(wrong) > _NAMED else ""
        raise ModelError(f"{facet}: {'; '.join(wrong[:_NAMED])}{more}", hint="correct these rows, or leave them out")
    if whole and (absent := [label for label in classes if label not in set(labels)]):
        raise ModelError(
            f"{facet}: no row is labelled {_listed(absent)}", hint="every class needs rows; take it out of the facet's classes"
        )
    few = [f"{label} ({found})" for label in classes if (found := list(labels).count(label)) < LEAST_ROWS] if whole else []
    if few:
        raise ModelError(f"{facet}: too few rows to learn from and to test on: {_listed(few)}", hint=f"every class needs {LEAST_ROWS}")
    return Rows(np.array([known[label] for label in labels], np.int64), np.array(counts, np.float64))


def answer(chances: Floats, threshold: float) -> Codes:
    """The most probable class of each row of (n, classes); ABSTAINED where it is less probable than `threshold`."""
    if not len(chances):
        return np.zeros(0, np.int16)
    best = chances.argmax(axis=1)
    sure = chances[np.arange(len(best)), best] >= np.float32(threshold)
    return np.where(sure, best, ABSTAINED).astype(np.int16)


def _listed(names: Sequence[str], most: int = 12) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
