"""Histograms of scores on held-out texts, to measure drift against, and counts in their bins."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.features import Bytes, rows_of

SCORE_BINS = 10
FEATURE_BINS = 5
_COUNTED = {"links": (0.0, 1.0), "mentions": (0.0, 1.0)}
"""None, one, more."""

Floats = NDArray[np.float32]
Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Reference:
    """A histogram: inner `edges` of its bins, ascending, and the share of each bin (one more); for answers, the share of each class.

    Empty where nothing was held out.
    """

    edges: tuple[float, ...] = ()
    shares: tuple[float, ...] = ()
    answers: tuple[float, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {name: list(values) for name, values in asdict(self).items()}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Reference:
        """What `to_json` gave; raises KeyError, TypeError or ValueError where it is something else."""
        edges, shares, answers = (tuple(map(float, value[name])) for name in ("edges", "shares", "answers"))
        if list(edges) != sorted(edges) or not all(map(math.isfinite, (*edges, *shares, *answers))):
            raise ValueError("edges do not ascend")
        if (edges or shares) and len(shares) != len(edges) + 1:
            raise ValueError(f"{len(edges)} edges but {len(shares)} shares")
        return cls(edges, shares, answers)


def score_of(chances: Floats) -> Floats:
    """The one number of each row of (n, classes) that drift is measured on: of two classes the second's chance, else the best one's."""
    return chances[:, 1] if chances.shape[1] == 2 else chances.max(axis=1, initial=0)


def reference_of(chances: Floats) -> Reference:
    """Ten bins of equal share of the scores of (n, classes), and how often each class was the answer."""
    found = histogram(score_of(chances), SCORE_BINS)
    answers = np.bincount(chances.argmax(axis=1), minlength=chances.shape[1]) / max(1, len(chances))
    return Reference(found.edges, found.shares, tuple(round(float(share), 6) for share in answers))


def histogram(values: NDArray[Any], bins: int) -> Reference:
    """Bins that hold as nearly as possible the same share of `values`; fewer where many values are equal."""
    if not len(values):
        return Reference()
    cuts = np.quantile(values, np.arange(1, bins) / bins, method="inverted_cdf")
    edges = tuple(float(f"{cut:.6g}") for cut in np.unique(cuts))
    shares = count(values, edges) / len(values)
    return Reference(edges, tuple(round(float(share), 6) for share in shares))


def count(values: NDArray[Any], edges: Sequence[float] | NDArray[Any]) -> Counts:
    """How many of `values` lie in each bin; a value on an edge belongs to the bin below."""
    cuts = np.asarray(edges, np.float32)
    return np.bincount(np.searchsorted(cuts, np.asarray(values, np.float32), side="left"), minlength=len(edges) + 1)


def measure_texts(texts: Sequence[str], idf: Bytes) -> dict[str, NDArray[np.float32]]:
    """What texts look like, whatever they say: length (characters), links, mentions, and how rare their n-grams are.

    rarity: mean idf of the distinct n-grams; that of another language, or of a jargon that training never met, is higher. (Whether an
    n-gram is known at all says nothing: there are more of them than rows, so hardly a row is free.)
    """
    rows, ends = rows_of(texts)
    bounds = np.concatenate([[0], ends[:, -1]]) if len(texts) else np.zeros(1, np.int64)
    total = np.concatenate([[0], np.cumsum(idf[rows], dtype=np.int64)])
    sizes = np.diff(bounds)
    return {
        "length": np.array([len(text) for text in texts], np.float32),
        "links": np.array([text.count("http") for text in texts], np.float32),
        "mentions": np.array([text.count("@") for text in texts], np.float32),
        "rarity": (np.diff(total[bounds]) / np.maximum(sizes, 1) / 10).astype(np.float32),
    }


def references_of_texts(texts: Sequence[str], idf: Bytes) -> dict[str, Reference]:
    """A histogram of each of `measure_texts`; links and mentions are counted none, one, more."""
    found: dict[str, Reference] = {}
    for name, values in measure_texts(texts, idf).items() if len(texts) else ():
        if name in _COUNTED:
            shares = count(values, _COUNTED[name]) / len(values)
            found[name] = Reference(_COUNTED[name], tuple(round(float(share), 6) for share in shares))
        else:
            found[name] = histogram(values, FEATURE_BINS)
    return found
