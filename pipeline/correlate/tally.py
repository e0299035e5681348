"""What pieces of information add up to: counts, mixes and the best evidence; of situations and of the minutes of a series."""

from __future__ import annotations

from bisect import insort
from operator import attrgetter
from typing import Any

import orjson
from msgspec import Struct

from pipeline.correlate.information import ADDRESSED, PUBLIC, Piece
from pipeline.correlate.origin import LEAST_WORDS
from schemas.times import iso

MOST_EVIDENCE = 5
EVIDENCE_TEXT = 600
MOST_SOURCES = 32
ALIKE = 0.6
"""Two texts that share so much of all their words say the same."""


_SUMS = (
    "events", "copies", "reposts", "live", "dual_hats", "reach", "urgency", "negativity", "alike", "sourced", "again",
)  # fmt: skip


class KeptEvidence(Struct, gc=False):
    """One piece of evidence: how good it is (``rank``: before which others), its words as bits (so many), and its message,
    put together when first needed: the ``piece`` it comes of until then, JSON from then on."""

    weight: float
    bag: int
    size: int
    rank: tuple[float, str]
    piece: Piece | None
    json: orjson.Fragment | None = None

    @property
    def message(self) -> orjson.Fragment:
        """`schemas.messages.Evidence` as JSON: written many times over, with every revision and every change of state."""
        if self.json is None:
            assert self.piece is not None
            self.json = orjson.Fragment(orjson.dumps(evidence_message(self.piece)))
            self.piece = None
        return self.json

    def dump(self) -> list[Any]:
        """JSON-ready state."""
        return [self.weight, f"{self.bag:x}", self.message]

    @classmethod
    def load(cls, weight: float, bag: str, message: dict[str, Any]) -> KeptEvidence:
        """The piece that `dump` wrote."""
        words = int(bag, 16)
        return cls(weight, words, words.bit_count(), (-weight, message["information"]), None, orjson.Fragment(orjson.dumps(message)))


_RANK = attrgetter("rank")


class Tally(Struct, gc=False):
    """Counts of one situation or of one bucket of a series."""

    events: int = 0
    copies: int = 0
    reposts: int = 0
    live: int = 0
    dual_hats: int = 0
    reach: int = 0
    urgency: float = 0.0
    negativity: float = 0.0
    most_urgent: float = 0.0
    sentiment: dict[str, int] = {}
    intents: dict[str, int] = {}
    stakeholders: dict[str, int] = {}
    sources: dict[str, int] = {}
    evidence: list[KeptEvidence] = []
    alike: int = 0
    sourced: int = 0
    again: int = 0

    def add(self, piece: Piece, *, copy: bool, reposted: bool, late: bool, new_author: bool) -> None:
        """Count one; a copy is no evidence, and only a new author adds reach."""
        # Every event comes by here up to three times, so what is rare is tested first and the counting is spelled out.
        self.events += 1
        if copy:
            self.copies += 1
        if reposted:
            self.reposts += piece.akin
        elif piece.akin or (copy and piece.bag.bit_count() >= LEAST_WORDS):  # what `origin.Makeup` needs
            self.alike += 1
            if piece.voice or "http" in piece.text:
                self.sourced += 1
            if not new_author:
                self.again += 1
        if piece.dual_hat:
            self.dual_hats += 1
        if not (late or piece.backfill):
            self.live += 1
        urgency = piece.urgency
        self.urgency += urgency
        self.negativity += piece.negativity
        self.most_urgent = max(self.most_urgent, urgency)
        if new_author:
            self.reach += piece.reach
        mix, name = self.sentiment, piece.sentiment
        mix[name] = mix.get(name, 0) + 1
        mix, name = self.intents, piece.intent
        mix[name] = mix.get(name, 0) + 1
        mix, name = self.stakeholders, piece.stakeholder
        mix[name] = mix.get(name, 0) + 1
        mix, name = self.sources, piece.source
        if name not in mix and len(mix) >= MOST_SOURCES:
            name = "other"
        mix[name] = mix.get(name, 0) + 1
        if not copy and (len(self.evidence) < MOST_EVIDENCE or piece.weight > self.evidence[-1].weight):
            self._keep(KeptEvidence(piece.weight, piece.bag, piece.bag.bit_count(), (-piece.weight, piece.id), piece))

    def merge(self, other: Tally) -> None:
        """Add another tally's counts; reach of authors in both counts twice."""
        for name in _SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.most_urgent = max(self.most_urgent, other.most_urgent)
        for mine, theirs in zip(self._mixes(), other._mixes(), strict=True):
            for name, count in theirs.items():
                _count(mine, name, count)
        for item in other.evidence:
            self._keep(item)

    def evidence_messages(self) -> list[orjson.Fragment]:
        """The pieces kept, weightiest first, as `schemas.messages.Evidence` in JSON."""
        return [item.message for item in self.evidence]

    def dump(self) -> list[Any]:
        """JSON-ready state."""
        return [
            self.events, self.copies, self.reposts, 0, self.live, self.dual_hats, self.reach, self.urgency,
            self.negativity, self.most_urgent, self.sentiment, self.intents, self.stakeholders, self.sources,
            [item.dump() for item in self.evidence], self.alike, self.sourced, self.again,
        ]  # fmt: skip

    @classmethod
    def load(cls, dumped: list[Any]) -> Tally:
        """The tally that `dump` wrote; of version 1 as well, whose evidence is unlike any other, and of 2, that counted no texts alike."""
        tally = cls()
        (
            tally.events, tally.copies, tally.reposts, _, tally.live, tally.dual_hats, tally.reach, tally.urgency,
            tally.negativity, tally.most_urgent, tally.sentiment, tally.intents, tally.stakeholders, tally.sources, evidence,
            *alike,
        ) = dumped  # fmt: skip
        tally.alike, tally.sourced, tally.again = alike or (0, 0, 0)
        tally.evidence = [KeptEvidence.load(weight, bag[0] if bag else "0", message) for weight, *bag, message in evidence]
        return tally

    def _mixes(self) -> tuple[dict[str, int], ...]:
        return self.sentiment, self.intents, self.stakeholders, self.sources

    def _keep(self, item: KeptEvidence) -> None:
        """Keep a piece if it is among the weightiest and unlike those kept; of two that are alike the weightier stays."""
        kept, bag, size = self.evidence, item.bag, item.size
        for at, other in enumerate(kept):
            both = (bag & other.bag).bit_count()
            if both > ALIKE * (size + other.size - both):
                if item.weight <= other.weight:
                    return
                del kept[at]
                break
        if kept:
            insort(kept, item, key=_RANK)
            del kept[MOST_EVIDENCE:]
        else:
            kept.append(item)


def evidence_message(piece: Piece) -> dict[str, Any]:
    """One piece of information as `schemas.messages.Evidence`; the author is a keyed hash already."""
    addressed, sure = piece.kind in ADDRESSED and piece.thread, piece.sure
    return {
        "information": piece.id,
        "author": piece.author,
        "source": piece.source,
        "text": piece.text[:EVIDENCE_TEXT],
        "sentiment": piece.sentiment,
        "intent": piece.intent,
        "created_at": iso(piece.created_ms),
        "url": piece.url,
        "reply_to": piece.thread if addressed else piece.native,
        "public": piece.kind in PUBLIC,
        "lineage": piece.lineage,
        "language": piece.language or None,
        "rating": piece.rating,
        "confidence": {} if sure is None else {"intent": sure.intent, "sentiment": sure.sentiment, "stakeholder": sure.stakeholder},
    }


def _count(counts: dict[str, int], name: str, by: int = 1) -> None:
    counts[name] = counts.get(name, 0) + by
