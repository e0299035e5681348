"""In: fitted facets and idf. Out: the artefact's table of signed bytes, its scales and biases."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.artefact import Artefact, Head, make
from models.features import CHAR_ROWS, IDF_LANE, LANES, OUTPUTS, ROWS, Bytes
from models.fit import Linear

CLIP = 0.99999
"""Quantile of a column's weights that becomes 127: a handful of larger ones are cut, the rest keep finer steps."""


def fold(weights: NDArray[np.float64], idf: Bytes) -> NDArray[np.float64]:
    """Weights (ROWS) times sqrt(idf): what one n-gram adds to a score before the block's norm divides it."""
    return weights * np.sqrt(idf.astype(np.float64))


def column(folded: NDArray[np.float64]) -> tuple[Bytes, NDArray[np.float32]]:
    """One output's folded weights (ROWS) as signed bytes (ROWS) and the step of each of the two blocks (2)."""
    steps = np.ones(2, np.float32)
    bytes_ = np.zeros(ROWS, np.int8)
    for block, part in enumerate((slice(0, CHAR_ROWS), slice(CHAR_ROWS, ROWS))):
        largest = float(np.quantile(np.abs(folded[part]), CLIP))
        if largest > 0:
            steps[block] = largest / 127
            bytes_[part] = np.clip(np.rint(folded[part] / steps[block]), -127, 127).astype(np.int8)
    return bytes_, steps


def replaced(artefact: Artefact, facet: str, folded: NDArray[np.float64], intercept: float) -> Artefact:
    """A copy of `artefact` whose one-output `facet` has these folded weights (ROWS) and intercept."""
    lane = artefact.heads[facet].first
    table, scale, bias = artefact.table.copy(), artefact.scale.copy(), artefact.bias.copy()
    table[:, lane], scale[:, lane] = column(folded)
    bias[lane] = intercept
    return make(table, scale, bias, artefact.heads)


def unfolded(artefact: Artefact, facet: str) -> NDArray[np.float64]:
    """The folded weights (ROWS) that `facet`'s bytes stand for."""
    lane = artefact.heads[facet].first
    steps = np.repeat(artefact.scale[:, lane].astype(np.float64), (CHAR_ROWS, ROWS - CHAR_ROWS))
    return artefact.table[:, lane] * steps


def assemble(facets: dict[str, Linear], idf: Bytes) -> Artefact:
    """Lay the facets' outputs side by side in rows of LANES bytes."""
    table = np.zeros((ROWS, LANES), np.int8)
    table[:, IDF_LANE] = idf
    scale = np.ones((2, OUTPUTS), np.float32)
    bias = np.zeros(OUTPUTS, np.float32)
    heads: dict[str, Head] = {}
    lane = 0
    for facet, linear in facets.items():
        heads[facet] = Head(linear.classes, lane)
        for weights, intercept in zip(linear.weights, linear.intercepts, strict=True):
            table[:, lane], scale[:, lane] = column(fold(weights, idf))
            bias[lane] = intercept
            lane += 1
    return make(table, scale, bias, heads)
