"""Judges a batch of texts: every facet's answer and confidence, as columns. Called by sift for each batch."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models.artefacts import FEATURES, MAX_BYTES, Artefact, Part, from_bytes, from_files, fuse, to_bytes, to_files
from models.errors import ModelError
from models.facets import DESKS, INTENTS, SENTIMENTS, STAKEHOLDERS
from models.features import vectorise as features
from models.heads import LINEAR, Estimator, LanguageHead, LinearFacet
from models.language import detect_languages

DEFAULT_ARTEFACT = Path(__file__).parents[1] / "artefacts" / "first"
"""The folder of the shipped artefact: features.npz, one .npz a facet, card.json, CARD.md."""

CARD: Final = "card.json"

_NOBODY, _SPEAKERS = DESKS.index("none"), DESKS.index("comms")
_PRAISE = INTENTS.index("praise")
_IDLE = [INTENTS.index(name) for name in ("praise", "other")]
"""Intents that mostly want nothing of anybody."""
_AGREED = 0.66
_LEAST = np.float32(1e-6)
_LAYMEN = [STAKEHOLDERS.index(name) for name in ("customer", "prospect")]

Floats = NDArray[np.float32]
Codes = NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Judgement:
    """Columns of length n: codes index the facet's labels, `_p` is the calibrated probability of the code given.

    ``layman``: customer or prospect, the likelier of the two, whoever else the text sounds like. ``desk``: who would deal with it;
    ``danger``: the probability that people, or what is theirs, are being harmed now.
    """

    spam: Floats
    intent: Codes
    intent_p: Floats
    sentiment: Codes
    sentiment_p: Floats
    sentiment_score: Floats
    urgency: Floats
    stakeholder: Codes
    stakeholder_p: Floats
    layman: Codes
    layman_p: Floats
    desk: Codes
    desk_p: Floats
    danger: Floats

    def __len__(self) -> int:
        return len(self.spam)


class Bundle:
    """The trained models, judging whole batches with fused kernels; immutable and safe to share between threads."""

    INTENTS = INTENTS
    SENTIMENTS = SENTIMENTS
    STAKEHOLDERS = STAKEHOLDERS
    DESKS = DESKS

    def __init__(self, artefact: Artefact, linear: tuple[type[LinearFacet], ...] = LINEAR) -> None:
        """Linear: the facets of the registry; raises ModelError where the artefact lacks one, or has one that is none of them."""
        self.artefact = artefact
        _check_facets(artefact, linear)
        self._linear = {facet.name: facet(artefact.idf, artefact.parts[facet.name]) for facet in linear}
        self._codes = {name: np.array([one.labels.index(label) for label in one.classes], np.int8) for name, one in self._linear.items()}

    @property
    def version(self) -> str:
        """Twelve digits of the content hash: equal versions judge equally."""
        return self.artefact.content_hash[:12]

    @property
    def estimators(self) -> dict[str, Estimator]:
        """Every facet's estimator, alone: what it learned is this bundle's."""
        return {**self._linear, LanguageHead.name: LanguageHead(self.artefact.parts.get(LanguageHead.name))}

    @classmethod
    def from_bytes(cls, content: bytes, name: str = "model bytes") -> Bundle:
        """Read a bundle that `to_bytes` wrote; raises ModelError, naming `name`, on damage or another layout."""
        return cls(from_bytes(content, name))

    def to_bytes(self) -> bytes:
        """The bundle as one verified .npz."""
        return to_bytes(self.artefact)

    def to_files(self) -> dict[str, bytes]:
        """The bundle as a folder's files, one a facet."""
        return to_files(self.artefact)

    def replaced(self, part: Part) -> Bundle:
        """The same bundle with another part for one facet; raises ModelError where it was learned on other features."""
        return Bundle(
            fuse(self.artefact.idf, self.artefact.parts | {part.facet: part}, self.artefact.reference),
            tuple(map(type, self._linear.values())),
        )

    def logits(self, texts: Sequence[str]) -> Floats:
        """Calibrated linear scores (n, OUTPUTS) of all facets, computed in one pass."""
        out = np.tile(self.artefact.bias, (len(texts), 1))
        features.score(texts, self.artefact.table, self.artefact.scale, out)
        return out

    def probabilities(self, texts: Sequence[str]) -> dict[str, Floats]:
        """Every linear facet's calibrated probabilities (n, classes), all from one pass."""
        logits = self.logits(texts)
        return {name: self._of(name, logits) for name in self._linear}

    def judge(self, texts: Sequence[str], *, titles: Sequence[str | None] | None = None) -> Judgement:
        """Judge n texts, each with its title put before it where there is one."""
        if titles is not None:
            pairs = zip(texts, titles, strict=True)
            texts = [f"{title}\n{text}" if title else text for text, title in pairs]
        logits = self.logits(texts)
        intent, intent_p, wants = self._answer("intent", logits)
        sentiment, sentiment_p, moods = self._answer("sentiment", logits)
        stakeholder, stakeholder_p, speakers = self._answer("stakeholder", logits)
        laymen = np.flatnonzero(np.isin(self._codes["stakeholder"], _LAYMEN))
        layman = laymen[speakers[:, laymen].argmax(axis=1)]
        desk, desk_p = self._desk(self._of("desk", logits), wants)
        order = np.argsort(self._codes["sentiment"])
        return Judgement(
            spam=self._of("spam", logits)[:, 1],
            intent=intent,
            intent_p=intent_p,
            sentiment=sentiment,
            sentiment_p=sentiment_p,
            sentiment_score=moods[:, order[2]] - moods[:, order[0]],
            urgency=self._of("urgency", logits)[:, 1],
            stakeholder=stakeholder,
            stakeholder_p=stakeholder_p,
            layman=self._codes["stakeholder"][layman],
            layman_p=speakers[np.arange(len(layman)), layman],
            desk=desk,
            desk_p=desk_p,
            danger=self._of("danger", logits)[:, 1],
        )

    def _of(self, facet: str, logits: Floats) -> Floats:
        return self._linear[facet].probabilities(logits[:, self.artefact.heads[facet].outputs])

    def _answer(self, facet: str, logits: Floats) -> tuple[Codes, Floats, Floats]:
        chances = self._of(facet, logits)
        best = chances.argmax(axis=1)
        return self._codes[facet][best], chances[np.arange(len(best)), best], chances

    def _desk(self, chances: Floats, wants: Floats) -> tuple[Codes, Floats]:
        """Who would deal with it. That nobody needs to, two heads must agree: the desk's and that of what its author wants.

        Praise that needs nobody is for those who speak for the organisation: they like to know of it.
        """
        nobody = int(np.flatnonzero(self._codes["desk"] == _NOBODY)[0])
        idle = wants[:, np.isin(self._codes["intent"], _IDLE)].sum(axis=1)
        agreed = (chances[:, nobody] + idle) / 2
        chances = chances * ((1 - agreed) / np.maximum(1 - chances[:, nobody], _LEAST))[:, None]
        chances[:, nobody] = agreed
        best = np.where(agreed >= _AGREED, nobody, np.where(np.arange(chances.shape[1]) == nobody, -1, chances).argmax(axis=1))
        praised = (best == nobody) & (self._codes["intent"][wants.argmax(axis=1)] == _PRAISE)
        desk = np.where(praised, np.int8(_SPEAKERS), self._codes["desk"][best])
        return desk, np.clip(chances[np.arange(len(best)), best], 0, 1)

    def features_csr(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """The features that are scored, as a float32 CSR matrix (n, ROWS): what a learner trains on."""
        return features.features_csr(texts, self.artefact.idf)

    def language(self, texts: Sequence[str]) -> list[str]:
        """ISO 639 code of each text, `und` where it is short or unsure; about five times the cost of `judge`."""
        return detect_languages(texts)

    def warm_up(self) -> None:
        """Compile or load the kernels and the language detector now, so that first use never stalls a live worker."""
        self.judge(["Where is my order? It was due on Monday."], titles=["Late"])
        self.features_csr(["warm"])
        self.language(["this is a sentence to load the detector with"])


def _check_facets(artefact: Artefact, linear: tuple[type[LinearFacet], ...]) -> None:
    for facet in linear:
        part = artefact.parts.get(facet.name)
        if part is None or facet.name not in artefact.heads:
            raise ModelError(f"the artefact has no {facet.name}.npz", hint="fetch the folder again, or train it again with `winnow train`")
        if stray := [label for label in part.classes if label not in facet.labels]:
            raise ModelError(
                f"{facet.name}.npz answers {', '.join(stray)}, which messages do not know", hint="train it again with `winnow train`"
            )
    known = {facet.name for facet in linear} | {LanguageHead.name}
    if unknown := sorted(artefact.parts.keys() - known):
        raise ModelError(
            f"{unknown[0]}.npz is no facet of this release", hint="install the release that it belongs to, or take the file away"
        )


def load_bundle(path: Path | None = None) -> Bundle:
    """Load an artefact folder (or the one file that a learner wrote), by default the one shipped; refuses what does not verify.

    Raises ModelError, naming the file and what to do, on a missing or damaged file, a hash that is not the card's, another
    artefact format or another feature layout, and a facet that was trained on other features than the rest.
    """
    path = DEFAULT_ARTEFACT if path is None else Path(path)
    try:
        files = {file.name: _read(file) for file in sorted(path.glob("*.npz"))} if path.is_dir() else {path.name: _read(path)}
    except OSError as error:
        raise ModelError(
            f"{path}: no model artefact can be read there ({error.strerror})", hint="train one with `winnow train`, or give its folder"
        ) from error
    if sum(map(len, files.values())) > MAX_BYTES:
        raise ModelError(f"{path}: larger than {MAX_BYTES} bytes, so not a model artefact", hint="fetch it again")
    if not path.is_dir():
        return Bundle.from_bytes(files[path.name], str(path))
    if f"{FEATURES}.npz" not in files:
        raise ModelError(
            f"{path / FEATURES}.npz: no model artefact can be read there", hint="train one with `winnow train`, or give its folder"
        )
    artefact = from_files(files, str(path))
    _match_card(path / CARD, artefact)
    return Bundle(artefact)


def _read(file: Path) -> bytes:
    if file.stat().st_size > MAX_BYTES:
        raise ModelError(f"{file}: larger than {MAX_BYTES} bytes, so not a model artefact", hint="fetch it again")
    return file.read_bytes()


def _match_card(card: Path, artefact: Artefact) -> None:
    try:
        promised = json.loads(card.read_text(encoding="utf-8"))
        whole, parts = str(promised["content_sha256"]), dict(promised["parts"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{card}: the artefact's card cannot be read ({error!r})", hint="fetch the folder again") from error
    hint = "fetch the folder again, or train it again with `winnow train`"
    if missing := sorted(parts.keys() - artefact.parts.keys()):
        raise ModelError(f"{card.parent / missing[0]}.npz: not there, though the card names it", hint=hint)
    for facet, part in artefact.parts.items():
        if parts.get(facet) != part.digest:
            told = str(parts.get(facet, "none"))[:12]
            raise ModelError(f"{card.parent / facet}.npz: content hash {part.digest[:12]} is not the {told} its card names", hint=hint)
    if whole != artefact.content_hash:
        raise ModelError(f"{card.parent}: content hash {artefact.content_hash[:12]} is not the {whole[:12]} its card names", hint=hint)
