"""In: texts with the verdict noise or not, as they arrive. Out: a challenger to the champion's gate, once it has earned it.

The challenger is the champion's gate, trusted more or less, plus a correction, both learned online (logistic loss, AdaGrad:
Duchi et al. 2011). Each label is first used to test both, then to learn (prequential: Dawid 1984), one by one, so batches make
no difference.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from models.bundle import Bundle
from models.compiled import compiled
from models.errors import ModelError
from models.features import IDF_LANE, ROWS
from models.quantise import replaced, unfolded

FACET = "spam"
WINDOW = 2000
"""The contest is over this many latest labels, so that a slow start is forgiven and a fallen behind challenger is not."""

RECENT_NOISE = 40
RIPE_CATCH = 0.8
RIPE_LABELS = 1000
"""A challenger that still learns fast waits: until it catches most of the latest chaff, or has seen so many labels."""

_CHAMPION_RIGHT, _CHALLENGER_RIGHT, _NOISE = 1, 2, 4
Csr = tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.int32]]

_STEP_FLOOR = np.float32(1e-6)


@compiled
def learn(
    features: Csr, champion: NDArray[np.float32], noise: NDArray[np.bool_], learned: NDArray[np.float32], rate: float, bar: float
) -> NDArray[np.uint8]:
    """Test, then learn from, each text in turn; `learned` (2, ROWS + 2: correction, squared slopes) changes.

    Returns each text's verdicts as bits. The last two entries of the correction are for the intercept and for how far the champion
    is trusted (0 changes nothing, -1 ignores it). A gate calls noise what lies above ``bar`` (a logit).
    """
    rows, values, bounds = features
    correction, gathered = learned[0], learned[1]
    verdicts = np.zeros(len(noise), np.uint8)
    intercept, trust = len(correction) - 2, len(correction) - 1
    for text in range(len(noise)):
        logit = champion[text] * (1 + correction[trust]) + correction[intercept]
        for at in range(bounds[text], bounds[text + 1]):
            logit += correction[rows[at]] * values[at]
        verdict = _NOISE if noise[text] else 0
        if (champion[text] > bar) == noise[text]:
            verdict |= _CHAMPION_RIGHT
        if (logit > bar) == noise[text]:
            verdict |= _CHALLENGER_RIGHT
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


@dataclass(frozen=True, slots=True)
class Contest:
    """Champion and challenger on the same latest labels, each judged before it was learned from; `more_` by the challenger."""

    labels: int
    noise: int
    champion_accuracy: float
    challenger_accuracy: float
    more_chaff_caught: int
    more_wheat_lost: int
    only_champion_right: int
    only_challenger_right: int
    p_value: float
    recent_catch: float
    """Share of the latest RECENT_NOISE chaff that the challenger caught."""


class Learner:
    """An online challenger for the noise gate; not thread-safe, one per worker partition or behind one loop."""

    def __init__(
        self,
        champion: Bundle,
        *,
        rate: float = 0.5,
        enough: int = 200,
        margin: float = 0.01,
        significance: float = 0.001,
        wheat_cost: float = 3.0,
        wheat_loss: float = 0.02,
        threshold: float = 0.9,
    ) -> None:
        self.champion = champion
        self.rate, self.enough, self.margin = rate, enough, margin
        self.significance, self.wheat_cost, self.wheat_loss = significance, wheat_cost, wheat_loss
        self._bar = math.log(threshold / (1 - threshold))
        self.seen = 0
        self._learned = np.zeros((2, ROWS + 2), np.float32)
        self._verdicts = np.zeros(0, np.uint8)

    def partial_fit(self, texts: Sequence[str], noise: Sequence[bool]) -> None:
        """Test both gates on n labelled texts, then learn from them, in order; noise[i] is True for chaff."""
        if len(texts) != len(noise):
            raise ValueError(f"{len(texts)} texts but {len(noise)} verdicts")
        matrix = self.champion.features_csr(texts)
        csr = (matrix.indices.astype(np.int32), matrix.data, matrix.indptr.astype(np.int32))
        verdicts = learn(csr, self._champion_logits(texts), np.array(noise, np.bool_), self._learned, self.rate, self._bar)
        self.seen += len(texts)
        self._verdicts = np.concatenate([self._verdicts, verdicts])[-WINDOW:]

    def predict(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The challenger's probability that each of n texts is noise."""
        weights, (intercept, trust) = self._learned[0, :ROWS], self._learned[0, ROWS:]
        logits = self._champion_logits(texts) * (1 + trust) + self.champion.features_csr(texts) @ weights + intercept
        chances: NDArray[np.float32] = (1 / (1 + np.exp(-np.clip(logits, -40, 40)))).astype(np.float32)
        return chances

    def _champion_logits(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.ascontiguousarray(self.champion.logits(texts)[:, self.champion.artefact.heads[FACET].first])

    def contest(self) -> Contest:
        """The score so far; the p-value is McNemar's exact test, one-sided: could a challenger no better have done this?"""
        champion = (self._verdicts & _CHAMPION_RIGHT) > 0
        challenger = (self._verdicts & _CHALLENGER_RIGHT) > 0
        wheat = (self._verdicts & _NOISE) == 0
        worse, better = int((champion & ~challenger).sum()), int((challenger & ~champion).sum())
        return Contest(
            labels=len(champion),
            noise=int((~wheat).sum()),
            champion_accuracy=_share(champion),
            challenger_accuracy=_share(challenger),
            more_chaff_caught=int(challenger[~wheat].sum()) - int(champion[~wheat].sum()),
            more_wheat_lost=int(champion[wheat].sum()) - int(challenger[wheat].sum()),
            only_champion_right=worse,
            only_challenger_right=better,
            p_value=float(binomtest(better, better + worse, 0.5, alternative="greater").pvalue) if better + worse else 1.0,
            recent_catch=_share(challenger[~wheat][-RECENT_NOISE:]),
        )

    def ready(self) -> bool:
        """Whether the challenger has earned the gate: enough labels of both kinds, better by the margin, and surely so.

        Both gates are judged where they work: what reaches `threshold` is thrown away. Wheat thrown away weighs `wheat_cost` times
        the chaff caught for it, and no more than `wheat_loss` of the labelled wheat (and one) may go, however much chaff goes with
        it: whoever declines everything makes such a challenger. `significance` is strict because this is asked again and again.
        """
        score = self.contest()
        both_kinds = min(score.noise, score.labels - score.noise) >= self.enough // 10
        return (
            score.labels >= self.enough
            and both_kinds
            and (score.recent_catch >= RIPE_CATCH or score.labels >= RIPE_LABELS)
            and score.challenger_accuracy - score.champion_accuracy >= self.margin
            and score.more_chaff_caught >= self.wheat_cost * score.more_wheat_lost
            and score.more_wheat_lost <= 1 + self.wheat_loss * (score.labels - score.noise)
            and score.p_value < self.significance
        )

    def export(self, base: Bundle | None = None) -> bytes:
        """The champion's bundle with the challenger's gate in it, for `Bundle.from_bytes`; the other facets are untouched.

        Raises ModelError where `base` is not the champion that the correction was learned against.
        """
        base = self.champion if base is None else base
        self._refuse_other_champion(base.artefact.content_hash)
        idf = base.artefact.table[:, IDF_LANE].astype(np.float64)
        weights, (intercept, trust) = self._learned[0, :ROWS], self._learned[0, ROWS:]
        folded = unfolded(base.artefact, FACET) * (1 + trust) + weights * np.sqrt(idf)
        bias = float(base.artefact.bias[base.artefact.heads[FACET].first]) * (1 + trust) + intercept
        return Bundle(replaced(base.artefact, FACET, folded, bias)).to_bytes()

    def state(self) -> dict[str, bytes]:
        """Everything learned, as plain bytes by name (little-endian arrays and one JSON text)."""
        rows = np.flatnonzero(self._learned[1]).astype("<i4")
        meta = {"champion": self.champion.artefact.content_hash, "seen": self.seen}
        return {
            "meta": json.dumps(meta, sort_keys=True).encode(),
            "rows": rows.tobytes(),
            "correction": self._learned[0, rows].astype("<f4").tobytes(),
            "gathered": self._learned[1, rows].astype("<f4").tobytes(),
            "verdicts": self._verdicts.tobytes(),
        }

    def restore(self, state: Mapping[str, bytes]) -> None:
        """Continue from `state()`; raises ModelError where it is damaged or was learned against another champion."""
        try:
            meta = json.loads(state["meta"])
            champion, seen = str(meta["champion"]), int(meta["seen"])
            rows = np.frombuffer(state["rows"], "<i4")
            correction, gathered = (np.frombuffer(state[name], "<f4") for name in ("correction", "gathered"))
            verdicts = np.frombuffer(state["verdicts"], np.uint8)
        except (KeyError, ValueError, TypeError) as error:
            raise ModelError(f"learner state cannot be read ({error!r})", hint="delete it to start a new challenger") from error
        self._refuse_other_champion(champion)
        inside = not len(rows) or (rows.min() >= 0 and rows.max() < ROWS + 2)
        if not (len(rows) == len(correction) == len(gathered) and inside and len(verdicts) <= WINDOW):
            raise ModelError("learner state is damaged: its arrays do not fit", hint="delete it to start a new challenger")
        self._learned[:] = 0
        self._learned[:, rows] = correction, gathered
        self.seen, self._verdicts = seen, verdicts.copy()

    def _refuse_other_champion(self, content_hash: str) -> None:
        if content_hash != self.champion.artefact.content_hash:
            raise ModelError(
                f"bundle {content_hash[:12]} is not the champion {self.champion.version}",
                hint="start a new challenger after a new champion",
            )


def _share(flags: NDArray[np.bool_]) -> float:
    return float(flags.mean()) if len(flags) else 0.0
