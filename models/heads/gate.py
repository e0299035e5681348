"""The spam gate, and the messages it learns from.

spam and ham: posts of our own in sixteen languages, those that only look like promotion among them, and sms_spam. More ham, so that a
short, angry or link-carrying post is not spam merely for being a post: crisislex tweets that people judged to be about the event,
banking77 and clinc150 questions. What sells, baits and begs on networks comes from sentences of our own (`phrases_spam`) and from
crisislex tweets that hand-written rules call advertising (`bait`); of the other off-topic tweets those that neither link nor pile up
hashtags are ham.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self

from models.artefacts import Part
from models.examples import JUDGED, Examples, Row, addressed, is_bait, judged, labelled, phrases_service, read, thinned
from models.examples import phrases_spam as own
from models.facets import SPAM_LABELS
from models.features import Bytes, features_csr
from models.heads.correction import Correction
from models.heads.estimator import Floats, check_rows
from models.heads.linear import LinearFacet

JUDGED_COUNTS = 2.0
"""A judged post counts as so many rows of other people's labels."""

_OWN = (("spam", own.SPAM), ("spam", own.FRAUD), ("spam", own.CHANNELS), ("ham", own.HAM))


def _is_chatter(row: Row) -> bool:
    """Off topic, but neither advertising nor of its shape."""
    text = row["text"]
    return row["label"] == "off-topic" and "http" not in text and text.count("#") < 2 and not is_bait(text)


class GateHead(LinearFacet):
    """Noise or not. It goes on learning: what people of a deployment decline is noise to them, whatever it is elsewhere."""

    name = "spam"
    labels = classes = SPAM_LABELS
    sources = ("sms_spam", "crisislex_t26", "crisislex_t6", "banking77", "clinc150")
    strength = 0.2
    balanced = False
    margin = True
    reach = 0.3
    second_counts = 0.038
    """To throw away what is wanted is far worse than to keep what is not, and networks hold far less spam than these rows. Of 9,092 posts
    about brands, in which next to nothing is spam, the shipped threshold (.7) calls seven in a thousand so."""
    abstain_below = 0.9

    def __init__(self, idf: Bytes | None = None, part: Part | None = None) -> None:
        super().__init__(idf, part)
        self._correction: Correction | None = None

    def examples(self, data: Path) -> Examples:
        """Texts labelled spam or ham."""
        rows = Examples("spam")
        rows.add(JUDGED, judged(lambda post: "spam" if post.gate == "spam" else "ham"), JUDGED_COUNTS)
        rows.add("sms_spam", ((row["text"], row["label"]) for row in read(data, "sms_spam")))
        related = (row for row in read(data, "crisislex_t26") if row["informativeness"].startswith("Related"))
        rows.add("crisislex_t26", thinned(((row["text"], "ham") for row in related), 2), 0.5)
        posts = read(data, "crisislex_t6")
        rows.add(
            "crisislex_t6 (rules)", ((row["text"], "spam") for row in posts if row["label"] != "on-topic" and is_bait(row["text"])), 2.0
        )
        rows.add("crisislex_t6", thinned(((row["text"], "ham") for row in posts if row["label"] == "on-topic"), 3), 0.5)
        rows.add("crisislex_t6 (chatter)", thinned(((row["text"], "ham") for row in posts if _is_chatter(row)), 4), 0.5)
        rows.add("banking77", thinned(addressed((row["text"], "ham") for row in read(data, "banking77")), 2), 0.5)
        rows.add("clinc150", thinned(addressed((row["text"], "ham") for row in read(data, "clinc150")), 3), 0.5)
        rows.add("own sentences", labelled(*_OWN))
        service = (phrases_service.COMPLAINT, phrases_service.PRAISE, phrases_service.QUESTION, phrases_service.REQUEST)
        rows.add("own sentences", thinned(labelled(*(("ham", templates) for templates in service)), 4))
        return rows

    def fit(self, texts: Sequence[str], labels: Sequence[str], weights: Sequence[float] | None = None, *, seed: int = 1) -> Self:
        """Learn anew, whatever came online before; raises ModelError as any facet's `fit` does."""
        self._correction = None
        return super().fit(texts, labels, weights, seed=seed)

    def partial_fit(self, texts: Sequence[str], labels: Sequence[str], weights: Sequence[float] | None = None) -> Self:
        """Learn on top of what was fitted; a row of weight 0 is passed over, others count alike. Raises ModelError as `fit` does."""
        rows = check_rows(self.name, self.classes, texts, labels, weights, whole=False)
        if self._correction is None:
            self._correction = Correction()
        kept = rows.weights > 0
        chosen = [text for text, counts in zip(texts, kept, strict=True) if counts]
        matrix = features_csr(chosen, self.idf())
        self._correction.learn(matrix, super().margins(chosen)[:, 0], rows.codes[kept] == 1, 0.0)
        return self

    def margins(self, texts: Sequence[str]) -> Floats:
        """The gate's margins (n, 1), corrected by what was learned since it was fitted."""
        margins = super().margins(texts)
        if self._correction is None:
            return margins
        return self._correction.margins(features_csr(texts, self.idf()), margins[:, 0])[:, None]

    def part(self) -> Part:
        """What was learned; what came online is folded in, to the nearest step."""
        part = super().part()
        if self._correction is None:
            return part
        weights, scale, bias = self._correction.folded_into(part.weights, part.scale, part.bias, self.idf())
        return replace(part, weights=weights, scale=scale, bias=bias)
