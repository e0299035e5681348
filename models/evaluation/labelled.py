"""Reads files and rows that name a facet's label; wrong rows are named by line. For `winnow evaluate`.

Other people's spellings are taken where they can mean one thing only (`SPELLINGS`); every other label is refused by line, for whoever
knows the set to map: a bug report may be a complaint or a report, and nobody can tell from its name.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from models.errors import ModelError
from models.facets import DANGER_LABELS, SENTIMENTS, SPAM_LABELS, URGENCY_LABELS
from models.heads import facets

GROUPS = ("stakeholder", "language")
"""Fields that say who speaks and how: by them, error rates show neglect."""

EVENT = "event"
"""Field of rows that come in groups, each with words of its own: an event, a network, a campaign."""

OTHER_NAMES: Final = {"noise": "spam", "gate": "spam"}
"""What else a facet is called, on the command line and in files."""

SPELLINGS: Final[dict[str, dict[str, str]]] = {
    facet: {spelling: label for label, spellings in table.items() for spelling in spellings.split()}
    for facet, table in {
        "spam": {
            "ham": "ham false 0 not_spam not-spam notspam legit legitimate quality information wheat not_noise",
            "spam": "spam true 1 noise junk chaff irrelevant",
        },
        "danger": {"safe": "safe false 0", "danger": "danger true 1"},
        "urgency": {"normal": "normal false 0 not_urgent not-urgent", "urgent": "urgent true 1"},
        "sentiment": {"negative": "negative neg", "neutral": "neutral neu", "positive": "positive pos"},
    }.items()
}
"""Facet -> spelling in small letters -> label. Sentiment may also come as -1, 0, 1 or as 0, 1, 2: the whole file says which."""

IRRELEVANT = "irrelevant"
ABOUT = "about"
"""Key of a row whose noise is to be judged by its subject as well."""

_NAMED = 5
_LISTED = 20
_FROM_ZERO = dict(zip("012", SENTIMENTS, strict=True))
_AROUND_ZERO = dict(zip(("-1", "0", "1"), SENTIMENTS, strict=True))

Numbered = Iterable[tuple[int, Mapping[str, object]]]


def label_of(facet: str, value: object, scale: Mapping[str, str] | None = None) -> str:
    """The facet's label that `value` means; spam, urgency and danger also take true and false, or a probability (0.5 and more is true).

    scale: labels of numbers. Raises ValueError, listing the labels, where it means none.
    """
    labels = facets()[facet]
    if labels in (SPAM_LABELS, URGENCY_LABELS, DANGER_LABELS) and isinstance(value, bool | int | float) and 0 <= value <= 1:
        return labels[int(value >= 0.5)]
    if isinstance(value, str | int) and not isinstance(value, bool):
        spelling = str(value).strip().lower()
        found = (scale or {}).get(spelling) or SPELLINGS.get(facet, {}).get(spelling, spelling if isinstance(value, str) else "")
        if found in labels:
            return found
    raise ValueError(f"{facet} {value!r} is none of {', '.join(labels[:_LISTED])}{' ...' if len(labels) > _LISTED else ''}")


def sentiment_scale(values: Iterable[object]) -> dict[str, str]:
    """Which numbers a column of sentiments uses: -1, 0, 1 or 0, 1, 2; none where it cannot be told, as of 0 and 1 alone."""
    seen = {str(value).strip() for value in values if not isinstance(value, bool)}
    if "-1" in seen:
        return {} if "2" in seen else _AROUND_ZERO
    return _FROM_ZERO if "2" in seen else {}


def read_rows(path: Path, facet: str, *, closed: bool = True) -> list[dict[str, str]]:
    """Rows of a file of JSON lines, as `evaluate` takes them; empty lines are skipped. Not `closed`: any facet, any label that is a text.

    Raises ModelError naming the file, the wrong lines and what is wrong with them.
    """
    numbered = list(_read_lines(path))
    texts, labels = columns(facet, numbered, str(path), closed=closed)
    by_subject = closed and any(_is_irrelevant(row, facet) for _, row in numbered)
    rows = []
    for text, label, (_, row) in zip(texts, labels, numbered, strict=True):
        groups = {name: str(row[name]) for name in (*GROUPS, EVENT) if name in row and row[name] is not None}
        about = {ABOUT: str(row["subject"])} if by_subject and row.get("subject") else {}
        rows.append({**groups, **about, "text": text, facet: label})
    return rows


def _read_lines(path: Path) -> Numbered:
    try:
        content = path.read_text(encoding="utf-8-sig")
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


def columns(facet: str, numbered: Numbered, where: str, *, closed: bool = True) -> tuple[list[str], list[str]]:
    """Texts, titles put before them, and labels of rows that bear a number; raises ModelError naming, by number, those that are wrong."""
    if closed and canonical(facet) not in facets():
        raise ModelError(f"unknown facet {facet!r}", hint=f"one of {', '.join(facets())}")
    rows = list(numbered)
    scale = sentiment_scale(_given(row, facet) for _, row in rows) if closed and facet == "sentiment" else {}
    texts, labels, wrong = [], [], []
    for number, row in rows:
        try:
            texts.append(_text(row))
            labels.append(_label(facet, row, scale) if closed else _open_label(facet, row))
        except ValueError as error:
            wrong.append(f"line {number}: {error}")
    hint = f'each line needs {{"text": ..., "{facet}": ...}}'
    if wrong:
        more = f"; and {len(wrong) - _NAMED} more" if len(wrong) > _NAMED else ""
        raise ModelError(f"{where}: {'; '.join(wrong[:_NAMED])}{more}", hint=hint)
    if not texts:
        raise ModelError(f"{where}: no rows to evaluate", hint=hint)
    return texts, labels


def canonical(facet: str) -> str:
    """The facet's own name."""
    return OTHER_NAMES.get(facet, facet)


def _given(row: Mapping[str, object], facet: str) -> object:
    """What a row says of a facet, under the name that was asked for or another of its names; None for nothing."""
    names = [facet, canonical(facet), *(name for name, own in OTHER_NAMES.items() if own == canonical(facet))]
    return next((row[name] for name in names if name in row), None)


def _text(row: Mapping[str, object]) -> str:
    text, title = row.get("text"), row.get("title")
    if not isinstance(text, str):
        raise ValueError("no JSON object with a text")
    return f"{title}\n{text}" if isinstance(title, str) and title else text


def _label(facet: str, row: Mapping[str, object], scale: Mapping[str, str]) -> str:
    value = _given(row, facet)
    if value is None and facet not in row:
        raise ValueError(f"no {facet}")
    if _is_irrelevant(row, facet) and not row.get("subject") and not row.get(ABOUT):
        raise ValueError("irrelevant to what? A text alone does not tell; name its subject")
    return label_of(canonical(facet), value, scale)


def _is_irrelevant(row: Mapping[str, object], facet: str) -> bool:
    value = _given(row, facet)
    return canonical(facet) == "spam" and isinstance(value, str) and value.strip().lower() == IRRELEVANT


def _open_label(facet: str, row: Mapping[str, object]) -> str:
    value = _given(row, facet)
    if value is None and facet not in row:
        raise ValueError(f"no {facet}")
    if isinstance(value, bool | int) or (isinstance(value, str) and value.strip()):
        return str(value)
    raise ValueError(f"{facet} {value!r} is no label")
