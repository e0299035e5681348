"""A calibrated linear estimator of one facet over the shared features, alone or as a view of a fused bundle."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Self

import numpy as np

from models.artefacts import Artefact, Part, features_digest, fuse, reference_of
from models.errors import ModelError
from models.examples import Examples
from models.features import PIECE_FIRST, embedded, quantised, unembedded
from models.features import vectorise as features
from models.heads.estimator import Codes, Floats, answer, check_rows


class LinearFacet:
    """What the linear facets have in common; a facet is a subclass that says its name, its classes and its rows.

    Alone it scores with a table of its own; in a bundle all facets are scored in one pass, and each is handed its margins. Both give
    the same bits, because outputs do not touch each other.

    >>> class Weather(LinearFacet):
    ...     name, labels, classes = "weather", ("dry", "wet"), ("dry", "wet")
    >>> rows = [("sun all day", "dry"), ("heavy rain", "wet"), ("sun and a breeze", "dry"), ("rain again", "wet")] * 5
    >>> weather = Weather().fit([text for text, _ in rows], [label for _, label in rows])
    >>> [weather.classes[code] for code in weather.predict(["rain, rain", "sun"])]
    ['wet', 'dry']
    """

    name: ClassVar[str]
    labels: ClassVar[tuple[str, ...]]
    classes: tuple[str, ...]
    sources: ClassVar[tuple[str, ...]] = ()
    lexicon: ClassVar[bool] = False
    strength: ClassVar[float] = 4.0
    balanced: ClassVar[bool] = True
    margin: ClassVar[bool] = False
    second_counts: ClassVar[float] = 1.0
    """With `margin`, how often a row of the second class counts when chances are set."""
    reach: ClassVar[float] = 1.0
    """How far meaning counts, against words as written."""
    abstain_below: ClassVar[float] = 0.5

    def __init__(self, idf: features.Bytes | None = None, part: Part | None = None) -> None:
        """Idf: of the shared features, else each `fit` counts its own. part: what was learned before."""
        self._idf, self._part = idf, part
        self._alone: Artefact | None = None
        self.held_out: dict[str, float] = {}
        if part is not None:
            self.classes = part.classes

    @property
    def threshold(self) -> float:
        """Below this probability `predict` abstains."""
        return self.abstain_below if self._part is None else self._part.threshold

    def examples(self, data: Path) -> Examples:
        """The rows that teach this facet; raises ModelError where a data set is missing."""
        raise NotImplementedError(f"{self.name} has no examples of its own")

    def fit(self, texts: Sequence[str], labels: Sequence[str], weights: Sequence[float] | None = None, *, seed: int = 1) -> Self:
        """Learn from n labelled texts, calibrated on a fifth of them; `held_out` then says how it did there."""
        from models.fitting import fit  # noqa: PLC0415  # scikit-learn: a second to import, which judging need not wait for

        rows = check_rows(self.name, self.classes, texts, labels, weights)
        idf = features.idf_tenths(texts) if self._idf is None else self._idf
        learned = fit(
            embedded(features.features_csr(texts, idf), self.reach), list(labels), rows.weights.tolist(), self.classes,
            seed=seed, strength=self.strength, balanced=self.balanced, margin=self.margin, second_counts=self.second_counts,
            plain=PIECE_FIRST,
        )  # fmt: skip
        columns, steps = quantised(unembedded(learned.weights, self.reach), idf)
        self.held_out = learned.held_out
        self._idf, self._alone = idf, None
        self._part = Part(
            self.name, self.classes, self.abstain_below, columns, steps, learned.intercepts.astype(np.float32), features_digest(idf),
            reference=reference_of(np.asarray(learned.held, np.float32)),
        )  # fmt: skip
        return self

    def part(self) -> Part:
        """What was learned; raises ModelError before `fit`."""
        if self._part is None:
            raise ModelError(f"{self.name} has learned nothing yet", hint="call fit first")
        return self._part

    def idf(self) -> features.Bytes:
        """Of the features that the weights belong to, in tenths; raises ModelError before `fit`."""
        if self._idf is None:
            raise ModelError(f"{self.name} has learned nothing yet", hint="call fit first")
        return self._idf

    def margins(self, texts: Sequence[str]) -> Floats:
        """This facet's linear outputs (n, classes - 1), calibrated."""
        part = LinearFacet.part(self)
        alone = self._alone = self._alone or fuse(self.idf(), {self.name: part})
        out = np.tile(alone.bias, (len(texts), 1))
        features.score(texts, alone.table, alone.scale, out)
        return out[:, : len(part.bias)]

    def probabilities(self, margins: Floats) -> Floats:
        """Margins (n, classes - 1) as probabilities (n, classes)."""
        full = np.zeros((len(margins), margins.shape[1] + 1), np.float32)
        if margins.shape[1] == 1:
            full[:, 1] = 1 / (1 + np.exp(-np.clip(margins[:, 0], -40, 40)))
            full[:, 0] = 1 - full[:, 1]
            return full
        full[:, 1:] = margins
        full -= full.max(axis=1, keepdims=True, initial=-np.inf)
        np.exp(full, out=full)
        full /= full.sum(axis=1, keepdims=True)
        return full

    def predict_proba(self, texts: Sequence[str]) -> Floats:
        """Calibrated probabilities (n, classes)."""
        return self.probabilities(self.margins(texts))

    def predict(self, texts: Sequence[str]) -> Codes:
        """Codes of `classes`, ABSTAINED where no class reaches the threshold."""
        return answer(self.predict_proba(texts), self.threshold)
