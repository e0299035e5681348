"""One open ask per situation, team and family of rules: its clock, what answers to it mean, and when it is asked again."""

from typing import Any

import pytest

from pipeline.act.shard import ActShard
from pipeline.stream.partitioner import partition_of
from pipeline.stream.stage import Record
from tests.unit.pipeline.act.test_shard import act, answer, feed, kinds, surge
from tests.unit.pipeline.decide.world import (
    DECIDE,
    HOUR,
    KEY,
    MINUTE,
    POLICY,
    START,
    Shell,
    act_shell,
    decided,
    decision_records,
    outcome_record,
    policy,
    situation,
    watermark_record,
)

PAGES = [("comms", "page"), ("support", "page")]


def escalations(shell: Shell) -> list[tuple[str, str | None, int]]:
    """Team, contact and minute of all steps."""
    told = [one for one in shell.messages("actions") if one["kind"] == "escalate"]
    hours = [one["created_at"][11:16].split(":") for one in told]
    return [(one["team"], one["contact"], int(h) * 60 + int(m) - 720) for one, (h, m) in zip(told, hours, strict=True)]


CHAIN = [("comms", "head-of-comms", 15), ("product", "duty-manager", 45)]


# -- the clock -------------------------------------------------------------------------------------------------------


def test_the_clock_runs_from_the_first_unanswered_ask() -> None:
    """Graver at 10 minutes: asked anew, and yet the head of comms is asked at 15 and the duty manager at 45."""
    steps = [surge(severity=0.6), surge(revision=2, at_ms=START + 10 * MINUTE)]
    shell = act(*steps)
    for minute in range(10, 120):
        shell.settle(START + minute * MINUTE)
    assert kinds(shell)[:4] == PAGES * 2
    assert escalations(shell) == CHAIN


def test_who_was_escalated_to_is_told_again_in_place_and_the_clock_goes_on() -> None:
    """Graver at 30 minutes, after the first step: its team gets the action that supersedes, once, and the second step is at 45."""
    steps = [surge(severity=0.6), surge(revision=2, at_ms=START + 30 * MINUTE)]
    shell = act(steps[0])
    shell.settle(START + 20 * MINUTE)
    first = shell.messages("actions")[-1]
    feed(shell, steps)
    for minute in range(30, 120):
        shell.settle(START + minute * MINUTE)
    assert escalations(shell) == [CHAIN[0], ("comms", "head-of-comms", 30), CHAIN[1]]
    assert [one["supersedes"] for one in shell.messages("actions") if one["kind"] == "escalate"] == [None, first["action_id"], None]
    assert ("comms", "revoke") not in kinds(shell)


def test_the_clock_begins_anew_after_an_answer() -> None:
    """What was acknowledged and gets graver is asked anew: 15 minutes from then."""
    steps = [surge(severity=0.6), surge(revision=2, at_ms=START + HOUR)]
    shell = act(steps[0])
    answer(shell, shell.messages("actions")[0], "acknowledged")
    feed(shell, steps)
    shell.settle(START + 3 * HOUR)
    assert escalations(shell) == [("comms", "head-of-comms", 75), ("product", "duty-manager", 105)]


def test_a_late_step_spaces_the_next_one_from_when_it_was_sent() -> None:
    """The head of comms is not at work until 14:00: the duty manager is asked half an hour after that, not at once."""
    text = POLICY.replace("contact: comms-duty,", "contact: comms-duty, hours: {start: '14:00', end: '20:00', wake_at: 0.9},")
    shell = act(surge(severity=0.95), text=text)
    shell.settle(START + HOUR)
    assert escalations(shell) == CHAIN  # severe enough to wake anybody
    chain = "escalation:\n      - {after: 15m, team: comms, contact: head-of-comms}"
    other = text.replace("owner: comms\n    peers: [support]", "owner: support\n    peers: []")
    assert chain in other
    shell = act(surge(severity=0.6), text=other)
    for minute in range(0, 300, 5):
        shell.settle(START + minute * MINUTE)
    assert escalations(shell) == [("comms", "head-of-comms", 120), ("product", "duty-manager", 150)]


def test_a_team_that_the_policy_does_not_know_any_more_is_left_out() -> None:
    """The chain goes on with the next one, at its time."""
    shell = act(surge(severity=0.95))
    gone = POLICY.replace("team: comms, contact: head-of-comms", "team: support, contact: head").replace("owner: comms", "owner: product")
    gone = gone.replace("peers: [comms]", "peers: []").replace("team: comms", "team: support")
    gone = gone.replace("  - {name: comms, contact: comms-duty, attention: {per_hour: 60, burst: 100}}\n", "")
    shell.shard.use(policy(gone))  # type: ignore[attr-defined]  # an act shard
    for minute in range(0, 120, 5):
        shell.settle(START + minute * MINUTE)
    assert escalations(shell) == [CHAIN[1]]


def test_nothing_escalates_once_the_situation_has_closed() -> None:
    """What was asked stays open; no further step comes, and nothing is sent for it."""
    steps = [surge(), surge(revision=2, at_ms=START + 20 * MINUTE, status="closed")]
    shell = act(steps[0])
    shell.settle(START + 16 * MINUTE)
    before = kinds(shell)
    feed(shell, steps)
    shell.restart()
    shell.settle(START + 10 * HOUR)
    assert kinds(shell) == before == [*PAGES, ("comms", "escalate")]
    assert shell.dispositions("decisions")[-1] == "unchanged"


# -- answers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["acknowledged", "done", "declined"])
def test_what_is_answered_is_asked_again_only_when_it_gets_graver(status: str) -> None:
    """High again is nothing new; critical is."""
    severities = (0.6, 0.45, 0.55, 0.9)
    steps = [surge(revision=n, at_ms=START + n * MINUTE, severity=one) for n, one in enumerate(severities, 1)]
    shell = act(steps[0])
    answer(shell, shell.messages("actions")[0], status)
    feed(shell, steps[:3])
    assert kinds(shell) == PAGES
    feed(shell, steps)
    assert kinds(shell) == PAGES * 2


@pytest.mark.parametrize(
    ("over", "kind"),
    [
        ({"reason": "wrong_team"}, "wrong_team"),
        ({"reason": "This is not our job, wrong team"}, "words"),
        ({"comment": "Not ours."}, "comment"),
    ],
)
def test_wrong_team_after_an_acknowledgement_resumes_the_chain(over: dict[str, Any], kind: str) -> None:
    """Whoever had taken it up has not, in whatever words it says so: the steps come at their times."""
    shell = act(surge())
    page = shell.messages("actions")[0]
    answer(shell, page, "acknowledged")
    shell.settle(START + 5 * MINUTE)
    shell.restart()
    passed = outcome_record(1, page["action_id"], "comms", "declined", **over)._replace(timestamp=START + 10 * MINUTE)
    shell.feed("outcomes", [passed], START + 10 * MINUTE)
    for minute in range(10, 120):
        shell.settle(START + minute * MINUTE)
    assert escalations(shell) == CHAIN, kind


@pytest.mark.parametrize("status", ["acknowledged", "done", "declined"])
def test_an_answer_that_is_taken_back_resumes_the_chain(status: str) -> None:
    """A slip of the thumb at night must not silence a page: once undone, the steps come as if nothing had been said."""
    shell = act(surge())
    page = shell.messages("actions")[0]
    answer(shell, page, status)
    shell.settle(START + 5 * MINUTE)
    shell.restart()
    undone = outcome_record(1, page["action_id"], "comms", "overturned", reason="undo")._replace(timestamp=START + 10 * MINUTE)
    shell.feed("outcomes", [undone], START + 10 * MINUTE)
    shell.restart()
    for minute in range(10, 120):
        shell.settle(START + minute * MINUTE)
    assert escalations(shell) == CHAIN


def test_what_was_taken_back_can_be_answered_again() -> None:
    """Undone and acknowledged once more: nobody else is asked. Any other `overturned` is a last word, as before."""
    shell = act(surge())
    page = shell.messages("actions")[0]
    for number, (status, reason) in enumerate([("acknowledged", None), ("overturned", "undo"), ("acknowledged", None)]):
        shell.feed("outcomes", [outcome_record(number, page["action_id"], "comms", status, reason=reason)], START + MINUTE)
    shell.settle(START + 10 * HOUR)
    assert escalations(shell) == []
    other = act(surge())
    answer(other, other.messages("actions")[0], "overturned", reason="on second thoughts")
    other.settle(START + 10 * HOUR)
    assert escalations(other) == []


def test_a_decline_does_not_swallow_the_acknowledgement_of_who_was_escalated_to() -> None:
    """Comms passes it on, the head of comms takes it up: the duty manager sleeps."""
    text = POLICY.replace("{after: 15m, team: comms, contact: head-of-comms}", "{after: 15m, team: support, contact: head-of-support}")
    shell = act(surge(), text=text)
    answer(shell, shell.messages("actions")[0], "declined", reason="wrong_team")
    shell.settle(START + 20 * MINUTE)
    answer(shell, shell.messages("actions")[-1], "acknowledged")
    shell.settle(START + 10 * HOUR)
    assert [team for team, _, _ in escalations(shell)] == ["support"]


@pytest.mark.parametrize("team", ["support", "product", "nobody"])
def test_only_teams_that_were_asked_can_answer(team: str) -> None:
    """Neither a peer for the owner nor who comes later in the chain; it is counted, and the chain goes on."""
    shell = act(surge())
    answer(shell, shell.messages("actions")[0], "done", team=team)
    assert shell.dispositions("outcomes") == ["unknown_action"]
    shell.settle(START + 20 * MINUTE)
    assert [one for one, _, _ in escalations(shell)] == ["comms"]
    assert shell.messages("labels") == []


def test_received_stops_nothing() -> None:
    """A tool has it; nobody has seen it."""
    shell = act(surge())
    answer(shell, shell.messages("actions")[0], "received")
    assert shell.dispositions("outcomes") == ["outcome"]
    shell.settle(START + HOUR)
    assert escalations(shell) == CHAIN


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59Z", "1999-01-01T00:00:00Z"])
def test_the_order_of_answers_is_that_of_the_topic(at: str) -> None:
    """However wrong a team's clock is: what it said last counts."""
    shell = act(surge())
    page = shell.messages("actions")[0]
    answer(shell, page, "acknowledged", at_ms=START)
    first = outcome_record(1, page["action_id"], "comms", "declined", reason="wrong_team")
    value = (first.value or b"").replace(b'"at":"', f'"at":"{at}","was":"'.encode())
    shell.feed("outcomes", [first._replace(value=value, timestamp=START)])
    shell.settle(START + 10 * HOUR)
    assert len(escalations(shell)) == 2


def test_an_answer_in_a_partition_where_its_key_does_not_belong_is_passed_on() -> None:
    """librdkafka's own partitioner puts teams elsewhere than Java's: the answer is written again, and counts where the action is."""
    team = next(name for name in ("support", "comms", "product") if partition_of(name.encode(), 3))
    shell = Shell(lambda: ActShard(0, [DECIDE], policy(), KEY, outcome_partitions=3))
    shell.feed("outcomes", [outcome_record(0, "0" * 32, team, "done")])
    assert shell.dispositions("outcomes") == ["rekeyed"]
    (passed,) = (one for one in shell.outputs.values() if one.noun == "outcomes")
    assert passed.partition(3) == partition_of(team.encode(), 3) != 0


# -- peers -----------------------------------------------------------------------------------------------------------


def passed_on(shell: Shell) -> None:
    """Let the shell read the copies of answers that it has written."""
    log = shell.log["outcomes"]
    written = [one for one in shell.outputs.values() if one.noun == "outcomes"]
    shell.feed("outcomes", [Record(len(log) + n, START, one.key, one.value) for n, one in enumerate(written)])


@pytest.mark.parametrize(("status", "told"), [("done", True), ("acknowledged", False), ("declined", False)])
def test_what_the_owner_has_done_its_peers_are_told(status: str, told: bool) -> None:
    """Comms has done it: support need not look any more, and is told why; through a restart, once."""
    shell = act(surge())
    page, peer = shell.messages("actions")
    answer(shell, page, status)
    shell.restart()
    passed_on(shell)
    passed_on(shell)
    revoked = [one for one in shell.messages("actions") if one["kind"] == "revoke"]
    assert [(one["team"], one["revokes"]) for one in revoked] == [("support", peer["action_id"])] * told
    assert all(one["summary"].endswith("(done by comms)") and one["evidence"] == [] for one in revoked)


@pytest.mark.parametrize("status", ["acknowledged", "declined", "done"])
def test_a_peer_that_has_answered_itself_keeps_its_ask(status: str) -> None:
    """It is at it, or was not needed; what a peer has done says nothing to the owner."""
    shell = act(surge())
    page, peer = shell.messages("actions")
    answer(shell, peer, status)
    answer(shell, page, "done")
    passed_on(shell)
    assert kinds(shell) == PAGES


def test_a_peer_that_could_not_be_asked_yet_is_not() -> None:
    """It reads a line."""
    hours = "hours: {start: '13:00', end: '20:00', wake_at: 0.95}"
    shell = act(surge(severity=0.8), text=POLICY.replace("contact: support-lead,", f"contact: support-lead, {hours},"))
    answer(shell, shell.messages("actions")[0], "done")
    passed_on(shell)
    shell.feed("decisions", [watermark_record(len(shell.log["decisions"]), DECIDE, START + 2 * HOUR)])
    shell.settle(START)
    assert kinds(shell) == [("comms", "page"), ("support", "digest")]
    assert shell.messages("actions")[-1]["evidence"][0]["excerpt"].startswith("(done by comms)")


def test_a_peer_is_asked_again_when_it_gets_graver() -> None:
    """What was done was about less."""
    steps = [surge(severity=0.6), surge(revision=2, at_ms=START + HOUR, severity=0.9)]
    shell = act(steps[0])
    answer(shell, shell.messages("actions")[0], "done")
    passed_on(shell)
    feed(shell, steps)
    assert kinds(shell) == [*PAGES, ("support", "revoke"), *PAGES]


# -- again -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("status", "again"), [("done", True), ("acknowledged", False), ("declined", False), (None, False)])
def test_a_customer_who_asks_again_after_done_is_answered_again(status: str | None, again: bool) -> None:
    """The team is asked anew, with the chain of its own; whoever is still at it, or declined, is not."""
    steps = [situation("a", severity=0.9), situation("a", 2, START + HOUR, severity=0.9, intents={"complaint": 2})]
    shell = act(steps[0])
    if status is not None:
        answer(shell, shell.messages("actions")[0], status)
    feed(shell, steps)
    shell.restart()
    asked = [one for one in shell.messages("actions") if one["team"] == "support"]
    assert [one["kind"] for one in asked] == ["reply"] * (1 + again)
    if again:
        answer(shell, asked[1], "done")
        assert shell.dispositions("outcomes") == ["outcome", "outcome"]
        feed(shell, [*steps, situation("a", 3, START + 2 * HOUR, severity=0.9, intents={"complaint": 3})])
        assert len({one["action_id"] for one in shell.messages("actions") if one["team"] == "support"}) == 3


def test_a_case_that_is_done_and_gets_no_question_stays_done() -> None:
    """Thanks are no question."""
    steps = [situation("a"), situation("a", 2, START + HOUR, intents={"complaint": 1, "praise": 1}, events=2)]
    shell = act(steps[0])
    answer(shell, shell.messages("actions")[0], "done")
    feed(shell, steps)
    assert kinds(shell) == [("support", "reply")]


def test_a_shell_that_knows_no_partitions_takes_every_answer() -> None:
    """The flow in one process has one partition."""
    shell = act_shell()
    shell.feed("outcomes", [outcome_record(0, "0" * 32, "support", "done")])
    assert shell.dispositions("outcomes") == ["unknown_action"]


def dues(shell: Shell) -> list[tuple[str, int, str | None]]:
    """Team, step and when somebody else is asked, of all that was sent."""
    return [
        (one["team"], one["step"], one["due_at"] and one["due_at"][8:16]) for one in shell.messages("actions") if one["kind"] != "revoke"
    ]


def test_an_action_says_when_somebody_else_is_asked() -> None:
    """The page and its first step name the next step, the last step nobody; a peer's action, which goes up no chain, neither."""
    shell = act(surge())
    shell.settle(START + HOUR)
    assert dues(shell) == [("comms", 0, "02T12:15"), ("support", 0, None), ("comms", 1, "02T12:45"), ("product", 2, None)]
    titles = [one["title"] for one in shell.messages("actions")]
    assert [one.partition(":")[0] for one in titles] == ["Page", "Page", "Escalation", "Escalation"]
    assert len({one.partition(":")[2] for one in titles}) == 1


def test_when_somebody_else_is_asked_follows_hours_and_answers() -> None:
    """Product is asked when its day begins; what takes the place of an action that somebody has taken up goes to nobody."""
    text = POLICY.replace("{name: product,", "{name: product, hours: {start: '08:00', end: '09:00', wake_at: 1.0},")
    shell = act(surge(severity=0.6), text=text)
    shell.settle(START + 20 * MINUTE)
    assert dues(shell)[-1] == ("comms", 1, "03T08:00")
    graver = [surge(severity=0.6), situation("s", 2, START + HOUR, kind="surge", severity=0.9)]
    answer(shell, shell.messages("actions")[0], "acknowledged")
    shell.feed("decisions", decision_records(decided(graver, policy(text)), len(shell.log["decisions"])))
    assert dues(shell)[-2:] == [("comms", 0, "02T13:15"), ("support", 0, None)]
