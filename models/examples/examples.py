"""Training columns (text, label, weight) that a facet's module chose, with the count of each source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Examples:
    """Labelled texts for one facet; exact repeats of a text are taken once, the first label counts."""

    facet: str
    texts: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    rows: Counter[tuple[str, str]] = field(default_factory=Counter)
    _seen: set[str] = field(default_factory=set)

    def add(self, source: str, pairs: Iterable[tuple[str, str]], weight: float | Mapping[str, float] = 1.0) -> None:
        """Append (text, label) pairs from `source`, skipping empty texts and repeats; `weight` may differ by label (else 1)."""
        for text, label in pairs:
            key = text.strip().lower()
            if not key or key in self._seen:
                continue
            self._seen.add(key)
            self.texts.append(text)
            self.labels.append(label)
            self.weights.append(weight if isinstance(weight, float) else weight.get(label, 1.0))
            self.rows[source, label] += 1


def addressed(pairs: Iterable[tuple[str, str]], handle: str = "@support") -> Iterable[tuple[str, str]]:
    """Put a handle before every other text, so that writing to someone on a network is not itself taken for an answer."""
    for at, (text, label) in enumerate(pairs):
        yield (f"{handle} {text}" if at % 2 else text), label


def thinned(pairs: Iterable[tuple[str, str]], every: int) -> Iterable[tuple[str, str]]:
    """Every `every`-th pair: a plain, repeatable way to take fewer rows of an abundant kind."""
    return (pair for at, pair in enumerate(pairs) if at % every == 0)
