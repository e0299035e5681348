"""A policy file is read, checked and compiled; a wrong one is refused with file, line, rule and reason."""

from pathlib import Path
from typing import Any

import pytest
from cel import Context
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.policy.conditions import condition, context, mentions
from pipeline.policy.facts import facts_of, severity_class
from pipeline.policy.hours import Hours
from pipeline.policy.load import PolicyError, load_policy, parse_policy, policy_summary
from schemas.errors import WinnowError
from tests.unit.pipeline.decide.world import HOUR, POLICY, START, policy, situation

BARE = "version: 1\nteams:\n  - {name: support}\nrules:\n  - name: one\n    when: %s\n    do: reply\n    owner: support\n"


def refused(text: str) -> PolicyError:
    """The error that a text is refused with."""
    with pytest.raises(PolicyError) as caught:
        parse_policy(text, "policy.yaml")
    return caught.value


def world(**over: Any) -> Context:
    """Facts of an ordinary situation as CEL sees them."""
    return context(facts_of(situation("a", **over)))


def test_good_policy_is_compiled_and_hashed_by_content() -> None:
    """The same content has the same hash whatever its layout; another content another."""
    first, second = policy(), parse_policy(POLICY.replace("\n\n", "\n") + "\n# a comment\n", "other.yaml")
    assert first.hash == second.hash
    assert len(first.hash) == 12
    assert parse_policy(POLICY.replace("priority: 90", "priority: 91"), "p").hash != first.hash


@pytest.mark.parametrize(
    ("text", "line", "rule", "reason"),
    [
        ("", None, None, "mapping"),
        ("- a\n- b\n", None, None, "mapping"),
        ("version: 1\n\tteams: []\n", 2, None, "not YAML"),
        ("version: 2\nteams: [{name: a}]\nrules: []\n", 1, None, "version"),
        ("version: 1\nteams: []\nrules: []\n", 2, None, "teams"),
        ("version: 1\nversion: 1\n", 2, None, "repeated"),
        ("version: &x 1\nteams: *x\n", 1, None, "anchors"),
        ("version: 1\nteams: [{name: Über}]\nrules: []\n", 2, None, "teams.0.name"),
        ("version: 1\nteams: [{name: a}, {name: a}]\nrules: []\n", 2, None, "used twice"),
        ("version: 1\nteams:\n  - name: a\n    attention: {per_hour: 5, burst: 2, reserve: 2}\nrules: []\n", 3, None, "reserve"),
        ("version: 1\nteams:\n  - name: a\n    hours: {start: 8, end: '17:00'}\nrules: []\n", 4, None, "time of day"),
        (BARE % "true", 6, "one", "matches everything"),
        (BARE % "situation.kind ==", 6, "one", "syntax error"),
        (BARE % "situaton.kind == 'case'", 6, "one", "unknown name 'situaton'"),
        (BARE % "situation.knd == 'case'", 6, "one", "unknown field 'knd'"),
        (BARE % "situation.kind == 'case' && situation.kind > 3", 6, "one", "case, surge, idea"),
        (BARE % "situation.kind == 'case' || situation.sevrity > 0.5", 6, "one", "unknown field 'sevrity'"),
        (BARE % "situation.events + 1", 6, "one", "not true or false"),
        (BARE % "situation.intents.complain > 0", 6, "one", "unknown field 'complain'"),
        (BARE % "text.lower() == 'a'", 6, "one", "lower"),
        (BARE % "text.mentions(3)", 6, "one", "mentions"),
        (BARE % ("(" * 60 + "hour > 3" + ")" * 60), 6, "one", "too deep"),
        (BARE.replace("do: reply", "do: shout") % "hour > 3", 7, "one", "do"),
        (BARE.replace("owner: support", "owner: nobody") % "hour > 3", 5, "one", "team 'nobody' does not exist"),
        (BARE % "hour > 3" + "    peers: [support]\n", 5, "one", "different teams"),
        (BARE % "hour > 3" + "    within: soon\n", 9, "one", "not a duration"),
        (BARE % "hour > 3" + "    colour: red\n", 9, "one", "colour"),
        (BARE % "hour > 3" + "    not_after: 1h\n    escalation: [{after: 2h, team: support, contact: x}]\n", 5, "one", "expired"),
    ],
)
def test_wrong_policy_is_refused_with_place_and_reason(text: str, line: int | None, rule: str | None, reason: str) -> None:
    """Each mistake is told with the file, the line, the rule and what is wrong."""
    error = refused(text)
    assert isinstance(error, WinnowError)
    assert (error.file, error.line, error.rule) == ("policy.yaml", line, rule)
    assert reason in str(error)
    assert str(error).startswith("policy.yaml")


def test_silence_needs_author_reason_and_end() -> None:
    """A silence without an end in a time zone is refused at its line."""
    error = refused(POLICY + "silences:\n  - {name: s, when: hour > 3, author: jo, reason: drill, until: 2026-03-02}\n")
    assert error.line is not None
    assert "silences.0.until" in error.reason


def test_division_by_zero_is_reported_at_load_and_never_raised() -> None:
    """What can fail for some situation is a warning; evaluating it gives a reason instead of an exception."""
    read = parse_policy(BARE % "100 / situation.events > 3 && situation.reach / (situation.events - 1) > 1", "p")
    assert any("can fail" in warning for warning in read.warnings)
    assert condition("1 / situation.events > 0").holds(world(events=0)) == "division by zero in CEL expression"


def test_rule_that_matches_all_samples_is_reported() -> None:
    """A condition that is true whatever happens is named in the warnings."""
    assert any("match everything" in warning for warning in parse_policy(BARE % "situation.severity >= 0.0", "p").warnings)


def test_missing_network_does_not_match() -> None:
    """A network that nobody used is no error at load and no match at run time."""
    one = condition("situation.sources.mastodon > 0")
    assert one.holds(world()) == "unknown field 'mastodon'"
    assert condition("'mastodon' in situation.sources && situation.sources.mastodon > 0").holds(world()) is False


def test_mentions_finds_whole_words_only() -> None:
    """A word inside another is none."""
    assert mentions("they will sue you tomorrow", "lawyer, sue you")
    assert not mentions("an issue young people have", "lawyer, sue you")
    assert not mentions("anything", " , ")


def test_facts_are_complete_and_in_utc() -> None:
    """Everyone who can speak is there, with 0 where nobody did; hour and weekday are those of the last event."""
    seen = facts_of(situation("a", at_ms=START + 11 * HOUR, sentiment={"negative": 3, "positive": 1}))
    assert (seen["hour"], seen["weekday"]) == (23, "mon")
    assert seen["situation"]["stakeholders"]["media"] == 0
    assert seen["situation"]["negative_share"] == 0.75
    assert seen["situation"]["severity_class"] == severity_class(0.5) == "high"
    assert seen["situation"]["intent"] == "complaint"


def test_hours_follow_time_zone_and_days() -> None:
    """A Friday evening in Berlin waits for Monday morning, an open hour for nothing, a night shift reaches over midnight."""
    berlin = Hours.model_validate(
        {"start": "08:00", "end": "18:00", "days": ["mon", "tue", "wed", "thu", "fri"], "time_zone": "Europe/Berlin"}
    )
    assert berlin.open_from(START) == START  # Monday 13:00 in Berlin
    friday_evening = START + 4 * 24 * HOUR + 8 * HOUR
    assert berlin.open_from(friday_evening) == START + 7 * 24 * HOUR - 5 * HOUR  # Monday 07:00 UTC
    night = Hours.model_validate({"start": "22:00", "end": "06:00"})
    assert night.open_from(START - 8 * HOUR) == START - 8 * HOUR  # 04:00
    assert night.open_from(START) == START + 10 * HOUR


def test_within_reminds_the_owner_where_no_chain_is_given() -> None:
    """A promised time without an escalation chain asks the owner's own contact again when it has passed."""
    read = parse_policy(POLICY.replace("    priority: 50", "    within: 1h\n    priority: 50"), "p")
    (case,) = (rule for rule in read.rules if rule.name == "case")
    assert [(step.after, step.team, step.contact) for step in read.chain(case)] == [(HOUR, "support", "support-lead")]


def test_summary_names_every_rule_team_and_silence() -> None:
    """A person reads the rules in the order in which they are asked, escalation included."""
    silence = "silences:\n  - {name: drill, when: hour > 3, author: jo, reason: a drill, until: 2026-03-02T13:00:00Z}\n"
    lines = policy_summary(policy(POLICY + silence))
    assert lines[1] == "  90 surge: comms page with support, 15 min comms (head-of-comms), 45 min product (duty-manager)"
    assert "silence drill until 2026-03-02 13:00 UTC: a drill" in lines
    assert any(line.startswith("  50 trial (shadow)") for line in lines)


def test_policy_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """A missing file is a PolicyError that names it."""
    with pytest.raises(PolicyError, match=r"nowhere\.yaml"):
        load_policy(tmp_path / "nowhere.yaml")


pieces = st.sampled_from(
    [
        "situation.",
        "kind",
        "severity",
        "events",
        "sources",
        "x",
        "text",
        "hour",
        "weekday",
        "==",
        "!=",
        "<",
        ">",
        "&&",
        "||",
        "!",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "?",
        ":",
        "+",
        "-",
        "*",
        "/",
        "%",
        ".",
        ",",
        "'a'",
        "0",
        "1.5",
        "true",
        "null",
        "in",
        "has",
        "size",
        "matches",
        "mentions",
        "all(e,e)",
        "duration('1h')",
        "timestamp('x')",
        "int(hour)",
        "9223372036854775807",
        "type(text)",
        "b''",
        "r'\\d'",
        ".map(k,k)",
        "??",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(pieces, max_size=12).map(" ".join) | st.text(max_size=40))
def test_any_text_is_a_condition_or_refused(text: str) -> None:
    """Whatever somebody writes: a condition that evaluates to true, false or a reason, or a ValueError; nothing else gets out."""
    try:
        one = condition(text)
    except ValueError:
        return
    assert one.holds(world()) in (True, False) or isinstance(one.holds(world()), str)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80) | st.lists(st.sampled_from(POLICY.splitlines()), max_size=12).map("\n".join))
def test_any_file_is_a_policy_or_refused(text: str) -> None:
    """Whatever the file holds, it is refused with a PolicyError and nothing else."""
    try:
        parse_policy(text, "p")
    except PolicyError:
        return
    assert "rules:" in text  # nothing less is a policy
