"""What to add to a gate that was trained before, learned online from verdicts, one by one. Used by the challenger.

Logistic loss, AdaGrad (Duchi et al. 2011). The former gate stays as it is, trusted more or less; each label is first used to test both,
then to learn (prequential: Dawid 1984), so batches make no difference.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models.errors import ModelError
from models.features import ROWS, Bytes, as_bytes, unfolded
from schemas.jit import compiled

CHAMPION_RIGHT, CHALLENGER_RIGHT, NOISE = 1, 2, 4
"""Bits of a verdict."""

Csr = tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.int32]]
Floats = NDArray[np.float32]

_STEP_FLOOR = np.float32(1e-6)
_RESTART = "delete it to start a new challenger"


@compiled
def learn(rows_of_texts: Csr, champion: Floats, noise: NDArray[np.bool_], learned: Floats, rate: float, bar: float) -> NDArray[np.uint8]:
    """Test, then learn from, each text in turn; `learned` (2, ROWS + 2: correction, squared slopes) changes.

    Returns each text's verdicts as bits. The last two entries of the correction are for the intercept and for how far the champion
    is trusted (0 changes nothing, -1 ignores it). A gate calls noise what lies above ``bar`` (a logit).
    """
    rows, values, bounds = rows_of_texts
    correction, gathered = learned[0], learned[1]
    verdicts = np.zeros(len(noise), np.uint8)
    intercept, trust = len(correction) - 2, len(correction) - 1
    for text in range(len(noise)):
        logit = champion[text] * (1 + correction[trust]) + correction[intercept]
        for at in range(bounds[text], bounds[text + 1]):
            logit += correction[rows[at]] * values[at]
        verdict = NOISE if noise[text] else 0
        if (champion[text] > bar) == noise[text]:
            verdict |= CHAMPION_RIGHT
        if (logit > bar) == noise[text]:
            verdict |= CHALLENGER_RIGHT
        verdicts[text] = verdict
        error = 1 / (1 + np.exp(-logit)) - (1.0 if noise[text] else 0.0)
        for at in range(bounds[text], bounds[text + 1]):
            slope = error * values[at]
            gathered[rows[at]] += slope * slope
            correction[rows[at]] -= rate * slope / (np.sqrt(gathered[rows[at]]) + _STEP_FLOOR)
        gathered[intercept] += error * error
        correction[intercept] -= rate * error / (np.sqrt(gathered[intercept]) + _STEP_FLOOR)
        slope = error * champion[text]
        gathered[trust] += slope * slope
        correction[trust] -= rate * slope / (np.sqrt(gathered[trust]) + _STEP_FLOOR)
    return verdicts


class Correction:
    """What was learned on top of a gate; ``rate`` is AdaGrad's."""

    def __init__(self, rate: float = 0.5) -> None:
        self._rate = rate
        self._learned = np.zeros((2, ROWS + 2), np.float32)

    def learn(self, matrix: sparse.csr_matrix, champion: Floats, noise: NDArray[np.bool_], bar: float) -> NDArray[np.uint8]:
        """Test and learn from n texts: their features (n, ROWS), the gate's margins (n), the truth (n). Returns verdicts (n) as bits."""
        csr = (matrix.indices.astype(np.int32), matrix.data, matrix.indptr.astype(np.int32))
        return learn(csr, np.ascontiguousarray(champion), noise, self._learned, self._rate, bar)

    def margins(self, matrix: sparse.csr_matrix, champion: Floats) -> Floats:
        """The corrected gate's margins (n)."""
        weights, (intercept, trust) = self._learned[0, :ROWS], self._learned[0, ROWS:]
        margins: Floats = champion * (1 + trust) + matrix @ weights + intercept
        return margins

    def folded_into(self, columns: Bytes, steps: Floats, bias: Floats, idf: Bytes) -> tuple[Bytes, Floats, Floats]:
        """A gate's bytes (1, ROWS), steps (1, blocks) and bias (1) with the correction in them."""
        weights, (intercept, trust) = self._learned[0, :ROWS], self._learned[0, ROWS:]
        folded = unfolded(columns, steps) * (1 + trust) + weights * np.sqrt(idf.astype(np.float64))
        corrected = np.array([float(bias[0]) * (1 + trust) + intercept], np.float32)
        return (*as_bytes(folded), corrected)

    def state(self) -> dict[str, bytes]:
        """Everything learned, as little-endian arrays of the rows that were touched."""
        rows = np.flatnonzero(self._learned[1]).astype("<i4")
        correction, gathered = (self._learned[at, rows].astype("<f4").tobytes() for at in (0, 1))
        return {"rows": rows.tobytes(), "correction": correction, "gathered": gathered}

    def restore(self, state: Mapping[str, bytes]) -> None:
        """Continue from `state()`; raises ModelError, and changes nothing, where it is damaged."""
        try:
            rows = np.frombuffer(state["rows"], "<i4")
            correction, gathered = (np.frombuffer(state[name], "<f4") for name in ("correction", "gathered"))
        except (KeyError, ValueError, TypeError) as error:
            raise ModelError(f"learner state cannot be read ({error!r})", hint=_RESTART) from error
        inside = not len(rows) or (rows.min() >= 0 and rows.max() < ROWS + 2)
        if not (len(rows) == len(correction) == len(gathered) and inside):
            raise ModelError("learner state is damaged: its arrays do not fit", hint=_RESTART)
        self._learned[:] = 0
        self._learned[:, rows] = correction, gathered
