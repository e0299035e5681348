"""What Winnow would have done with a file of posts: who would have been asked and woken, by day, and where it was least sure.

Outputs of `pipeline.flow` go in, one by one; `Trial.told` is what `winnow trial` shows. Texts are redacted, authors are not named.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from pipeline.evaluation.judged import FACETS, Got
from pipeline.privacy import NO_TERMS, OwnTerms, excerpt
from pipeline.stream import WITHDRAWAL, Output
from schemas.messages import ActionKind, SituationKind

TEXT_LIMIT = 280
MOST_PAGES = 200
DOUBTED = ("sentiment", "intent", "stakeholder")
_NOT_ASKING = (ActionKind.REVOKE, ActionKind.ESCALATE)


@dataclass(slots=True)
class Judged:
    """One post that was kept: its event id (source:id), when, the redacted text, its confidences, and what became of it."""

    event: str
    day: str
    text: str
    confidence: dict[str, float]
    got: Got

    @property
    def doubt(self) -> float:
        """How doubtful the least sure of the facets that decide who is asked is, 0..1."""
        return 1.0 - min(self.confidence[facet] for facet in DOUBTED)


class Trial:
    """Collects outputs of one run of the flow. ``own``: what redaction leaves where it stands."""

    def __init__(self, own: OwnTerms = NO_TERMS) -> None:
        self._own = own
        self.posts: dict[str, Judged] = {}
        self._got: dict[str, Got] = {}
        self.asks: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
        self.pages: list[dict[str, Any]] = []
        self.rules: Counter[str] = Counter()
        self._surges: dict[str, dict[str, Any]] = {}

    def take(self, output: Output) -> None:
        """Note one output; what no one looks at is passed over."""
        if output.noun == "information" and output.type != WITHDRAWAL:
            self._judged(orjson.loads(output.value))
        elif output.noun == "situations":
            message = orjson.loads(output.value)
            if message["kind"] == SituationKind.SURGE:
                self._surges[message["id"]] = message
        elif output.noun.startswith("actions"):
            self._asked(orjson.loads(output.value))

    def doubtful(self, most: int) -> list[Judged]:
        """The posts whose judgement is least sure, most doubtful first: what is worth labelling."""
        return sorted(self.posts.values(), key=lambda post: (-post.doubt, post.event))[:most]

    def got(self, event: str) -> Got:
        """What became of an event; one that was thrown away was asked of nobody."""
        return self._got.get(event) or Got()

    def told(self) -> dict[str, Any]:
        """Everything counted, JSON-ready: teams by day, pages, surges, what was judged how often."""
        days = sorted({post.day for post in self.posts.values()})
        return {
            "kept": len(self.posts),
            "days": days,
            "teams": {team: {day: dict(kinds) for day, kinds in sorted(by_day.items())} for team, by_day in sorted(self.asks.items())},
            "pages": self.pages[:MOST_PAGES],
            "pages_in_all": len(self.pages),
            "surges": [_surge(one) for one in self._surges.values() if one["absorbed_by"] is None],
            "judged": {facet: dict(Counter(post.got.facets[facet] for post in self.posts.values()).most_common(12)) for facet in FACETS},
            "languages_with_doubt": _doubt_by_language(self.posts),
            "rules": dict(self.rules.most_common()),
        }

    def _judged(self, message: Mapping[str, Any]) -> None:
        signal = message["signal"]
        text = f"{signal['title']}. {signal['text']}" if signal["title"] else signal["text"]
        event = f"{signal['source']}:{signal['id']}"
        got = self._got[event] = Got(kept=True, facets={facet: str(message[facet]) for facet in FACETS})
        text = excerpt(text, TEXT_LIMIT, self._own.on(signal["source"]))
        self.posts[message["id"]] = Judged(event, signal["created_at"][:10], text, message["confidence"], got)

    def _asked(self, message: Mapping[str, Any]) -> None:
        day = message["created_at"][:10]
        self.asks[message["team"]][day][message["kind"]] += 1
        if message["kind"] in _NOT_ASKING:
            return
        paged = message["kind"] == ActionKind.PAGE
        for piece in message["evidence"]:
            post = self.posts.get(piece["information"])
            if post is not None:
                post.got.paged = post.got.paged or paged
                if message["role"] == "owner":
                    post.got.teams.add(message["team"])
        if message["role"] == "owner":
            self.rules[message["rule"]] += 1
            if paged:
                text = next((piece["excerpt"] for piece in message["evidence"]), "")
                page = {name: message[name] for name in ("team", "rule", "summary")}
                self.pages.append({"at": message["created_at"], **page, "text": text})


def _surge(message: Mapping[str, Any]) -> dict[str, Any]:
    picked = ("subject", "facet", "opened_at", "updated_at", "authors", "expected", "origin", "severity")
    return {name: message[name] for name in picked}


def _doubt_by_language(posts: Mapping[str, Judged]) -> dict[str, dict[str, float]]:
    """Language -> posts, and the mean doubt of their least sure facet: a language that nothing was learnt for stands out."""
    found: dict[str, list[float]] = defaultdict(list)
    for post in posts.values():
        found[post.got.facets["language"]].append(post.doubt)
    ordered = sorted(found.items(), key=lambda entry: -len(entry[1]))[:16]
    return {language: {"posts": len(doubts), "doubt": round(sum(doubts) / len(doubts), 3)} for language, doubts in ordered}
