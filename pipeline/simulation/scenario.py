"""What to simulate: a scenario's surges, its roster of employees and the number of events of each kind."""

import math
import random
from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from typing import NamedTuple

from pipeline.simulation.people import People
from schemas.errors import WinnowError

HOUR_MS = 3_600_000
MINUTE_MS = 60_000
EMPLOYEES_PER_SUBJECT = 12
SURGE_FILL = 0.75
"""Area of a surge's trapezoid (rises in 10% of its time, full until 60%, then falls) relative to its plateau."""


def rhythm(at_ms: int) -> float:
    """How much is said at an instant (Unix ms), relative to the average of a day: most in the afternoon (UTC)."""
    hour = at_ms % (24 * HOUR_MS) / HOUR_MS
    return 1 + 0.6 * math.cos((hour - 15) * math.pi / 12)


class ScenarioError(WinnowError):
    """A scenario that cannot be simulated; says which knob is wrong."""


@dataclass(frozen=True, slots=True)
class ScenarioSubject:
    """An organisation that people talk about. ``domain`` picks the vocabulary: airline, bank, mobile or retail."""

    id: str
    name: str
    domain: str = "retail"
    weight: float = 1.0

    @property
    def handle(self) -> str:
        """Account name on every network, without ``@``."""
        return "".join(character for character in self.name if character.isalnum())

    @property
    def terms(self) -> tuple[str, ...]:
        """Everything by which a text may name the subject; texts about it hold at least one, in any case."""
        return tuple(dict.fromkeys((self.name, f"@{self.handle}", f"#{self.handle}", self.handle)))

    @property
    def brand_id(self) -> int:
        """What Zendesk tickets give as ``brand_id``."""
        return 360_000_000_000 + int.from_bytes(blake2b(self.id.encode(), digest_size=4).digest(), "big")

    @property
    def hints(self) -> tuple[str, ...]:
        """Native subject hints: what surveys, app reviews and the forum give, and Zendesk's brand id."""
        return self.id, str(self.brand_id)


SUBJECTS = (
    ScenarioSubject("aurora", "Aurora Air", "airline", 0.5),
    ScenarioSubject("brightbank", "Brightbank", "bank", 0.3),
    ScenarioSubject("cobalt", "Cobalt Mobile", "mobile", 0.2),
)


@dataclass(frozen=True, slots=True)
class Mix:
    """Share of each kind among the events outside surges; what is left is chatter.

    ``surge`` and ``cheer`` multiply rates: ``surge`` 10 means that at its height ten times the subject's ordinary
    events arrive; 1 switches it off.
    """

    irrelevant: float = 0.16
    spam: float = 0.08
    copy: float = 0.10
    complaint: float = 0.14
    question: float = 0.08
    request: float = 0.05
    wish: float = 0.05
    praise: float = 0.07
    report: float = 0.03
    followup: float = 0.04
    late: float = 0.012
    dual_hat: float = 0.008
    redelivery: float = 0.015
    malformed: float = 0.015
    hostile: float = 0.003
    surge: float = 10.0
    cheer: float = 4.0

    def shares(self) -> dict[str, float]:
        """Kind -> share of ordinary events, chatter included; they sum to 1."""
        given = {kind: float(share) for kind, share in asdict(self).items() if kind not in ("surge", "cheer")}
        return {"chatter": 1.0 - sum(given.values()), **given}


NOT_ABOUT_A_SUBJECT = ("irrelevant", "spam", "redelivery", "malformed", "hostile")


class Surge(NamedTuple):
    """One mass reaction: who is hit, from when to when (Unix ms), how many times the ordinary rate."""

    id: str
    subject: str
    sentiment: str
    start_ms: int
    end_ms: int
    factor: float


@dataclass(frozen=True, slots=True)
class Scenario:
    """A stream to simulate; everything about it follows from these values. Raises ScenarioError on senseless ones."""

    seed: int = 7
    events: int = 20_000
    start_ms: int = 1_741_251_600_000  # 2025-03-06T09:00:00Z, a Thursday
    hours: float = 2.0
    subjects: tuple[ScenarioSubject, ...] = SUBJECTS
    mix: Mix = field(default_factory=Mix)

    def __post_init__(self) -> None:
        shares = self.mix.shares()
        if self.events < 1 or not 0.01 <= self.hours <= 24 * 31:
            raise ScenarioError(f"{self.events} events in {self.hours} hours cannot be simulated", hint="events >= 1, hours 0.01..744")
        if not self.subjects or len({subject.id for subject in self.subjects}) < len(self.subjects):
            raise ScenarioError("subjects must be given, each with its own id", hint="name at least one subject")
        if any(not subject.handle or subject.weight <= 0 for subject in self.subjects):
            raise ScenarioError("a subject needs a name with letters and a positive weight", hint="correct the subject")
        if min(shares.values()) < -1e-9:
            raise ScenarioError(
                f"the mix adds up to {1 - shares['chatter']:.3f}, or has a negative share",
                hint="shares are 0..1 and sum to at most 1",
            )
        if min(self.mix.surge, self.mix.cheer) < 1:
            raise ScenarioError("surge and cheer multiply the ordinary rate", hint="1 switches them off")

    @property
    def duration_ms(self) -> int:
        """Length of the run."""
        return int(self.hours * HOUR_MS)

    @property
    def end_ms(self) -> int:
        """When the last ordinary event has arrived."""
        return self.start_ms + self.duration_ms

    def randomness(self, purpose: str) -> random.Random:
        """A source of chance of its own for each purpose, so that a change in one leaves the others alone."""
        return random.Random(f"{self.seed}/{purpose}")  # noqa: S311  # chance that can be repeated, no secret

    def surges(self) -> tuple[Surge, ...]:
        """The smaller positive mass reaction and the negative one, in order of time; empty when switched off."""
        rng = self.randomness("surges")
        rarest_first = sorted(self.subjects, key=lambda subject: (subject.weight, subject.id))
        hit, cheered = rarest_first[0], rarest_first[min(1, len(rarest_first) - 1)]
        length = min(max(self.duration_ms // 10, 5 * MINUTE_MS), 30 * MINUTE_MS, self.duration_ms * 3 // 10)
        found = []
        for name, subject, sentiment, place, factor in (
            ("cheer", cheered, "positive", 0.25, self.mix.cheer),
            ("surge", hit, "negative", 0.55, self.mix.surge),
        ):
            start = self.start_ms + int(self.duration_ms * (place + 0.05 * rng.random()))
            if factor > 1:
                found.append(Surge(f"{name}-{subject.id}-{self.seed}", subject.id, sentiment, start, start + length, factor))
        return tuple(found)

    def counts(self) -> dict[str, int]:
        """Kind -> number of events, summing to ``events``; a surge's events are under its id."""
        shares = self.mix.shares()
        about = sum(share for kind, share in shares.items() if kind not in NOT_ABOUT_A_SUBJECT)
        weights = {subject.id: subject.weight for subject in self.subjects}
        total_weight = sum(weights.values())
        minutes = range(self.start_ms, self.end_ms, MINUTE_MS)
        mean_rhythm = sum(map(rhythm, minutes)) / len(minutes)
        extra = {}
        for surge in self.surges():
            length, middle = surge.end_ms - surge.start_ms, (surge.start_ms + surge.end_ms) // 2
            rate = about * weights[surge.subject] / total_weight * rhythm(middle) / mean_rhythm
            extra[surge.id] = rate * (surge.factor - 1) * SURGE_FILL * length / self.duration_ms
        ordinary = self.events / (1 + sum(extra.values()))
        found = {kind: int(ordinary * share) for kind, share in (shares | extra).items() if kind != "chatter"}
        return {"chatter": self.events - sum(found.values()), **found}

    def employees(self) -> tuple[tuple[str, str, str], ...]:
        """(source as a Signal gives it, native author id, id of the employing subject) of every employee's accounts."""
        people = People(self.seed)
        return tuple(
            (source, account, subject.id)
            for place, subject in enumerate(self.subjects)
            for number in range(EMPLOYEES_PER_SUBJECT)
            for source, account in people.employee(place, number).accounts()
        )

    def roster(self) -> dict[str, str]:
        """Native author id -> id of the subject that employs this person, for every account of every employee."""
        return {account: subject for _, account, subject in self.employees()}
