"""Whom a post concerns beside what its words name: own accounts, products, answers, native hints."""

from pathlib import Path

import pytest

from pipeline.sift.subjects import Subjects, parse_subjects
from schemas.errors import WinnowError
from schemas.sources import AuthorRecord, SignalRecord
from tests.unit.pipeline.sift.spellings import FILE
from tests.unit.pipeline.sift.world import START, endings, event, messages, records, run

SUBJECTS = parse_subjects(FILE, "spellings")
EXAMPLES = Path(__file__).resolve().parents[4] / "deploy" / "examples"


def signal(text: str, source: str = "x", **over: str | None) -> SignalRecord:
    """A post of somebody."""
    author = AuthorRecord(over.pop("author", None) or "ada", over.pop("handle", None))
    return SignalRecord("1", source, "post", author, text, "2026-02-17T07:36:05.000Z", **over)  # type: ignore[arg-type]  # texts


@pytest.mark.parametrize(
    ("source", "text", "expected"),
    [
        ("x", "@aurora_care are you there", ("aurora",)),
        ("mastodon", "@aurora_care are you there", ()),
        ("x", "@aurora_care2 are you there", ()),
        ("mastodon", "@auroraair are you there", ("aurora",)),
    ],
)
def test_an_own_account_counts_in_its_network_only(source: str, text: str, expected: tuple[str, ...]) -> None:
    """The same handle elsewhere may be anybody's, unless it is among the terms."""
    assert SUBJECTS.of_text(text, source) == expected


@pytest.mark.parametrize(
    ("source", "answered", "expected"),
    [
        ("x", "4711", ("aurora",)),
        ("bluesky", "did:plc:aurora", ("aurora",)),
        ("mastodon", "4711", ()),
        ("x", "4712", ()),
        ("x", None, ()),
    ],
)
def test_an_answer_to_the_brands_own_post_concerns_the_brand(source: str, answered: str | None, expected: tuple[str, ...]) -> None:
    """Whatever its words are."""
    assert SUBJECTS.of_signal(signal("still waiting", source, in_reply_to_author=answered), "still waiting") == expected


def test_hint_words_and_answer_are_added_once_each() -> None:
    """The hint comes first, as its piece bears the event's own id; nothing is said twice."""
    text = "Aurora Air and BrightBank"
    assert SUBJECTS.of_signal(signal(text, subject="BRIGHT"), text) == ("bright", "aurora")
    assert SUBJECTS.of_signal(signal(text, in_reply_to_author="4711"), text) == ("aurora", "bright")
    assert SUBJECTS.of_signal(signal("hm", subject="bright", in_reply_to_author="4711"), "hm") == ("bright", "aurora")


def test_a_hint_for_a_product_and_words_for_its_brand_are_one() -> None:
    """One post about both is one case, whoever says so."""
    assert SUBJECTS.of_signal(signal("BrightBank is slow", subject="brightpay"), "BrightBank is slow") == ("brightpay",)
    text = "Bright Loan or Bright Pay"
    assert SUBJECTS.of_signal(signal(text), text) == ("bright",)


def test_own_posts_are_set_aside() -> None:
    """What the brand itself writes is no information; the same words of somebody else are, and so is another network's namesake."""
    values = [
        event("1", "BrightBank and Aurora Air apologise", author="4711", source="x"),
        event("2", "BrightBank and Aurora Air apologised", author="4712", source="x"),
        event("3", "BrightBank and Aurora Air, apologies", author="4711", source="mastodon"),
    ]
    done = run(records(values), subjects=SUBJECTS)
    assert endings(done.spans) == ["own", "information", "information"]
    assert len(messages(done.outputs, "information")) == 4
    assert not messages(done.outputs, "chaff")


def test_an_own_post_that_comes_again_is_a_redelivery() -> None:
    """It is remembered like any other."""
    values = [event("1", "Aurora Air apologises", author="4711", source="x", at_ms=START)] * 2
    assert endings(run(records(values), subjects=SUBJECTS).spans) == ["own", "redelivered"]


def test_each_subject_says_whether_it_is_a_competitor() -> None:
    """A post that names both is two pieces, of which one is to be answered."""
    done = run(records([event("1", "Rival Rail is no better than Aurora Air")]), subjects=SUBJECTS)
    assert {message["subject"]: message["competitor"] for message in messages(done.outputs, "information")} == {
        "aurora": False,
        "rival": True,
    }


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("subjects:\n - {id: a, name: A, terms: [a]}\n - {id: a, name: B, terms: [b]}", "two subjects have the id 'a'"),
        ("subjects:\n - {id: a, name: A, terms: [a], parent: b}", "parent 'b' of a is none of its subjects"),
        ("subjects:\n - {id: a, name: A, terms: [a], hints: [x]}\n - {id: b, name: B, terms: [b], hints: [X]}", "the hint 'x'"),
        ("subjects:\n - {id: a, name: A, terms: ['*']}", "needs at least 2 letters"),
        ("subjects:\n - {id: a, name: A, terms: ['!?']}", "has no letter"),
        ("subjects:\n - {id: a, name: A, terms: [a]}\nstakeholders:\n  press: {domains: [a.example]}", "stakeholders.press"),
        (
            "subjects:\n - {id: a, name: A, terms: [a]}\nstakeholders:\n  media: {domains: ['https://a.example']}",
            "stakeholders.media.domains",
        ),
        (
            "subjects:\n - {id: a, name: A, terms: [a], parent: b}\n - {id: b, name: B, terms: [b], parent: c}\n"
            " - {id: c, name: C, terms: [c]}",
            "has a parent itself",
        ),
    ],
)
def test_a_file_that_contradicts_itself_is_refused(text: str, problem: str) -> None:
    """The message says what is wrong and where."""
    with pytest.raises(WinnowError) as refused:
        parse_subjects(text, "f.yaml")
    assert problem in str(refused.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Брайтбанком доволен", ("brightbank",)),
        ("Brightbankkunden", ("brightbank",)),
        ("לברייטבנק", ("brightbank",)),
        ("#BrightBankFail", ("brightbank",)),
        ("a bright bank holiday", ()),
        ("@brightbank_parody", ()),
        ("Bright Pay by BrightBank", ("brightpay",)),
    ],
)
def test_the_example_does_what_its_comments_say(text: str, expected: tuple[str, ...]) -> None:
    """The shipped example of everything that a file can say."""
    subjects: Subjects = parse_subjects((EXAMPLES / "brand.subjects.yaml").read_text(encoding="utf-8"), "brand")
    assert subjects.of_text(text) == expected


@pytest.mark.parametrize(
    ("passed_on", "author", "own"),
    [
        ({"repost_of": "90", "repost_of_author": "4711"}, "ada", True),
        ({"repost_of": "90", "repost_of_author": "4712"}, "ada", False),
        ({"repost_of": "90", "repost_of_author": "4712"}, "4711", True),
        ({"quote_of": "90", "repost_of_author": "4711"}, "ada", False),
        ({}, "ada", False),
    ],
)
def test_who_passes_our_own_words_on_says_nothing_new(passed_on: dict[str, str], author: str, own: bool) -> None:
    """A share is ours; a quotation has words of its own."""
    assert (SUBJECTS.owner_of(signal("We are sorry", author=author, **passed_on)) is not None) == own
