"""Decisions and outcomes in; actions, digests, escalations and labels out."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import orjson
import pytest

from pipeline.act import ActShard
from pipeline.act.team_queue import DIGEST_RECEIPTS, DIGEST_ROWS
from pipeline.privacy import OwnTerms
from pipeline.privacy.redaction import pseudonym
from pipeline.stream.stage import Batch, Record
from schemas.times import to_milliseconds
from tests.unit.pipeline.decide.world import (
    DECIDE,
    HOUR,
    KEY,
    MINUTE,
    POLICY,
    START,
    WALL,
    Shell,
    act_shell,
    decided,
    decision_records,
    digest,
    headers,
    outcome_record,
    policy,
    situation,
    watermark_record,
)

TIGHT = POLICY.replace("{name: support, contact: support-lead, attention: {per_hour: 60, burst: 100}}",
                       "{name: support, contact: support-lead, attention: {per_hour: 2, burst: 2, digest_after: 10m}}")  # fmt: skip

LINES = TIGHT.replace("do: reply\n    owner: support\n    priority: 50", "do: digest\n    owner: support\n    priority: 50")


def asleep(wake_at: float) -> str:
    """A policy whose support works from 8 to 20, and is woken from such a severity on."""
    hours = f"hours: {{start: '08:00', end: '20:00', wake_at: {wake_at}}}"
    return POLICY.replace("{name: support, contact: support-lead,", f"{{name: support, contact: support-lead, {hours},")


def act(*messages: dict[str, Any], text: str = POLICY) -> Shell:
    """A shell that has acted on what these situations lead to."""
    shell = act_shell(policy(text))
    feed(shell, messages, text=text)
    return shell


def feed(shell: Shell, messages: Sequence[dict[str, Any]], text: str = POLICY) -> None:
    """Decide on all these situations from the beginning, and append what a shell has not yet read of it."""
    known = len(shell.log.get("decisions", ()))
    shell.feed("decisions", decision_records(decided(messages, policy(text)))[known:])


def answer(shell: Shell, action: dict[str, Any], status: str, **over: Any) -> None:
    """A team answers an action."""
    offset = len(shell.log.get("outcomes", ()))
    shell.feed("outcomes", [outcome_record(offset, action["action_id"], over.pop("team", action["team"]), status, **over)])


def kinds(shell: Shell) -> list[tuple[str, str]]:
    """Team and kind of all actions, in order."""
    return [(one["team"], one["kind"]) for one in shell.messages("actions")]


def surge(name: str = "s", revision: int = 1, at_ms: int = START, **over: Any) -> dict[str, Any]:
    """A mass reaction."""
    return situation(name, revision, at_ms, **{"kind": "surge", "authors": 42, "intents": {"complaint": 42}, "severity": 0.8, **over})


# -- acting ----------------------------------------------------------------------------------------------------------


def test_live_decision_becomes_an_action_of_its_team() -> None:
    """The action goes to its team's topic, keyed by situation, with who else was asked and where to answer."""
    shell = act(situation("a", severity=0.8))
    assert shell.dispositions("decisions") == ["acted", "acted"]
    reply, review = shell.messages("actions")
    assert (reply["team"], reply["kind"], reply["peers"], reply["step"]) == ("support", "reply", ["comms"], 0)
    assert (review["team"], review["kind"], review["owner"], review["role"]) == ("comms", "review", "support", "peer")
    assert reply["reply"] == {"source": "x", "reply_to": "42", "url": "https://x.com/i/status/42", "private": False}
    outputs = [one for one in shell.outputs.values() if one.noun.startswith("actions")]
    assert [(one.noun, one.key) for one in outputs] == [("actions.support", digest("a").encode()), ("actions.comms", digest("a").encode())]


def test_action_holds_no_personal_data() -> None:
    """Mail address, number, handle and name in the link are gone; the author is a hash under this deployment's key."""
    (output,) = (one for one in act(situation("a")).outputs.values() if one.noun == "actions.support")
    for personal in (b"jo@example.org", b"030 901820", b"@aurora", b"jane", digest("author/a").encode()):
        assert personal not in output.value
    assert b"[phone]" in output.value


def test_summary_is_one_line_for_a_person() -> None:
    """A surge says how many people do what about what, where, and what was expected."""
    page = act(surge(updated_at="2026-03-02T12:08:00.000Z")).messages("actions")[0]
    assert page["summary"] == "42 people in 8 minutes complain about baggage at Aurora Air (expected 3)"
    amplified = act(surge(origin="coordinated", facet="general")).messages("actions")[0]
    assert amplified["summary"] == "42 people in 1 minute complain about Aurora Air (expected 3, coordinated)"
    idea = situation("i", kind="idea", authors=7, text="please let us\nchoose seats @aurora", intent="request")
    text = POLICY.replace("kind == 'surge'", "kind == 'idea'")
    assert (
        act(idea, text=text).messages("actions")[0]["summary"]
        == "7 people ask for the same at Aurora Air: please let us choose seats [handle]"
    )


def test_dual_hat_and_ticket_are_answered_in_private() -> None:
    """An employee's case and a ticket say that the answer must not be public."""
    text = POLICY.replace("do: reply", "do: review")
    assert act(situation("a", dual_hat=True), text=text).messages("actions")[0]["reply"]["private"]
    ticket = situation("b")
    ticket["evidence"][0] |= {"source": "freshdesk", "reply_to": "ticket-7", "url": None, "public": False}
    told = {"source": "freshdesk", "reply_to": "ticket-7", "url": None, "private": True}
    assert act(ticket).messages("actions")[0]["reply"] == told
    del ticket["evidence"][0]["public"]  # as a former Winnow wrote it: it is not known
    assert act(ticket).messages("actions")[0]["reply"] == told


def test_superseding_decision_supersedes_the_action() -> None:
    """A worse case gives a new action that names the one it replaces."""
    first, second, _ = act(situation("a"), situation("a", 2, START + MINUTE, severity=0.9)).messages("actions")
    assert second["supersedes"] == first["action_id"]
    assert second["revokes"] is None


def test_withdrawn_decision_revokes_the_action() -> None:
    """Answered by the community: the team is told that its action is no longer needed, and why."""
    shell = act(situation("a"), situation("a", 2, START + MINUTE, self_resolved=True))
    action, revoked = shell.messages("actions")
    assert (revoked["kind"], revoked["revokes"], revoked["reply"]) == ("revoke", action["action_id"], None)
    assert "guard self_resolved" in revoked["summary"]
    assert shell.dispositions("decisions") == ["acted", "revoked"]


def test_shadow_and_backfill_do_not_act() -> None:
    """Shadow and backfill decisions are accounted for and nothing is asked of anybody."""
    shell = act(situation("a", severity=0.1, urgency=0.95), situation("b", backfill=True))
    assert shell.dispositions("decisions") == ["shadow", "backfill"]
    assert shell.messages("actions") == []


def test_live_action_is_revoked_when_only_a_shadow_rule_is_left() -> None:
    """From live to shadow means that the live action must go."""
    text = POLICY.replace("do: review\n    owner: product\n    mode", "do: review\n    owner: support\n    mode")
    shell = act(situation("a"), situation("a", 2, START + MINUTE, severity=0.1, urgency=0.95), text=text)
    assert kinds(shell) == [("support", "reply"), ("support", "revoke")]


def test_repeated_decision_is_redelivered() -> None:
    """The same decision again, or an older one, changes nothing."""
    outputs = decided([situation("a"), situation("a", 2, START + MINUTE, severity=0.9)])
    shell = act_shell()
    shell.feed("decisions", decision_records([*outputs, *outputs]))
    assert shell.dispositions("decisions") == ["acted", "acted", "acted", "redelivered", "redelivered", "redelivered"]


@pytest.mark.parametrize("value", [None, b"\xff", b"[]", b"{}", orjson.dumps({"id": 3})])
def test_unreadable_decision_and_outcome_are_rejected(value: bytes | None) -> None:
    """Whatever the bytes: a rejected record, never an exception."""
    shell = act_shell()
    shell.feed("decisions", [Record(0, WALL, b"k", value, headers(DECIDE, START))])
    shell.feed("outcomes", [Record(0, WALL, b"k", value)])
    assert shell.dispositions("decisions") == shell.dispositions("outcomes") == ["rejected"]


# -- attention -------------------------------------------------------------------------------------------------------


def test_overflow_is_held_and_told_in_one_ranked_digest() -> None:
    """What asks for a digest only: most severe first, each with its decision's place; it takes its turn in the budget."""
    severities = (0.3, 0.35, 0.4, 0.7, 0.5)
    shell = act(*(situation(f"a{n}", at_ms=START + n, severity=one) for n, one in enumerate(severities)), text=LINES)
    assert shell.dispositions("decisions") == ["held"] * 5
    shell.feed("decisions", [watermark_record(5, DECIDE, START + HOUR)])
    shell.settle(START)
    (told,) = (one for one in shell.messages("actions") if one["kind"] == "digest")
    assert [piece["lineage"]["offset"] for piece in told["evidence"]] == [3, 4, 2, 1, 0]
    assert {piece["lineage"]["topic"] for piece in told["evidence"]} == {"decisions"}
    assert told["summary"].startswith("5 actions were held back, first: An unhappy customer")
    assert told["policy"] == policy(LINES).hash
    assert told["created_at"] == "2026-03-02T12:10:00.000Z"
    shell.feed("decisions", [watermark_record(6, DECIDE, START + 9 * HOUR)])
    shell.settle(START)
    assert len([one for one in shell.messages("actions") if one["kind"] == "digest"]) == 1


def test_digest_comes_without_further_events_when_the_wall_clock_says_so() -> None:
    """When nothing is said any more anywhere, event time stands still; the wall clock releases the digest."""
    shell = act(*(situation(f"a{n}", at_ms=START + n) for n in range(3)), text=LINES)
    shell.feed("decisions", [watermark_record(3, DECIDE, START + 2, idle=True)])
    appended = shell.log["decisions"][0].timestamp
    shell.settle(appended + 9 * MINUTE)
    assert kinds(shell) == []
    shell.settle(appended + 11 * MINUTE)
    assert kinds(shell) == [("support", "digest")]


def test_withdrawn_and_superseded_items_keep_their_receipt() -> None:
    """What was held and is no longer true is still told, marked: nothing vanishes silently, and nobody waits for it."""
    many = [situation(f"a{n}", at_ms=START + n, severity=0.4) for n in range(4)]
    later = [situation("a2", 2, START + 10, severity=0.1), situation("a3", 2, START + 11, severity=0.6)]
    shell = act(*many, *later, text=TIGHT)
    assert shell.dispositions("decisions") == ["acted", "acted", "held", "held", "suppressed", "held"]
    shell.feed("decisions", [watermark_record(6, DECIDE, START + 2 * HOUR)])
    shell.settle(START)
    asked, told = shell.messages("actions")[2:]
    assert (asked["kind"], asked["lineage"]["offset"], asked["created_at"][11:16]) == ("reply", 2, "12:30")
    assert told["created_at"][11:16] == "13:00"
    assert [(piece["lineage"]["offset"], piece["excerpt"].split(" ")[0]) for piece in told["evidence"]] == [
        (2, "(withdrawn)"),
        (3, "(superseded)"),
    ]


def test_what_only_a_digest_told_is_not_revoked() -> None:
    """A digest is not taken back when one of its situations calms down."""
    late = situation("b", at_ms=START + 2 * HOUR)
    shell = act(situation("a"), late, situation("a", 2, START + 2 * HOUR + 1, severity=0.1), text=LINES)
    assert shell.dispositions("decisions") == ["held", "held", "digested"]
    assert kinds(shell) == [("support", "digest")]


def test_pages_may_use_the_reserve() -> None:
    """Ordinary actions leave the reserve alone; a page uses it."""
    text = POLICY.replace(
        "support-lead, attention: {per_hour: 60, burst: 100}", "support-lead, attention: {per_hour: 1, burst: 2, reserve: 1}"
    )
    shell = act(situation("a"), situation("b", at_ms=START + 1), surge(at_ms=START + 2), text=text)
    assert [(one["team"], one["kind"]) for one in shell.messages("actions")] == [
        ("support", "reply"),
        ("comms", "page"),
        ("support", "page"),
    ]


def test_quiet_hours_hold_all_but_the_severe() -> None:
    """At night a case waits for the morning, where it is asked for itself; a severe one wakes the team."""
    night = START + 10 * HOUR
    shell = act(situation("a", at_ms=night), situation("b", at_ms=night + 1, severity=0.9), text=asleep(0.75))
    assert shell.dispositions("decisions")[:2] == ["held", "acted"]
    shell.feed("decisions", [watermark_record(3, DECIDE, night + 12 * HOUR)])
    shell.settle(START)
    told = [one for one in shell.messages("actions") if one["situation"] == digest("a")]
    assert [(one["kind"], one["created_at"]) for one in told] == [("reply", "2026-03-03T08:00:00.000Z")]


def test_a_long_night_is_told_in_the_morning_whole_and_ranked() -> None:
    """More than can be asked in time: the least grave come as lines, more than a digest tells in full are named, the rest is asked by
    gravity; through a crash each exactly once, in messages that fit.
    """
    text = asleep(1.0).replace("{per_hour: 60, burst: 100}", "{per_hour: 1, burst: 100}")
    night, count, last = START + 10 * HOUR, DIGEST_ROWS + DIGEST_RECEIPTS + 300, "\U0001f9f3" * 300
    many = [situation(f"n{n}", at_ms=night + n, severity=0.3 + (n * 7919 % 400) / 1000, text=last) for n in range(count)]
    known = {one["id"]: one for one in many}
    shell = act(*many, text=text)
    assert shell.dispositions("decisions") == ["held"] * count
    shell.feed("decisions", [watermark_record(count, DECIDE, night + 36 * HOUR)])
    shell.tick(START)
    shell.tick(START, crash=True)
    shell.poll("decisions", count, START)
    shell.settle(START)
    outputs = [output for output in shell.outputs.values() if output.noun == "actions.support"]
    assert all(len(output.value) < 1_000_000 for output in outputs)
    sent = [orjson.loads(output.value) for output in outputs]
    told = [one["evidence"] for one in sent if one["kind"] == "digest"]
    room = 24 + 100  # what a day and a full bucket give
    most = DIGEST_ROWS + DIGEST_RECEIPTS
    assert [len(rows) for rows in told[:2]] == [most, count - room - most]
    order = [many[row["lineage"]["offset"]]["severity"] for rows in told[:2] for row in rows]
    assert order == sorted(order, reverse=True)
    assert [bool(row["excerpt"]) for row in told[0]] == [True] * DIGEST_ROWS + [False] * DIGEST_RECEIPTS
    lines = [row["lineage"]["offset"] for rows in told for row in rows]
    replies = [one for one in sent if one["kind"] == "reply"]
    assert sorted(lines + [many.index(known[one["situation"]]) for one in replies]) == list(range(count))
    assert sum(one["created_at"].startswith("2026-03-03T08:00:00") for one in replies) == 100 - 2  # of which two digests
    assert all("(expired)" in row["excerpt"] for row in told[2])
    asked = [one["severity"] for one in sent if one["kind"] == "reply"]
    assert asked == sorted((one["severity"] for one in many), reverse=True)[: len(asked)]
    assert not [key for key in shell.state if key.startswith(b"held/")]


def test_rule_that_asks_for_a_digest_is_held() -> None:
    """``do: digest`` never disturbs anybody by itself."""
    text = POLICY.replace("do: reply\n    owner: support\n    priority: 50", "do: digest\n    owner: support\n    priority: 50")
    assert act(situation("a"), text=text).dispositions("decisions") == ["held"]


def test_action_is_revoked_when_a_digest_is_enough() -> None:
    """A case of another team that has calmed down to a digest rule: the review is no longer asked for, the digest tells of it."""
    text = POLICY.replace("do: reply\n    owner: support\n    priority: 50", "do: digest\n    owner: support\n    priority: 50")
    text = text.replace("owner: support\n    peers: [comms]", "owner: comms\n    peers: [support]")
    shell = act(situation("a", severity=0.9), situation("a", 2, START + MINUTE), text=text)
    shell.feed("decisions", [watermark_record(4, DECIDE, START + HOUR)])
    shell.settle(START)
    assert kinds(shell) == [("comms", "reply"), ("support", "review"), ("support", "revoke"), ("comms", "revoke"), ("support", "digest")]
    assert shell.dispositions("decisions") == ["acted", "acted", "held", "revoked"]


# -- escalation ------------------------------------------------------------------------------------------------------


def test_unanswered_action_escalates_up_the_chain_in_order_and_once() -> None:
    """At 15 minutes the head of comms is asked, at 45 the duty manager, then nobody any more."""
    shell = act(surge())
    for minutes in (14, 15, 16, 44, 45, 46, 300):
        shell.settle(START + minutes * MINUTE)
    steps = [
        (one["step"], one["team"], one["contact"], one["created_at"]) for one in shell.messages("actions") if one["kind"] == "escalate"
    ]
    assert steps == [
        (1, "comms", "head-of-comms", "2026-03-02T12:15:00.000Z"),
        (2, "product", "duty-manager", "2026-03-02T12:45:00.000Z"),
    ]


@pytest.mark.parametrize("status", ["acknowledged", "done", "declined", "overturned"])
def test_answer_stops_escalation(status: str) -> None:
    """Whatever the owner answers, nobody else is asked."""
    shell = act(surge())
    answer(shell, shell.messages("actions")[0], status)
    shell.settle(START + 10 * HOUR)
    assert "escalate" not in {kind for _, kind in kinds(shell)}


def test_team_that_says_not_ours_does_not_stop_escalation() -> None:
    """Nobody has taken it up yet: the chain goes on."""
    shell = act(surge())
    answer(shell, shell.messages("actions")[0], "declined", reason="wrong_team")
    shell.settle(START + 10 * HOUR)
    assert kinds(shell).count(("comms", "escalate")) == 1


def test_acknowledged_escalation_stops_the_rest() -> None:
    """The answer to an escalated action counts for the action itself."""
    shell = act(surge())
    shell.settle(START + 20 * MINUTE)
    answer(shell, shell.messages("actions")[-1], "acknowledged")
    shell.settle(START + 10 * HOUR)
    assert [one["step"] for one in shell.messages("actions") if one["kind"] == "escalate"] == [1]


def test_timers_survive_a_restart_and_wait_for_unread_answers() -> None:
    """After a restart an acknowledgement that is still unread is not overtaken; without one the step happens once."""
    shell = act(surge(), surge("t", at_ms=START + 1))
    shell.restart()
    acknowledged = shell.messages("actions")[0]
    assert not shell.tick(START + 20 * MINUTE, caught_up=False).outputs
    answer(shell, acknowledged, "acknowledged")
    shell.tick(START + 20 * MINUTE, crash=True)
    shell.settle(START + 20 * MINUTE)
    escalated = [one for one in shell.messages("actions") if one["kind"] == "escalate"]
    assert [one["situation"] for one in escalated] == [digest("t")]


def test_long_backlog_does_not_hold_escalations_up() -> None:
    """A worker that never catches up escalates a minute late, not never."""
    shell = act(surge())
    shell.tick(START, caught_up=False)
    assert not shell.tick(START + 15 * MINUTE, caught_up=False).outputs
    assert shell.tick(START + 16 * MINUTE, caught_up=False).outputs


def test_revocation_reaches_those_it_was_escalated_to() -> None:
    """When the surge is over by a silence or guard, the escalated action is taken back as well."""
    shell = act(surge())
    shell.settle(START + 50 * MINUTE)
    feed(shell, [surge(), surge(revision=2, at_ms=START + HOUR, self_resolved=True)])
    revoked = {one["revokes"] for one in shell.messages("actions") if one["kind"] == "revoke"}
    asked = {one["action_id"] for one in shell.messages("actions") if one["kind"] != "revoke"}
    assert revoked == asked


# -- outcomes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "reason", "expected"),
    [
        ("done", None, [("noise", "false")]),
        ("declined", "noise: a bot", [("noise", "true")]),
        ("declined", "Not noise", [("noise", "false")]),
        ("declined", "noise from the neighbours, not our matter", []),
        ("declined", "spam", [("noise", "true")]),
        ("declined", "duplicate", []),
        ("acknowledged", None, []),
        ("overturned", "intent=praise", [("intent", "praise")]),
        ("overturned", "Sentiment: positive", [("sentiment", "positive")]),
        ("overturned", "intent=nonsense", []),
    ],
)
def test_outcome_becomes_labels(status: str, reason: str | None, expected: list[tuple[str, str]]) -> None:
    """What a team answers teaches the models about the pieces of information behind the action."""
    shell = act(situation("a"))
    answer(shell, shell.messages("actions")[0], status, reason=reason)
    assert shell.dispositions("outcomes") == ["outcome"]
    labels = shell.messages("labels")
    assert [(one["facet"], one["value"]) for one in labels] == expected
    assert all(one["information"] == digest("information/a") and one["subject"] == "aurora" for one in labels)


def test_the_flow_reaches_its_outcome_with_the_first_answer() -> None:
    """How long it took from the post is told once an action, and not of a digest, which waits on purpose."""
    shell = act(situation("a", severity=0.9), situation("b", at_ms=START + 1), text=LINES)
    shell.feed("decisions", [watermark_record(3, DECIDE, START + HOUR)])
    shell.settle(START)
    sent = {one["kind"]: one for one in shell.messages("actions")}
    answers = [outcome_record(n, sent[kind]["action_id"], "support", status) for n, (kind, status) in enumerate(
        [("reply", "acknowledged"), ("reply", "done"), ("digest", "done")]
    )]  # fmt: skip
    step = shell.shard.process(Batch("outcomes", 0, answers), START)
    assert step.reached == [("outcomes", to_milliseconds(sent["reply"]["appended_at"]))]


def test_repeated_and_contradicting_outcomes_are_counted() -> None:
    """The same again says nothing new, nor that somebody has taken up what is done; a contradicting one counts and is seen."""
    shell = act(situation("a"))
    (action,) = shell.messages("actions")
    for status, at in (("done", 10), ("done", 20), ("acknowledged", 5), ("declined", 30)):
        answer(shell, action, status, at_ms=WALL + at, reason="noise" if status == "declined" else None)
    assert shell.dispositions("outcomes") == ["outcome"] * 4
    assert [(one["value"]) for one in shell.messages("labels")] == ["false", "true"]
    assert {name[0]: count for name, count in shell.counts.items() if name[0].startswith("outcome_")} == {
        "outcome_repeated": 2, "outcome_contradicting": 1,
    }  # fmt: skip


def test_answered_situation_is_not_asked_again_unless_it_gets_worse() -> None:
    """Declined once, a calmer or equal one stays closed, also when it was withdrawn between; a worse one asks again."""
    severities = (0.6, 0.1, 0.6, 0.9)
    steps = [situation("a", number, START + number, severity=one) for number, one in enumerate(severities, 1)]
    shell = act(steps[0])
    answer(shell, shell.messages("actions")[0], "declined", reason="noise")
    feed(shell, steps)
    assert shell.dispositions("decisions")[:4] == ["acted", "closed", "closed", "acted"]
    assert shell.messages("actions")[1]["supersedes"] is None


def test_outcome_of_an_unknown_action_is_counted_and_kept() -> None:
    """An answer that is read before its decision (as after a crash) counts as soon as the action exists."""
    expected = act(surge()).messages("actions")[0]
    shell = act_shell()
    answer(shell, expected, "acknowledged")
    assert shell.dispositions("outcomes") == ["rekeyed"]  # support's rule escalates to comms: it may be an answer to that
    shell.restart()
    feed(shell, [surge()])
    shell.settle(START + 10 * HOUR)
    assert kinds(shell) == [("comms", "page"), ("support", "page")]


def test_answers_to_an_unknown_action_are_kept_within_bounds() -> None:
    """A thousand answers to one action that does not exist: sixteen wait, the rest are accounted for as surplus; the first of them count
    once it exists, and what is remembered stays small whatever they say.
    """
    expected = act(surge()).messages("actions")[1]  # support's own
    shell = act_shell()
    for number in range(1_000):
        answer(shell, expected, "acknowledged" if number == 0 else "done", team="support", reason="x" * 5_000)
    assert Counter(shell.dispositions("outcomes")) == {"unknown_action": 16, "surplus": 984}
    kept = {key: value for key, value in shell.state.items() if key.startswith(b"early/")}
    assert len(kept) == 1
    assert sum(map(len, kept.values())) < 16 * 400
    shell.restart()
    answer(shell, expected, "done", team="support")
    assert shell.dispositions("outcomes")[-1] == "surplus"
    feed(shell, [surge()])
    assert not any(key.startswith(b"early/") for key in shell.state)
    answer(shell, expected, "done", team="support")
    assert shell.dispositions("outcomes")[-1] == "outcome"


def test_outcome_under_a_wrong_key_is_rekeyed_not_lost() -> None:
    """The answer is written again under its team's key, unknown fields included, and counts there."""
    shell = act(situation("a"))
    answer(shell, shell.messages("actions")[0], "done", key="nonsense", mood="fine")
    assert shell.dispositions("outcomes") == ["rekeyed"]
    (output,) = (one for one in shell.outputs.values() if one.noun == "outcomes")
    assert output.key == b"support"
    assert orjson.loads(output.value)["mood"] == "fine"
    shell.feed("outcomes", [Record(1, WALL, output.key, output.value)])
    assert shell.dispositions("outcomes") == ["rekeyed", "outcome"]


def test_answer_to_an_escalation_finds_the_owner_in_another_partition() -> None:
    """The escalated-to team's partition passes the answer on to the owner's, once; there it counts."""
    owner = act(surge())
    owner.settle(START + 50 * MINUTE)
    escalated = owner.messages("actions")[-1]
    assert escalated["team"] == "product"
    elsewhere = act_shell()
    answer(elsewhere, escalated, "done")
    assert elsewhere.dispositions("outcomes") == ["rekeyed"]
    (passed,) = (one for one in elsewhere.outputs.values() if one.noun == "outcomes")
    assert passed.key == b"comms"
    owner.feed("outcomes", [Record(0, WALL, passed.key, passed.value)])
    assert owner.dispositions("outcomes") == ["outcome"]
    elsewhere.feed("outcomes", [Record(1, WALL, passed.key, passed.value)])
    assert elsewhere.dispositions("outcomes") == ["rekeyed", "unknown_action"]


def test_state_is_bounded_by_event_time() -> None:
    """A week after an action has expired nothing of it is remembered."""
    shell = act(situation("a"), surge())
    assert any(key.startswith((b"action/", b"told/")) for key in shell.state)
    shell.feed("decisions", [watermark_record(4, DECIDE, START + 9 * 24 * HOUR)])
    shell.settle(START)
    assert not any(key.startswith((b"action/", b"told/")) for key in shell.state)


def test_another_key_gives_other_pseudonyms() -> None:
    """After a change of the key authors cannot be linked with before, and the prefix shows the change."""
    first, second = pseudonym("jane", KEY), pseudonym("jane", b"another key of 16+ bytes")
    assert first == pseudonym("jane", KEY)
    assert first.split(".")[0] != second.split(".")[0]
    assert first.split(".")[1] != second.split(".")[1]


@pytest.mark.parametrize(("named", "called"), [(True, "Aurora Air"), (False, "Aurora Airways")])
def test_a_summary_calls_a_subject_as_the_policy_does_else_as_the_subjects_file(named: bool, called: str) -> None:
    """Never by its id, where either gives a name."""
    text = POLICY if named else POLICY.replace("aurora: Aurora Air", "other: Other")
    shell = Shell(lambda: ActShard(0, [DECIDE], policy(text), KEY, names={"aurora": "Aurora Airways"}))
    feed(shell, [situation("a", severity=0.8)], text=text)
    told = shell.messages("actions")
    assert told
    assert all(f"at {called}: " in one["summary"] for one in told)


def test_texts_of_actions_keep_the_organisations_own_terms() -> None:
    """In excerpt and summary, also of what was held, where a post of the account's own network speaks of it; a person's name goes."""
    own = OwnTerms(["jane street air", "@aurora"], accounts={"x": ["@aurora_help"]})
    said = "@aurora @aurora_help @jane: it's Jane Street Air. I am Jane Doe"
    kept = "@aurora @aurora_help [handle]: it's Jane Street Air. I am [name]"
    for text in (POLICY, TIGHT.replace("per_hour: 2, burst: 2", "per_hour: 1, burst: 1")):
        shell = Shell(lambda text=text: ActShard(0, [DECIDE], policy(text), KEY, own=own))  # type: ignore[misc]
        feed(shell, [situation("a", text=said, severity=0.8), situation("b", text=said, severity=0.8)], text=text)
        shell.settle(WALL + 3 * HOUR)
        told = [one for one in shell.messages("actions") if one["kind"] in ("reply", "review")]
        assert told
        assert all(one["evidence"][0]["excerpt"] == kept and kept in one["summary"] for one in told)
    elsewhere = act(situation("a", text=said, severity=0.8)).messages("actions")
    assert all("@" not in one["evidence"][0]["excerpt"] for one in elsewhere)
