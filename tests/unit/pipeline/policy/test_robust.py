"""Whatever a condition says, it is refused at load, or reported when it cannot be evaluated: it never stops a worker."""

from typing import Any

import pytest

from pipeline.policy.load import PolicyError, parse_policy
from schemas.topics import DISPOSITIONS
from tests.unit.pipeline.decide.world import START, decide_shell, situation, situation_records
from tests.unit.pipeline.policy.test_load import BARE

REFUSED = [
    # no fact in it
    "1 / 0 > 1", "true || 1 / 0 > 1", "[1, 2][5] == 1", "int('x') > 1", "size('') == 0", "'a' in ['a']", "null == null",
    # not true or false
    "situation.kind", "situation", "text", "hour", "situation.events + 1", "size(text)", "[situation.events]", "{'a': hour}",
    # unknown names and fields
    "env.PATH == 'x'", "os.system('x') == 0", "__import__('os') == null", "situation.__class__ == null", "situation.id.x == 1",
    "situation.evidence[0].text == 'x'", "now() > hour", "situation.sentiment.angry > 0", "situation['knd'] == 'case'",
    # types that do not fit
    "situation.kind > 3", "situation.kind != 'nothing'",
    "hour == 'noon' + 1", "situation.severity && true", "!situation.events", "text + 1 == 'x'", "situation.kind.size",
    "situation == 1 + 'a'", "text.contains(3)", "situation.events.contains('a')", "text.matches('(')", "timestamp('x') == hour",
    # no expression
    "", "   ", "situation.kind = 'case'", "situation.kind == 'case", "situation.kind == 'case')", "if hour > 3", "hour > 3; hour < 5",
    "situation.kind == 'case' and hour > 3", "\x00", "hour >> 3 > 1", "situation.kind === 'case'", "((((hour > 3",
    "hour > 3 //" + "x" * 2_100,
    "situation.kind == 'case' ? situation.kind > 3 : hour > 3", "situation.events.all(x, x > 1)", "-" * 300 + "hour > 3",
]  # fmt: skip

REPORTED = [
    "situation.reach / (situation.events - 1) > 3", "situation.reach % (situation.authors - 1) == 0", "100 / situation.copies > 3",
    "situation.kind == 'case' && situation.reach / situation.copies > 1", "situation.severity >= 0.0",
    "hour >= 0", "situation.severity / (situation.severity - situation.severity) > 1.0 || situation.severity >= 0.0", "size(text) >= 0",
    "situation.severity / situation.expected > 0.5",
]  # fmt: skip

ACCEPTED = [
    "situation.sources.mastodon > 3", "situation.sources['mastodon'] > 3", "'x' in situation.sources && situation.sources.x > 1",
    "situation.events * 9007199254740992 > 0 && situation.kind == 'case'", "situation.reach * situation.reach > 10000",
    "situation.kind.matches('^(a+)+$')", "text.matches('(a|a)*b')", "text.matches('(?i)refund|geld zurück')", "hour in [1, 2, 3]",
    "situation.intents.exists(name, name == 'complaint' && situation.intents[name] > 3)",
    "weekday in ['sat', 'sun'] ? hour > 3 : hour > 18",
    "text.mentions('refund')", "size(text) > 100", "situation.expected > 1e308", "situation.facet == '' && hour < 6",
    "text.startsWith('x')",
    "double(situation.events) / situation.expected > 3.0",
]  # fmt: skip

ODD: list[dict[str, Any]] = [
    {"events": 0, "authors": 0, "reach": 0, "copies": 0, "sentiment": {}, "intents": {}, "stakeholders": {}, "sources": {}, "evidence": []},
    {"events": 1, "authors": 1, "copies": 1, "severity": 0.0, "urgency": 0.0, "expected": 0.0},
    {"events": 2**63 - 1, "authors": 2**63 - 1, "reach": 2**63 - 1, "expected": 1e300, "severity": 1.0, "urgency": 1.0},
    {"facet": "", "text": ""},
    {"facet": "' || true", "text": "'" * 500 + '"\\\n\u2028😀'},
    {"text": "a" * 100_000, "kind": "surge"},
    {"kind": "idea", "status": "closed", "absorbed_by": "f" * 32},
]


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: text[:40])
def test_what_makes_no_sense_is_refused_with_its_rule(text: str) -> None:
    """At load, with line and rule; nothing of it is evaluated later."""
    with pytest.raises(PolicyError) as caught:
        parse_policy(BARE % repr_yaml(text), "policy.yaml")
    assert (caught.value.rule, caught.value.line) == ("one", 6)
    assert caught.value.reason.startswith("when: ")


@pytest.mark.parametrize("text", REPORTED, ids=lambda text: text[:40])
def test_what_looks_wrong_is_reported(text: str) -> None:
    """It may be meant, so it loads, with a warning that names place and rule: what can fail, and what would match everything."""
    read = parse_policy(BARE % repr_yaml(text), "policy.yaml")
    assert any(one.startswith("policy.yaml:6: rule 'one':") and ("can fail" in one or "match everything" in one) for one in read.warnings)


@pytest.mark.parametrize("text", [*REPORTED, *ACCEPTED], ids=lambda text: text[:40])
def test_no_situation_makes_it_crash(text: str) -> None:
    """On situations with nothing, too much or hostile text in them each gets its disposition; what fails is counted and matches nothing."""
    shell = decide_shell(parse_policy(BARE % repr_yaml(text), "policy.yaml"))
    shell.feed("situations", situation_records([situation(f"s{n}", at_ms=START + n, **odd) for n, odd in enumerate(ODD)]))
    found = shell.dispositions("situations")
    assert len(found) == len(ODD)
    assert set(found) <= set(DISPOSITIONS["decide"]) - {"rejected"}
    failed = shell.counts["cel_error", "one"]
    assert len(shell.messages("decisions")) <= len(ODD) - failed
    assert shell.counts["decided", "one", "live"] == len(shell.messages("decisions"))


@pytest.mark.parametrize("text", ACCEPTED, ids=lambda text: text[:40])
def test_what_makes_sense_is_accepted(text: str) -> None:
    """Without a warning that it would match everything."""
    assert not any("match everything" in one for one in parse_policy(BARE % repr_yaml(text), "policy.yaml").warnings)


def test_a_failing_rule_does_not_keep_others_from_deciding() -> None:
    """The next rule in line decides, and the decision says what spoke against the first."""
    text = (
        BARE % "100 / (situation.events - 1) > 0"
        + "    priority: 90\n"
        + "  - {name: two, when: situation.events > 0, do: review, owner: support}\n"
    )
    shell = decide_shell(parse_policy(text, "policy.yaml"))
    shell.feed("situations", situation_records([situation("a")]))
    decision = shell.messages("decisions")[0]
    assert decision["rule"] == "two"
    assert decision["against"] == ["rule one failed: division by zero in CEL expression"]
    assert shell.counts["cel_error", "one"] == 1


def repr_yaml(text: str) -> str:
    """The text as a double-quoted YAML scalar."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\x00", "\\0") + '"'
