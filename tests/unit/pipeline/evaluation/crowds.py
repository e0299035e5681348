"""Simulated mass reactions of known origin, as information about a subject of its own each. Nothing here asserts."""

import random
from collections.abc import Callable, Iterator
from typing import Any

from pipeline.simulation.scenario import SUBJECTS
from pipeline.simulation.writing import Writer, edited
from tests.unit.pipeline.correlate.world import MINUTE, START, digest, information

Told = dict[str, Any]
WRITER = Writer(SUBJECTS)
ORIGINS = ("organic", "amplified", "coordinated")
CALM_MINUTES = 45

HEADLINES = (
    "{brand} to cut 1,200 jobs and close two sites, unions call for talks",
    "Regulator opens inquiry into {brand} after customers report wrong charges",
    "{brand} boss resigns after report on safety failures, shares fall",
    "Court rules against {brand} in dispute over refunds, thousands affected",
    "Data of 300,000 {brand} customers found on the internet, company confirms",
    "{brand} cancels its sponsorship of the national team with immediate effect",
)
SLOGANS = (
    "I am leaving {brand} today and so should everyone who still believes in honest service",
    "{brand} lies to its customers, share this with your family before it is too late",
    "Nobody should give {brand} another cent until the board apologises to all of us",
    "Do not trust {brand}, they sold us out and now they hope that we forget about it",
)


def surges(each: int, seed: int = 5) -> Iterator[tuple[str, str, list[Told]]]:
    """(origin, subject, information in time order): ``each`` of every origin, after calm chatter."""
    rng = random.Random(seed)
    makers: dict[str, Callable[[random.Random, str, str, int], Iterator[Told]]] = {
        "organic": organic, "amplified": amplified, "coordinated": coordinated,
    }  # fmt: skip
    for number in range(3 * each):
        origin, subject = ORIGINS[number % 3], f"subject-{number}"
        brand, start = SUBJECTS[number % len(SUBJECTS)].name, START
        told = list(calm(rng, subject, start))
        told += makers[origin](rng, subject, brand, start + CALM_MINUTES * MINUTE)
        told.append(information(f"{subject}-end", start + 100 * MINUTE, "a quiet word at the very end of it", subject=subject))
        yield origin, subject, sorted(told, key=lambda message: message["clock"])


def calm(rng: random.Random, subject: str, start: int) -> Iterator[Told]:
    """A remark a minute or so."""
    for minute in range(CALM_MINUTES):
        yield told(rng, subject, start + minute * MINUTE + rng.randrange(MINUTE), own_words(rng, "complaint"), f"calm-{minute}")


def organic(rng: random.Random, subject: str, _brand: str, start: int) -> Iterator[Told]:
    """Many people in their own words, some of whom repost others."""
    people, reposting = rng.randrange(70, 160), rng.uniform(0.0, 0.4)
    texts: list[str] = []
    for number in range(people):
        text = own_words(rng, "surge")
        if texts and rng.random() < reposting:
            text = f"RT @user{rng.randrange(99)}: {rng.choice(texts)}"
        else:
            texts.append(text)
        yield told(rng, subject, start + spaced(rng, number, people), text, f"person-{number}")


def amplified(rng: random.Random, subject: str, brand: str, start: int) -> Iterator[Told]:
    """A syndicated news item: outlets print it, people pass it on, openly or by its headline and link; some comment."""
    people, outlets = rng.randrange(70, 160), rng.uniform(0.08, 0.4)
    openly, comments = rng.uniform(0.3, 0.8), rng.uniform(0.0, 0.3)
    headline = rng.choice(HEADLINES).format(brand=brand)
    for number in range(people):
        dice, link = rng.random(), f"https://news{rng.randrange(40)}.example/{rng.getrandbits(24):x}"
        over: Told = {}
        if number == 0 or dice < outlets:
            text = f"{headline} {link}" if rng.random() < 0.7 else f"{headline} - Daily {rng.randrange(40)} {link}"
            over = {"stakeholder": "media", "verified": rng.random() < 0.5, "followers": rng.randrange(5_000, 500_000)}
        elif dice > 1.0 - comments:
            text = own_words(rng, "surge")
        elif rng.random() < openly:
            text = f"RT @daily{rng.randrange(40)}: {headline} {link}"
        else:
            text = f"{headline} {link} via @daily{rng.randrange(40)}"
        yield told(rng, subject, start + spaced(rng, number, people), text, f"person-{number}", **over)


def coordinated(rng: random.Random, subject: str, brand: str, start: int) -> Iterator[Told]:
    """About forty accounts that post one text as their own, slightly varied, some twice; bystanders react in between."""
    accounts, bystanders, again = rng.randrange(40, 60), rng.uniform(0.0, 0.3), rng.uniform(1.2, 2.0)
    slogan, posts = rng.choice(SLOGANS).format(brand=brand), int(accounts * again / (1 - bystanders))
    for number in range(posts):
        if rng.random() < bystanders:
            text, author = own_words(rng, "surge"), f"bystander-{number}"
        else:
            text, author = edited(slogan, rng), f"account-{number % accounts}"
            if rng.random() < 0.4:
                text += rng.choice((" #boycott", " 🔥", " !!!", " wake up", f" https://t.example/{rng.getrandbits(20):x}"))
        yield told(rng, subject, start + spaced(rng, number, posts), text, author, followers=rng.randrange(5, 300))


def own_words(rng: random.Random, symbol: str) -> str:
    """What one person says."""
    return WRITER.about(symbol, rng.choice(SUBJECTS), "en", rng)


def spaced(rng: random.Random, number: int, total: int) -> int:
    """Milliseconds after the onset: all within some ten minutes."""
    return int((number + rng.random()) / total * 10 * MINUTE)


def told(rng: random.Random, subject: str, at_ms: int, text: str, author: str, **over: Any) -> Told:
    """One negative remark about a subject."""
    over = {"sentiment": "negative", "sentiment_score": -0.7, "followers": rng.randrange(10, 2_000), **over}
    name = digest(f"{subject}/{author}/{at_ms}/{text}")
    return information(name, at_ms, text, subject=subject, author=f"{subject}-{author}", **over)
