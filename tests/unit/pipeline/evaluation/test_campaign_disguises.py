"""What a campaign can do to pass for people, and what it is taken for all the same: the table of disguises."""

import random
from collections.abc import Callable

import pytest

from tests.unit.pipeline.correlate.world import MINUTE, START, World, information, records
from tests.unit.pipeline.evaluation.crowds import CALM_MINUTES, SLOGANS, Told, calm, own_words, told
from tests.unit.pipeline.evaluation.crowds_harder import SPUN, spin, within

ONSET = START + CALM_MINUTES * MINUTE
SLOGAN = SLOGANS[0].format(brand="Aurora Air")
Wording = Callable[[random.Random, int], str]


def shuffled(chance: random.Random, _: int) -> str:
    """The same words in any order."""
    return " ".join(chance.sample(SLOGAN.split(), len(SLOGAN.split())))


DISGUISES: list[tuple[str, Wording, int, str]] = [
    # what is done to the text,          wording,                                                            posts each, taken for
    ("nothing",                          lambda chance, n: SLOGAN,                                                  2, "coordinated"),
    ("numbers and tags at the end",      lambda chance, n: f"{SLOGAN} {chance.randrange(999)} #day{n}",             2, "coordinated"),
    ("emoji between the words",          lambda chance, n: SLOGAN.replace(" ", f" {chance.choice('🔥💣😡')} "),     2, "coordinated"),
    ("Cyrillic look-alikes",             lambda chance, n: SLOGAN.translate(str.maketrans("aeo", "аео")),           2, "coordinated"),
    ("zero-width spaces",                lambda chance, n: "\u200b".join(SLOGAN),                                   2, "coordinated"),
    ("words in any order",               shuffled,                                                                  2, "coordinated"),
    ("half of it in other words",        lambda chance, n: spin(SPUN[0], "Aurora Air", chance, 0.5),                2, "coordinated"),
    ("a remark of its own before it",    lambda chance, n: f"{own_words(chance, 'surge')[:40]} {SLOGAN}",           2, "coordinated"),
    ("a link of its own, twice each",    lambda chance, n: f"{SLOGAN} https://t{n}.example/{n}",                    2, "coordinated"),
    ("a handle to answer to",            lambda chance, n: f"@user{chance.randrange(99)} {SLOGAN}",                 1, "coordinated"),
    # Who shares a page once each cannot be told from people who do: the page is what is to be answered.
    ("a link of its own, once each",     lambda chance, n: f"{SLOGAN} https://t{n}.example/{n}",                    1, "amplified"),
    # And whoever writes a text of its own for every account has paid for what people do by themselves.
    ("own words for each account",       lambda chance, n: own_words(chance, "surge"),                              2, "organic"),
]  # fmt: skip


def taken_for(wording: Wording, each: int, accounts: int = 60) -> list[str]:
    """The origin that a campaign's surge ends with."""
    chance = random.Random(17)
    posts: list[Told] = list(calm(chance, "aurora", START))
    for number, at in enumerate(within(chance, ONSET, each * accounts, 10)):
        posts.append(told(chance, "aurora", at, wording(chance, number), f"account-{number % accounts}", followers=40))
    posts.append(information("end", ONSET + 60 * MINUTE, "a quiet word at the very end of it"))
    world = World()
    world.take(records(sorted(posts, key=lambda post: post["clock"])))
    return [situation["origin"] for situation in world.situations("surge")]


@pytest.mark.parametrize(("disguise", "wording", "each", "expected"), DISGUISES, ids=[row[0] for row in DISGUISES])
def test_disguises_of_a_campaign(disguise: str, wording: Wording, each: int, expected: str) -> None:
    """Sixty accounts within ten minutes should be taken for what the table says."""
    found = taken_for(wording, each)
    assert found, disguise
    assert found[-1] == expected
