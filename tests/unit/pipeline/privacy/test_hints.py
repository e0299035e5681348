"""Rules that are passed over for want of a hint would have found nothing: with all of them tried the outcome is the same."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.corpus import load_posts
from pipeline.privacy import handles, hints, mail, names, national_ids, numbers, places, redact
from pipeline.privacy.hints import Glance, see
from pipeline.privacy.phrases import PHRASES, one_of, spelled
from tests.unit.pipeline.privacy.redaction_countries import KEPT_TEXTS, MARKED_TEXTS, MORE_KEPT_TEXTS, MORE_MARKED_TEXTS
from tests.unit.pipeline.privacy.redaction_disguises import (
    DISGUISED_TEXTS,
    MORE_DISGUISED_TEXTS,
    MORE_PLAIN_TEXTS,
    PLAIN_TEXTS,
    THIRD_DISGUISED_TEXTS,
    THIRD_PLAIN_TEXTS,
)
from tests.unit.pipeline.privacy.redaction_table import TABLE
from tests.unit.pipeline.privacy.test_redaction import MARKED

MODULES = (handles, hints, mail, names, national_ids, numbers, places)
MARKED_ONES = (*TABLE, *MARKED_TEXTS, *MORE_MARKED_TEXTS, *DISGUISED_TEXTS, *MORE_DISGUISED_TEXTS, *THIRD_DISGUISED_TEXTS)
PLAIN_ONES = (*KEPT_TEXTS, *MORE_KEPT_TEXTS, *PLAIN_TEXTS, *MORE_PLAIN_TEXTS, *THIRD_PLAIN_TEXTS)
TEXTS = [*(MARKED.sub(r"\2", text) for text in MARKED_ONES), *PLAIN_ONES]
SAID = [
    phrase
    for kind in ("introductions", "presentations", "regards", "thanks", "networks", "documents", "births")
    for phrase in spelled(kind)
]
THINGS = [
    "Jane Doe", "jane_85", "12 March 1985", "QW3RTY77", "12345678Z", "at gmail.com", "dot com", " Street 12",
    "Straße 5", "Cad. 3", "ul. ", "call"
]  # fmt: skip
SPACES = st.sampled_from([" ", "", "\n", "  ", "\u00a0", ": ", ", ", " - ", "."])
CASES = st.sampled_from([str, str.upper, str.title, lambda text: text.replace("i", "ı"), lambda text: text.replace("I", "İ")])


@contextmanager
def nothing_passed_over() -> Iterator[None]:
    """Every hint is given, whatever stands in a text."""
    with pytest.MonkeyPatch.context() as patch:
        for module in MODULES:
            if hasattr(module, "see"):
                patch.setattr(module, "see", lambda text: Glance(-1, 10**6, f"www. .bsky. {text.lower()}"))
        yield


def both(text: str) -> tuple[str, str]:
    """A text redacted as ever, and with every rule tried."""
    with nothing_passed_over():
        slow = redact.__wrapped__(text)
    return redact.__wrapped__(text), slow  # not what was remembered of the first


def test_on_the_corpus_and_the_tables_nothing_is_passed_over_wrongly() -> None:
    """A fifth of all posts, and every text of the tables as it stands and in capitals."""
    for text in [*(post.text for post in load_posts()[::5]), *TEXTS, *map(str.upper, TEXTS)]:
        quick, slow = both(text)
        assert quick == slow, text


@given(st.lists(st.tuples(st.sampled_from([*SAID, *THINGS, *TEXTS]), SPACES, CASES), max_size=6))
@example([("i am", "\n", str.title), ("Jane Doe", "", str)])
def test_whatever_is_put_together_nothing_is_passed_over_wrongly(parts: list[tuple[str, str, type[str]]]) -> None:
    """Phrases, numbers and whole texts, with any blank between them, in any case."""
    quick, slow = both("".join(case(text) + space for text, space, case in parts))
    assert quick == slow


@given(st.text(max_size=80))
def test_of_any_text_nothing_is_passed_over_wrongly(text: str) -> None:
    """Characters of every script."""
    quick, slow = both(text)
    assert quick == slow


@pytest.mark.parametrize(
    "kind", ["introductions", "plain_introductions", "presentations", "regards", "thanks", "networks", "documents", "births"]
)
def test_every_spelling_is_one_that_the_rule_matches(kind: str) -> None:
    """And each phrase of the file has at least one."""
    rule = re.compile(one_of(kind), re.IGNORECASE)
    found = spelled(kind)
    assert all(rule.match(spelling) or spelling == "sent from my " for spelling in found)
    assert all(any(re.match(phrase, spelling) or spelling == "sent from my " for spelling in found) for phrase in PHRASES[kind])


def test_a_hint_asks_for_edges() -> None:
    """A word within another is no hint; blanks of any kind are one."""
    assert names._INTRODUCED("so I  am\nJane")
    assert not names._INTRODUCED("Miami am I Jane, i am jane")
    assert see("a1 b٢").digits == 2
