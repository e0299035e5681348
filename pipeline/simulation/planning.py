"""Who says what when: one `Planned` per event of a scenario, sorted by arrival, before any text is written."""

from bisect import bisect_left
from dataclasses import dataclass
from itertools import accumulate

from pipeline.simulation.people import CROWD, EMPLOYEES, SPAMMERS
from pipeline.simulation.post import POSTS
from pipeline.simulation.scenario import EMPLOYEES_PER_SUBJECT, MINUTE_MS, Scenario, ScenarioSubject, Surge, rhythm

_MIXED = (
    ("x", 0.50),
    ("mastodon", 0.63),
    ("bluesky", 0.76),
    ("signal", 0.83),
    ("appstore", 0.91),
    ("zendesk", 0.96),
    ("survey", 1.0),
)
_PUBLIC = (("x", 0.60), ("mastodon", 0.78), ("bluesky", 0.95), ("signal", 1.0))
_NETWORKS = (("x", 0.66), ("mastodon", 0.82), ("bluesky", 1.0))
"""Source and cumulated share, for: anything, what only happens in public, what only happens on social networks."""

_SPEAKERS = {
    "chatter": (0.05, ("prospect", "investor")),
    "question": (0.08, ("prospect", "media")),
    "request": (0.10, ("partner",)),
    "report": (0.16, ("authority", "media", "investor")),
}
"""Kind -> share of it that comes from people who are not customers, and who they are."""

_ANYWHERE = ("complaint", "question", "request", "wish", "praise", "report")
_SINGLES = ("irrelevant", *_ANYWHERE, "late", "dual_hat", "malformed", "hostile")
"""What people also say in reviews, tickets and surveys."""

_ZIPF_SHIFT = 60
"""Zipf-Mandelbrot: without the shift the first author alone would write a tenth of everything."""
IDEA_WEIGHTS = (0.6, 0.9, 1.0)


@dataclass(slots=True)
class Planned:
    """One event to come. ``says`` is a grammar symbol, ``target`` the number of the event it repeats or answers, or -1.

    ``group`` names its campaign, cascade, thread, surge or idea; ``variant`` is what that group or kind needs.
    """

    number: int
    at_ms: int
    kind: str
    says: str
    source: str
    subject: int
    person: int
    group: str = ""
    variant: int = 0
    target: int = -1
    late_ms: int = 0


class Planner:
    """Draws a plan; one use."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.rng = scenario.randomness("plan")
        self.planned: list[Planned] = []
        self._crowd = CROWD
        self._authors = max(200, scenario.events // 3)
        self._subjects = list(accumulate(subject.weight for subject in scenario.subjects))
        self._minutes = list(accumulate(rhythm(at) for at in range(scenario.start_ms, scenario.end_ms, MINUTE_MS)))

    def plan(self) -> list[Planned]:
        """Exactly ``scenario.events`` events in order of arrival; an event always comes after its target."""
        counts = self.scenario.counts()
        for kind in _SINGLES:
            for turn in range(counts[kind]):
                self._single(kind, turn)
        for surge in self.scenario.surges():
            for _ in range(counts[surge.id]):
                self._in_surge(surge)
        self._campaigns(counts["spam"])
        self._threads(counts["followup"])
        self._cascades(counts["copy"])
        for _ in range(self.scenario.events - counts["redelivery"] - len(self.planned)):
            self._single("chatter", 0)
        self._redeliveries(counts["redelivery"])
        return sorted(self.planned, key=lambda planned: (planned.at_ms, planned.number))

    def _add(self, kind: str, at_ms: int, says: str, *, source: str, subject: int, person: int) -> Planned:
        planned = Planned(len(self.planned), at_ms, kind, says, source, subject, person)
        self.planned.append(planned)
        return planned

    def _single(self, kind: str, turn: int) -> None:
        rng, subject = self.rng, bisect_left(self._subjects, self.rng.random() * self._subjects[-1])
        says = self._says(kind, self.scenario.subjects[subject])
        sources = _PUBLIC if kind in ("chatter", "dual_hat", "irrelevant") or says not in _ANYWHERE else _MIXED
        source = "x" if kind in ("malformed", "hostile") else self._source(sources)
        planned = self._add(kind, self._moment(), says, source=source, subject=subject, person=self._author())
        planned.variant = turn
        if kind == "wish":
            planned.variant = bisect_left(IDEA_WEIGHTS, rng.random())
            planned.group = f"idea-{self.scenario.subjects[subject].id}-{planned.variant}"
        elif kind == "dual_hat":
            planned.person = EMPLOYEES + 1_000 * subject + rng.randrange(EMPLOYEES_PER_SUBJECT)
        elif kind == "late":
            planned.late_ms = rng.randrange(11 * MINUTE_MS, 180 * MINUTE_MS)

    def _says(self, kind: str, subject: ScenarioSubject) -> str:
        """The grammar symbol for one event of a kind."""
        rng = self.rng
        dice = rng.random()
        if kind in ("late", "dual_hat"):
            return rng.choice(("complaint", "complaint", "question", "praise", "chatter"))
        if kind in ("malformed", "hostile"):
            return "complaint"
        if kind == "irrelevant" and dice < 0.03 and " " in subject.name:  # else it would be the name itself
            return "homonym"
        if kind in ("chatter", "praise") and dice > 0.98:
            return "short"
        if kind in _SPEAKERS and dice < _SPEAKERS[kind][0]:
            return f"stakeholder.{rng.choice(_SPEAKERS[kind][1])}"
        return kind

    def _in_surge(self, surge: Surge) -> None:
        rng, length = self.rng, surge.end_ms - surge.start_ms
        subject = [subject.id for subject in self.scenario.subjects].index(surge.subject)
        place, height = rng.random(), rng.random()
        while height > min(place / 0.1, 1.0, (1 - place) / 0.4):
            place, height = rng.random(), rng.random()
        person = self._author()
        if rng.random() < 0.9:
            self._crowd += 1
            person = self._crowd
        says = "surge" if surge.sentiment == "negative" else "cheer"
        at_ms, source = surge.start_ms + int(place * length), self._source(_PUBLIC)
        planned = self._add("surge", at_ms, says, source=source, subject=subject, person=person)
        planned.group = surge.id

    def _campaigns(self, count: int) -> None:
        rng, campaign = self.rng, 0
        while count > 0:
            size = min(count, rng.randrange(8, 60))
            start, length = self._moment(), rng.randrange(4, 40) * MINUTE_MS
            accounts = max(3, size // rng.randrange(1, 5))
            subject, source = rng.randrange(len(self._subjects)) if rng.random() < 0.6 else -1, self._source(_NETWORKS)
            for _ in range(size):
                at_ms = self._within(start, rng.random() * length)
                person = SPAMMERS + campaign * 1_000 + rng.randrange(accounts)
                planned = self._add("spam", at_ms, "spam", source=source, subject=subject, person=person)
                planned.group, planned.variant = f"campaign-{campaign}", campaign
            count, campaign = count - size, campaign + 1

    def _threads(self, count: int) -> None:
        rng = self.rng
        roots = self._roots(("complaint", "question"), POSTS)
        while count > 0 and roots:
            root = roots.pop()
            size, at_ms = min(count, rng.choice((1, 1, 2, 3, 5))), root.at_ms
            root.group = f"thread-{root.number}"
            for turn in range(size):
                at_ms = self._within(at_ms, rng.uniform(40_000, 22 * MINUTE_MS))
                last_in_forum = root.source == "signal" and turn == size - 1 and rng.random() < 0.8
                says = "answer" if last_in_forum else "followup" if rng.random() < 0.7 else "same_here"
                person = root.person if says == "followup" else self._author()
                planned = self._add("followup", at_ms, says, source=root.source, subject=root.subject, person=person)
                planned.group, planned.target = root.group, root.number
            count -= size

    def _cascades(self, count: int) -> None:
        rng = self.rng
        roots = self._roots(("complaint", "praise", "report", "surge", "wish"), tuple(name for name, _ in _NETWORKS))
        cascade = 0
        while count > 0 and roots:
            root = roots.pop()
            size = min(count, 80, int(2 * rng.random() ** -0.8))
            for _ in range(size):
                native = root.source != "bluesky" and rng.random() < 0.7
                source = root.source if native else self._source(_PUBLIC)
                at_ms = self._within(root.at_ms, 2_000 + rng.expovariate(1 / (8 * MINUTE_MS)))
                says, person = "retweet" if native else "paste", self._author(even=True)
                planned = self._add("copy", at_ms, says, source=source, subject=root.subject, person=person)
                planned.group, planned.target = f"cascade-{cascade}", root.number
            count, cascade = count - size, cascade + 1

    def _redeliveries(self, count: int) -> None:
        rng = self.rng
        sound = [planned.number for planned in self.planned if planned.kind != "malformed"]
        for _ in range(count if sound else 0):
            first = self.planned[rng.choice(sound)]
            soon, later = rng.uniform(500, 20_000), rng.uniform(20_000, 15 * MINUTE_MS)
            again = self._add(
                "redelivery", self._within(first.at_ms, rng.choice((soon, later))), first.says, source=first.source,
                subject=first.subject, person=first.person,
            )  # fmt: skip
            again.target = first.number

    def _roots(self, kinds: tuple[str, ...], sources: tuple[str, ...]) -> list[Planned]:
        """Events that may be answered or copied, in random order; none in the last moments of the run."""
        latest = self.scenario.end_ms - self.scenario.duration_ms // 50
        early = (planned for planned in self.planned if planned.at_ms < latest)
        found = [planned for planned in early if planned.kind in kinds and planned.source in sources]
        self.rng.shuffle(found)
        return found

    def _moment(self) -> int:
        minute = bisect_left(self._minutes, self.rng.random() * self._minutes[-1])
        return min(self.scenario.start_ms + int((minute + self.rng.random()) * MINUTE_MS), self.scenario.end_ms - 1)

    def _within(self, start_ms: int, delay_ms: float) -> int:
        """An instant after ``start_ms``, before the end of the run where there is room."""
        left = self.scenario.end_ms - start_ms
        return start_ms + max(1, int(delay_ms if delay_ms < left else left * self.rng.random()))

    def _author(self, *, even: bool = False) -> int:
        share, most = self.rng.random(), self._authors
        if even:
            return int(share * most)
        return int((most + _ZIPF_SHIFT) ** share * _ZIPF_SHIFT ** (1 - share)) - _ZIPF_SHIFT

    def _source(self, shares: tuple[tuple[str, float], ...]) -> str:
        dice = self.rng.random()
        return next(name for name, upto in shares if dice < upto)
