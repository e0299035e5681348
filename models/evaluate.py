"""In: labelled texts of one facet. Out: how well a bundle judges them, class by class, and how fast."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.bundle import Bundle, Judgement, load_bundle
from models.cross_validate import cross_validate
from models.errors import ModelError
from models.facets import FACETS, SPAM_LABELS, URGENCY_LABELS
from models.fit import calibration_error

BATCH = 4096
_NAMED = 5
_GROUPS = ("stakeholder", "language")
THRESHOLDS = tuple(step / 20 for step in range(20))

Numbered = Iterable[tuple[int, Mapping[str, object]]]


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
class Report:
    """Scores over all rows; `macro_f1` averages the labels that occur in truth or answers; `confusion[truth][answer]` counts.

    `groups`: rows and error rate per value of a field that says who or in what language, so that neglect shows.
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
        for name, values in self.groups.items():
            rates = ", ".join(f"{value} {one['error_rate']:.3f} of {one['rows']:.0f}" for value, one in values.items())
            shown.append(f"error rate by {name}: {rates}")
        return [head, overall, *shown]


def label_of(facet: str, value: object) -> str:
    """The facet's label that `value` means; spam and urgency also take true and false, or a probability (0.5 and more is true).

    Raises ValueError, listing the labels, where it means none.
    """
    labels = FACETS[facet]
    if labels in (SPAM_LABELS, URGENCY_LABELS) and isinstance(value, bool | int | float) and 0 <= value <= 1:
        return labels[int(value >= 0.5)]
    if isinstance(value, str) and value in labels:
        return value
    raise ValueError(f"{facet} {value!r} is none of {', '.join(labels)}")


def evaluate(facet: str, rows: Iterable[Mapping[str, object]], bundle: Bundle | None = None) -> Report:
    """Judge rows ({"text": ..., facet: label, optionally "title", "stakeholder", "language"}) with the shipped artefact or `bundle`.

    Raises ModelError naming, by position from 1, rows without text or with a label the facet does not have.
    """
    kept = list(rows)
    texts, labels = _columns(facet, enumerate(kept, start=1), "rows")
    bundle = load_bundle() if bundle is None else bundle
    bundle.judge(texts[:1])
    start = time.perf_counter()
    judged = [bundle.judge(texts[at : at + BATCH]) for at in range(0, len(texts), BATCH)]
    seconds = time.perf_counter() - start
    answers = np.concatenate([_codes(facet, part) for part in judged])
    confidence = np.concatenate([_confidence(facet, part) for part in judged]).astype(np.float64)
    truth = np.array([FACETS[facet].index(label) for label in labels])
    return _report(facet, bundle.version, FACETS[facet], (truth, answers, confidence), seconds, kept)


def evaluate_trained(facet: str, rows: Iterable[Mapping[str, object]], *, seed: int = 1) -> Report:
    """Train on the rows themselves and judge each by a model that never saw its text (5 folds); any facet, any labels.

    The same features and head that a deployment would train for topics of its own. Raises ModelError as `evaluate` does, and where
    a class has too few different texts.
    """
    kept = list(rows)
    texts, labels = _columns(facet, enumerate(kept, start=1), "rows", closed=False)
    found = cross_validate(texts, labels, seed=seed)
    return _report(facet, "5-fold", found.classes, (found.truth, found.answers, found.confidence), found.seconds, kept)


def read_rows(path: Path, facet: str, *, closed: bool = True) -> list[dict[str, str]]:
    """Rows of a file of JSON lines, as `evaluate` takes them; empty lines are skipped. Not `closed`: any facet, any label that is a text.

    Raises ModelError naming the file, the wrong lines and what is wrong with them.
    """
    numbered = list(_read_lines(path))
    texts, labels = _columns(facet, numbered, str(path), closed=closed)
    rows = []
    for text, label, (_, row) in zip(texts, labels, numbered, strict=True):
        groups = {name: str(row[name]) for name in _GROUPS if name in row and row[name] is not None}
        rows.append({**groups, "text": text, facet: label})
    return rows


def _read_lines(path: Path) -> Numbered:
    try:
        content = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"{path}: cannot be read ({error})", hint="give a UTF-8 file of JSON lines") from error
    for number, line in enumerate(content.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        yield number, row if isinstance(row, dict) else {}


def _columns(facet: str, numbered: Numbered, where: str, *, closed: bool = True) -> tuple[list[str], list[str]]:
    if closed and facet not in FACETS:
        raise ModelError(f"unknown facet {facet!r}", hint=f"one of {', '.join(FACETS)}")
    texts, labels, wrong = [], [], []
    for number, row in numbered:
        text, title = row.get("text"), row.get("title")
        if not isinstance(text, str):
            wrong.append(f"line {number}: no JSON object with a text")
        elif facet not in row:
            wrong.append(f"line {number}: no {facet}")
        else:
            try:
                labels.append(label_of(facet, row[facet]) if closed else _open_label(facet, row[facet]))
                texts.append(f"{title}\n{text}" if isinstance(title, str) and title else text)
            except ValueError as error:
                wrong.append(f"line {number}: {error}")
    if wrong:
        more = f"; and {len(wrong) - _NAMED} more" if len(wrong) > _NAMED else ""
        raise ModelError(f"{where}: {'; '.join(wrong[:_NAMED])}{more}", hint=f'each line needs {{"text": ..., "{facet}": ...}}')
    if not texts:
        raise ModelError(f"{where}: no rows to evaluate", hint=f'each line needs {{"text": ..., "{facet}": ...}}')
    return texts, labels


def _open_label(facet: str, value: object) -> str:
    if isinstance(value, bool | int) or (isinstance(value, str) and value.strip()):
        return str(value)
    raise ValueError(f"{facet} {value!r} is no label")


def _codes(facet: str, judged: Judgement) -> NDArray[np.int8]:
    column: NDArray[Any] = getattr(judged, facet)
    return (column > 0.5).astype(np.int8) if facet in ("spam", "urgency") else column


def _confidence(facet: str, judged: Judgement) -> NDArray[np.float32]:
    if facet in ("spam", "urgency"):
        chance: NDArray[np.float32] = getattr(judged, facet)
        return np.maximum(chance, 1 - chance)
    column: NDArray[np.float32] = getattr(judged, f"{facet}_p")
    return column


def _report(
    facet: str, model: str, labels: Sequence[str], judged: tuple[Any, Any, Any], seconds: float, rows: Sequence[Mapping[str, object]]
) -> Report:
    truth, answers, confidence = judged
    right = truth == answers
    counts = np.zeros((len(labels), len(labels)), np.int64)
    np.add.at(counts, (truth, answers), 1)
    present = [at for at in range(len(labels)) if counts[at].sum() or counts[:, at].sum()]
    classes = {labels[at]: _class_score(counts, at) for at in present}
    return Report(
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
        groups={name: found for name in _GROUPS if name != facet and (found := _error_rates(name, rows, right))},
    )


def _answered(threshold: float, confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> Answered:
    kept = confidence >= threshold
    return Answered(threshold, float(kept.mean()), float(right[kept].mean()) if kept.any() else None)


def _error_rates(name: str, rows: Sequence[Mapping[str, object]], right: NDArray[np.bool_]) -> dict[str, dict[str, float]]:
    found: dict[str, list[bool]] = {}
    for row, hit in zip(rows, right, strict=True):
        if row.get(name) is not None:
            found.setdefault(str(row[name]), []).append(bool(hit))
    return {value: {"rows": float(len(hits)), "error_rate": 1 - sum(hits) / len(hits)} for value, hits in sorted(found.items())}


def _class_score(counts: NDArray[np.int64], at: int) -> ClassScore:
    hits, given, true = int(counts[at, at]), int(counts[:, at].sum()), int(counts[at].sum())
    precision, recall = hits / given if given else 0.0, hits / true if true else 0.0
    return ClassScore(precision, recall, 2 * hits / (given + true), true)
