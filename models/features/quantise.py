"""In: an output's weights and the idf. Out: signed bytes, and the step that each stands for, by block."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.features.vectorise import BLOCKS, N_BLOCKS, ROWS, Bytes

CLIP = 0.99999
"""Quantile of a column's weights that becomes 127: a handful of larger ones are cut, the rest keep finer steps."""

Floats = NDArray[np.float64]


def fold(weights: Floats, idf: Bytes) -> Floats:
    """Weights (..., ROWS) times sqrt(idf): what one n-gram adds to a score before the block's norm divides it."""
    folded: Floats = weights * np.sqrt(idf.astype(np.float64))
    return folded


def quantised(weights: Floats, idf: Bytes) -> tuple[Bytes, NDArray[np.float32]]:
    """Weights (k, ROWS) as signed bytes (k, ROWS), idf folded in, and the steps (k, N_BLOCKS) of the blocks."""
    return as_bytes(fold(weights, idf))


def as_bytes(folded: Floats) -> tuple[Bytes, NDArray[np.float32]]:
    """Folded weights (k, ROWS) as signed bytes (k, ROWS) and the steps (k, N_BLOCKS) of the blocks."""
    steps = np.ones((len(folded), N_BLOCKS), np.float32)
    columns = np.zeros((len(folded), ROWS), np.int8)
    for output, row in enumerate(folded):
        for block, part in enumerate(BLOCKS):
            largest = float(np.quantile(np.abs(row[part]), CLIP))
            if largest > 0:
                steps[output, block] = largest / 127
                columns[output, part] = np.clip(np.rint(row[part] / steps[output, block]), -127, 127).astype(np.int8)
    return columns, steps


def unfolded(columns: Bytes, steps: NDArray[np.float32]) -> Floats:
    """The folded weights (k, ROWS) that bytes and their steps stand for."""
    found: Floats = columns.astype(np.float64) * np.repeat(steps.astype(np.float64), [block.stop - block.start for block in BLOCKS], axis=1)
    return found
