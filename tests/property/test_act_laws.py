"""Laws of act: same actions whatever the batches and crashes; budgets hold; every held action has one receipt; escalation is orderly."""

from collections import Counter
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.act.messages import each_of
from pipeline.policy.model import Policy
from pipeline.stream.stage import WATERMARK, Output, Record
from schemas.times import to_milliseconds
from tests.property.test_decide_laws import faults, streams
from tests.unit.pipeline.decide.world import (
    DECIDE,
    HOUR,
    MINUTE,
    POLICY,
    START,
    WALL,
    Shell,
    act_shell,
    decided,
    decision_records,
    digest,
    outcome_record,
    policy,
    situation,
    watermark_record,
)

TIGHT = policy(POLICY.replace("{per_hour: 60, burst: 100}", "{per_hour: 3, burst: 2, digest_after: 10m}"))
HOURS = "hours: {start: '08:00', end: '20:00', wake_at: 0.75}"
_NIGHTLY = (
    POLICY.replace("{per_hour: 60, burst: 100}", "{per_hour: 2, burst: 3, reserve: 1}")
    .replace("support-lead,", f"support-lead, {HOURS},")
    .replace("comms-duty,", f"comms-duty, {HOURS},")
)
NIGHTLY, RENAMED = policy(_NIGHTLY), policy(_NIGHTLY.replace("- name: surge", "- name: mass-reaction"))
"""Teams with little room that sleep at night; pages go up to product, which does not."""
policies = st.sampled_from((TIGHT, NIGHTLY))
LATE = START + 1_200 * 24 * HOUR
"""Behind the longest stream: 25 steps of 40 days, and a night."""
BUDGETED = {"reply", "review", "page", "idea", "digest"}


def records(messages: list[dict[str, Any]], by: Policy) -> list[Record]:
    """Decisions about these situations, all of whose sources then promise that nothing older follows."""
    found = decision_records(decided(messages, by))
    return [*found, watermark_record(len(found), DECIDE, LATE)]


def run(log: list[Record], plan: list[tuple[int, str]], by: Policy) -> Shell:
    """Act batch by batch with faults as planned, then let event time pass. The wall clock stays before any escalation."""
    shell = act_shell(by)
    shell.log["decisions"] = log
    for size, fault in plan:
        shell.poll("decisions", size, START, crash=fault == "crash")
        if fault == "restart":
            shell.restart()
        shell.tick(START, crash=size == 1)
    shell.poll("decisions", len(log), START)
    shell.settle(START)
    return shell


def actions_of(shell: Shell) -> list[Output]:
    """The records of all actions, as `Shell.messages` tells them."""
    return [output for output in shell.outputs.values() if output.type != WATERMARK and output.noun.partition(".")[0] == "actions"]


@settings(max_examples=120, deadline=None)
@given(streams(), faults, policies)
def test_batches_restarts_and_crashes_change_nothing(messages: list[dict[str, Any]], plan: list[tuple[int, str]], by: Policy) -> None:
    """Same decisions, any batch boundaries, restarts and crashes: same actions with the same ids, digests included."""
    log = records(messages, by)
    plain, faulty = run(log, [], by), run(log, plan, by)
    assert faulty.messages("actions") == plain.messages("actions")
    assert faulty.settled == plain.settled
    assert len(plain.settled) == len(log)


@settings(max_examples=120, deadline=None)
@given(streams(), policies)
def test_budgets_are_never_exceeded(messages: list[dict[str, Any]], by: Policy) -> None:
    """Between any two actions of a team there are at most as many as its burst and the hours between them allow, but for critical pages."""
    spent: dict[str, list[int]] = {}
    for one in run(records(messages, by), [], by).messages("actions"):
        if one["kind"] in BUDGETED and not (one["kind"] == "page" and one["severity"] >= 0.75):
            spent.setdefault(one["team"], []).append(to_milliseconds(one["created_at"]))
    for team, times in spent.items():
        attention = by.team(team).attention
        for first, start in enumerate(times):
            for last in range(first, len(times)):
                assert last - first + 1 <= attention.burst + (times[last] - start) * attention.per_hour / HOUR


@settings(max_examples=120, deadline=None)
@given(streams(), faults, policies)
def test_everything_held_is_asked_or_receipted_exactly_once(
    messages: list[dict[str, Any]], plan: list[tuple[int, str]], by: Policy
) -> None:
    """The offsets that the ledger calls held are those that digests tell, and actions that came out later, each once."""
    shell = run(records(messages, by), plan, by)
    held = {offset for (_, offset), name in shell.settled.items() if name == "held"}
    sent = [(output, one) for output, one in zip(actions_of(shell), shell.messages("actions"), strict=True)]
    told = Counter(piece["lineage"]["offset"] for _, one in sent if one["kind"] == "digest" for piece in one["evidence"])
    asked = Counter(
        offset
        for output, one in sent
        if one["kind"] not in ("digest", "revoke", "escalate") and (offset := int(output.lineage.split("/")[2])) in held
    )
    assert told + asked == Counter(held)


@settings(max_examples=100, deadline=None)
@given(streams(), policies)
def test_subscribers_never_see_two_exclusive_actions_on_one_situation(messages: list[dict[str, Any]], by: Policy) -> None:
    """Following supersedes and revokes, one team has at most one action of its own per situation, one team replies."""
    standing: dict[tuple[str, str], dict[str, tuple[str, str]]] = {}
    for one in run(records(messages, by), [], by).messages("actions"):
        own = standing.setdefault((one["situation"], one["team"]), {})
        if one["kind"] == "digest":
            continue
        for gone in (one["supersedes"], one["revokes"]):
            if gone is not None:
                own.pop(gone, None)  # it may have expired meanwhile
        for acts in standing.values():
            for expired in [key for key, (_, not_after) in acts.items() if not_after < one["created_at"]]:
                del acts[expired]
        if one["kind"] != "revoke":
            own[one["action_id"]] = (one["kind"], one["not_after"])
        assert len(own) <= 1
        assert sum(kind == "reply" for (name, _), acts in standing.items() if name == one["situation"] for kind, _ in acts.values()) <= 1


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 40), st.sampled_from(("tick", "crash", "restart", "unread"))), max_size=8),
    st.none() | st.integers(0, 8),
)
def test_escalation_happens_once_in_order_and_stops(plan: list[tuple[int, str]], answered: int | None) -> None:
    """However the worker dies, each step is asked once, in order, never early, and none after an acknowledgement."""
    shell = act_shell(policy())
    shell.feed("decisions", decision_records(decided([situation("s", kind="surge")])))
    page, now, before = shell.messages("actions")[0], START, None
    for number, (minutes, fault) in enumerate(plan):
        if number == answered:
            shell.feed("outcomes", [outcome_record(0, page["action_id"], page["team"], "acknowledged")], now)
            before = len(shell.messages("actions"))
        now += minutes * MINUTE
        if fault == "restart":
            shell.restart()
        shell.tick(now, caught_up=fault != "unread", crash=fault == "crash")
    steps = [one for one in shell.messages("actions") if one["kind"] == "escalate"]
    assert [one["step"] for one in steps] == list(range(1, len(steps) + 1))
    assert all(early["created_at"] < late["created_at"] for early, late in pairwise(steps))
    assert all(to_milliseconds(one["created_at"]) <= now for one in steps)
    if before is not None:
        assert len(shell.messages("actions")) == before
    elif answered is None:
        shell.settle(WALL)
        assert len([one for one in shell.messages("actions") if one["kind"] == "escalate"]) == 2


EVENTS = ("tick", "restart", "crash", "acknowledged", "wrong_team", "closed", "self_resolved", "graver")


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 20), st.sampled_from(EVENTS)), max_size=12))
def test_nothing_escalates_early_or_while_somebody_has_it_or_once_it_is_over(plan: list[tuple[int, str]]) -> None:
    """No step before its time since the first ask that nobody had answered; none after an answer, closing or a guard has stopped it."""
    shell, told, now = act_shell(policy()), [situation("s", kind="surge", severity=0.6)], START
    shell.feed("decisions", decision_records(decided(told)), now)
    taken_up, over, since = False, False, START
    for minutes, event in plan:
        now += minutes * MINUTE
        before = len([one for one in shell.messages("actions") if one["kind"] == "escalate"])
        shell.settle(now)
        steps = [one for one in shell.messages("actions") if one["kind"] == "escalate"]
        assert before == len(steps) or not (taken_up or over)
        for step in steps[before:]:
            assert to_milliseconds(step["created_at"]) - since >= (15, 45)[step["step"] - 1] * MINUTE
        page = next((one for one in reversed(shell.messages("actions")) if (one["team"], one["kind"]) == ("comms", "page")), None)
        if event == "restart":
            shell.restart()
        elif event == "crash":
            shell.tick(now, crash=True)
        elif event in ("acknowledged", "wrong_team") and page is not None:
            status, reason = ("acknowledged", None) if event == "acknowledged" else ("declined", "wrong_team")
            record = outcome_record(len(shell.log.get("outcomes", ())), page["action_id"], "comms", status, reason=reason)
            shell.feed("outcomes", [record._replace(timestamp=now)], now)
            taken_up = event == "acknowledged"
        elif event in ("closed", "self_resolved", "graver") and not over:
            graver = event == "graver" and told[-1]["severity"] < 0.9
            change: dict[str, Any] = {"closed": {"status": "closed"}, "self_resolved": {"self_resolved": True}}.get(event, {})
            told.append(situation("s", len(told) + 1, now, kind="surge", severity=0.9 if graver else told[-1]["severity"], **change))
            known = len(shell.log["decisions"])
            shell.feed("decisions", decision_records(decided(told))[known:], now)
            over = event != "graver"
            if graver and taken_up:
                taken_up, since = False, now
    assert len(shell.dispositions("decisions")) == len(shell.log["decisions"])


NIGHT_EVENTS = ("tick", "tick", "restart", "crash", "acknowledged", "closed", "self_resolved", "graver", "reload")


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from((0, 8 * HOUR - 20 * MINUTE, 10 * HOUR)),
    st.sampled_from((0.6, 0.7)),
    st.lists(st.tuples(st.sampled_from((5, 30, 60, 300)), st.sampled_from(NIGHT_EVENTS)), max_size=12),
)
def test_a_page_by_night_or_day_is_asked_once_and_goes_up_in_time(begin: int, severity: float, plan: list[tuple[int, str]]) -> None:
    """Whenever a surge begins and whatever happens: at most one open ask of a team, each step at most once a severity and never before
    its time, none after an answer, a closing or a guard, and the team asleep is asked within its hours only, unless it is woken.
    """
    shell, now = act_shell(NIGHTLY), START + begin
    shell.shard.use(NIGHTLY)  # type: ignore[attr-defined]  # an act shard
    told = [situation("s", at_ms=now, kind="surge", severity=severity)]
    since, over, quiet_from = now, False, -1

    def feed(more: list[Record]) -> None:
        shell.feed("decisions", [record._replace(timestamp=now) for record in more], now)

    def later() -> list[Record]:
        known = sum(record.key is not None for record in shell.log.get("decisions", ()))
        made = [one for one in decided(told, NIGHTLY) if not one.broadcast]
        return decision_records(made[known:], len(shell.log.get("decisions", ())))

    feed(later())
    for minutes, event in plan:
        for _ in range(0, minutes, 5):
            now += 5 * MINUTE
            feed([watermark_record(len(shell.log["decisions"]), DECIDE, now)])
            shell.settle(now)
        sent = shell.messages("actions")
        if event == "restart":
            shell.restart()
        elif event == "crash":
            shell.tick(now, crash=True)
        elif event == "reload":
            shell.shard.use(RENAMED)  # type: ignore[attr-defined]
            shell.settle(now)
            shell.shard.use(NIGHTLY)  # type: ignore[attr-defined]
            shell.settle(now)
        elif event == "acknowledged" and (asked := [one for one in sent if one["team"] != "support" and one["kind"] != "digest"]):
            last = asked[-1]
            record = outcome_record(len(shell.log.get("outcomes", ())), last["action_id"], last["team"], "acknowledged")
            shell.feed("outcomes", [record._replace(timestamp=now)], now)
            quiet_from = len(sent) if shell.dispositions("outcomes")[-1] == "outcome" and last["kind"] != "revoke" else quiet_from
        elif event in ("closed", "self_resolved", "graver") and not over:
            over = event != "graver"
            change: dict[str, Any] = {"closed": {"status": "closed"}, "self_resolved": {"self_resolved": True}}.get(event, {})
            told.append(situation("s", len(told) + 1, now, kind="surge", severity=told[-1]["severity"] if over else 0.9, **change))
            quiet_from = len(sent) if over else -1
            feed(later())
    sent = shell.messages("actions")
    steps = [one for one in sent if one["kind"] == "escalate"]
    for one in steps:
        assert to_milliseconds(one["created_at"]) - since >= (15, 45)[one["step"] - 1] * MINUTE
    assert max(Counter((one["step"], one["severity"]) for one in steps).values(), default=0) <= 1
    if quiet_from >= 0:
        assert "escalate" not in {one["kind"] for one in sent[quiet_from:]}
    for one in sent:
        hour = int(one["created_at"][11:13])
        assert one["team"] == "product" or one["severity"] >= 0.75 or one["kind"] == "revoke" or 8 <= hour < 20
    open_asks: dict[str, set[str]] = {}
    for one in sent:
        own = open_asks.setdefault(one["team"], set())
        own -= {one["supersedes"], one["revokes"]}
        if one["kind"] not in ("digest", "revoke", "escalate"):
            own.add(one["action_id"])
        assert len(own) <= 1


_ROOMLESS = "name: comms, contact: comms-duty, attention: {per_hour: 2, burst: 2}"
CROWDED = policy(
    POLICY.replace("name: comms, contact: comms-duty, attention: {per_hour: 60, burst: 100}", _ROOMLESS).replace(
        "owner: support\n    peers: [comms]", "owner: support"
    )
)
"""Comms has little room for the escalations of support's cases."""
CROWD_EVENTS = ("tick", "tick", "tick", "restart", "crash", "acknowledged", "acknowledged_above", "closed", "graver")


@settings(max_examples=120, deadline=None)
@given(
    st.integers(1, 10),
    st.lists(st.tuples(st.sampled_from((1, 5, 15, 40)), st.sampled_from(CROWD_EVENTS), st.integers(0, 9)), max_size=14),
)
def test_a_crowd_goes_up_within_the_room_and_nobody_is_left_out(count: int, plan: list[tuple[int, str, int]]) -> None:
    """Cases that nobody answers go up once each, alone or in a group, at most an hour late; as many messages as the team has room for;
    nothing goes up after an answer or a closing, whatever crashes or restarts between.
    """
    shell, now = act_shell(CROWDED), START
    told = [[situation(f"c{n}", at_ms=START, severity=0.8)] for n in range(count)]
    over: dict[int, int] = {}
    _decide_more(shell, [steps[0] for steps in told], now)
    for minutes, event, which in plan:
        for _ in range(minutes):
            now += MINUTE
            shell.settle(now)
        name = which % count
        if event == "restart":
            shell.restart()
        elif event == "crash":
            shell.tick(now, crash=True)
        elif event.startswith("acknowledged"):
            sent = (
                escalated(shell) if event == "acknowledged_above" else [one for one in shell.messages("actions") if one["kind"] == "reply"]
            )
            if asked := [one for one in sent if one["situation"] == digest(f"c{name}")]:
                record = outcome_record(len(shell.log.get("outcomes", ())), asked[-1]["action_id"], asked[-1]["team"], "acknowledged")
                shell.feed("outcomes", [record._replace(timestamp=now)], now)
                over.setdefault(name, now)
        elif name not in over:
            graver = event == "graver" and len(told[name]) == 1
            change: dict[str, Any] = {"severity": 0.95 if graver else told[name][-1]["severity"]}
            change |= {"status": "closed"} if event == "closed" else {}
            told[name].append(situation(f"c{name}", len(told[name]) + 1, now, **change))
            _decide_more(shell, told[name], now)
            over |= {name: now} if event == "closed" else {}
    shell.settle(now + 6 * HOUR)
    for name in range(count):
        ups = [one for one in escalated(shell) if one["situation"] == digest(f"c{name}") and one["supersedes"] is None]
        assert len(ups) <= 1
        assert name in over or len(ups) == 1
        for one in ups:
            at = to_milliseconds(one["created_at"])
            assert 30 * MINUTE <= at - START <= 90 * MINUTE
            assert name not in over or at <= over[name]
    sent = [one for one in shell.messages("actions") if one["kind"] == "escalate" and one["supersedes"] is None]
    times = sorted(to_milliseconds(one["created_at"]) for one in sent)
    for begin, start in enumerate(times):
        for last in range(begin, len(times)):
            assert last - begin + 1 <= 2 + (times[last] - start) * 2 / HOUR


def _decide_more(shell: Shell, told: list[dict[str, Any]], now: int) -> None:
    """What decide makes of these revisions and act has not read yet, appended now."""
    log = shell.log.get("decisions", [])
    known = {record.value for record in log}
    fresh = [one for one in decision_records(decided(told, CROWDED)) if one.value not in known]
    shell.feed("decisions", [one._replace(offset=len(log) + n, timestamp=now) for n, one in enumerate(fresh)], now)


def escalated(shell: Shell) -> list[dict[str, Any]]:
    """All escalations, those of groups each for itself."""
    return [one for action in shell.messages("actions") if action["kind"] == "escalate" for one in each_of(action)]
