"""How well the memory of copies tells pairs of texts of which it is known whether one copies the other.

A pair is asked as the pipeline would see it: the first text posted by one person, the second right after it by another.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pipeline.near_duplicates import Duplicates, DuplicatesConfig, Text, reference
from schemas.errors import WinnowError

NAMED = 5
"""So many wrong answers are shown to a person."""


class Pair(NamedTuple):
    """Two texts, whether ``b`` is a ``copy`` of ``a``, and of what ``kind`` the pair is, if that is said."""

    a: str
    b: str
    copy: bool
    kind: str = ""


@dataclass(frozen=True, slots=True)
class PairsReport:
    """Counts of right and wrong answers, a few of the wrong ones, and (pairs, right answers) by kind where pairs have kinds."""

    true_copies: int
    false_copies: int
    missed_copies: int
    true_others: int
    wrong: list[Pair]
    kinds: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def precision(self) -> float:
        """Of what was folded, the share that is a copy; 1 when nothing was."""
        return _share(self.true_copies, self.false_copies)

    @property
    def recall(self) -> float:
        """Of the copies, the share that was folded; 1 when there is none."""
        return _share(self.true_copies, self.missed_copies)

    @property
    def f1(self) -> float:
        """Their harmonic mean."""
        both = self.precision + self.recall
        return 2.0 * self.precision * self.recall / both if both else 0.0

    def to_json(self) -> dict[str, Any]:
        """The figures as one JSON object."""
        figures: dict[str, Any] = {
            "precision": round(self.precision, 4),
            "recall": round(self.recall, 4),
            "f1": round(self.f1, 4),
            "pairs": self.true_copies + self.false_copies + self.missed_copies + self.true_others,
            "copies": self.true_copies + self.missed_copies,
        }
        if self.kinds:
            figures["kinds"] = {kind: {"pairs": pairs, "right": right} for kind, (pairs, right) in sorted(self.kinds.items())}
        return figures

    def lines(self) -> list[str]:
        """For a person, with a few wrong answers."""
        figures = self.to_json()
        told = [f"{figures['pairs']} pairs, {figures['copies']} copies"]
        told.append(f"precision {self.precision:.3f}  recall {self.recall:.3f}  F1 {self.f1:.3f}")
        told += [f"{kind}: {right} of {pairs} right" for kind, (pairs, right) in sorted(self.kinds.items())]
        return told + [f"{'missed' if pair.copy else 'folded'}: {pair.a[:100]!r} / {pair.b[:100]!r}" for pair in self.wrong]


def read_pairs(lines: Iterable[str], name: str = "the file") -> Iterator[Pair]:
    """Pairs from JSON lines ``{"a": text, "b": text, "copy": true}``, perhaps with a ``kind``. Raises WinnowError that names the line."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            pair = Pair(row["a"], row["b"], row["copy"], str(row.get("kind", "")))
        except (ValueError, KeyError, TypeError, AttributeError):
            pair = Pair("", "", copy=None)  # type: ignore[arg-type]  # refused below
        if not (isinstance(pair.a, str) and isinstance(pair.b, str) and isinstance(pair.copy, bool)):
            raise WinnowError(f"{name} line {number} is no pair", hint='Write each as {"a": "text", "b": "text", "copy": true}')
        yield pair


def assess_pairs(pairs: Iterable[Pair], config: DuplicatesConfig | None = None) -> PairsReport:
    """Ask a memory about each pair, each under a subject of its own so that pairs do not meet."""
    asked = list(pairs)
    answers = _answers(asked, config)
    hits = [(pair, answer) for pair, answer in zip(asked, answers, strict=True)]
    return PairsReport(
        true_copies=sum(pair.copy and answer for pair, answer in hits),
        false_copies=sum(not pair.copy and answer for pair, answer in hits),
        missed_copies=sum(pair.copy and not answer for pair, answer in hits),
        true_others=sum(not pair.copy and not answer for pair, answer in hits),
        wrong=[pair for pair, answer in hits if pair.copy != answer][:NAMED],
        kinds=_by_kind(hits),
    )


def _by_kind(hits: list[tuple[Pair, bool]]) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    for pair, answer in hits:
        if pair.kind:
            pairs, right = found.get(pair.kind, (0, 0))
            found[pair.kind] = (pairs + 1, right + (pair.copy == answer))
    return found


def _answers(pairs: list[Pair], config: DuplicatesConfig | None) -> list[bool]:
    memory = Duplicates(config or DuplicatesConfig(most_texts=max(1_000_000, 8 * len(pairs))))
    texts = [_text(text, number, side) for number, pair in enumerate(pairs) for side, text in enumerate(pair[:2])]
    folded = [one.is_copy for piece in memory.fold(texts) for one in piece]
    return folded[1::2]


def _text(text: str, number: int, side: int) -> Text:
    native = f"{number}/{side}"
    return Text(text, 0, f"{2 * number + side:032x}", number + 1, side + 1, reference("pair", native, ""), 0, 0, personal=False)


def _share(right: int, wrong: int) -> float:
    return right / (right + wrong) if right + wrong else 1.0
