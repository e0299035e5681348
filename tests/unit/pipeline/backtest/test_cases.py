"""Cases of a policy come out as expected or say what differs; the default policy passes its own."""

from pathlib import Path

import pytest

from pipeline.backtest.cases import Tried, try_cases, uncovered
from pipeline.policy.errors import PolicyError
from pipeline.policy.load import load_policy, parse_policy
from tests.unit.pipeline.decide.world import DEFAULT, POLICY, policy

CASES = Path(__file__).resolve().parents[4] / "deploy" / "examples" / "policy.cases.yaml"
HEAD = "version: 1\ncases:\n  - name: one\n"
HOURS = """
version: 1
teams:
  - name: support
    attention: {per_hour: 60, burst: 10, digest_after: 30m}
    hours: {start: '08:00', end: '18:00', days: [mon, tue, wed, thu, fri], time_zone: Europe/Berlin, wake_at: 0.75}
rules:
  - {name: case, when: situation.kind == 'case', do: reply, owner: support}
"""


def tried(text: str) -> Tried:
    """How one case of the world's policy comes out."""
    return next(try_cases(policy(), HEAD + text, "cases.yaml"))


def test_the_default_policy_passes_its_cases_and_each_rule_has_one() -> None:
    """The cases that come with Winnow come out as expected, and no rule is without."""
    found = list(try_cases(DEFAULT, CASES.read_text(encoding="utf-8"), str(CASES)))
    assert [(one.name, one.wrong) for one in found if one.wrong] == []
    assert len(found) >= 25
    assert uncovered(DEFAULT, found) == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("    situation: {kind: surge}\n    expect: {owner: support}\n", "owner should be 'support', is 'comms'"),
        ("    situation: {kind: surge}\n    expect: {rule: null}\n", "rule should be nothing, is 'surge'"),
        ("    situation: {severity: 0.1}\n    expect: {do: reply}\n", "do should be 'reply', is nothing"),
        ("    situation: {kind: surge}\n    expect: {peers: [product]}\n", "peers should be product, is support"),
        (
            "    situation: {kind: surge}\n    expect: {actions: {comms: page}}\n",
            "actions should be comms page, is comms page, support page",
        ),
        (
            "    situation: {kind: surge}\n    expect: {escalations: {15m: comms}}\n",
            "escalations should be comms after 15 min, is comms after 15 min, product after 45 min",
        ),
        ("    situation: {kind: surge}\n    expect: {matched: []}\n", "matched should be none, is surge"),
        ("    situation: {kind: surge}\n    expect: {against: [silence]}\n", "nothing against it says 'silence'; there is nothing"),
        (
            "    situation: {kind: surge}\n    expect: {}\n    then: [{after: 1m, answer: {team: product, status: done}}]\n",
            "after 1 min: product cannot answer: it was asked nothing",
        ),
        (
            "    situation: {kind: surge}\n    expect: {}\n    then: [{after: 90s, expect: {actions: {comms: page}}}]\n",
            "after 1 min 30 s: actions should be comms page, is none",
        ),
    ],
)
def test_what_differs_is_told(text: str, wrong: str) -> None:
    """One line a difference, with what should be and what is."""
    assert tried(text).wrong == [wrong]


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("    situation: {kind: storm}\n    expect: {}\n", 3, "situation.kind"),
        ("    situation: {colour: red}\n    expect: {}\n", 3, "situation.colour"),
        ("    situation: {events: many}\n    expect: {}\n", 3, "case 'one'"),
        ("    situation: {}\n    expect: {colour: red}\n", 5, "colour"),
        ("    situation: {}\n    expect: {}\n    then: [{after: soon}]\n", 6, "not a duration"),
        ("    situation: {}\n    expect: {}\n    then: [{after: 1m, expect: {escalations: {}}}]\n", 6, "escalations"),
        ("    situation: {kind: surge}\n    expect: {}\n    then: [{after: 1m, answer: {team: comms, status: shrug}}]\n", 6, "status"),
        ("    situation: {}\n", 3, "expect"),
        (
            "    situation: {}\n    expect: {}\n"
            "    silences: [{name: s, when: situation.knd == 'x', author: a, reason: r, until: 2030-01-01T00:00:00Z}]\n",
            None,
            "unknown field 'knd'",
        ),
    ],
)
def test_a_case_that_makes_no_sense_is_refused(text: str, line: int | None, reason: str) -> None:
    """It names the file, the line and what is wrong, and is no failure of the policy."""
    with pytest.raises(PolicyError) as caught:
        tried(text)
    assert (caught.value.file, caught.value.line) == ("cases.yaml", line)
    assert reason in caught.value.reason


def test_nights_and_weekends_hold_all_but_what_is_grave() -> None:
    """On a Saturday a case waits for Monday, when it is asked; a grave one wakes somebody."""
    text = (
        "version: 1\nstart: 2026-03-07T22:00:00Z\ncases:\n"
        "  - {name: held, situation: {severity: 0.6}, expect: {rule: case, actions: {}}, then: [{after: 31h, expect: {actions: {}}}, "
        "{after: 34h, expect: {actions: {support: reply}}}]}\n"
        "  - {name: grave, situation: {severity: 0.8}, expect: {actions: {support: reply}}}\n"
        "  - {name: monday, at: 2026-03-09T09:00:00Z, situation: {severity: 0.6}, expect: {actions: {support: reply}}}\n"
    )
    assert [one.wrong for one in try_cases(parse_policy(HOURS, "hours"), text, "cases.yaml")] == [[], [], []]


def test_cases_are_independent() -> None:
    """Each case begins with an empty world: the same one twice comes out the same, budgets untouched."""
    one = "  - {name: %s, situation: {urgency: 0.7}, expect: {actions: {support: reply}}}\n"
    text = "version: 1\ncases:\n" + "".join(one % f"n{number}" for number in range(60))
    assert not any(found.wrong for found in try_cases(load_policy(None), text, "cases.yaml"))


SEVERAL = """
version: 1
teams:
  - {name: support, contact: lead, attention: {per_hour: 60, burst: 10, digest_after: 30m}}
  - {name: comms, contact: duty}
rules:
  - {name: joke, when: "text.mentions('april')", do: nothing, priority: 90}
  - {name: many, when: "'smoke' in situation.words && situation.kind == 'surge'", do: page, owner: comms, priority: 80}
  - name: case
    when: situation.kind == 'case'
    do: reply
    owner: support
    peers: [comms]
    escalation: [{after: 1h, team: support, contact: boss}]
    not_after: 1d
"""


def several(text: str) -> list[str]:
    """What differs in one case of a policy with two teams."""
    return next(try_cases(parse_policy(SEVERAL, "p"), HEAD + text, "c")).wrong


BUDGET = """
    attention: {support: {per_hour: 1, burst: 2, digest_after: 30m}}
    situation: {}
    expect:
      {actions: {support: reply, comms: review}, contact: {support: lead}, held: {}, escalations: {1h: {team: support, contact: boss}}}
    then:
      - {after: 1m, of: second, situation: {severity: 0.4}, expect: {rule: case, actions: {support: reply, comms: review}}}
      - {after: 2m, of: crowd, times: 3, situation: {}, expect: {actions: {comms: [review, review, review]}, held: {support: 3}}}
      - {after: 3m, answer: {team: support, status: done, of: second}}
      - {after: 4m, of: fool, situation: {text: an april joke}, expect: {rule: joke, do: nothing, owner: null, actions: {}}}
"""


def test_a_case_has_several_situations_budgets_and_peers() -> None:
    """Others are told of by their names, so many alike at once; each has its own decision, a team answers about one of them."""
    assert several(BUDGET) == []


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        (("contact: {support: lead}", "contact: {support: boss}"), "contact of support should be 'boss', is 'lead'"),
        (("contact: boss}}", "contact: lead}}"), "contact of support after 60 min should be 'lead', is 'boss'"),
        (("held: {support: 3}", "held: {support: 2}"), "after 2 min crowd: held should be support 2, is support 3"),
        (("of: second}}", "of: fool}}"), "after 3 min: support cannot answer: it was asked nothing"),
        (("rule: joke", "rule: case"), "after 4 min fool: rule should be 'case', is 'joke'"),
    ],
)
def test_what_differs_is_told_of_the_situation_that_it_is_about(change: tuple[str, str], wrong: str) -> None:
    """By its name and time."""
    found = several(BUDGET.replace(*change))
    assert any(one.startswith(wrong) for one in found), found


def test_an_answer_about_one_situation_stops_no_other() -> None:
    """The second one is done; the first one goes up."""
    both = BUDGET.replace("of: second}}", "of: first}}").replace("1h: {team: support, contact: boss}", "61m: support")
    assert [one for one in several(both) if "escalations" in one] == []


def test_several_texts_are_several_pieces_of_evidence() -> None:
    """What they share are its words."""
    surge = "    situation: {kind: surge, texts: [smoke at the gate, so much smoke, tea is cold]}\n    expect: {rule: many}\n"
    assert several(surge) == []
    assert several(surge.replace("so much smoke, ", "")) == []
    assert several(surge.replace("so much smoke", "no seats")) != []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "    situation: {}\n    expect: {}\n    then: [{after: 1m, of: other, expect: {rule: case}}]\n",
            "of: there is no situation 'other' yet",
        ),
        (
            "    situation: {}\n    expect: {}\n    then:\n      - {after: 1m, of: a, times: 2, situation: {}}\n"
            "      - {after: 2m, of: a, times: 3, situation: {}}\n",
            "times: 'a' are 2 situations already",
        ),
        ("    attention: {nobody: {burst: 1}}\n    situation: {}\n    expect: {}\n", "attention: there is no team 'nobody'"),
    ],
)
def test_a_case_of_several_that_makes_no_sense_is_refused(text: str, reason: str) -> None:
    """Names of nobody, another number of the same."""
    with pytest.raises(PolicyError) as caught:
        several(text)
    assert reason in str(caught.value)


@pytest.mark.parametrize("name", ["bank", "airline", "games"])
def test_example_policies_are_good_and_pass_their_cases(name: str) -> None:
    """Without a warning, and each rule decides in one case at least."""
    folder = CASES.parent / "policies"
    example, cases = load_policy(folder / f"{name}.yaml"), folder / f"{name}.cases.yaml"
    found = list(try_cases(example, cases.read_text(encoding="utf-8"), str(cases)))
    assert example.warnings == ()
    assert [(one.name, one.wrong) for one in found if one.wrong] == []
    assert uncovered(example, found) == []


def test_a_decision_that_goes_to_another_owner_stands() -> None:
    """The record that takes it from the former owner is no end of it."""
    text = "    situation: {text: a, kind: surge, texts: [smoke, smoke]}\n    expect: {rule: many, owner: comms}\n    then:\n"
    assert several(text + "      - {after: 1m, situation: {kind: case}, expect: {rule: case, owner: support}}\n") == []


CROWD = """
    situation: {severity: 0.8}
    attention: {comms: {per_hour: 2, burst: 2}, support: {per_hour: 60, burst: 60}}
    expect: {escalations: {30m: comms, 31m: comms, 60m: comms}, grouped: {comms: %d}}
    then:
      - {after: 1m, of: second, situation: {severity: 0.8}}
      - {after: 2m, of: others, times: 4, situation: {severity: 0.85}}
"""


def test_a_case_says_how_many_escalations_come_together() -> None:
    """Two each on their own, four as one with the next token; a team can answer its item by the situation that it is about."""
    text = POLICY.replace("owner: support\n    peers: [comms]", "owner: support")
    (found,) = try_cases(policy(text), HEAD + CROWD % 4, "cases.yaml")
    assert found.wrong == []
    (found,) = try_cases(policy(text), HEAD + CROWD % 3, "cases.yaml")
    assert found.wrong == ["grouped should be comms 3, is comms 4"]
    above = POLICY.replace("owner: support\n    peers: [comms]", "owner: support").replace(
        "{after: 30m, team: comms, contact: comms-duty}",
        "{after: 30m, team: comms, contact: comms-duty}\n      - {after: 90m, team: product, contact: duty-manager}",
    )
    answered = CROWD.replace("60m: comms}", "60m: comms, 90m: product}").replace("of: others, times: 4", "of: others") % 0
    answered += "      - {after: 61m, answer: {team: comms, status: acknowledged, of: others}}\n"
    answered += "      - {after: 62m, answer: {team: comms, status: acknowledged, of: second}}\n"
    (found,) = try_cases(policy(above), HEAD + answered, "cases.yaml")
    assert found.wrong == []
