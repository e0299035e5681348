"""An acknowledgement holds as long as its rule says: then whoever gave it is reminded, and the chain goes on."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.times import to_milliseconds
from tests.unit.pipeline.act.test_asks import CHAIN, escalations
from tests.unit.pipeline.act.test_escalations import passed_on
from tests.unit.pipeline.act.test_shard import act, answer, feed, surge
from tests.unit.pipeline.decide.world import HOUR, MINUTE, POLICY, START, Shell, outcome_record, policy, situation

HOLDS = POLICY.replace("    priority: 90\n", "    priority: 90\n    acknowledged_for: 2h\n")
REMINDER = ("comms", "comms-duty")


def say(shell: Shell, action: dict[str, Any], status: str, minute: int, **over: Any) -> None:
    """An answer that is appended then."""
    offset = len(shell.log.get("outcomes", ()))
    record = outcome_record(offset, action["action_id"], over.pop("team", action["team"]), status, **over)
    shell.feed("outcomes", [record._replace(timestamp=START + minute * MINUTE)], START + minute * MINUTE)


def pass_time(shell: Shell, first: int, last: int) -> None:
    """Let the wall clock come by each five minutes."""
    for minute in range(first, last + 1, 5):
        shell.settle(START + minute * MINUTE)


def test_what_was_acknowledged_and_not_done_is_asked_again_and_goes_up() -> None:
    """At five minutes it is taken up; two hours later comms is reminded, and 15 and 45 minutes behind that others are asked."""
    shell = act(surge(), text=HOLDS)
    page = shell.messages("actions")[0]
    say(shell, page, "acknowledged", 5)
    pass_time(shell, 5, 600)
    assert escalations(shell) == [(*REMINDER, 125), *((team, contact, minute + 125) for team, contact, minute in CHAIN)]
    reminder = shell.messages("actions")[2]
    assert reminder["summary"].startswith("Not done 120 minutes after you took it up: 42 people in 1 minute complain")
    assert reminder["title"].startswith("Escalation: Not done yet: 42 people")
    assert (reminder["kind"], reminder["step"], reminder["due_at"]) == ("escalate", 1, "2026-03-02T14:20:00.000Z")
    assert len({one["action_id"] for one in shell.messages("actions")}) == 5


@pytest.mark.parametrize("status", ["done", "declined", "overturned"])
def test_what_was_answered_for_good_in_time_reminds_nobody(status: str) -> None:
    """Nor does what is over."""
    shell = act(surge(), text=HOLDS)
    say(shell, shell.messages("actions")[0], "acknowledged", 5)
    say(shell, shell.messages("actions")[0], status, 60)
    pass_time(shell, 5, 600)
    assert escalations(shell) == []
    over = act(surge(), text=HOLDS)
    answer(over, over.messages("actions")[0], "acknowledged", at_ms=START)
    feed(over, [surge(), surge(revision=2, at_ms=START + HOUR, self_resolved=True)], HOLDS)
    pass_time(over, 5, 600)
    assert escalations(over) == []


def test_without_the_key_an_acknowledgement_holds_for_good() -> None:
    """As ever."""
    shell = act(surge())
    say(shell, shell.messages("actions")[0], "acknowledged", 5)
    pass_time(shell, 5, 1_400)
    assert escalations(shell) == []


def test_an_answer_to_the_reminder_gives_two_more_hours() -> None:
    """So does one more acknowledgement before; what goes up goes up once, and no reminder comes when nothing is worth doing any more."""
    shell = act(surge(), text=HOLDS)
    page = shell.messages("actions")[0]
    say(shell, page, "acknowledged", 5)
    pass_time(shell, 5, 60)
    say(shell, page, "acknowledged", 60)
    pass_time(shell, 65, 185)
    assert escalations(shell) == [(*REMINDER, 180)]
    say(shell, shell.messages("actions")[-1], "acknowledged", 190)
    pass_time(shell, 190, 320)
    assert escalations(shell) == [(*REMINDER, 180), (*REMINDER, 310)]
    for minute in range(320, 1_600, 100):
        say(shell, shell.messages("actions")[-1], "acknowledged", minute)
        pass_time(shell, minute, minute + 100)
    assert escalations(shell)[2:] == []


def test_who_was_escalated_to_is_reminded_and_what_is_left_of_the_chain_follows() -> None:
    """The head of comms took it up at 20 minutes; it is comms that is reminded, and half an hour later product is asked."""
    shell = act(surge(), text=HOLDS)
    pass_time(shell, 0, 20)
    say(shell, shell.messages("actions")[-1], "acknowledged", 20)
    pass_time(shell, 20, 300)
    assert escalations(shell) == [CHAIN[0], (*REMINDER, 140), ("product", "duty-manager", 170)]
    shell = act(surge(), text=HOLDS)
    pass_time(shell, 0, 50)
    say(shell, shell.messages("actions")[-1], "acknowledged", 50)
    pass_time(shell, 50, 300)
    assert escalations(shell) == [*CHAIN, ("product", None, 170)]


def test_a_done_under_the_reminder_is_told_to_who_knows_the_action_alone() -> None:
    """Monitor knows the ids of the chain as it was decided: it finds the answer under that of the action."""
    shell = act(surge(), text=HOLDS)
    page = shell.messages("actions")[0]
    say(shell, page, "acknowledged", 5)
    pass_time(shell, 5, 130)
    reminder = shell.messages("actions")[-1]
    say(shell, reminder, "done", 131)
    copies = [one for one in shell.messages("outcomes") if "for_peer" not in one]
    assert [(one["action_id"], one["team"], one["status"]) for one in copies] == [(page["action_id"], "comms", "done")]
    passed_on(shell)
    assert len([one for one in shell.messages("labels") if one["facet"] == "noise"]) == 1
    pass_time(shell, 135, 400)
    assert escalations(shell) == [(*REMINDER, 125)]


def test_reminders_keep_hours_and_working_time() -> None:
    """Comms goes home at 13:00: it is reminded in the morning; where deadlines are of working time, two hours of that later."""
    hours = "hours: {start: '08:00', end: '13:00', wake_at: 1.0}"
    text = HOLDS.replace("contact: comms-duty,", f"contact: comms-duty, {hours},")
    shell = act(surge(), text=text)
    say(shell, shell.messages("actions")[0], "acknowledged", 5)
    pass_time(shell, 5, 23 * 60)
    assert escalations(shell)[0][:2] == REMINDER
    assert shell.messages("actions")[2]["created_at"] == "2026-03-03T08:00:00.000Z"
    worked = act(surge(), text=text.replace("acknowledged_for: 2h", "acknowledged_for: 2h\n    deadlines: working_hours"))
    say(worked, worked.messages("actions")[0], "acknowledged", 5)
    pass_time(worked, 5, 23 * 60)
    assert worked.messages("actions")[2]["created_at"] == "2026-03-03T09:05:00.000Z"


EVENTS = ("tick", "restart", "crash", "reload", "acknowledged", "done", "closed", "unread")
RELOADED = policy(HOLDS.replace("acknowledged_for: 2h", "acknowledged_for: 1h").replace("contact: comms-duty,", "contact: else,"))


@pytest.mark.slow
@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.sampled_from((5, 20, 60, 130)), st.sampled_from(EVENTS)), max_size=12))
def test_whatever_happens_nobody_is_reminded_early_or_twice_or_when_it_is_over(plan: list[tuple[int, str]]) -> None:
    """Between two escalations that remind stands an acknowledgement, two hours before; none comes behind a last word or a closing."""
    told = [surge()]
    shell, minute, ended = act(*told, text=HOLDS), 0, -1
    page, said = shell.messages("actions")[0], list[int]()
    for minutes, event in plan:
        for _ in range(0, minutes, 5):
            minute += 5
            shell.tick(START + minute * MINUTE, caught_up=event != "unread")
            shell.settle(START + minute * MINUTE)
        if event == "restart":
            shell.restart()
        elif event == "crash":
            shell.tick(START + minute * MINUTE, crash=True)
        elif event == "reload":
            shell.shard.use(RELOADED)  # type: ignore[attr-defined]  # an act shard
            shell.settle(START + minute * MINUTE)
            shell.shard.use(policy(HOLDS))  # type: ignore[attr-defined]
        elif event == "acknowledged" and ended < 0:
            say(shell, page, "acknowledged", minute)
            said.append(minute)
        elif event == "done" and ended < 0:
            say(shell, page, "done", minute)
            ended = minute
        elif event == "closed" and ended < 0:
            told.append(situation("s", 2, START + minute * MINUTE, kind="surge", severity=0.8, status="closed"))
            feed(shell, told, HOLDS)
            ended = minute
    shell.settle(START + (minute + 1_000) * MINUTE)
    steps = [one for one in shell.messages("actions") if one["kind"] == "escalate"]
    at = [(to_milliseconds(one["created_at"]) - START) // MINUTE for one in steps]
    reminders = [when for when, one in zip(at, steps, strict=True) if "took it up" in one["summary"]]
    assert [one["step"] for one in steps] == list(range(1, len(steps) + 1))
    for number, when in enumerate(reminders):
        before = [one for one in said if one <= when]
        assert before
        assert when >= before[-1] + 120
        assert number == 0 or reminders[number - 1] <= before[-1]
    assert ended < 0 or all(when <= ended for when in at)
    assert ended >= 0 or len(reminders) >= (1 if said and said[-1] < 1_000 else 0)
