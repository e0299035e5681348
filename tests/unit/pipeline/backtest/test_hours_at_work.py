"""Hours, stand-ins and deadlines at work: whole stories, through decide and act."""

import pytest

from pipeline.backtest.cases import try_cases
from pipeline.policy.errors import PolicyError
from pipeline.policy.load import Policy, parse_policy, policy_summary

TEAMS = """version: 1
subjects: {aurora: Aurora Air, brand: Brand}
teams:
  - name: berlin
    contact: lead
    fallback: night
    hours: {start: '09:00', end: '17:00', days: [mon, tue, wed, thu, fri], time_zone: Europe/Berlin, holidays: [DE], wake_at: 0.9}
  - name: night
    contact: night-duty
    fallback: tokyo
    hours: {start: '17:00', end: '23:00', time_zone: Europe/Berlin, wake_at: 0.9}
  - {name: tokyo, contact: tokyo-duty, subjects: [brand], hours: {start: '09:00', end: '18:00', time_zone: Asia/Tokyo, wake_at: 0.9}}
  - {name: boss, contact: boss}
rules:
  - name: complaint
    when: situation.kind == 'case'
    do: reply
    owner: berlin
    peers: [night]
    within: 4h
    priority: 20
    not_after: 30d
"""


def wrong(policy: Policy, *cases: str) -> list[str]:
    """What comes out otherwise than these cases say."""
    text = "version: 1\ncases:\n" + "".join(f"  - {{name: case {n}, {case}}}\n" for n, case in enumerate(cases))
    return [told for one in try_cases(policy, text, "c") for told in one.wrong]


def test_while_a_team_is_closed_another_one_stands_in() -> None:
    """The first on the way that is at work; it is reminded itself, and is no peer of its own. The severe wakes the owner's own."""
    policy = parse_policy(TEAMS, "p")
    assert (
        wrong(
            policy,
            "at: 2026-03-02T11:00:00Z, situation: {}, expect: {owner: berlin, peers: [night], escalations: {4h: berlin}}",
            "at: 2026-03-02T16:30:00Z, situation: {}, expect: {owner: night, peers: [], against: [night stands in for it], "
            "actions: {night: reply}}",
            "at: 2026-03-03T01:00:00Z, situation: {}, expect: {owner: tokyo, actions: {tokyo: reply}, escalations: {4h: tokyo}}",
            "at: 2026-03-03T01:00:00Z, situation: {severity: 0.95}, expect: {owner: berlin, actions: {berlin: reply, night: review}}",
            "at: 2026-04-03T10:00:00Z, situation: {}, expect: {owner: berlin, actions: {}}",
        )
        == []
    )


def test_who_stands_in_for_one_subject_alone_is_passed_over_for_others() -> None:
    """Nobody else is at work: the owner's own team, in the morning."""
    assert (
        wrong(parse_policy(TEAMS, "p"), "at: 2026-03-03T01:00:00Z, situation: {subject: aurora}, expect: {owner: berlin, actions: {}}")
        == []
    )


def test_what_a_team_was_once_asked_about_stays_with_it() -> None:
    """Neither the morning nor more of the same takes it away from who stood in; it answers, and escalates to it."""
    case = (
        "at: 2026-03-03T01:00:00Z, situation: {}, expect: {owner: tokyo, escalations: {23h: tokyo}}, then: "
        "[{after: 1h, situation: {severity: 0.35}, expect: {owner: tokyo, actions: {}}}, "
        "{after: 2h, answer: {team: tokyo, status: done}}, "
        "{after: 450m, situation: {events: 2}, expect: {owner: tokyo, actions: {tokyo: reply}}}]"
    )
    assert wrong(parse_policy(TEAMS, "p"), case) == []


WORKING = TEAMS.replace("    fallback: night\n", "").replace("    within: 4h\n", "    within: 4h\n    deadlines: working_hours\n")


def test_deadlines_pass_in_working_hours() -> None:
    """Friday at four, four hours: three of them on Monday; over Easter on Tuesday; the severe goes by the clock."""
    assert (
        wrong(
            parse_policy(WORKING, "p"),
            "at: 2026-03-06T15:00:00Z, situation: {}, expect: {actions: {berlin: reply}, escalations: {2d20h: berlin}}",
            "at: 2026-03-02T11:00:00Z, situation: {}, expect: {escalations: {4h: berlin}}",
            "at: 2026-04-02T14:00:00Z, situation: {}, expect: {escalations: {4d20h: berlin}}",
            "at: 2026-03-06T15:00:00Z, situation: {severity: 0.95}, expect: {escalations: {4h: berlin}}",
        )
        == []
    )


def test_steps_keep_their_distance_in_working_hours() -> None:
    """Each step counts from the first ask, in hours of the owner; the team that it asks may be another one."""
    steps = "    escalation: [{after: 4h, team: berlin, contact: lead}, {after: 6h, team: boss, contact: boss}]\n"
    policy = parse_policy(WORKING.replace("    within: 4h\n", steps), "p")
    assert wrong(policy, "at: 2026-03-06T15:00:00Z, situation: {}, expect: {escalations: {2d20h: berlin, 2d22h: boss}}") == []
    assert any("240 min of working time berlin (lead), 360 min of working time boss" in line for line in policy_summary(policy))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("fallback: night", "fallback: nigth"), "team 'berlin': fallback: team 'nigth' does not exist; known are berlin, boss"),
        (("fallback: night", "fallback: berlin"), "team 'berlin': fallback: it cannot stand in for itself"),
        (("contact: boss}", "contact: boss, fallback: night}"), "team 'boss': fallback: is void, as a team without hours is never closed"),
        (("owner: berlin", "owner: boss\n    deadlines: working_hours"), "deadlines: team 'boss' has no hours"),
        (("within: 4h", "deadlines: working_hours"), "deadlines: working_hours is void without within or escalation"),
        (
            ("within: 4h\n    priority: 20\n    not_after: 30d", "within: 8h\n    deadlines: working_hours\n    not_after: 5d"),
            "deadlines: 8h of working time can take 5d by the clock, and the action expires after 5d (not_after)",
        ),
        (("within: 4h", "within: 4h\n    deadlines: working"), "deadlines: 'working' is none of clock, working_hours"),
    ],
)
def test_what_cannot_be_kept_is_refused(change: tuple[str, str], reason: str) -> None:
    """Stand-ins that are nobody, working time that nobody has or that comes too late."""
    with pytest.raises(PolicyError) as caught:
        parse_policy(TEAMS.replace(*change), "p")
    assert any(reason in fault.reason for fault in caught.value.faults), caught.value
