"""In: labelled texts of one facet. Out: how well a bundle judges them, class by class, and how fast."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.bundle import Bundle, Judgement, load_bundle
from models.errors import ModelError
from models.facets import FACETS, SPAM_LABELS, URGENCY_LABELS
from models.fit import calibration_error

BATCH = 4096
_NAMED = 5

Numbered = Iterable[tuple[int, Mapping[str, object]]]


@dataclass(frozen=True, slots=True)
class ClassScore:
    """Precision, recall and F1 of one label, and how many rows truly bear it."""

    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True, slots=True)
class Report:
    """Scores over all rows; `macro_f1` averages the labels that occur in truth or answers; `confusion[truth][answer]` counts."""

    facet: str
    model: str
    rows: int
    accuracy: float
    macro_f1: float
    ece: float
    events_per_second: float
    classes: dict[str, ClassScore]
    confusion: dict[str, dict[str, int]]

    def to_json(self) -> dict[str, Any]:
        """Plain values, ready for a JSON encoder."""
        return asdict(self)

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
    """Judge rows ({"text": ..., facet: label, optionally "title"}) with the shipped artefact or `bundle`.

    Raises ModelError naming, by position from 1, rows without text or with a label the facet does not have.
    """
    texts, labels = _columns(facet, enumerate(rows, start=1), "rows")
    bundle = load_bundle() if bundle is None else bundle
    bundle.judge(texts[:1])
    start = time.perf_counter()
    judged = [bundle.judge(texts[at : at + BATCH]) for at in range(0, len(texts), BATCH)]
    seconds = time.perf_counter() - start
    answers = np.concatenate([_codes(facet, part) for part in judged])
    confidence = np.concatenate([_confidence(facet, part) for part in judged])
    truth = np.array([FACETS[facet].index(label) for label in labels])
    ece = calibration_error(confidence.astype(np.float64), truth == answers)
    counts = np.zeros((len(FACETS[facet]), len(FACETS[facet])), np.int64)
    np.add.at(counts, (truth, answers), 1)
    return _report(facet, bundle.version, counts, ece, len(texts) / max(seconds, 1e-9))


def read_rows(path: Path, facet: str) -> list[dict[str, str]]:
    """Rows of a file of JSON lines, as `evaluate` takes them; empty lines are skipped.

    Raises ModelError naming the file, the wrong lines and what is wrong with them.
    """
    texts, labels = _columns(facet, _read_lines(path), str(path))
    return [{"text": text, facet: label} for text, label in zip(texts, labels, strict=True)]


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


def _columns(facet: str, numbered: Numbered, where: str) -> tuple[list[str], list[str]]:
    if facet not in FACETS:
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
                labels.append(label_of(facet, row[facet]))
                texts.append(f"{title}\n{text}" if isinstance(title, str) and title else text)
            except ValueError as error:
                wrong.append(f"line {number}: {error}")
    if wrong:
        more = f"; and {len(wrong) - _NAMED} more" if len(wrong) > _NAMED else ""
        raise ModelError(f"{where}: {'; '.join(wrong[:_NAMED])}{more}", hint=f'each line needs {{"text": ..., "{facet}": ...}}')
    if not texts:
        raise ModelError(f"{where}: no rows to evaluate", hint=f'each line needs {{"text": ..., "{facet}": ...}}')
    return texts, labels


def _codes(facet: str, judged: Judgement) -> NDArray[np.int8]:
    column: NDArray[Any] = getattr(judged, facet)
    return (column > 0.5).astype(np.int8) if facet in ("spam", "urgency") else column


def _confidence(facet: str, judged: Judgement) -> NDArray[np.float32]:
    if facet in ("spam", "urgency"):
        chance: NDArray[np.float32] = getattr(judged, facet)
        return np.maximum(chance, 1 - chance)
    column: NDArray[np.float32] = getattr(judged, f"{facet}_p")
    return column


def _report(facet: str, model: str, counts: NDArray[np.int64], ece: float, speed: float) -> Report:
    labels = FACETS[facet]
    present = [at for at in range(len(labels)) if counts[at].sum() or counts[:, at].sum()]
    classes = {labels[at]: _class_score(counts, at) for at in present}
    return Report(
        facet=facet,
        model=model,
        rows=int(counts.sum()),
        accuracy=float(np.trace(counts) / counts.sum()),
        macro_f1=float(np.mean([score.f1 for score in classes.values()])),
        ece=ece,
        events_per_second=speed,
        classes=classes,
        confusion={labels[row]: {labels[at]: int(counts[row, at]) for at in present} for row in present},
    )


def _class_score(counts: NDArray[np.int64], at: int) -> ClassScore:
    hits, given, true = int(counts[at, at]), int(counts[:, at].sum()), int(counts[at].sum())
    precision, recall = hits / given if given else 0.0, hits / true if true else 0.0
    return ClassScore(precision, recall, 2 * hits / (given + true), true)
