"""What floods do to correlate: no false mass reaction, no state without bounds, nothing thrown, whatever one or few accounts do."""

import random
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from pipeline.simulation.scenario import SUBJECTS
from pipeline.simulation.writing import Writer
from schemas.times import iso
from tests.unit.pipeline.correlate.world import HOUR, MINUTE, START, World, complaint, information, records, watermark

Told = dict[str, Any]
WRITER = Writer(SUBJECTS)
CALM = 120
AFTER = START + CALM * MINUTE
DAY = 24 * HOUR
LATEST = 253_402_300_799_999
"""The last millisecond of the year 9999."""


def own_words(chance: random.Random) -> str:
    """What one person writes when something goes wrong."""
    return WRITER.about("surge", SUBJECTS[0], "en", chance)


def calm(subject: str = "aurora", minutes: int = CALM) -> list[Told]:
    """A remark a minute, by somebody else each."""
    chance = random.Random(4)
    return [complaint(f"{subject}-calm-{n}", START + n * MINUTE, own_words(chance), subject=subject) for n in range(minutes)]


SHAPES: dict[str, Callable[[int, random.Random], Told]] = {
    "own words": lambda n, chance: {"text": own_words(chance)},
    "the same": lambda n, chance: {"text": "nobody answers me and I want my money back from you today"},
    "nearly the same": lambda n, chance: {"text": f"nobody answers me and I want my money back from you today {n}"},
    "reposts": lambda n, chance: {"text": f"RT @user{n % 7}: {own_words(chance)}", "repost_of": f"root-{n % 50}"},
    "quotes": lambda n, chance: {"text": own_words(chance), "quote_of": f"root-{n % 50}"},
    "answers": lambda n, chance: {"text": own_words(chance), "thread": f"thread-{n % 20}", "in_reply_to": f"post-{n % 90}"},
    "wishes": lambda n, chance: {"text": "please add a dark theme to the app", "intent": "request", "sentiment": "neutral"},
    "tickets": lambda n, chance: {"text": own_words(chance), "kind": "ticket", "thread": f"ticket-{n}"},
    "praise": lambda n, chance: {"text": "best airline ever", "sentiment": "positive", "sentiment_score": 0.9, "intent": "praise"},
    "nothing": lambda n, chance: {"text": ""},
    "emoji": lambda n, chance: {"text": "🔥" * (n % 30 + 1)},
}


def storm(authors: int, posts: int, minutes: float, shapes: Iterable[str] = SHAPES, subjects: Iterable[str] = ("aurora",)) -> list[Told]:
    """So many posts in so many minutes by few accounts in turn, of all shapes in turn, about all subjects in turn."""
    chance, shapes, subjects = random.Random(9), list(shapes), list(subjects)
    found = []
    for n in range(posts):
        at = AFTER + int(n * minutes * MINUTE / posts)
        over = {"author": f"bot-{n % authors}", "subject": subjects[n % len(subjects)], **SHAPES[shapes[n % len(shapes)]](n, chance)}
        found.append(complaint(f"storm-{n}", at, **over))
    return found


def world_of(messages: Iterable[Told]) -> World:
    """A world that has taken all of it, in order of its clock."""
    world = World()
    world.take(records(sorted(messages, key=lambda message: message["clock"])))
    return world


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("authors", [1, 9])
def test_few_accounts_are_no_mass_reaction_in_any_shape(authors: int, shape: str) -> None:
    """A thousand posts of one shape by one account, or nine, within ten minutes should be no surge, and no idea of fewer than five."""
    world = world_of([*calm(), *storm(authors, 1_000, 10, [shape])])
    assert not world.situations("surge")
    assert all(idea["authors"] >= 5 for idea in world.situations("idea"))


def test_one_account_in_all_shapes_costs_little() -> None:
    """Five thousand posts of one account in all shapes should raise nothing, open few cases, tell few revisions and keep little state."""
    world = world_of([*calm(), *storm(1, 5_000, 50)])
    assert not world.situations("surge")
    assert not world.situations("idea")
    assert len({case["id"] for case in world.situations("case") if case["events"] > 1_000}) <= 1
    assert len(world.outputs) < CALM * 4 + 200
    kept = {key: value for key, value in world.state.items() if not key.startswith(b"dup")}
    assert sum(map(len, kept.values())) < 1_500_000


@pytest.mark.slow
@pytest.mark.parametrize("authors", [1, 9])
def test_accounts_that_roam_over_subjects_raise_nothing(authors: int) -> None:
    """One account, or nine, that post about two hundred subjects in turn should raise no surge about any of them."""
    subjects = [f"subject-{n}" for n in range(200)]
    quiet = [complaint(f"{name}-{n}", START + n * 20 * MINUTE, subject=name) for n in range(6) for name in subjects]
    world = world_of([*quiet, *storm(authors, 4_000, 20, subjects=subjects)])
    assert not world.situations("surge")


def test_bots_that_alternate_between_two_subjects_raise_nothing() -> None:
    """Nine bots that throw their posts now at one subject, now at another should raise no surge about either."""
    world = world_of([*calm("aurora"), *calm("cobalt"), *storm(9, 1_500, 15, subjects=["aurora", "cobalt"])])
    assert not world.situations("surge")


FLOODS: dict[str, Callable[[int], Told]] = {
    "late": lambda n: complaint(f"f-{n}", AFTER + n * 500, f"remark {n} of long ago", created_ms=AFTER + n * 500 - 2 * HOUR),
    "late by days": lambda n: complaint(f"f-{n}", AFTER + n * 500, f"remark {n} of old", created_ms=AFTER + n * 500 - 40 * DAY),
    "before all time": lambda n: complaint(f"f-{n}", AFTER + n * 500, f"remark {n} of old", created_ms=n),
    "backfilled": lambda n: complaint(f"f-{n}", AFTER + n * 500, f"remark {n} of another time", backfill=True),
    "redelivered": lambda n: complaint(f"f-{n % 5}", AFTER + n * 500, f"remark {n % 5} that comes again", author=f"a-{n % 5}"),
}


@pytest.mark.parametrize("flood", FLOODS)
def test_floods_of_the_past_raise_nothing(flood: str) -> None:
    """A thousand people heard of late, from an archive, or time and again are nothing that happens now."""
    world = world_of([*calm(), *(FLOODS[flood](n) for n in range(1_000))])
    assert not world.situations("surge")
    assert all(case["opened_at"] <= iso(AFTER + 1_000 * 500) for case in world.situations("case"))


def test_a_stream_that_is_replayed_whole_says_nothing_new() -> None:
    """What was said in a real surge, read again as new records, should be redelivered to the last and count for nothing."""
    crowd = [complaint(f"c-{n}", AFTER + n * 1_000, own_words(random.Random(n))) for n in range(400)]
    told = sorted([*calm(), *crowd], key=lambda message: message["clock"])
    world = world_of(told)
    assert world.situations("surge")
    later, quiet = AFTER + 500_000, world_of(told)
    quiet.take([watermark(len(told), later)])
    world.take(records([message | {"clock": later} for message in told], first=len(told)))
    assert world.dispositions()[len(told) :] == ["redelivered"] * len(told)
    assert [output.id for output in world.outputs] == [output.id for output in quiet.outputs]
    assert [situation["events"] for situation in world.situations()] == [situation["events"] for situation in quiet.situations()]


@pytest.mark.parametrize("ahead", [10 * MINUTE, DAY, 400 * DAY, LATEST])
def test_posts_of_the_future_happen_now(ahead: int) -> None:
    """Nine accounts whose clocks are ahead, up to the end of all time, should raise nothing and open nothing later than now."""
    chance, posts = random.Random(1), []
    for n in range(1_000):
        at = AFTER + n * 600
        posts.append(complaint(f"f-{n}", at, own_words(chance), author=f"bot-{n % 9}", created_ms=min(at + ahead, LATEST)))
    world = world_of([*calm(), *posts])
    assert not world.situations("surge")
    now = iso(AFTER + 1_000 * 600)
    assert all(situation["opened_at"] <= now and situation["updated_at"] <= now for situation in world.situations())


@pytest.mark.slow
def test_a_thread_of_five_thousand_answers_is_one_case() -> None:
    """Five thousand people who answer in one thread over days should tell on one case a few times, keep little of it and be no surge."""
    chance, day = random.Random(6), 24 * 60
    usual = [complaint(f"usual-{n}", START + n * MINUTE, own_words(chance), thread=f"t{n}") for n in range(5 * day)]
    first = complaint("root", START, "my suitcase is gone and nobody cares", thread="long", author="owner")
    over: Told = {"thread": "long", "in_reply_to": "root"}
    answers = [information(f"answer-{n}", START + 5 * MINUTE + n * 86_000, own_words(chance), **over) for n in range(5_000)]
    world = world_of([first, *usual, *answers])
    assert not world.situations("surge")
    case = [case for case in world.situations("case") if case["opened_at"] == iso(START) and case["events"] > 1]
    assert case[-1]["events"] > 4_000
    assert len(case) < 20
    assert len({revision["id"] for revision in case}) == 1
    [state] = [value for key, value in world.state.items() if key.startswith(b"situation/") and case[-1]["id"].encode() in key]
    assert len(state) < 20_000


def test_a_flood_does_not_hide_a_mass_reaction() -> None:
    """While one account floods, two hundred people who complain in their own words should still be a surge, and an organic one."""
    chance = random.Random(8)
    people = [complaint(f"p-{n}", AFTER + n * 3_000, own_words(chance)) for n in range(200)]
    world = world_of([*calm(), *storm(1, 1_000, 10), *people])
    surges = world.situations("surge")
    assert surges
    assert surges[-1]["authors"] >= 150
    assert {surge["origin"] for surge in surges} == {"organic"}
