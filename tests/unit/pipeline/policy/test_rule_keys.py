"""What a rule can say beside its condition, and what comes of it in decisions and actions."""

from typing import Any

import orjson
import pytest

from pipeline.policy.errors import PolicyError
from pipeline.policy.evaluate import judge
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


# -- do: nothing -----------------------------------------------------------------------------------------------------

NOTHING = (
    TEAMS
    + (
        "rules:\n"
        "  - {name: joke, when: \"text.mentions('april fool')\", do: nothing, priority: 90}\n"
        "  - {name: grave, when: situation.severity >= 0.9, do: page, owner: comms, priority: 95}\n"
        "  - {name: tried, when: situation.kind == 'case', do: page, owner: comms, mode: shadow, priority: 30}\n"
    )
    + RULE
)


def test_nothing_ends_the_search() -> None:
    """Below it nobody is asked, shadows neither; the record says who would have been, and that the rule stopped it."""
    policy = parse_policy(NOTHING, "p")
    verdict = judge(policy, situation("a", text="a lost bag, April fool!"))
    assert (verdict.rule, verdict.stopper) == (None, ("rule", "joke"))
    assert verdict.stopped is not None
    assert verdict.stopped.name == "one"
    assert "nothing is to be done, says rule joke" in verdict.against
    assert actions(NOTHING, situation("a", text="a lost bag, April fool!")) == []
    record = decided([situation("a", text="a lost bag, April fool!")], policy)
    assert [orjson.loads(one.value)["mode"] for one in record if one.noun == "decisions" and not one.broadcast] == ["suppressed"]


def test_nothing_leaves_what_stands_above_it() -> None:
    """A rule of higher priority asks, and so does everything where the rule does not match."""
    assert [one["rule"] for one in actions(NOTHING, situation("a", text="April fool", severity=0.95))] == ["grave"]
    assert [one["rule"] for one in actions(NOTHING, situation("a"))] == ["one"]


def test_nothing_in_shadow_ends_nothing() -> None:
    """It is counted and tried, as other rules in shadow are."""
    text = NOTHING.replace("do: nothing, priority: 90", "do: nothing, mode: shadow, priority: 90")
    assert [one["rule"] for one in actions(text, situation("a", text="April fool"))] == ["one"]


def test_what_asks_nobody_says_nothing_of_whom() -> None:
    """An owner of nothing is a mistake, and so is a page without one; a rule below it that can never decide is warned of."""
    wrong = (
        TEAMS + "rules:\n  - {name: a, when: hour > 3, do: nothing, owner: support, within: 1h}\n  - {name: b, when: hour > 4, do: page}\n"
    )
    assert faults(wrong) == [
        (6, "owner: is void where `do: nothing` asks nobody: leave it out"),
        (6, "within: is void where `do: nothing` asks nobody: leave it out"),
        (7, "owner: is missing"),
    ]
    below = TEAMS + "rules:\n  - {name: none, when: situation.kind == 'case', do: nothing, priority: 30}\n" + RULE
    assert [one for one in parse_policy(below, "p").warnings if "never decides" in one] == [
        "p:11: rule 'one': never decides: rule 'none' comes first and matches all that it matches"
    ]


# -- subjects --------------------------------------------------------------------------------------------------------

SCOPED = """version: 1
subjects: {aurora: Aurora Air, borealis: Borealis, kontor: Kontor}
teams:
  - {name: support, contact: lead}
  - {name: north, contact: duty, subjects: [aurora, borealis]}
rules:
  - name: north
    when: situation.kind == 'case'
    do: reply
    owner: north
    priority: 30
  - name: kontor
    when: situation.kind == 'case'
    do: review
    owner: support
    peers: [north]
    escalation: [{after: 10m, team: north, contact: duty}, {after: 20m, team: support, contact: boss}]
    subjects: [aurora, kontor]
    priority: 20
"""


@pytest.mark.parametrize(
    ("subject", "asked"),
    [("aurora", [("north", "north")]), ("borealis", [("north", "north")]), ("kontor", [("kontor", "support")]), ("else", [])],
)
def test_rules_and_teams_are_for_their_subjects(subject: str, asked: list[tuple[str, str]]) -> None:
    """A rule passes over the subjects that it or its owner is not for; peers and steps of other subjects are left out."""
    assert [(one["rule"], one["team"]) for one in actions(SCOPED, situation("a", subject=subject))] == asked


def test_a_team_of_other_subjects_is_no_step_of_a_chain() -> None:
    """The chain of the decision goes on with the next team."""
    policy = parse_policy(SCOPED, "p")
    rule = judge(policy, situation("a", subject="kontor")).rule
    assert rule is not None
    assert [(step.team, step.after) for step in rule.escalation] == [("support", 1_200_000)]


def test_subjects_are_those_of_the_file() -> None:
    """A slip in a name would be a rule that never decides."""
    text = SCOPED.replace("[aurora, kontor]", "[aurora, kontur]").replace("[aurora, borealis]", "[aurora, boreal]")
    listed = "is not among the subjects of the file; known are aurora, borealis, kontor"
    assert faults(text) == [(5, f"subjects: 'boreal' {listed}"), (18, f"subjects: 'kontur' {listed}")]
    apart = SCOPED.replace("owner: support\n    peers: [north]", "owner: north").replace("[aurora, kontor]", "[kontor]")
    assert faults(apart) == [(17, "subjects: team 'north' is for aurora, borealis alone, so the rule never decides")]


def test_a_rule_for_one_subject_hides_no_rule_for_all() -> None:
    """`never decides` is said only where the subjects of the upper rule include those of the lower one."""
    assert [one for one in parse_policy(SCOPED, "p").warnings if "never decides" in one] == []
    same = SCOPED.replace("[aurora, kontor]", "[aurora]").replace("do: reply", "do: review")
    assert len([one for one in parse_policy(same, "p").warnings if "never decides" in one]) == 1


def test_an_acknowledgement_that_cannot_lapse_is_told() -> None:
    """Of a digest, which nobody answers, or behind the end of the action; a rule that asks nobody has none."""
    head = TEAMS + "rules:\n"
    good = parse_policy(head + RULE + "    acknowledged_for: 2h\n", "p")
    assert (good.rules[0].acknowledged_for, [one for one in good.warnings if "acknowledged" in one]) == (2 * 3_600_000, [])
    late = parse_policy(head + RULE + "    acknowledged_for: 2h\n    not_after: 1h\n", "p")
    assert any("acknowledged_for: 120 min is void: the action has expired by then" in one for one in late.warnings)
    told = parse_policy(head + RULE.replace("review", "digest") + "    acknowledged_for: 2h\n", "p")
    assert any("acknowledged_for: 120 min is void: nobody is asked to answer a digest" in one for one in told.warnings)
    nothing = "  - {name: joke, when: situation.kind == 'case', do: nothing, acknowledged_for: 1h}\n"
    assert any("acknowledged_for" in reason for _, reason in faults(head + nothing))
