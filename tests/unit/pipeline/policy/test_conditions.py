"""A condition is read by CEL's own grammar, and what cannot be meant is refused in the author's words before anything is decided by it."""

from typing import Any

import pytest

from pipeline.policy.conditions import Faulty, condition, context, stored_condition
from pipeline.policy.evaluate import judge
from pipeline.policy.facts import facts_of
from pipeline.policy.load import PolicyError, parse_policy
from pipeline.policy.mentions import mentions
from tests.unit.pipeline.decide.world import situation
from tests.unit.pipeline.policy.test_load import BARE


def holds(text: str, **over: Any) -> bool | str:
    """Whether a condition decides so, at a glance where that is enough, as in `judge`."""
    one = condition(text)
    seen = facts_of(situation("a", **over))
    plainly = one.at_a_glance(seen)
    return one.holds(context(seen)) if plainly is None else plainly


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("situation.events > 3\n// && situation.kind == 'idea'", True),
        ("// situation.kind == 'idea' &&\nsituation.events > 3", True),
        ("// who doesn't?\nsituation.kind == 'case' && situation.events > 3", True),
        ("situation.events > 3 // it's \"much\"\n&& situation.kind == 'case'", True),
        ("situation.events > 3 // || true\n&& situation.kind == 'surge'", False),
        ("situation.facet == 'https://x' || situation.events > 3", True),
        ("situation.facet == r'a\\' // '\n|| situation.events > 3", True),
    ],
)
def test_a_comment_counts_for_nothing(text: str, expected: bool) -> None:
    """What it holds, quotes and signs included, neither kills a rule nor widens it; // within a text is none."""
    assert holds(text, kind="case", events=9) is expected


@pytest.mark.parametrize(
    "when",
    [
        ">-\n      situation.kind == 'case' // only these\n      && situation.events > 1000",
        ">\n      situation.kind == 'case' // only these\n\n      && situation.events > 1000",
        "situation.kind == 'case' // only these\n      && situation.events > 1000",
        "\"situation.kind == 'case' // only these\n      && situation.events > 1000\"",
    ],
)
def test_a_comment_that_would_swallow_the_next_line_is_refused(when: str) -> None:
    """YAML joins the lines of all but `|`: the demand below the comment would be gone, and the rule match every case."""
    with pytest.raises(PolicyError, match=r"hides all that follows.*`when: \|`"):
        parse_policy(BARE % when, "p")


def test_a_comment_in_a_block_is_good() -> None:
    """Where lines stay lines, a comment ends with its own."""
    read = parse_policy(BARE % "|\n      situation.kind == 'case' // only these\n      && situation.events > 1000", "p")
    assert read.ranked[0][1].paths == ("situation.events", "situation.kind")


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        ("situation.kind == 'Case'", ["'Case' (did you mean 'case'?); it is one of case, surge, idea"]),
        ("'wave' == situation.kind", ["'wave'; it is one of case, surge, idea"]),
        ("situation.kind != 'wave'", ["'wave'"]),
        ("situation.intent in ['praise', 'complaints']", ["'complaints' (did you mean 'complaint'?)"]),
        ("weekday == 'Tuesday'", ["'Tuesday' (did you mean 'tue'?)"]),
        ("situation.status == 'open'", ["opened, updated, closed"]),
        ("'angry' in situation.sentiment", ["negative, neutral, positive"]),
        ("situation.stakeholders['press'] > 0", ["unknown field 'press' of situation.stakeholders; known are customer"]),
        ("situation.intents.exists(one, one == 'rant')", ["one is never 'rant'"]),
        ("situation.severity > 50", ["situation.severity is from 0 to 1, never 50"]),
        ("situation.negative_share >= 40.0", ["from 0 to 1, never 40"]),
        ("hour == 24", ["hour is from 0 to 23, never 24"]),
        ("hour in [22, 23, 24]", ["never 24"]),
        ("situation.events > -1", ["from 0 up, never -1"]),
        ("situation.severity_class >= 'high'", ["no order that >= knows", "low, medium, high, critical"]),
        ("situation.dual_hat == 'yes'", ["situation.dual_hat is true or false, 'yes' is a text"]),
        ("situation.events == '3'", ["situation.events is a whole number, '3' is a text"]),
        (
            "situation.severity + situation.events > 1.0",
            ["situation.severity is a real number, situation.events is a whole number", "double(...)"],
        ),
        ("situation.events in 'abc'", ["`in` takes a list"]),
        ("situation.events && hour > 3", ["'situation.events' is a whole number, not true or false"]),
        ("situation.events > 3 ? situation.kind : 'x'", ["is a text, not true or false"]),
        ("text.contains('Refund')", ["text is in small letters; write 'refund'"]),
        ("text == 'HELP'", ["write 'help'"]),
        ("text.mentions(' , ')", ["names no word"]),
        ("text.contain('x') && size(hour) > 1", ["unknown function 'contain'", "size"]),
        ("situation.kind = 'case'", ["to compare is =="]),
        ("situation.kind == 'case' and hour > 3", ["column 26, 'and' does not fit there (and is && in CEL)"]),
        ("situation.kind == 'Case' || situation.sevrity > 2", ["'case'", "'severity'"]),
    ],
)
def test_what_cannot_be_meant_is_refused_in_the_authors_words(text: str, reasons: list[str]) -> None:
    """With what was written, what it is, and what it may be; all of it at once."""
    with pytest.raises(Faulty) as caught:
        condition(text)
    for reason in reasons:
        assert reason in str(caught.value)


def nested(depth: int) -> str:
    """Macros within each other over the stakeholders, of whom there are seven."""
    text = "true"
    for number in range(depth):
        text = f"situation.stakeholders.all(n{number}, {text})"
    return f"{text} && hour > 3"


def test_what_would_hold_a_worker_is_refused_before_it_is_tried() -> None:
    """Two levels are cheap; from the fourth on it is refused with the number of steps."""
    assert condition(nested(2)).warnings == ()
    for depth in (4, 5, 12):
        with pytest.raises(Faulty, match=r"goes over too much: [\d,]+ steps where 1,000"):
            condition(nested(depth))


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("situation.kind == 'case' && situation.kind == 'surge'", "can never be true"),
        ("situation.severity > 0.7 && situation.severity < 0.3", "can never be true"),
        ("situation.severity > 1.0", "can never be true"),
        ("situation.events > 3 && situation.events < 4", "can never be true"),
        ("situation.dual_hat && !situation.dual_hat", "can never be true"),
        ("situation.subject == 'a' && situation.subject == 'b'", "can never be true"),
        ("text.mentions('x') && !text.mentions( 'x' )", "can never be true"),
        ("!(situation.kind in ['case', 'surge', 'idea'])", "can never be true"),
        ("situation.kind != 'case' || situation.kind != 'surge'", "always true"),
        ("hour >= 0 || text.mentions('x')", "always true"),
        (
            "hour > 3 || (situation.severity > 0.5 && situation.severity < 0.2)",
            "'situation.severity > 0.5 && situation.severity < 0.2' can never be true",
        ),
        ("situation.kind == 'case' && situation.severity >= 0.0", "'situation.severity >= 0.0' is always true: it demands nothing"),
    ],
)
def test_what_excludes_itself_or_demands_nothing_is_warned_of(text: str, warning: str) -> None:
    """It may be a drill or a switch, so it loads."""
    assert any(warning in one for one in condition(text).warnings)


@pytest.mark.parametrize(
    "text",
    [
        "situation.events > 3 && situation.events < 5",
        "situation.severity > 0.3 && situation.severity < 0.300001",
        "situation.severity >= 1.0",
        "situation.subject != 'a' && situation.subject != 'b' && hour > 3",
        "(situation.facet < 'm' || situation.facet > 'n') && hour > 3",
        "situation.events > 2.5 && situation.events < 3.5",
        "text.mentions('x') && !text.mentions('y')",
        "situation.sources.x > 3 || situation.sources.y > 3",
    ],
)
def test_what_is_possible_is_not_warned_of(text: str) -> None:
    """Nothing is called void that is not."""
    assert condition(text).warnings == ()


def test_a_condition_of_a_policy_in_force_is_read_by_the_rules_of_its_day() -> None:
    """What is demanded of new files only does not make state unreadable; a fact that is gone does."""
    assert stored_condition("situation.kind != 'wave' && hour > 24").holds(context(facts_of(situation("a")))) is False
    with pytest.raises(Faulty, match="unknown field 'mood'"):
        stored_condition("situation.mood == 'x'")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("they will SUE YOU", "Sue You"),
        ("i don’t want it", "don't want"),
        ("i don't want it", "don’t want"),
        ("die STRASSE", "straße"),
        ("ｆｒａｕｄ", "fraud"),
        ("sue  \n you", "sue you"),
        ("cafe\u0301 closed", "café"),
    ],
)
def test_mentions_knows_a_word_however_it_is_typed(text: str, words: str) -> None:
    """Case, width, apostrophes, composed letters and white space make no difference, on neither side."""
    assert mentions(text, words)


def test_a_decision_names_the_word_that_decided() -> None:
    """As the text has it, of the rules that matched; a rule that looks for no word adds none."""
    text = BARE % "text.mentions('lawyer, sue you') && !text.mentions('kidding')"
    verdict = judge(parse_policy(text, "p"), situation("a", text="I will SUE  you"))
    assert verdict.facts == {"text.mentions": "sue you"}
    assert judge(parse_policy(BARE % "situation.events > 0", "p"), situation("a")).facts.keys() == {"situation.events"}
