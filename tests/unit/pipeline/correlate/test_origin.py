"""Origin of a crowd: the rule on counts, and which texts are akin."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.correlate.origin import Kin, Makeup, origin_of
from pipeline.near_duplicates.sketch import sketch

SPUN = (
    "I am leaving Aurora Air today and so should everyone who still believes in honest service",
    "we are done with Aurora Air for good and so should anyone who believes in fair service",
    "my family is leaving Aurora Air for good and so should everybody who still believes in fair business",
)
OWN = (
    "two hours at gate 14 and nobody has told us whether the plane to Oslo will leave tonight",
    "my suitcase is in Lisbon, I am in Rome, and the hotline of Aurora Air plays a waltz",
    "staff at the desk were kind but the app still says on time, how can that be at this hour",
)
SHORT = ("is Aurora Air down?", "Aurora Air down again", "is Aurora Air down for you")


def bags(*texts: str) -> list[int]:
    """Their words as bits."""
    return sketch(list(texts)).bag_numbers()


@pytest.mark.parametrize(
    ("crowd", "expected"),
    [
        (Makeup(authors=4, events=90, reposts=0, alike=90, sourced=0, again=0), "unknown"),
        (Makeup(authors=80, events=80, reposts=10, alike=5, sourced=0, again=0), "organic"),
        (Makeup(authors=80, events=80, reposts=50, alike=5, sourced=0, again=0), "amplified"),
        (Makeup(authors=80, events=80, reposts=0, alike=70, sourced=60, again=0), "amplified"),
        (Makeup(authors=80, events=80, reposts=0, alike=70, sourced=5, again=0), "coordinated"),
        (Makeup(authors=40, events=120, reposts=60, alike=40, sourced=0, again=30), "coordinated"),
        (Makeup(authors=40, events=100, reposts=0, alike=95, sourced=95, again=50), "coordinated"),
        (Makeup(authors=81, events=380, reposts=0, alike=300, sourced=0, again=299), "organic"),
    ],
    ids=["few", "own words", "passed on", "by headline and link", "as one's own", "a ring", "links for disguise", "one floods"],
)
def test_origin(crowd: Makeup, expected: str) -> None:
    """Few say nothing; own words are organic; what names its source is amplified; what hides it, or insists, is coordinated."""
    assert origin_of(crowd) == expected


@given(st.integers(5, 500), st.lists(st.integers(0, 500), min_size=4, max_size=4))
def test_whoever_speaks_once_for_himself_is_organic(authors: int, counts: list[int]) -> None:
    """As long as less than two fifths repeat anything, nothing else should make people a campaign."""
    reposts, alike, sourced, again = counts
    events = authors + 3 * (reposts + alike)
    crowd = Makeup(authors, events, reposts, alike, min(sourced, alike), min(again, alike))
    assert origin_of(crowd) == "organic"


def test_reworded_texts_are_akin() -> None:
    """A text of which two words in five are others should be known for kin, also with others' own words in between."""
    kin = Kin()
    told = bags(SPUN[0], OWN[0], OWN[1], SPUN[1], OWN[2], SPUN[2])
    assert [kin.compare(bag, reposted=False) for bag in told] == [False, False, False, True, False, True]


@pytest.mark.parametrize("texts", [OWN, SHORT + SHORT], ids=["own words", "short questions"])
def test_peoples_own_words_are_not_akin(texts: tuple[str, ...]) -> None:
    """People who speak for themselves should not be taken for kin, nor those who ask the same in a few words."""
    kin = Kin()
    assert not any(kin.compare(bag, reposted=False) for bag in bags(*texts))


def test_what_is_passed_on_must_be_the_same() -> None:
    """A short text passed on twice should be akin, one that is merely like another should not."""
    kin = Kin()
    told = bags("RT @a: never again", "RT @b: never again", f"RT @c: {SPUN[0]}", f"RT @d: {SPUN[2]}", f"RT @e: {SPUN[0][:60]}…")
    assert [kin.compare(bag, reposted=True) for bag in told] == [False, True, False, False, True]


@given(st.lists(st.tuples(st.sampled_from([0, *bags(*SPUN, *OWN, *SHORT)]), st.booleans()), max_size=20), st.integers(0, 20))
def test_kin_reads_back(told: list[tuple[int, bool]], at: int) -> None:
    """A restart at any point should change nothing."""
    whole, parts = Kin(), Kin()
    for number, (bag, reposted) in enumerate(told):
        if number == at:
            parts = Kin.load(parts.dump())
        assert whole.compare(bag, reposted=reposted) == parts.compare(bag, reposted=reposted)
