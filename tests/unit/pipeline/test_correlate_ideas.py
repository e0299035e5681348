"""Wishes: the same wish in other words should meet, different wishes should not."""

import random
from itertools import combinations

import orjson
import pytest

from pipeline.correlate import CorrelateConfig
from pipeline.correlate_board import Board
from pipeline.correlate_heard import Heard, hear
from pipeline.correlate_ideas import IdeaConfig, Ideas, wish_words
from pipeline.situations import Cause
from tests.unit.pipeline.correlate_world import MINUTE, START, World, information, records
from tests.unit.pipeline.wishes import WISHES as MANY_WISHES

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


def grouped(wishes: dict[str, list[str]], seed: int) -> tuple[float, float]:
    """(precision, recall) over pairs of wishes, told in random order by a person each."""
    told = [(name, text) for name, texts in wishes.items() for text in texts]
    random.Random(seed).shuffle(told)
    ideas = Ideas(IdeaConfig(), Board("test"))
    places = []
    for number, (_, text) in enumerate(told):
        at = START + number * MINUTE
        heard = hear(orjson.dumps(information(f"w{number}", at, text, intent="request")), b"key")
        assert isinstance(heard, Heard)
        cause = Cause(heard.id, heard.appended_at, heard.lineage, heard.model, "information/0/0")
        group = ideas.place(heard, cause, at)
        if group is not None:
            group.add(heard, cause, at, copy=False, reposted=False, late=False)
        places.append(group.id if group is not None else f"none {number}")
    pairs = [(told[i][0] == told[j][0], places[i] == places[j]) for i, j in combinations(range(len(told)), 2)]
    met = sum(same and together for same, together in pairs)
    return met / sum(together for _, together in pairs), met / sum(same for same, _ in pairs)


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
    assert 2 * precision * recall / (precision + recall) >= 0.80


def test_groups_are_bounded_and_forgotten() -> None:
    """Beyond the limit the quietest group should go, with every word of it."""
    world = World(config=CorrelateConfig(ideas=IdeaConfig(most_groups=5)))
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
