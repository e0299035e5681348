"""How well a bundle judges labelled texts of one facet, class by class, and how fast."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.evaluation.cross_validate import cross_validate
from models.evaluation.labelled import ABOUT, EVENT, GROUPS, canonical, columns
from models.fitting import calibration_error
from models.heads import Estimator, answer
from models.judging import Bundle, load_bundle
from models.language import UNKNOWN, detect_languages

BATCH = 4096
_LISTED = 20
_BY_GROUP = {"error_rate": "error rate", "ece": "calibration error"}
THRESHOLDS = tuple(step / 20 for step in range(20))

Groups = dict[str, tuple[list[str], bool]]
"""Name -> each row's value, and whether any of them is predicted."""


@dataclass(frozen=True, slots=True)
class ClassScore:
    """Precision, recall and F1 of one label, and how many rows truly bear it."""

    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True, slots=True)
class Answered:
    """What is left when answers below a probability are withheld: their share of the rows, and their accuracy (None without any)."""

    threshold: float
    answered: float
    accuracy: float | None


@dataclass(frozen=True, slots=True)
class FacetReport:
    """Scores over all rows; `macro_f1` averages the labels that occur in truth or answers; `confusion[truth][answer]` counts.

    `groups`: rows, error rate and calibration error per stakeholder kind and per language, so that neglect shows; those in
    `predicted_groups` are, where rows do not say, what the models make of the text. `abstains`: what is left above the artefact's own
    threshold.
    """

    facet: str
    model: str
    rows: int
    accuracy: float
    macro_f1: float
    ece: float
    events_per_second: float
    classes: dict[str, ClassScore]
    confusion: dict[str, dict[str, int]]
    abstention: tuple[Answered, ...] = ()
    groups: dict[str, dict[str, dict[str, float]]] = field(default_factory=dict)
    predicted_groups: tuple[str, ...] = ()
    abstains: Answered | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values, ready for a JSON encoder; `f1` per class beside all of a class's scores in `classes`."""
        found = asdict(self)
        found["f1"] = {label: score.f1 for label, score in self.classes.items()}
        found["abstention"] = [asdict(one) for one in self.abstention]
        return found

    def lines(self) -> list[str]:
        """The report for a terminal."""
        head = f"{self.facet}: {self.rows} rows, model {self.model}, {self.events_per_second:,.0f} events/s"
        overall = f"accuracy {self.accuracy:.3f}  macro-F1 {self.macro_f1:.3f}  calibration error {self.ece:.3f}"
        width = max(map(len, self.classes))
        shown = [f"{'':{width}}  precision  recall     F1  rows  answered"]
        for label, score in self.classes.items():
            answered = " ".join(f"{answer}:{count}" for answer, count in self.confusion[label].items() if count)
            numbers = f"{score.precision:9.3f}  {score.recall:6.3f}  {score.f1:5.3f}  {score.support:4}"
            shown.append(f"{label:{width}}  {numbers}  {answered}".rstrip())
        kept = ", ".join(f"{one.answered:.0%} at {one.accuracy:.3f}" for one in self.abstention[10::3] if one.accuracy is not None)
        shown.append(f"accuracy of the surest answers: {kept}")
        if self.abstains is not None:
            right = "none" if self.abstains.accuracy is None else f"{self.abstains.accuracy:.3f}"
            shown.append(f"below {self.abstains.threshold:g} it abstains: {self.abstains.answered:.0%} answered, accuracy of these {right}")
        for name, values in self.groups.items():
            predicted = " (predicted)" if name in self.predicted_groups else ""
            for measure, called in _BY_GROUP.items():
                rates = ", ".join(f"{value} {one[measure]:.3f} of {one['rows']:.0f}" for value, one in list(values.items())[:_LISTED])
                shown.append(f"{called} by {name}{predicted}: {rates}")
        return [head, overall, *shown]


def evaluate(facet: str, rows: Iterable[Mapping[str, object]], bundle: Bundle | None = None) -> FacetReport:
    """Judge rows ({"text": ..., facet: label, optionally "title", "stakeholder", "language"}) with the shipped artefact or `bundle`.

    Raises ModelError naming, by position from 1, rows without text or with a label the facet does not have.
    """
    kept = list(rows)
    texts, labels = columns(facet, enumerate(kept, start=1), "rows")
    bundle = load_bundle() if bundle is None else bundle
    estimator = bundle.estimators[canonical(facet)]
    estimator.predict_proba(texts[:1])
    start = time.perf_counter()
    chances = np.concatenate([estimator.predict_proba(texts[at : at + BATCH]) for at in range(0, len(texts), BATCH)])
    seconds = time.perf_counter() - start
    if canonical(facet) == "spam":
        chances = _by_subject(chances, texts, kept)
    truth = np.array([estimator.labels.index(label) for label in labels])
    answers, confidence = _answers(estimator, chances)
    groups = _groups(facet, kept, texts, bundle)
    report = _report(facet, bundle.version, estimator.labels, (truth, answers, confidence), seconds, groups)
    return replace(report, abstains=_answered(estimator.threshold, confidence, truth == answers))


def evaluate_trained(facet: str, rows: Iterable[Mapping[str, object]], *, seed: int = 1) -> FacetReport:
    """Train on the rows themselves and judge each by a model that never saw its text (5 folds); any facet, any labels.

    Where every row names its ``event``, each event is judged by what was learned from the others instead. The same features and head
    that a deployment would train for topics of its own. Raises ModelError as `evaluate` does, and where a class has too few
    different texts, or all rows are of one event.
    """
    kept = list(rows)
    texts, labels = columns(facet, enumerate(kept, start=1), "rows", closed=False)
    events = [str(row[EVENT]) for row in kept if row.get(EVENT) is not None]
    by_event = len(events) == len(kept)
    found = cross_validate(texts, labels, groups=events if by_event else None, seed=seed)
    how = "leave-one-event-out" if by_event else "5-fold"
    return _report(facet, how, found.classes, (found.truth, found.answers, found.confidence), found.seconds, _groups(facet, kept, texts))


def _by_subject(chances: NDArray[np.float32], texts: Sequence[str], rows: Sequence[Mapping[str, object]]) -> NDArray[np.float32]:
    """Rows that say what they should be about are noise for sure where they do not name it: so sifting calls them irrelevant."""
    found = chances.copy()
    for at, (text, row) in enumerate(zip(texts, rows, strict=True)):
        subject = row.get(ABOUT)
        if subject and re.search(rf"(?<!\w){re.escape(str(subject))}(?!\w)", text, re.IGNORECASE) is None:
            found[at] = (0, 1)
    return found


def _answers(estimator: Estimator, chances: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """What messages carry, as codes of the facet's labels: the best class, and `und` for a language that is not sure."""
    codes = answer(chances, estimator.threshold if UNKNOWN in estimator.labels else 0.0)
    of_class = np.array([estimator.labels.index(label) for label in estimator.classes] + [len(estimator.labels) - 1])
    return of_class[codes], chances.max(axis=1).astype(np.float64)


def _report(facet: str, model: str, labels: Sequence[str], judged: tuple[Any, Any, Any], seconds: float, groups: Groups) -> FacetReport:
    truth, answers, confidence = judged
    right = truth == answers
    counts = np.zeros((len(labels), len(labels)), np.int64)
    np.add.at(counts, (truth, answers), 1)
    present = [at for at in range(len(labels)) if counts[at].sum() or counts[:, at].sum()]
    classes = {labels[at]: _class_score(counts, at) for at in present}
    return FacetReport(
        facet=facet,
        model=model,
        rows=int(counts.sum()),
        accuracy=float(np.trace(counts) / counts.sum()),
        macro_f1=float(np.mean([score.f1 for score in classes.values()])),
        ece=calibration_error(confidence, right),
        events_per_second=len(truth) / max(seconds, 1e-9),
        classes=classes,
        confusion={labels[row]: {labels[at]: int(counts[row, at]) for at in present} for row in present},
        abstention=tuple(_answered(threshold, confidence, right) for threshold in THRESHOLDS),
        groups={name: _by_group(values, right, confidence) for name, (values, _) in groups.items()},
        predicted_groups=tuple(name for name, (_, predicted) in groups.items() if predicted),
    )


def _answered(threshold: float, confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> Answered:
    kept = confidence >= threshold
    return Answered(threshold, float(kept.mean()), float(right[kept].mean()) if kept.any() else None)


def _groups(facet: str, rows: Sequence[Mapping[str, object]], texts: Sequence[str], bundle: Bundle | None = None) -> Groups:
    """Who speaks and in which language: what the rows say, and what is detected where they do not."""
    found: Groups = {}
    for name in GROUPS:
        given = [row.get(name) for row in rows]
        if name == canonical(facet) or (name == "stakeholder" and bundle is None and not any(given)):
            continue
        values = [str(value) for value in given if value]
        if len(values) < len(rows):
            guessed = detect_languages(texts) if name == "language" else _stakeholders(texts, bundle)
            values = [str(value or guess) for value, guess in zip(given, guessed, strict=True)]
        found[name] = values, not all(given)
    return found


def _stakeholders(texts: Sequence[str], bundle: Bundle | None) -> list[str]:
    if bundle is None:
        return [UNKNOWN] * len(texts)
    return [bundle.STAKEHOLDERS[code] for at in range(0, len(texts), BATCH) for code in bundle.judge(texts[at : at + BATCH]).stakeholder]


def _by_group(values: Sequence[str], right: NDArray[np.bool_], confidence: NDArray[np.float64]) -> dict[str, dict[str, float]]:
    names, codes, counts = np.unique(np.array(values), return_inverse=True, return_counts=True)
    found: dict[str, dict[str, float]] = {}
    for code in np.argsort(-counts, kind="stable"):
        chosen = codes == code
        error = calibration_error(confidence[chosen], right[chosen])
        found[str(names[code])] = {"rows": float(counts[code]), "error_rate": 1 - float(right[chosen].mean()), "ece": error}
    return found


def _class_score(counts: NDArray[np.int64], at: int) -> ClassScore:
    hits, given, true = int(counts[at, at]), int(counts[:, at].sum()), int(counts[at].sum())
    precision, recall = hits / given if given else 0.0, hits / true if true else 0.0
    return ClassScore(precision, recall, 2 * hits / (given + true), true)
