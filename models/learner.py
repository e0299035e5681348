"""A challenger to the champion's gate, learned from verdicts as they arrive, once it has earned it. Driven by the stage learn.

The challenger is the champion's gate plus a correction that is learned online (`models.heads.correction`); both are scored on the same
labels, each judged before it was learned from.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from models.errors import ModelError
from models.heads import CHALLENGER_RIGHT, CHAMPION_RIGHT, NOISE, Correction
from models.judging import Bundle

FACET = "spam"
WINDOW = 2000
"""The contest is over this many latest labels, so that a slow start is forgiven and a fallen behind challenger is not."""

RECENT_NOISE = 40
RIPE_CATCH = 0.8
RIPE_LABELS = 1000
"""A challenger that still learns fast waits: until it catches most of the latest chaff, or has seen so many labels."""


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


class GateLearner:
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
        self.enough, self.margin = enough, margin
        self.significance, self.wheat_cost, self.wheat_loss = significance, wheat_cost, wheat_loss
        self._bar = math.log(threshold / (1 - threshold))
        self.seen = 0
        self._correction = Correction(rate)
        self._verdicts = np.zeros(0, np.uint8)

    def partial_fit(self, texts: Sequence[str], noise: Sequence[bool]) -> None:
        """Test both gates on n labelled texts, then learn from them, in order; noise[i] is True for chaff."""
        if len(texts) != len(noise):
            raise ValueError(f"{len(texts)} texts but {len(noise)} verdicts")
        truth = np.array(noise, np.bool_)
        verdicts = self._correction.learn(self.champion.features_csr(texts), self._champion_logits(texts), truth, self._bar)
        self.seen += len(texts)
        self._verdicts = np.concatenate([self._verdicts, verdicts])[-WINDOW:]

    def predict(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The challenger's probability that each of n texts is noise."""
        logits = self._correction.margins(self.champion.features_csr(texts), self._champion_logits(texts))
        chances: NDArray[np.float32] = (1 / (1 + np.exp(-np.clip(logits, -40, 40)))).astype(np.float32)
        return chances

    def _champion_logits(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.ascontiguousarray(self.champion.logits(texts)[:, self.champion.artefact.heads[FACET].first])

    def contest(self) -> Contest:
        """The score so far; the p-value is McNemar's exact test, one-sided: could a challenger no better have done this?"""
        champion = (self._verdicts & CHAMPION_RIGHT) > 0
        challenger = (self._verdicts & CHALLENGER_RIGHT) > 0
        wheat = (self._verdicts & NOISE) == 0
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
        part = base.artefact.parts[FACET]
        weights, scale, bias = self._correction.folded_into(part.weights, part.scale, part.bias, base.artefact.idf)
        return base.replaced(replace(part, weights=weights, scale=scale, bias=bias)).to_bytes()

    def state(self) -> dict[str, bytes]:
        """Everything learned, as plain bytes by name (little-endian arrays and one JSON text)."""
        meta = {"champion": self.champion.artefact.content_hash, "seen": self.seen}
        return {"meta": json.dumps(meta, sort_keys=True).encode(), **self._correction.state(), "verdicts": self._verdicts.tobytes()}

    def restore(self, state: Mapping[str, bytes]) -> None:
        """Continue from `state()`; raises ModelError where it is damaged or was learned against another champion."""
        try:
            meta = json.loads(state["meta"])
            champion, seen = str(meta["champion"]), int(meta["seen"])
            verdicts = np.frombuffer(state["verdicts"], np.uint8)
        except (KeyError, ValueError, TypeError) as error:
            raise ModelError(f"learner state cannot be read ({error!r})", hint="delete it to start a new challenger") from error
        self._refuse_other_champion(champion)
        if len(verdicts) > WINDOW:
            raise ModelError("learner state is damaged: its arrays do not fit", hint="delete it to start a new challenger")
        self._correction.restore(state)
        self.seen, self._verdicts = seen, verdicts.copy()

    def _refuse_other_champion(self, content_hash: str) -> None:
        if content_hash != self.champion.artefact.content_hash:
            raise ModelError(
                f"bundle {content_hash[:12]} is not the champion {self.champion.version}",
                hint="start a new challenger after a new champion",
            )


def _share(flags: NDArray[np.bool_]) -> float:
    return float(flags.mean()) if len(flags) else 0.0
