"""In: a batch of texts. Out: every facet's answer and confidence, as columns."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models import features
from models.artefact import MAX_BYTES, Artefact, from_bytes, to_bytes
from models.errors import ModelError
from models.facets import FACETS, INTENTS, SENTIMENTS, STAKEHOLDERS
from models.language import detect_languages

DEFAULT_ARTEFACT = Path(__file__).parent / "artefacts" / "first"
"""The folder of the shipped artefact: bundle.npz, card.json, CARD.md."""

FILE = "bundle.npz"
CARD = "card.json"

Floats = NDArray[np.float32]
Codes = NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Judgement:
    """Columns of length n: codes index the facet's labels, `_p` is the calibrated probability of the code given."""

    spam: Floats
    intent: Codes
    intent_p: Floats
    sentiment: Codes
    sentiment_p: Floats
    sentiment_score: Floats
    urgency: Floats
    stakeholder: Codes
    stakeholder_p: Floats

    def __len__(self) -> int:
        return len(self.spam)


class Bundle:
    """The trained models, judging whole batches with fused kernels; immutable and safe to share between threads."""

    INTENTS = INTENTS
    SENTIMENTS = SENTIMENTS
    STAKEHOLDERS = STAKEHOLDERS

    def __init__(self, artefact: Artefact) -> None:
        self.artefact = artefact
        self._codes = {
            facet: np.array([FACETS[facet].index(label) for label in head.classes], np.int8) for facet, head in artefact.heads.items()
        }

    @property
    def version(self) -> str:
        """Twelve digits of the content hash: equal versions judge equally."""
        return self.artefact.content_hash[:12]

    @classmethod
    def from_bytes(cls, content: bytes, name: str = "model bytes") -> Bundle:
        """Read a bundle that `to_bytes` wrote; raises ModelError, naming `name`, on damage or another layout."""
        return cls(from_bytes(content, name))

    def to_bytes(self) -> bytes:
        """The bundle as one verified .npz."""
        return to_bytes(self.artefact)

    def logits(self, texts: Sequence[str]) -> Floats:
        """Calibrated linear scores (n, 15) of all facets."""
        buffer = features.pack(texts)
        out = np.tile(self.artefact.bias, (len(buffer), 1))
        features.score_batch(buffer.data, buffer.starts, self.artefact.table, self.artefact.scale, out)
        return out

    def judge(self, texts: Sequence[str], *, titles: Sequence[str | None] | None = None) -> Judgement:
        """Judge n texts, each with its title put before it where there is one."""
        if titles is not None:
            pairs = zip(texts, titles, strict=True)
            texts = [f"{title}\n{text}" if title else text for text, title in pairs]
        logits = self.logits(texts)
        intent, intent_p, _ = self._answer("intent", logits)
        sentiment, sentiment_p, moods = self._answer("sentiment", logits)
        stakeholder, stakeholder_p, _ = self._answer("stakeholder", logits)
        order = np.argsort(self._codes["sentiment"])
        return Judgement(
            spam=self._chance("spam", logits),
            intent=intent,
            intent_p=intent_p,
            sentiment=sentiment,
            sentiment_p=sentiment_p,
            sentiment_score=moods[:, order[2]] - moods[:, order[0]],
            urgency=self._chance("urgency", logits),
            stakeholder=stakeholder,
            stakeholder_p=stakeholder_p,
        )

    def _chance(self, facet: str, logits: Floats) -> Floats:
        column = np.clip(logits[:, self.artefact.heads[facet].first], -40, 40)
        return (1 / (1 + np.exp(-column))).astype(np.float32)

    def _answer(self, facet: str, logits: Floats) -> tuple[Codes, Floats, Floats]:
        head = self.artefact.heads[facet]
        powers = np.zeros((len(logits), len(head.classes)), np.float32)
        powers[:, 1:] = logits[:, head.outputs]
        powers -= powers.max(axis=1, keepdims=True)
        np.exp(powers, out=powers)
        powers /= powers.sum(axis=1, keepdims=True)
        best = powers.argmax(axis=1)
        return self._codes[facet][best], powers[np.arange(len(best)), best], powers

    def features_csr(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """The features that are scored, as a float32 CSR matrix (n, ROWS): what a learner trains on."""
        return features.features_csr(texts, self.artefact.table[:, features.IDF_LANE])

    def language(self, texts: Sequence[str]) -> list[str]:
        """ISO 639 code of each text, `und` where it is short or unsure; about five times the cost of `judge`."""
        return detect_languages(texts)

    def warm_up(self) -> None:
        """Compile or load the kernels and the language detector now, so that first use never stalls a live worker."""
        self.judge(["Where is my order? It was due on Monday."], titles=["Late"])
        self.features_csr(["warm"])
        self.language(["this is a sentence to load the detector with"])


def load_bundle(path: Path | None = None) -> Bundle:
    """Load an artefact folder (or its .npz alone), by default the one shipped; refuses what does not verify.

    Raises ModelError, naming the file and what to do, on a missing or damaged file, a hash that is not the card's, another
    artefact format or another feature layout.
    """
    path = DEFAULT_ARTEFACT if path is None else Path(path)
    file = path / FILE if path.is_dir() else path
    try:
        if file.stat().st_size > MAX_BYTES:
            raise ModelError(f"{file}: larger than {MAX_BYTES} bytes, so not a model artefact", hint="fetch the file again")
        content = file.read_bytes()
    except OSError as error:
        raise ModelError(
            f"{file}: no model artefact can be read there ({error.strerror})", hint="train one with `winnow train`, or give its folder"
        ) from error
    bundle = Bundle.from_bytes(content, str(file))
    if path.is_dir():
        _match_card(path / CARD, bundle)
    return bundle


def _match_card(card: Path, bundle: Bundle) -> None:
    try:
        promised = json.loads(card.read_text(encoding="utf-8"))["content_sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{card}: the artefact's card cannot be read ({error!r})", hint="fetch the folder again") from error
    if promised != bundle.artefact.content_hash:
        raise ModelError(
            f"{card.parent / FILE}: content hash {bundle.version} is not the {str(promised)[:12]} its card names",
            hint="fetch the folder again, or train it again with `winnow train`",
        )
