"""In: pieces of information. Out: their counts and mixes, and the few most telling and different texts among them."""

from __future__ import annotations

from typing import Any, NamedTuple

from pipeline.correlate_heard import ADDRESSED, Heard
from schemas.times import iso

MOST_EVIDENCE = 5
EVIDENCE_TEXT = 600
MOST_SOURCES = 32
ALIKE = 0.6
"""Two texts that share so much of all their words say the same."""


class Piece(NamedTuple):
    """One piece of evidence: how telling it is, its words as bits, and what is told of it (`schemas.messages.Evidence`)."""

    weight: float
    bag: int
    message: dict[str, Any]


class Tally:
    """Counts of one situation or of one bucket of a series."""

    __slots__ = (
        "copies", "dual_hats", "events", "evidence", "intents", "live", "most_urgent", "negativity", "reach", "reposts",
        "sentiment", "sources", "stakeholders", "urgency", "voices",
    )  # fmt: skip

    def __init__(self) -> None:
        self.events = self.copies = self.reposts = self.voices = self.live = self.dual_hats = self.reach = 0
        self.urgency = self.negativity = self.most_urgent = 0.0
        self.sentiment: dict[str, int] = {}
        self.intents: dict[str, int] = {}
        self.stakeholders: dict[str, int] = {}
        self.sources: dict[str, int] = {}
        self.evidence: list[Piece] = []

    def add(self, heard: Heard, *, copy: bool, reposted: bool, late: bool, new_author: bool) -> None:
        """Count one; a copy is no evidence, and only a new author adds reach."""
        self.events += 1
        self.copies += copy
        self.reposts += reposted
        self.voices += heard.voice
        self.dual_hats += heard.dual_hat
        self.live += not (late or heard.backfill)
        self.urgency += heard.urgency
        self.negativity += heard.negativity
        self.most_urgent = max(self.most_urgent, heard.urgency)
        if new_author:
            self.reach += heard.reach
        # Every event comes by here up to three times, so the counting is spelled out.
        self.sentiment[heard.sentiment] = self.sentiment.get(heard.sentiment, 0) + 1
        self.intents[heard.intent] = self.intents.get(heard.intent, 0) + 1
        self.stakeholders[heard.stakeholder] = self.stakeholders.get(heard.stakeholder, 0) + 1
        source = heard.source if heard.source in self.sources or len(self.sources) < MOST_SOURCES else "other"
        self.sources[source] = self.sources.get(source, 0) + 1
        if not copy and (len(self.evidence) < MOST_EVIDENCE or heard.weight > self.evidence[-1].weight):
            self._keep(Piece(heard.weight, heard.bag, evidence_message(heard)))

    def merge(self, other: Tally) -> None:
        """Add another tally's counts; reach of authors in both counts twice."""
        for name in ("events", "copies", "reposts", "voices", "live", "dual_hats", "reach", "urgency", "negativity"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.most_urgent = max(self.most_urgent, other.most_urgent)
        for mine, theirs in zip(self._mixes(), other._mixes(), strict=True):
            for name, count in theirs.items():
                _count(mine, name, count)
        for piece in other.evidence:
            self._keep(piece)

    def evidence_messages(self) -> list[dict[str, Any]]:
        """The pieces kept, weightiest first, as `schemas.messages.Evidence`."""
        return [piece.message for piece in self.evidence]

    def dump(self) -> list[Any]:
        """JSON-ready state."""
        return [
            self.events, self.copies, self.reposts, self.voices, self.live, self.dual_hats, self.reach, self.urgency,
            self.negativity, self.most_urgent, self.sentiment, self.intents, self.stakeholders, self.sources,
            [[piece.weight, f"{piece.bag:x}", piece.message] for piece in self.evidence],
        ]  # fmt: skip

    @classmethod
    def load(cls, dumped: list[Any]) -> Tally:
        """The tally that `dump` wrote; of version 1 as well, whose evidence is unlike any other."""
        tally = cls()
        (
            tally.events, tally.copies, tally.reposts, tally.voices, tally.live, tally.dual_hats, tally.reach, tally.urgency,
            tally.negativity, tally.most_urgent, tally.sentiment, tally.intents, tally.stakeholders, tally.sources, evidence,
        ) = dumped  # fmt: skip
        tally.evidence = [Piece(weight, int(bag[0], 16) if bag else 0, message) for weight, *bag, message in evidence]
        return tally

    def _mixes(self) -> tuple[dict[str, int], ...]:
        return self.sentiment, self.intents, self.stakeholders, self.sources

    def _keep(self, piece: Piece) -> None:
        """Keep a piece if it is among the weightiest and unlike those kept; of two that are alike the weightier stays."""
        for at, other in enumerate(self.evidence):
            if (piece.bag & other.bag).bit_count() > ALIKE * (piece.bag | other.bag).bit_count():
                if piece.weight <= other.weight:
                    return
                del self.evidence[at]
                break
        self.evidence.append(piece)
        if len(self.evidence) > 1:
            self.evidence.sort(key=lambda kept: (-kept.weight, kept.message["information"]))
            del self.evidence[MOST_EVIDENCE:]


def evidence_message(heard: Heard) -> dict[str, Any]:
    """One piece of information as `schemas.messages.Evidence`; the author is a keyed hash already."""
    addressed = heard.kind in ADDRESSED and heard.thread
    return {
        "information": heard.id,
        "author": heard.author,
        "source": heard.source,
        "text": heard.text[:EVIDENCE_TEXT],
        "sentiment": heard.sentiment,
        "intent": heard.intent,
        "created_at": iso(heard.created_ms),
        "url": heard.url,
        "reply_to": heard.thread if addressed else heard.native,
        "lineage": heard.lineage,
    }


def _count(counts: dict[str, int], name: str, by: int = 1) -> None:
    counts[name] = counts.get(name, 0) + by
