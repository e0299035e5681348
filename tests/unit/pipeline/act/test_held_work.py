"""What is held for hours or budget keeps its reply channel and its chain, and comes when the time has come."""

from typing import Any

import orjson
import pytest

from pipeline.act.shard import ActShard
from pipeline.act.team_queue import DIGEST_RECEIPTS, DIGEST_ROWS
from tests.unit.pipeline.act.test_asks import escalations
from tests.unit.pipeline.act.test_shard import act, answer, asleep, kinds, surge
from tests.unit.pipeline.decide.world import (
    DECIDE,
    HOUR,
    MINUTE,
    POLICY,
    START,
    Shell,
    act_shell,
    decided,
    decision_records,
    digest,
    policy,
    situation,
    watermark_record,
)

NIGHT = START + 10 * HOUR
MORNING = START + 20 * HOUR
"""22:00, and 8:00 of the next day."""

HOURS = "hours: {start: '08:00', end: '20:00', wake_at: 0.75}"
COMMS = POLICY.replace("contact: comms-duty,", f"contact: comms-duty, {HOURS},")
TIGHT = POLICY.replace("{per_hour: 60, burst: 100}", "{per_hour: 2, burst: 1, digest_after: 10m}")


def pass_time(shell: Shell, until: int, every: int = 5 * MINUTE) -> None:
    """Let event time and the wall clock come to ``until``, step by step."""
    for now in range(START, until + 1, every):
        shell.feed("decisions", [watermark_record(len(shell.log["decisions"]), DECIDE, now)], now)
        shell.settle(now)


def then(shell: Shell, steps: list[dict[str, Any]], text: str) -> None:
    """Append what decide makes of these situations beyond what it had made of those before."""
    log = shell.log["decisions"]
    known = sum(record.key is not None for record in log)
    made = [one for one in decided(steps, policy(text)) if not one.broadcast]
    shell.feed("decisions", decision_records(made[known:], len(log)))


def told(shell: Shell, name: str) -> list[tuple[str, str, str]]:
    """Team, kind and time of all that was sent about a situation."""
    return [(one["team"], one["kind"], one["created_at"][8:16]) for one in shell.messages("actions") if one["situation"] == digest(name)]


def test_what_waited_for_the_morning_is_an_action_of_its_own_with_reply_and_chain() -> None:
    """The team can answer where the customer waits; its half hour runs from when it was asked."""
    text = asleep(0.95).replace("peers: [comms]", "peers: []")
    shell = act(situation("a", at_ms=NIGHT, severity=0.9), text=text)
    assert shell.dispositions("decisions") == ["held"]
    shell.restart()
    pass_time(shell, MORNING + HOUR)
    asked, step = shell.messages("actions")
    assert (asked["kind"], asked["created_at"]) == ("reply", "2026-03-03T08:00:00.000Z")
    assert asked["reply"]["reply_to"] == "42"
    assert asked["evidence"]
    assert (step["kind"], step["team"], step["created_at"]) == ("escalate", "comms", "2026-03-03T08:30:00.000Z")
    answer(shell, asked, "done")
    assert shell.dispositions("outcomes") == ["outcome"]


def test_what_found_no_room_comes_with_the_next_token() -> None:
    """Two an hour: at 12:30 and 13:00, the graver one first, and one that comes between waits behind them unless it is graver."""
    shell = act(*(situation(f"a{n}", at_ms=START + n, severity=one) for n, one in enumerate((0.5, 0.3, 0.6))), text=TIGHT)
    pass_time(shell, START + 2 * HOUR)
    assert [told(shell, f"a{n}") for n in range(3)] == [[("support", "reply", f"02T{at}")] for at in ("12:00", "13:00", "12:30")]


def test_a_step_does_as_much_of_what_was_promised_as_it_has_time_for() -> None:
    """A night's promises of a busy team are kept one a step, by whoever has the shard, and give what one long step gives."""
    held = [situation(f"a{n}", at_ms=START + n, severity=0.5) for n in range(6)]

    def outputs(*, slow: bool, killed: bool = False) -> tuple[list[str], int]:
        shell = act(*held, text=TIGHT)
        now = START + 3 * HOUR
        shell.feed("decisions", [watermark_record(len(shell.log["decisions"]), DECIDE, now)], now)
        assert shell.tick(now).more, "it is promised"
        steps = 1
        if killed:
            shell.restart()
        shell.shard.enough = lambda: slow
        while shell.tick(now).more:
            steps += 1
            if killed:
                shell.restart()
                shell.shard.enough = lambda: slow
        return [told(shell, f"a{n}")[0][2] for n in range(6)], steps

    whole, _ = outputs(slow=False)
    assert outputs(slow=True) == (whole, 6)
    assert outputs(slow=True, killed=True) == (whole, 6)


def test_whoever_takes_over_keeps_the_promises_first() -> None:
    """Before any input: the state that it restores says that something was promised."""
    shell = act(*(situation(f"a{n}", at_ms=START + n, severity=0.5) for n in range(3)), text=TIGHT)
    assert not shell.shard.restore({}).more
    now = START + 3 * HOUR
    shell.feed("decisions", [watermark_record(len(shell.log["decisions"]), DECIDE, now)], now)
    shell.tick(now)
    successor = act_shell(policy(TIGHT)).shard
    assert successor.restore(shell.state).more


def test_what_gets_graver_while_it_waits_is_asked_once() -> None:
    """By the state of then; that it was held before is told, and wakes nobody."""
    shell = act(situation("a", at_ms=NIGHT), situation("a", 2, NIGHT + HOUR, severity=0.9), text=asleep(0.75))
    pass_time(shell, MORNING + HOUR)
    assert told(shell, "a")[0] == ("support", "reply", "02T23:00")
    assert [one for one in kinds(shell) if one[0] == "support"] == [("support", "reply"), ("support", "digest")]


def test_what_is_withdrawn_while_it_waits_is_not_asked() -> None:
    """The community has answered: a line says so."""
    shell = act(situation("a", at_ms=NIGHT), situation("a", 2, NIGHT + HOUR, self_resolved=True), text=asleep(0.75))
    pass_time(shell, MORNING + HOUR)
    assert kinds(shell) == [("support", "digest")]
    assert shell.messages("actions")[0]["evidence"][0]["excerpt"].startswith("(withdrawn)")


def test_a_customer_who_writes_again_while_it_waits_is_answered_where_it_wrote_last() -> None:
    """Asked once, with what was said last."""
    again = situation("a", 2, NIGHT + HOUR, intents={"complaint": 2})
    again["evidence"][0] |= {"reply_to": "43", "url": "https://x.com/jane/status/43"}
    shell = act(situation("a", at_ms=NIGHT), again, text=asleep(0.75))
    pass_time(shell, MORNING + HOUR)
    (asked,) = shell.messages("actions")
    assert (asked["kind"], asked["reply"]["reply_to"]) == ("reply", "43")


def test_a_case_that_closes_while_it_waits_keeps_its_chain() -> None:
    """Its customer says no more, and has not been answered."""
    text = asleep(0.95).replace("peers: [comms]", "peers: []")
    steps = [situation("a", at_ms=NIGHT, severity=0.9), situation("a", 2, NIGHT + HOUR, severity=0.9, status="closed")]
    shell = act(*steps, text=text)
    pass_time(shell, MORNING + HOUR)
    assert told(shell, "a") == [("support", "reply", "03T08:00"), ("comms", "escalate", "03T08:30")]


WEEKEND = "hours: {start: '08:00', end: '20:00', days: [mon, tue, wed, thu, fri], wake_at: 0.95}"
FRIDAY = START + 4 * 24 * HOUR + 10 * HOUR
MONDAY = FRIDAY + 58 * HOUR
"""Friday 22:00, and Monday 8:00, when the team opens again."""


def over_the_weekend(rule: str) -> str:
    """The world's policy with a team that works from Monday to Friday, and more keys of its rule for ordinary cases."""
    text = POLICY.replace("contact: support-lead,", f"contact: support-lead, {WEEKEND},")
    return text.replace("owner: support\n    priority: 50", f"owner: support\n    priority: 50\n{rule}")


@pytest.mark.parametrize(("rule", "ends"), [("", "10T08:00"), ("    not_after: 2h\n", "09T10:00"), ("    not_after: 5d\n", "14T08:00")])
def test_what_is_decided_while_a_team_is_closed_does_not_expire_before_it_is_asked(rule: str, ends: str) -> None:
    """On Friday night, good for a day: on Monday the team is asked, and has its day; so with any other time that a rule gives."""
    shell = act(situation("a", at_ms=FRIDAY), text=over_the_weekend(rule))
    shell.restart()
    shell.feed("decisions", [watermark_record(1, DECIDE, MONDAY + HOUR)])
    shell.settle(START)
    (asked,) = shell.messages("actions")
    assert (asked["kind"], asked["created_at"][8:16], asked["not_after"][8:16]) == ("reply", "09T08:00", ends)


def test_what_finds_no_room_after_the_weekend_expires() -> None:
    """Good for 90 minutes, one an hour: at opening the digest of what never had a chance, then one ask; the other expires at 9:30."""
    text = over_the_weekend("    not_after: 90m\n").replace("{per_hour: 60, burst: 100}", "{per_hour: 1, burst: 1}", 1)
    shell = act(*(situation(f"a{n}", at_ms=FRIDAY + n) for n in range(3)), text=text)
    shell.feed("decisions", [watermark_record(3, DECIDE, MONDAY + 12 * HOUR)])
    shell.settle(START)
    first, asked, last = shell.messages("actions")
    assert [(one["kind"], one["created_at"][8:16]) for one in (first, asked, last)] == [
        ("digest", "09T08:00"), ("reply", "09T09:00"), ("digest", "09T10:00"),
    ]  # fmt: skip
    assert asked["situation"] == digest("a0")
    assert [[row["excerpt"].startswith("(expired)") for row in one["evidence"]] for one in (first, last)] == [[False], [True]]


def test_a_closure_longer_than_a_week_is_outlived() -> None:
    """From Christmas to the eleventh of January nobody is at work: what was held is asked then, and can be answered."""
    days = ", ".join(f"2026-12-{day}" for day in range(24, 32)) + ", " + ", ".join(f"2027-01-{day:02d}" for day in range(1, 11))
    text = over_the_weekend("").replace("wake_at: 0.95", f"wake_at: 0.95, holidays: [{days}]")
    eve, back = START + 296 * 24 * HOUR + 10 * HOUR, START + 314 * 24 * HOUR + 20 * HOUR
    shell = act(situation("a", at_ms=eve), text=text)
    shell.restart()
    shell.feed("decisions", [watermark_record(1, DECIDE, back + HOUR)])
    shell.settle(START)
    (asked,) = shell.messages("actions")
    assert (asked["kind"], asked["created_at"][:16]) == ("reply", "2027-01-11T08:00")
    answer(shell, asked, "done")
    assert shell.dispositions("outcomes") == ["outcome"]


def test_what_waits_for_room_past_closing_time_is_asked_when_the_team_is_back() -> None:
    """On Friday at 19:50 the token is spent; what comes then waits until Monday, not until Saturday's end of its day."""
    text = over_the_weekend("").replace("{per_hour: 60, burst: 100}", "{per_hour: 1, burst: 1}", 1)
    friday = FRIDAY - 130 * MINUTE
    shell = act(situation("a0", at_ms=friday), situation("a1", at_ms=friday + MINUTE), text=text)
    shell.feed("decisions", [watermark_record(2, DECIDE, MONDAY + HOUR)])
    shell.settle(START)
    assert [told(shell, f"a{n}") for n in range(2)] == [[("support", "reply", "06T19:50")], [("support", "reply", "09T08:00")]]


# -- pages at night --------------------------------------------------------------------------------------------------


def test_a_page_at_night_below_the_wake_threshold_goes_up_to_who_is_there() -> None:
    """Comms sleeps: its head does as well and is passed over, the duty manager of product is asked at its time. In the morning comms is."""
    shell = act(surge(at_ms=NIGHT, severity=0.6), text=COMMS)
    shell.restart()
    pass_time(shell, MORNING + 2 * HOUR)
    assert told(shell, "s") == [
        ("support", "page", "02T22:00"), ("product", "escalate", "02T22:45"), ("comms", "page", "03T08:00"),
    ]  # fmt: skip
    assert [one["summary"].split(":")[0] for one in shell.messages("actions") if one["kind"] == "escalate"] == ["comms cannot be asked yet"]


def test_a_page_that_somebody_took_up_at_night_is_not_asked_in_the_morning() -> None:
    """The digest says so."""
    shell = act(surge(at_ms=NIGHT, severity=0.6), text=COMMS)
    pass_time(shell, NIGHT + HOUR)
    escalated = shell.messages("actions")[-1]
    answer(shell, escalated, "acknowledged")
    assert shell.dispositions("outcomes") == ["outcome"]
    pass_time(shell, MORNING + 2 * HOUR)
    assert told(shell, "s")[2:] == [("comms", "digest", "03T08:00")]
    assert shell.messages("actions")[-1]["evidence"][0]["excerpt"].startswith("(taken up)")


def test_a_page_that_nobody_else_can_be_asked_about_waits_visibly() -> None:
    """It is counted among the pages that wait, and has its whole chain from the morning on."""
    text = COMMS.replace("team: product, contact: duty-manager", "team: comms, contact: duty-manager")
    shell = act(surge(at_ms=NIGHT, severity=0.6), text=text)
    pass_time(shell, NIGHT + HOUR)
    shard = shell.shard
    assert isinstance(shard, ActShard)
    assert shard._teams.queues["comms"].pages_waiting == 1
    pass_time(shell, MORNING + 2 * HOUR)
    assert told(shell, "s")[1:] == [
        ("comms", "page", "03T08:00"), ("comms", "escalate", "03T08:15"), ("comms", "escalate", "03T08:45"),
    ]  # fmt: skip


def test_a_page_that_is_over_before_the_morning_escalates_no_further() -> None:
    """Nor does it once it is asked."""
    steps = [surge(at_ms=NIGHT, severity=0.6), surge(revision=2, at_ms=NIGHT + 30 * MINUTE, severity=0.6, status="closed")]
    shell = act(*steps, text=COMMS)
    pass_time(shell, MORNING + 2 * HOUR)
    assert told(shell, "s") == [("support", "page", "02T22:00"), ("comms", "page", "03T08:00")]


def test_a_page_that_is_taken_back_at_night_is_taken_back_from_who_was_asked() -> None:
    """Its own team was not; it gets a line."""
    shell = act(surge(at_ms=NIGHT, severity=0.6), text=COMMS)
    pass_time(shell, NIGHT + HOUR)
    then(shell, [surge(at_ms=NIGHT, severity=0.6), surge(revision=2, at_ms=NIGHT + 2 * HOUR, self_resolved=True)], COMMS)
    assert shell.dispositions("decisions")[-2:] == ["revoked", "revoked"]
    assert {one["team"] for one in shell.messages("actions") if one["kind"] == "revoke"} == {"product", "support"}


def test_a_page_that_gets_severe_at_night_wakes_its_team_with_its_own_clock() -> None:
    """At 23:30 comms is asked, and its head at 23:45; who was asked before is told in place."""
    steps = [surge(at_ms=NIGHT, severity=0.6), surge(revision=2, at_ms=NIGHT + 90 * MINUTE, severity=0.9)]
    shell = act(steps[0], text=COMMS)
    pass_time(shell, NIGHT + 80 * MINUTE)
    then(shell, steps, COMMS)
    shell.settle(MORNING)
    found = [one for one in shell.messages("actions") if one["team"] != "support"]
    assert [(one["team"], one["kind"], one["supersedes"]) for one in found] == [
        ("product", "escalate", None),
        ("product", "escalate", found[0]["action_id"]),
        ("comms", "page", None),
    ]
    early = act(steps[0], surge(revision=2, at_ms=NIGHT + 10 * MINUTE, severity=0.9), text=COMMS)
    early.settle(MORNING)
    assert [at for team, _, at in escalations(early)] == [10 * 60 + 25, 10 * 60 + 55]


@pytest.mark.parametrize(("severity", "asked"), [(0.9, 5), (0.6, 1)])
def test_a_critical_page_over_the_burst_goes_out_and_is_counted(severity: float, asked: int) -> None:
    """One token for five surges of one minute."""
    many = [surge(f"s{n}", at_ms=START + n, severity=severity) for n in range(5)]
    shell = act(*many, text=TIGHT.replace("peers: [support]", "peers: []"))
    assert kinds(shell) == [("comms", "page")] * asked
    assert shell.counts["over_budget", "comms"] == asked - 1


# -- state -----------------------------------------------------------------------------------------------------------


def test_what_a_former_winnow_held_is_a_line_of_the_digest() -> None:
    """It did not keep what to ask."""
    shell = act(situation("a", at_ms=NIGHT), text=asleep(0.75))
    for key, value in shell.state.items():
        if key.startswith(b"held/"):
            saved = orjson.loads(value)
            del saved["ask"]
            shell.state[key] = orjson.dumps(saved)
    shell.restart()
    pass_time(shell, MORNING + HOUR)
    assert kinds(shell) == [("support", "digest")]


def test_another_policy_changes_when_what_waits_comes() -> None:
    """The team works from 7 now."""
    shell = act(situation("a", at_ms=NIGHT), text=asleep(0.75))
    shell.shard.use(policy(asleep(0.75).replace("'08:00'", "'07:00'")))  # type: ignore[attr-defined]  # an act shard
    pass_time(shell, MORNING)
    assert told(shell, "a") == [("support", "reply", "03T07:00")]


RUNBOOK = "https://wiki.example/baggage"


def test_a_digest_says_of_each_thing_where_to_answer_and_what_to_do() -> None:
    """One an hour, through a restart: what has expired before there was room, and, of what was withdrawn, nothing to answer."""
    text = POLICY.replace(
        "support-lead, attention: {per_hour: 60, burst: 100}", "support-lead, attention: {per_hour: 1, burst: 1}"
    ).replace("owner: support\n    priority: 50", f"owner: support\n    priority: 50\n    not_after: 10m\n    runbook: {RUNBOOK}")
    steps = [situation("z"), situation("a", at_ms=START + 1), situation("b", at_ms=START + MINUTE)]
    shell = act(*steps, text=text)
    then(shell, [*steps, situation("b", 2, START + 2 * MINUTE, severity=0.1)], text)
    shell.restart()
    pass_time(shell, START + 2 * HOUR)
    (digest_action,) = [one for one in shell.messages("actions") if one["kind"] == "digest"]
    first, second = digest_action["items"]
    assert len(first.pop("decision")) == 32
    assert first == {
        "action_id": None, "step": 0, "contact": None, "situation": digest("a"), "subject": "aurora", "severity": 0.5, "runbook": RUNBOOK,
        "title": "(expired) An unhappy customer complains about baggage at Aurora Air: my bag is lost, call [phone] or [email] [handle]",
        "reply": {"source": "x", "reply_to": "42", "url": "https://x.com/i/status/42", "private": False},
    }  # fmt: skip
    assert (second["situation"], second["reply"]) == (digest("b"), None)
    assert (digest_action["title"][:26], digest_action["due_at"], digest_action["reply"]) == ("2 actions were held back, ", None, None)


def test_a_digest_full_of_long_links_still_fits_its_message() -> None:
    """Links that are longer than a line are left out; where to answer stays."""
    text = asleep(1.0).replace("do: reply\n    owner: support\n    priority: 50", "do: digest\n    owner: support\n    priority: 50")
    long = {"url": f"https://forum.example/{'a' * 400}", "reply_to": "4" * 512, "source": "discourse"}
    many = [situation(f"n{n}", at_ms=NIGHT + n, text="\U0001f9f3" * 300) for n in range(DIGEST_ROWS + DIGEST_RECEIPTS)]
    for one in many:
        one["evidence"][0] |= long
    shell = act(*many, text=text)
    shell.feed("decisions", [watermark_record(len(many), DECIDE, MORNING + HOUR)])
    shell.settle(START)
    (output,) = [output for output in shell.outputs.values() if output.noun == "actions.support"]
    assert len(output.value) < 1_000_000
    items = orjson.loads(output.value)["items"]
    assert len(items) == DIGEST_ROWS
    assert all((one["reply"]["url"], one["reply"]["reply_to"]) == (None, "4" * 512) for one in items)
