"""All that is wrong in a policy is told at once, in the words of who wrote it; what is allowed but void is warned of."""

import pytest

from pipeline.policy.errors import PolicyError
from pipeline.policy.load import parse_policy, parse_silences

TEAMS = "version: 1\nteams:\n  - {name: support, contact: lead}\n  - {name: comms}\n"
RULE = TEAMS + "rules:\n  - name: one\n    when: situation.kind == 'case'\n    do: review\n    owner: support\n"

MANY = """version: 1
teams:
  - {name: support}
  - {name: support}
  - name: Comms
    hours: {start: '08:00', end: '17:00', time_zone: Europe/Berln}
    atention: {per_hour: 5}
rules:
  - name: one
    when: situation.kind == 'Case' && situation.sevrity > 0.5
    do: rely
    owner: nobody
    peers: support
  - name: two
    when: weekday == 'Monday'
    do: review
    owner: nobody
    priority: 2000
  - name: three
    do: page
silences:
  - {name: drill, when: hour > 25, author: jo, reason: '', until: 2026-03-02}
"""


def faults(text: str) -> list[tuple[int | None, str | None, str]]:
    """What a policy is refused for."""
    with pytest.raises(PolicyError) as caught:
        parse_policy(text, "p")
    return [(fault.line, fault.rule, fault.reason) for fault in caught.value.faults]


def test_all_faults_of_a_file_are_told_at_once() -> None:
    """Values, names, references and conditions, each at its line, also where one rule has several."""
    found = faults(MANY)
    expected: list[tuple[int, str | None, str]] = [
        (4, None, "team name 'support' is used twice"),
        (5, None, "teams.2.name: 'Comms' is no name: small letters"),
        (6, None, "'Europe/Berln' is no time zone of the tz database; did you mean Europe/Berlin?"),
        (7, None, "there is no such key (did you mean 'attention'?); known are name, contact, attention"),
        (10, "one", "when: situation.kind is never 'Case' (did you mean 'case'?)"),
        (10, "one", "when: unknown field 'sevrity' of situation (did you mean 'severity'?)"),
        (11, "one", "do: 'rely' is none of reply, review, page, idea, digest, nothing"),
        (13, "one", "peers: should be a list, e.g. [a, b], is 'support'"),
        (15, "two", "when: weekday is never 'Monday'"),
        (18, "two", "priority: should be at most 1000, is 2000"),
        (19, "three", "when: is missing"),
        (19, "three", "owner: is missing"),
        (22, None, "silence 'drill': when: 'hour > 25': hour is from 0 to 23, never 25"),
        (22, None, "silences.0.reason: should be at least 1 character, is ''"),
        (22, None, "silences.0.until: should be a time with its zone"),
    ]
    for line, rule, reason in expected:
        assert any((at, of) == (line, rule) and reason in told for at, of, told in found), (line, rule, reason, found)
    assert len(found) == len(expected)
    words = " ".join(told for _, _, told in found)
    assert not any(alien in words for alien in ("tuple", "ActionKind", "Input", "valid", "extra"))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("do: review", "do: REVIEW"), "'REVIEW' is none of reply, review, page, idea, digest, nothing (did you mean 'review'?)"),
        (("owner: support", "owner: [support]"), "owner: should be a text; put it in quotes, is a list"),
        (("owner: support", "owner: support\n    mode: dry"), "'dry' is none of live, shadow"),
        (("owner: support", "owner: support\n    cooldown: 10"), "should be a duration such as 90s, 15m"),
        (("owner: support", "owner: support\n    overrides: [dualhat]"), "(did you mean 'dual_hat'?)"),
        (("owner: support", "owner: support\n    priority: high"), "priority: should be a whole number, is 'high'"),
        (("owner: support", "owner: support\n    escalation: {after: 1h}"), "escalation: should be a list"),
        (("{name: comms}", "comms"), "teams.1: should be a mapping (key: value), is 'comms'"),
        (("{name: comms}", "{name: comms, hours: {start: '8', end: '17:00'}}"), "'8' is not a time of day such as '08:30'"),
        (("{name: comms}", "{name: comms, hours: {start: '08:00', end: '17:00', time_zone: localtime}}"), "'localtime' is no time zone"),
        (("version: 1", "version: 3"), "version: 3 is none of 1"),
    ],
)
def test_a_fault_is_told_in_the_authors_words(change: tuple[str, str], reason: str) -> None:
    """What should stand there, what does, and what may have been meant."""
    assert any(reason in told for _, _, told in faults(RULE.replace(*change)))


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ("    within: 1d\n", "the action has expired by then"),
        ("    within: 1h\n    escalation: [{after: 2h, team: comms, contact: x}]\n", "the first escalation comes after 120 min"),
        ("    within: 1h\n    do: digest\n", "nobody is asked to answer a digest"),
        ("    within: 1h\n    owner: comms\n", "team 'comms' has no contact to remind"),
    ],
)
def test_a_promise_that_nobody_is_reminded_of_is_warned_of(more: str, why: str) -> None:
    """``within`` that nothing comes of, with the reason."""
    key = more.rsplit(":", 2)[-2].rsplit(maxsplit=1)[-1]
    text = "".join(line for line in RULE.splitlines(keepends=True) if not line.startswith(f"    {key}:")) + more
    (warning,) = [one for one in parse_policy(text, "p").warnings if "no rule asks it" not in one]
    assert "is void" in warning
    assert why in warning


def two(above: str, below: str, **keys: str) -> tuple[str, ...]:
    """Warnings of two rules, the first of higher priority; ``keys`` replace some of the first one's."""
    upper = {"mode": "live", "do": "review"} | keys
    first = "".join(f"    {key}: {value}\n" for key, value in upper.items())
    text = TEAMS + f"rules:\n  - name: above\n    when: {above}\n    owner: comms\n    priority: 90\n{first}"
    return parse_policy(text + f"  - name: below\n    when: {below}\n    do: review\n    owner: support\n", "p").warnings


def test_a_rule_that_never_decides_is_warned_of() -> None:
    """Because one above it matches all that it matches; not when that one is tried in shadow, may be stopped by a guard or asks more."""
    case, grave = "situation.kind == 'case'", "situation.kind == 'case' && situation.severity > 0.5"
    (warning,) = two(case, grave)
    assert "rule 'below': never decides: rule 'above' comes first" in warning
    assert two(case, case) != ()
    assert two("situation.kind in ['case', 'idea']", case) != ()
    assert two(grave, case) == ()
    assert two(case, grave, mode="shadow") == ()
    assert two(case, grave, do="reply") == ()
    assert two("situation.kind == 'case' && text.mentions('x')", grave) == ()


def test_all_faults_of_a_silences_file_are_told() -> None:
    """Values and conditions of each silence."""
    with pytest.raises(PolicyError) as caught:
        parse_silences(
            "version: 1\nsilences:\n  - {name: a, when: hour > 30}\n  - {name: B, when: x == 1, author: jo, reason: r, until: soon}\n", "s"
        )
    assert len(caught.value.faults) == 7
