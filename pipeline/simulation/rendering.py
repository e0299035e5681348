"""From plan to payload: `Simulated` records with their truth, in order of arrival."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import orjson

from pipeline.simulation.hostile import bend, spoil
from pipeline.simulation.networks import TEXT_LIMITS
from pipeline.simulation.payloads import native
from pipeline.simulation.people import People
from pipeline.simulation.planning import Planned
from pipeline.simulation.post import FEEDBACK, Post
from pipeline.simulation.scenario import Scenario, ScenarioSubject
from pipeline.simulation.writing import Writer, edited, shortened

Truth = dict[str, object]

_INTENTS = {"complaint": "complaint", "surge": "complaint", "followup": "complaint", "same_here": "complaint",
            "question": "question", "request": "request", "wish": "request", "praise": "praise", "cheer": "praise",
            "report": "report"}  # fmt: skip
_SENTIMENTS = {"complaint": "negative", "surge": "negative", "followup": "negative", "same_here": "negative",
               "report": "negative", "praise": "positive", "cheer": "positive"}  # fmt: skip
_STARS = {"complaint": (1, 2), "surge": (1, 1), "report": (1, 2), "praise": (5, 5), "cheer": (5, 5), "wish": (3, 4)}
_GROUP_NAMES = {"spam": "campaign", "copy": "cascade", "surge": "surge", "wish": "idea"}


class Simulated(NamedTuple):
    """One record as it would arrive. ``truth`` is what only the simulator knows; nothing of it is in ``value``.

    topic: ``posts`` or ``feedback``. at_ms: arrival, Unix ms. Truth always has: kind, says (sort of text), subject,
    event (native id), author, language, noise, intent, sentiment, stakeholder, dual_hat, late_ms, expected (its
    disposition in sift where that is certain, else None); and where it applies: campaign, cascade, thread, surge, idea,
    copy_of, answers, first_kind (of a redelivery), variant and code (of a malformed record).
    """

    topic: str
    source: str
    key: bytes
    value: bytes
    at_ms: int
    truth: Truth


class Renderer:
    """Writes a run's events one after the other; remembers only what later events repeat or answer."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.rng = scenario.randomness("words")
        self.people = People(scenario.seed)
        self.writer = Writer(scenario.subjects)
        self._campaigns: dict[str, str] = {}
        self._posts: dict[int, Post] = {}
        self._records: dict[int, Simulated] = {}

    def render(self, plan: Iterable[Planned]) -> Iterator[Simulated]:
        """All records in order; the plan must hold every target before what refers to it."""
        plan = list(plan)
        wanted = Counter(planned.target for planned in plan)
        for planned in plan:
            if planned.kind == "redelivery":
                record = self._again(planned)
            else:
                post, truth = self._said(planned)
                record = self._record(planned, post, truth)
                if wanted[planned.number]:
                    self._posts[planned.number], self._records[planned.number] = post, record
            if planned.target >= 0:
                self._forget(planned.target, wanted)
            yield record

    def _forget(self, target: int, wanted: Counter[int]) -> None:
        wanted[target] -= 1
        if not wanted[target]:
            self._posts.pop(target, None)
            self._records.pop(target, None)

    def _again(self, planned: Planned) -> Simulated:
        first = self._records[planned.target]
        truth = {**first.truth, "kind": "redelivery", "first_kind": first.truth["kind"], "expected": "redelivered"}
        return first._replace(at_ms=planned.at_ms, truth=truth)

    def _record(self, planned: Planned, post: Post, truth: Truth) -> Simulated:
        payload = native(post)
        topic, key = "feedback" if post.source in FEEDBACK else "posts", post.id.encode()
        if planned.kind != "malformed":
            return Simulated(topic, post.source, key, orjson.dumps(payload), planned.at_ms, truth)
        spoiled = spoil(payload, planned.variant, self.rng)
        truth |= {"event": None, "variant": spoiled.variant, "code": spoiled.code, "expected": "rejected"}
        topic = "feedback" if spoiled.source in FEEDBACK else "posts"
        return Simulated(topic, spoiled.source, key, spoiled.value, planned.at_ms, truth)

    def _said(self, planned: Planned) -> tuple[Post, Truth]:
        rng, subject = self.rng, self.scenario.subjects[planned.subject] if planned.subject >= 0 else None
        target = self._posts.get(planned.target)
        created_ms = planned.at_ms - planned.late_ms - 200 - min(int(rng.expovariate(1 / 3_000)), 45_000)
        author = self.people.person(planned.person)
        post = Post(planned.number, planned.source, author, "", created_ms, planned.at_ms, "en", subject)
        if target is not None:
            post.created_ms = max(created_ms, target.created_ms + 300)
        self._write(planned, post, target)
        low, high = _STARS.get(planned.says, (3, 4))
        post.stars, post.likes = rng.randint(low, high), int(author.followers * rng.random() ** 4 / 20)
        if planned.source in ("appstore", "zendesk"):
            post.title = " ".join(post.text.split()[:6]).rstrip(".,:!?")
        return post, self._truth(planned, post, target)

    def _write(self, planned: Planned, post: Post, target: Post | None) -> None:
        rng, says, subject = self.rng, planned.says, post.subject
        if planned.kind == "copy":
            original = self._posts[planned.target]
            native_repost = says == "retweet"
            post.text, post.language = original.text if native_repost else edited(original.text, rng), original.language
            post.original = original if native_repost else None
        elif planned.kind == "spam":
            if planned.group not in self._campaigns:
                self._campaigns[planned.group] = self.writer.campaign(subject, rng)
            post.text = self.writer.spin(self._campaigns[planned.group], rng)
            if subject is not None and subject.handle.lower() not in post.text.lower():
                post.subject = None
        elif planned.kind == "irrelevant":
            post.language = self.writer.language(says, post.author.language)
            not_meant = self.scenario.subjects[planned.subject]
            post.text, post.subject = self.writer.elsewhere(says, post.language, rng, not_meant), None
        else:
            self._write_about(planned, post, self.scenario.subjects[planned.subject])
            post.parent = post.root = target
            post.accepted = says == "answer"
        if planned.kind != "hostile":
            post.text = _fitted(post.text, planned.source, None if planned.kind in ("irrelevant", "spam") else subject)

    def _write_about(self, planned: Planned, post: Post, subject: ScenarioSubject) -> None:
        post.language = self.writer.language(planned.says, post.author.language)
        idea = planned.variant if planned.kind == "wish" else 0
        post.text = self.writer.about(planned.says, subject, post.language, self.rng, idea)
        if planned.kind == "hostile":
            post.text = bend(post.text, planned.variant)[1]

    def _truth(self, planned: Planned, post: Post, target: Post | None) -> Truth:
        says = planned.says
        speaker = says.removeprefix("stakeholder.") if says.startswith("stakeholder.") else "customer"
        truth: Truth = {
            "kind": "answer" if says == "answer" else planned.kind,
            "says": says,
            "subject": post.subject.id if post.subject else None,
            "event": post.id,
            "author": post.author_id,
            "language": post.language,
            "noise": planned.kind in ("spam", "irrelevant"),
            "intent": _INTENTS.get(says, "other"),
            "sentiment": _SENTIMENTS.get(says, "neutral"),
            "stakeholder": "employee" if planned.kind == "dual_hat" else speaker,
            "dual_hat": planned.kind == "dual_hat",
            "late_ms": planned.late_ms,
            "expected": None,
        }
        if planned.group:
            truth[_GROUP_NAMES.get(planned.kind, "thread")] = planned.group
        if target is not None:
            truth["copy_of" if planned.kind == "copy" else "answers"] = target.id
        if planned.kind == "hostile":
            truth["variant"] = bend("", planned.variant)[0]
        return truth


def _fitted(text: str, source: str, subject: ScenarioSubject | None) -> str:
    """Cut to what the network allows, without losing the subject's name to the cut."""
    limit = TEXT_LIMITS.get(source)
    if limit is None or len(text) <= limit:
        return text
    cut = shortened(text, limit)
    if subject is None or any(term.lower() in cut.lower() for term in subject.terms):
        return cut
    return f"@{subject.handle} {shortened(text, limit - len(subject.handle) - 2)}"
