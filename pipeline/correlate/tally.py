"""What pieces of information add up to: counts, mixes and the best evidence; of situations and of the minutes of a series."""

from __future__ import annotations

from bisect import insort
from operator import attrgetter
from typing import Any

import orjson
from msgspec import Raw, Struct

from pipeline.correlate.contributions import (
    AKIN,
    COPY,
    DESKS,
    DUAL_HAT,
    INTENTS,
    LIVE,
    LONG,
    REPOSTED,
    SENTIMENTS,
    SOURCED,
    STAKEHOLDERS,
    Contribution,
    short,
)
from pipeline.correlate.information import ADDRESSED, Piece
from pipeline.correlate.origin import LEAST_WORDS
from schemas.times import iso

MOST_EVIDENCE = 5
MOST_RESERVE = 5
"""So much more evidence a situation has at hand, for when a post that it shows is deleted."""
ECHOES, MOST_ECHOES = 3, 12
"""So many copies of each text, and of all texts."""
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
    json: bytes = b""

    def message(self) -> bytes:
        """`schemas.messages.Evidence` as JSON: written many times over, with every revision and every change of state."""
        piece = self.piece
        if piece is not None:
            piece.evidence = self.json = piece.evidence or orjson.dumps(evidence_message(piece))
            self.piece = None
        return self.json

    def dump(self) -> list[Any]:
        """JSON-ready state."""
        return [self.weight, f"{self.bag:x}", orjson.Fragment(self.message())]

    @classmethod
    def load(cls, weight: float, bag: str, message: dict[str, Any]) -> KeptEvidence:
        """The piece that `dump` wrote."""
        words = int(bag, 16)
        return cls(weight, words, words.bit_count(), (-weight, message["information"]), None, orjson.dumps(message))


_RANK = attrgetter("rank")


class Tally(Struct, gc=False):
    """Counts of one situation or of one bucket of a series. ``reach`` is that of those who speak and of those who pass on; ``shared`` and
    ``original`` are how many reacted to what is passed on, as its shares say, and to the most noticed post of its own."""

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
    reserve: list[KeptEvidence] | None = None
    echoes: list[KeptEvidence] = []
    shared: int = 0
    original: int = 0
    desks: dict[str, int] = {}
    most_dangerous: float = 0.0

    def add(self, piece: Piece, *, copy: bool, reposted: bool, late: bool, new_author: bool) -> None:
        """Count one; a copy is no evidence unless what it repeats is deleted, and only a new author adds reach."""
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
        if piece.reacted:
            self._notice(piece)
        self.dual_hats += piece.dual_hat
        if not (late or piece.backfill):
            self.live += 1
        urgency, danger, desk = piece.urgency, piece.danger, piece.desk
        self.urgency += urgency
        self.negativity += piece.negativity
        self.most_urgent = urgency if urgency > self.most_urgent else self.most_urgent
        self.most_dangerous = danger if danger > self.most_dangerous else self.most_dangerous
        if desk:
            self.desks[desk] = self.desks.get(desk, 0) + 1
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
            self._keep(_kept(piece))
        elif self.reserve is not None:
            self._have_at_hand(piece, self.reserve, copy=copy)

    def _notice(self, piece: Piece) -> None:
        if piece.repost_key:
            self.shared = max(self.shared, piece.reacted)
        else:
            self.original = max(self.original, piece.reacted)

    def take_out(self, information: str, first: int) -> None:
        """Show a piece of information no longer; the best at hand takes its place. ``first``: the piece (first 64 bits of its id) that said
        the same next, and so is no copy any more, 0 for none.
        """
        gone = [item for item in (*self.evidence, *(self.reserve or ())) if item.rank[1] == information]
        at_hand = [item for item in self.reserve or () if item.rank[1] != information]
        self.echoes = [item for item in self.echoes if item.rank[1] != information]
        heirs = [item for item in self.echoes if first and (short(item.rank[1]) == first or any(_alike(item, one) for one in gone))]
        if heirs:
            heir = next((item for item in heirs if short(item.rank[1]) == first), heirs[0])
            self.echoes.remove(heir)
            insort(at_hand, heir, key=_RANK)
        self.evidence = [item for item in self.evidence if item.rank[1] != information]
        for item in at_hand:
            if len(self.evidence) < MOST_EVIDENCE and not any(_alike(item, other) for other in self.evidence):
                insort(self.evidence, item, key=_RANK)
        if self.reserve is not None:
            shown = {item.rank[1] for item in self.evidence}
            self.reserve = [item for item in at_hand if item.rank[1] not in shown][:MOST_RESERVE]

    def count(self, row: Contribution, source: str, *, new_author: bool, by: int) -> None:
        """Count a piece that is remembered once more (``by`` 1) or no longer (-1), but for evidence and the highest urgency."""
        copy, akin, reposted = row.has(COPY), row.has(AKIN), row.has(REPOSTED)
        self.events += by
        self.copies += by * copy
        self.reposts += by * (reposted and akin)
        if not reposted and (akin or (copy and row.has(LONG))):
            self.alike += by
            self.sourced += by * row.has(SOURCED)
            self.again += by * (not new_author)
        self.dual_hats += by * row.has(DUAL_HAT)
        self.live += by * row.has(LIVE)
        self.urgency += by * row.urgency
        self.negativity += by * row.negativity
        self.reach += by * row.reach * new_author
        if source not in self.sources and (by < 0 or len(self.sources) >= MOST_SOURCES):
            source = "other"
        names = SENTIMENTS[row.sentiment], INTENTS[row.intent], STAKEHOLDERS[row.stakeholder], source, DESKS[row.desk]
        for mix, name in zip(self._mixes(), names, strict=True):
            if not name:
                continue  # who would deal with it is not known
            _count(mix, name, by)
            if not mix[name]:
                del mix[name]

    @property
    def reached(self) -> int:
        """How many people may have seen it: every share says the same of its original, which counts once."""
        return self.reach + max(0, self.shared - self.original)

    def merge(self, other: Tally) -> None:
        """Add another tally's counts; reach of authors in both counts twice."""
        for name in _SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.most_urgent = max(self.most_urgent, other.most_urgent)
        self.shared, self.original = max(self.shared, other.shared), max(self.original, other.original)
        self.most_dangerous = max(self.most_dangerous, other.most_dangerous)
        for mine, theirs in zip(self._mixes(), other._mixes(), strict=True):
            for name, count in theirs.items():
                _count(mine, name, count)
        for item in other.evidence:
            self._keep(item)
        for item in other.reserve or ():
            self._put_by(item)
        for item in other.echoes:
            self._echo(item)

    def evidence_messages(self) -> list[Raw]:
        """The pieces kept, weightiest first, as `schemas.messages.Evidence` in JSON."""
        return [Raw(item.message()) for item in self.evidence]

    def dump(self) -> list[Any]:
        """JSON-ready state."""
        return [
            self.events, self.copies, self.reposts, 0, self.live, self.dual_hats, self.reach, self.urgency,
            self.negativity, self.most_urgent, self.sentiment, self.intents, self.stakeholders, self.sources,
            [item.dump() for item in self.evidence], self.alike, self.sourced, self.again,
            *self._dump_later(),
        ]  # fmt: skip

    def _dump_later(self) -> list[Any]:
        at_hand = self.reserve or self.echoes or self.shared or self.original
        judged = [self.desks, self.most_dangerous] if at_hand or self.desks or self.most_dangerous else []
        if not at_hand:
            return judged
        return [*judged, *([item.dump() for item in kept] for kept in (self.reserve or (), self.echoes)), self.shared, self.original]

    @classmethod
    def load(cls, dumped: list[Any]) -> Tally:
        """The tally that `dump` wrote; of version 1 as well, whose evidence is unlike any other, and of 2, that counted no texts alike; of
        before there were desks, too.

        Without a reserve where there was none: situations have one, minutes do not.
        """
        tally = cls()
        (
            tally.events, tally.copies, tally.reposts, _, tally.live, tally.dual_hats, tally.reach, tally.urgency,
            tally.negativity, tally.most_urgent, tally.sentiment, tally.intents, tally.stakeholders, tally.sources, evidence,
            *later,
        ) = dumped  # fmt: skip
        tally.alike, tally.sourced, tally.again = later[:3] or (0, 0, 0)
        tally.desks, tally.most_dangerous = later[3:5] or ({}, 0.0)
        tally.evidence = [KeptEvidence.load(weight, bag[0] if bag else "0", message) for weight, *bag, message in evidence]
        if len(later) > 5:
            tally.reserve, tally.echoes = ([KeptEvidence.load(*item) for item in kept] for kept in later[5:7])
            tally.shared, tally.original = later[7:]
        return tally

    def _mixes(self) -> tuple[dict[str, int], ...]:
        return self.sentiment, self.intents, self.stakeholders, self.sources, self.desks

    def _keep(self, item: KeptEvidence) -> None:
        """Keep a piece if it is among the weightiest and unlike those kept; of two that are alike the weightier stays."""
        kept = self.evidence
        if not kept:  # as of most cases
            kept.append(item)
            return
        for at, other in enumerate(kept):
            if _alike(item, other):
                if item.weight <= other.weight:
                    self._put_by(item)
                    return
                self._put_by(kept.pop(at))
                break
        insort(kept, item, key=_RANK)
        if len(kept) > MOST_EVIDENCE:
            self._put_by(kept.pop())

    def _have_at_hand(self, piece: Piece, reserve: list[KeptEvidence], *, copy: bool) -> None:
        if copy:
            if len(self.echoes) < MOST_ECHOES:
                self._echo(_kept(piece))
        elif len(reserve) < MOST_RESERVE or piece.weight > reserve[-1].weight:
            self._put_by(_kept(piece))

    def _echo(self, item: KeptEvidence) -> None:
        """Have a copy at hand, of each text the first few: should what they repeat be deleted, one of them is the first to say it."""
        if len(self.echoes) < MOST_ECHOES and sum(_alike(item, other) for other in self.echoes) < ECHOES:
            self.echoes.append(item)

    def _put_by(self, item: KeptEvidence) -> None:
        """Have a piece at hand that is not shown."""
        if self.reserve is not None:
            insort(self.reserve, item, key=_RANK)
            del self.reserve[MOST_RESERVE:]


def _kept(piece: Piece) -> KeptEvidence:
    return KeptEvidence(piece.weight, piece.bag, piece.bag.bit_count(), (-piece.weight, piece.id), piece)


def _alike(one: KeptEvidence, other: KeptEvidence) -> bool:
    both = (one.bag & other.bag).bit_count()
    return both > ALIKE * (one.size + other.size - both)


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
        "reply_to": piece.thread if addressed else piece.reply_to,
        "public": piece.public,
        "lineage": piece.lineage,
        "language": piece.language or None,
        "rating": piece.rating,
        "confidence": {} if sure is None else {"intent": sure.intent, "sentiment": sure.sentiment, "stakeholder": sure.stakeholder},
        "country": piece.country,
    }


def _count(counts: dict[str, int], name: str, by: int = 1) -> None:
    counts[name] = counts.get(name, 0) + by
