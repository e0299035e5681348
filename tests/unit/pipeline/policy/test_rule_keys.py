"""What a rule can say beside its condition, and what comes of it in decisions and actions."""

from typing import Any

import pytest

from pipeline.policy.errors import PolicyError
from pipeline.policy.load import parse_policy, policy_summary
from tests.unit.pipeline.decide.world import act_shell, decided, decision_records, situation

TEAMS = "version: 1\nteams:\n  - {name: support, contact: lead}\n  - {name: comms, contact: duty}\n"
RULE = "  - name: one\n    when: situation.kind == 'case'\n    do: review\n    owner: support\n    priority: 20\n"


def faults(text: str) -> list[tuple[int | None, str]]:
    """What a policy is refused for."""
    with pytest.raises(PolicyError) as caught:
        parse_policy(text, "p")
    return [(fault.line, fault.reason) for fault in caught.value.faults]


def actions(text: str, *situations: dict[str, Any]) -> list[dict[str, Any]]:
    """What teams are sent when these situations come about."""
    policy = parse_policy(text, "p")
    shell = act_shell(policy)
    shell.feed("decisions", decision_records(decided(situations, policy)))
    return shell.messages("actions")


def test_an_action_says_where_it_is_written_what_to_do() -> None:
    """The runbook of a rule goes out with its actions; a rule without one sends none."""
    runbook = "https://wiki.example.org/runbooks/complaint"
    text = TEAMS + "rules:\n" + RULE
    assert [one["runbook"] for one in actions(text + f"    runbook: {runbook}\n", situation("a"))] == [runbook]
    assert [one["runbook"] for one in actions(text, situation("a"))] == [None]


def test_a_rule_says_what_it_is_for() -> None:
    """`winnow policy check` shows description and runbook below the rule."""
    text = TEAMS + "rules:\n" + RULE + "    description: Whoever complains is heard.\n    runbook: http://runbooks/one\n"
    lines = policy_summary(parse_policy(text, "p"))
    at = lines.index("  20 one: support review")
    assert lines[at + 1 : at + 3] == ["     Whoever complains is heard.", "     http://runbooks/one"]


def test_a_runbook_is_an_address() -> None:
    """A path of somebody's machine helps nobody who was woken."""
    found = faults(TEAMS + "rules:\n" + RULE + "    description: ''\n    runbook: docs/one.md\n")
    assert found == [
        (11, "description: should be at least 1 character, is ''"),
        (12, "runbook: 'docs/one.md' is no address such as https://wiki.example.org/runbooks/surge"),
    ]
