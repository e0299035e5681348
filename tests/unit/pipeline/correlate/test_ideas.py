"""Wishes: the same wish in other words should meet, different wishes should not."""

import random
from itertools import combinations

import orjson
import pytest

from pipeline.correlate import ideas as ideas_module
from pipeline.correlate.cases import CaseConfig
from pipeline.correlate.contributions import Contributions
from pipeline.correlate.ideas import IdeaConfig, Ideas, _Rarity
from pipeline.correlate.information import Piece, parse
from pipeline.correlate.registry import Registry
from pipeline.correlate.shard import CorrelateConfig
from pipeline.correlate.situation import Cause, OpenSituation
from pipeline.correlate.wish_stems import wish_words
from tests.unit.pipeline.correlate.wishes import WISHES as MANY_WISHES
from tests.unit.pipeline.correlate.wishes_second import WISHES as OTHER_WISHES
from tests.unit.pipeline.correlate.wishes_third import WISHES as THIRD_WISHES
from tests.unit.pipeline.correlate.world import MINUTE, START, World, information, records

WISHES = {
    "dark mode": [
        "please add a dark mode to the app",
        "a dark mode would be wonderful",
        "dark mode when? my eyes hurt at night",
        "I wish the app had a dark theme",
        "any plans for dark mode?",
        "would love a dark theme for reading at night",
    ],
    "bag tracking": [
        "let us track our bags in the app",
        "I want to see where my checked bag is",
        "can you add bag tracking?",
        "please show where my bag is in the app",
        "live tracking of checked bags would be great",
        "tracking for luggage and bags please",
    ],
    "calendar": [
        "export my bookings to the calendar please",
        "add trips to google calendar",
        "sync bookings with my calendar",
        "calendar export for trips",
        "could trips show up in my phone calendar?",
        "an option to put the booking into the calendar",
    ],
    "vegan": [
        "more vegan meals please",
        "offer a vegan meal on board",
        "vegan food on flights would be great",
        "why is there no vegan meal option?",
        "I wish there were vegan meals on short flights",
        "please serve vegan food",
    ],
    "fingerprint": [
        "let me log in with my fingerprint",
        "fingerprint login please",
        "support fingerprint unlock for login",
        "I would like to sign in by fingerprint instead of a password",
        "add fingerprint sign in",
        "fingerprint to unlock the app",
    ],
    "spending": [
        "show my spending per category",
        "categories for spending would help",
        "a chart of monthly spending by category",
        "let me set categories for my spending",
        "spending overview by category please",
        "monthly spending report with categories",
    ],
    "roaming": [
        "warn me before roaming charges start",
        "a roaming alert would save money",
        "send an alert when roaming costs begin",
        "please notify us of roaming charges",
        "roaming cost warnings please",
        "alert for roaming charges abroad",
    ],
    "seat map": [
        "show the seat map before I pay",
        "seat map at booking please",
        "I want to see the seat map earlier",
        "let us view the seat map before paying",
        "a better seat map with legroom",
        "please add the legroom to the seat map",
    ],
    "family": [
        "a family plan with shared data",
        "share data between family members",
        "family data sharing please",
        "one plan for the whole family with shared data",
        "let my family share my data",
        "shared family data plan",
    ],
    "cards": [
        "freeze my card in the app",
        "let me freeze a lost card",
        "card freeze button please",
        "an option to freeze and unfreeze the card",
        "I want to freeze the card myself",
        "temporary card freeze would be useful",
    ],
}


class Traced(Ideas):
    """Ideas that remember which group became part of which."""

    def __init__(self) -> None:
        super().__init__(IdeaConfig(), Registry("test"), Contributions(window_ms=60 * MINUTE, entries=1_000))
        self.into: dict[str, str] = {}

    def tell(self, number: int, text: str, subject: str = "aurora") -> str:
        """One wish of one more person; the id of its group."""
        at = START + number * MINUTE
        piece = parse(orjson.dumps(information(f"w{number}", at, text, intent="request", subject=subject)), b"key")
        assert isinstance(piece, Piece)
        cause = Cause(piece.id, piece.appended_at, piece.lineage, piece.model, "information/0/0")
        group = self.place(piece, cause, at)
        if group is None:
            return f"none {number}"
        group.add(piece, cause, at, copy=False, reposted=False, late=False)
        if self.matters(group):
            group.emit(at, "test")
        return group.id

    def now(self, group: str) -> str:
        """What a group is part of by now."""
        while group in self.into:
            group = self.into[group]
        return group

    def _unite(self, group: OpenSituation, other: OpenSituation, rarity: _Rarity) -> OpenSituation:
        kept = super()._unite(group, other, rarity)
        self.into.update({one.id: kept.id for one in (group, other) if one.id not in self._registry.situations})
        return kept


def grouped(wishes: dict[str, list[str]], seed: int, subjects: int = 1) -> tuple[float, float]:
    """(precision, recall) over pairs of wishes, told in random order by a person each, about so many subjects."""
    told = [(name, text, number % subjects) for number, (name, texts) in enumerate(wishes.items()) for text in texts]
    random.Random(seed).shuffle(told)
    ideas = Traced()
    places = [ideas.tell(number, text, f"subject-{subject}") for number, (_, text, subject) in enumerate(told)]
    places = [ideas.now(place) for place in places]
    pairs = [(told[i][0] == told[j][0], places[i] == places[j]) for i, j in combinations(range(len(told)), 2)]
    met = sum(same and together for same, together in pairs)
    return met / sum(together for _, together in pairs), met / sum(same for same, _ in pairs)


def f1(precision: float, recall: float) -> float:
    """Harmonic mean."""
    return 2 * precision * recall / (precision + recall)


@pytest.mark.parametrize("seed", range(4))
def test_the_same_wish_in_other_words_meets(seed: int) -> None:
    """In whatever order they come, most pairs of the same wish should be one group and hardly any of different wishes."""
    precision, recall = grouped(WISHES, seed)
    assert precision > 0.8
    assert recall > 0.9


@pytest.mark.parametrize("seed", range(6))
def test_thirty_wishes_in_twenty_wordings_meet(seed: int) -> None:
    """Of 600 wordings of thirty wishes, in any order, pairs should be grouped with an F1 of .80."""
    assert {len(texts) for texts in MANY_WISHES.values()} == {20}
    assert len(MANY_WISHES) == 30
    precision, recall = grouped(MANY_WISHES, seed)
    assert f1(precision, recall) >= 0.80


@pytest.mark.parametrize("seed", range(3))
def test_wishes_of_other_trades_meet(seed: int) -> None:
    """Of wishes nobody tuned to, most of which name the matter in words of their own, pairs should be grouped as well as words allow.

    A classifier that has learned from 19 wordings of each reaches .52 here, and a sentence encoder .64: this is the harder set.
    """
    assert {len(texts) for texts in OTHER_WISHES.values()} == {20}
    assert len(OTHER_WISHES) == 30
    precision, recall = grouped(OTHER_WISHES, seed)
    assert precision >= 0.5
    assert f1(precision, recall) >= 0.30
    precision, recall = grouped(OTHER_WISHES, seed, subjects=6)
    assert precision >= 0.75
    assert f1(precision, recall) >= 0.33


@pytest.mark.parametrize("seed", range(3))
def test_wishes_measured_once_meet(seed: int) -> None:
    """Of a third set, measured once when all was done, pairs should be grouped no worse than then."""
    assert (len(THIRD_WISHES), {len(texts) for texts in THIRD_WISHES.values()}) == (15, {12})
    precision, recall = grouped(THIRD_WISHES, seed)
    assert precision >= 0.7
    assert f1(precision, recall) >= 0.44


BRIDGE = ("kennels for huskies", "a sauna for skiers", "husky kennel, skiers sauna")


def test_a_wish_that_says_both_makes_two_groups_one() -> None:
    """Wordings without a common word should be one group as soon as others have words of both."""
    ideas = Traced()
    groups = [ideas.tell(number, text) for number, text in enumerate(BRIDGE)]
    assert groups[0] != groups[1]
    assert len({ideas.now(group) for group in groups}) == 1
    assert sum(situation.tally.events for situation in ideas._registry.situations.values()) == len(BRIDGE)


def test_two_ideas_that_were_told_stay_two() -> None:
    """What somebody has been told of as two ideas should not become one behind their back."""
    ideas = Traced()
    first = [ideas.tell(number, f"bicycle hooks, number {number}") for number in range(6)]
    second = [ideas.tell(number, f"quiet wagons, row {number}") for number in range(10, 16)]
    bridges = [ideas.tell(number, "quiet wagons with bicycle hooks") for number in range(20, 30)]
    assert ideas.now(first[0]) == first[0] != second[0] == ideas.now(second[0])
    assert {ideas.now(group) for group in bridges} <= {first[0], second[0]}


@pytest.mark.parametrize("size", [1, 7, 60])
def test_ideas_are_the_same_whatever_the_batches_and_crashes(size: int) -> None:
    """Wishes told in batches of any size, with a crash after each, should give what one batch gives: revisions, ids, state."""
    told = [text for texts in list(OTHER_WISHES.values())[:12] for text in texts[:5]]
    random.Random(3).shuffle(told)
    wishes = [information(f"w{n}", START + n * MINUTE, text, intent="request") for n, text in enumerate(told)]
    whole, parts = World(), World()
    whole.take(records(wishes))
    for start in range(0, len(wishes), size):
        parts.take(records(wishes)[start : start + size])
        parts.crash()
    assert parts.situations("idea") == whole.situations("idea") != []
    ideas = [key for key in whole.state if key.startswith(b"situation/")]
    assert {key: parts.state.get(key) for key in ideas} == {key: whole.state[key] for key in ideas}


def test_groups_are_bounded_and_forgotten() -> None:
    """Beyond the limit the quietest group should go, with every word of it."""
    world = World(config=CorrelateConfig(cases=CaseConfig(1.0, 1.0), ideas=IdeaConfig(most_groups=5)))
    wishes = [information(f"w{n}", START + n * MINUTE, f"please build thing{n} with part{n}", intent="request") for n in range(40)]
    world.take(records(wishes))
    assert sum(key.startswith(b"situation/") for key in world.state) == 5


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Please add dark mode!", ["dark", "mod"]),
        ("@acme would you add that? https://t.co/x", []),
        ("Tracking of bags, bag tracking", ["track", "bag"]),
    ],
)
def test_telling_words(text: str, words: list[str]) -> None:
    """Handles, links and words that every wish holds should not tell wishes apart; endings should not either."""
    assert wish_words(text) == words


@pytest.mark.parametrize(("most", "finds"), [(512, True), (3, False)])
def test_a_word_that_too_many_groups_say_finds_none(monkeypatch: pytest.MonkeyPatch, most: int, finds: bool) -> None:
    """A less common one still does. So no flood of wishes makes one cost more and more, and few groups are all compared."""
    monkeypatch.setattr(ideas_module, "MOST_COMPARED", most)
    ideas = Traced()
    groups = [
        ideas.tell(number, f"zebra {words}") for number, words in enumerate(["kumquat", "walnut gondola", "bassoon quartz", "dingo yurt"])
    ]
    assert len(set(groups)) == 4
    assert ideas.tell(5, "zebra kumquat") == groups[0]
    assert (ideas.tell(6, "zebra") in groups) is finds
