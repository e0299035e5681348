"""What is answered at a glance is what CEL answers, for all expressions and situations, and most of a policy is answered so."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.policy.conditions import condition, context, stored_condition
from pipeline.policy.fact_table import SITUATION
from pipeline.policy.facts import facts_of, samples
from pipeline.policy.load import parse_policy
from tests.unit.pipeline.decide.world import situation
from tests.unit.pipeline.policy.test_load import BARE

_SEEN = [(seen, context(seen)) for seen in samples()]
_WORDS = ("case", "surge", "complaint", "general", "", "a || b", "x'y", "back\\\\slash", "caf\\u00e9", "\u00e9")


def _quoted(word: str) -> str:
    return '"' + word + '"'


def _atoms() -> st.SearchStrategy[str]:
    """Comparisons as people write them: every fact with literals of its type, some that are not plain among them."""
    text = st.sampled_from([name for name, fact in SITUATION.items() if fact.type == "text"]).map("situation.{}".format)
    whole = st.sampled_from([name for name, fact in SITUATION.items() if fact.type == "whole"]).map("situation.{}".format)
    real = st.sampled_from([name for name, fact in SITUATION.items() if fact.type == "real"]).map("situation.{}".format)
    flag = st.sampled_from([name for name, fact in SITUATION.items() if fact.type == "true"]).map("situation.{}".format)
    counts = st.sampled_from(
        [f"situation.{name}.{value}" for name, fact in SITUATION.items() if fact.type == "counts" for value in fact.values]
        + ["situation['intents']['praise']", "situation.confidence.intent"]
    )
    word = st.sampled_from(_WORDS).map(_quoted)
    same, sign = st.sampled_from(["==", "!="]), st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
    number, share = st.integers(-3, 60).map(str), st.sampled_from(["0.0", "0.4", "0.5", "1.0", "9.5", "-0.1", "5e-1"])
    return st.one_of(
        st.builds("{} {} {}".format, text, same, word),
        st.builds("{1} {2} {0}".format, text, word, same),
        st.builds("{} in [{}]".format, text, st.lists(word, max_size=3).map(", ".join)),
        st.builds("{} {} {}".format, whole | counts, sign, number),
        st.builds("{1} {2} {0}".format, whole | counts, number, sign),
        st.builds("{} {} {}".format, real, sign, share),
        flag,
        st.builds("{} == {}".format, flag, st.sampled_from(["true", "false"])),
        st.sampled_from(
            [
                "hour > 3",
                "text.mentions('sample, text 4')",
                "text.contains('text 1')",
                "text.endsWith('3')",
                "weekday == 'mon'",
                "local.hour > 4",
                "situation.sources.x > 0",
                "situation.growth / 0.0 > 1.0",
                "1 > 2",
            ]
        ),
    )


_EXPRESSIONS = st.recursive(
    _atoms(),
    lambda inner: st.one_of(
        st.builds("({}) && ({})".format, inner, inner),
        st.builds("({}) || ({})".format, inner, inner),
        st.builds("!({})".format, inner),
        st.builds("{} && {}".format, inner, inner),
        st.builds("({}) ? ({}) : ({})".format, inner, inner, inner),
    ),
    max_leaves=8,
)


@given(_EXPRESSIONS)
def test_what_is_seen_at_a_glance_is_what_cel_says(text: str) -> None:
    """A no is never a yes, and a yes never a no; what CEL cannot evaluate is never called true."""
    try:
        one = stored_condition(text)
    except ValueError:
        return
    for seen, world in _SEEN:
        plainly = one.at_a_glance(seen)
        if plainly is not None:
            assert one.holds(world) is plainly, text


@pytest.mark.parametrize(
    ("text", "plainly"),
    [
        ("situation.kind == 'case' && situation.severity > 0.2", True),
        ("situation.kind == 'surge' || situation.severity > 0.9", False),
        ("!(situation.intents.complaint > 90) && 'case' == situation.kind", True),
        ("situation.kind == 'surge' && text.mentions('fi\\u0072e')", False),
        ("situation.kind == 'case' && text.matches('fire')", None),
        ("situation.kind == 'case' && text.mentions('fire')", False),
        ("situation.kind == 'surge' || text.mentions('fi\\u0072e')", None),
        ("!(text.mentions('fire')) && hour >= 0", True),
        ("situation.kind == 'surge' ? hour > 3 : hour >= 0", None),
        ("situation.facet == 'a || b' && situation.kind == 'case'", False),
        ("situation.sources.x > 0", None),
    ],
)
def test_what_needs_cel_and_what_does_not(text: str, plainly: bool | None) -> None:
    """Facts that may be absent, patterns, escapes and macros are left to CEL, unless the rest decides."""
    seen: dict[str, Any] = facts_of(situation("a", kind="case"))
    assert condition(text).at_a_glance(seen) is plainly


def test_only_the_facts_that_are_asked_for_are_made() -> None:
    """And they are the same as when all are made."""
    policy = parse_policy(BARE % "situation.desk == 'legal' && situation.rating < 0.3 && text.matches('fire')", "p")
    some, whole = facts_of(situation("a"), 0, policy.fields)["situation"], facts_of(situation("a"))["situation"]
    assert some.keys() == {"desk", "rating", "growth"}
    assert some == {name: whole[name] for name in some}
    assert policy.fields_for_cel == policy.fields
