"""Histograms of what a bundle said of a batch, over the bins of the artefact, for whoever measures drift.

Bins are those of equal share on rows that were held out in training; what a deployment is compared with is not that mixture but its own
beginning, so only where the bins lie comes from here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from models.artefacts import Counts, count, features_digest, measure_texts
from models.heads import LanguageHead
from models.judging.bundle import Bundle, Judgement
from models.language import UNKNOWN

_SCORES = {
    "spam": "spam", "intent": "intent_p", "sentiment": "sentiment_p", "urgency": "urgency", "stakeholder": "stakeholder_p",
    "desk": "desk_p", "danger": "danger",
}  # fmt: skip
"""Facet -> the column of a judgement that its bins are of."""

_ANSWERED = ("intent", "sentiment", "stakeholder", "desk")
KEY_BYTES = 6


class Histograms:
    """Counts over one bundle's bins. Of facets with many classes also how often each was the answer: ``intent_answers`` ..."""

    def __init__(self, bundle: Bundle, epoch: int = 0) -> None:
        """Epoch: counts of another one are not comparable, whatever they are of."""
        parts = bundle.artefact.parts
        self._idf: NDArray[np.int8] = np.ascontiguousarray(bundle.artefact.idf)
        self._edges = {facet: np.array(parts[facet].reference.edges, np.float32) for facet in _SCORES}
        self._texts = {name: np.array(found.edges, np.float32) for name, found in bundle.artefact.reference.items() if found.edges}
        self._classes = {
            "intent": len(bundle.INTENTS), "sentiment": len(bundle.SENTIMENTS), "stakeholder": len(bundle.STAKEHOLDERS),
            "desk": len(bundle.DESKS),
        }  # fmt: skip
        self._codes = {code: at for at, code in enumerate(LanguageHead.labels)}
        digests = {facet: parts[facet].digest for facet in _SCORES}
        answers = {f"{facet}_answers": f"{self._classes[facet]} of {digests[facet]}" for facet in _ANSWERED}
        texts = {name: f"{edges.tolist()} of {features_digest(self._idf)}" for name, edges in self._texts.items()}
        counted = {**digests, **answers, **texts, LanguageHead.name: " ".join(LanguageHead.labels)}
        self.keys: Mapping[str, str] = {
            name: blake2b(f"{what} {epoch}".encode(), digest_size=KEY_BYTES).hexdigest() for name, what in counted.items()
        }
        """Name -> what its counts are of: another model's are not comparable unless their keys are equal."""

    def of_judged(self, judged: Judgement) -> dict[str, Counts]:
        """Scores and answers of n texts."""
        found = {facet: count(getattr(judged, column), self._edges[facet]) for facet, column in _SCORES.items()}
        for facet in _ANSWERED:
            found[f"{facet}_answers"] = np.bincount(getattr(judged, facet), minlength=self._classes[facet])
        return found

    def of_texts(self, texts: Sequence[str]) -> dict[str, Counts]:
        """What n texts look like; costs as much as judging them, so a sample will do."""
        measured = measure_texts(texts, self._idf)
        return {name: count(measured[name], edges) for name, edges in self._texts.items()}

    def of_languages(self, codes: Sequence[str]) -> dict[str, Counts]:
        """How often each language; one that the detector does not know counts as `und`."""
        other = self._codes[UNKNOWN]
        return {LanguageHead.name: np.bincount([self._codes.get(code, other) for code in codes], minlength=len(self._codes))}
