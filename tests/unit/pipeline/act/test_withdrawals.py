"""What teams are told when posts behind an action are deleted: nothing of them, ever again."""

from typing import Any

import orjson
import pytest

from pipeline.act.context import ActContext
from pipeline.act.discretion import Discretion
from pipeline.act.held_work import correct
from pipeline.act.sent_actions import SentActions
from pipeline.act.team_queue import Held
from pipeline.act.team_state import TeamState
from pipeline.policy import Policy
from pipeline.stream import Step
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
    outcome_record,
    policy,
    situation,
    watermark_record,
)

GONE = "the aurora lounge smells of burnt toast"
LEFT = "and the seat was wet as well"
SEVERE = {"severity": 0.8, "stakeholder": "customer"}
HELD = policy(POLICY.replace("{per_hour: 60, burst: 100}", "{per_hour: 1, burst: 1, digest_after: 10m}"))


def told(messages: list[dict[str, Any]], chosen: Policy | None = None) -> Shell:
    """What act makes of decide's decisions on these situations."""
    shell = act_shell(chosen)
    shell.feed("decisions", decision_records(decided(messages, chosen)))
    return shell


def after(name: str, revision: int, *, nothing_left: bool = False, **over: Any) -> dict[str, Any]:
    """A revision that says that the piece which the first one showed is gone."""
    found = situation(name, revision, START + revision * MINUTE, text=LEFT, withdrawals=[digest(f"information/{name}")], **over)
    if nothing_left:
        return found | {"status": "withdrawn", "events": 0, "evidence": []}
    return found | {"evidence": [found["evidence"][0] | {"information": digest("left")}]}


@pytest.mark.parametrize("answered", ["", "acknowledged"])
def test_an_action_about_nothing_is_taken_back_and_goes_up_no_further(answered: str) -> None:
    """Whoever was asked is told, without a word of what was deleted; nobody else is asked."""
    shell = told([situation("c", text=GONE, **SEVERE)])
    asked = shell.messages("actions")
    if answered:
        shell.feed("outcomes", [outcome_record(0, asked[0]["action_id"], asked[0]["team"], answered)])
    both = decision_records(decided([situation("c", text=GONE, **SEVERE), after("c", 2, nothing_left=True, **SEVERE)]))
    shell.feed("decisions", [record for record in both if record.offset >= len(asked)])
    shell.settle(WALL + 24 * HOUR)
    later = shell.messages("actions")[len(asked) :]
    assert sorted(action["kind"] for action in later) == ["revoke"] * len(asked)
    assert {action["revokes"] for action in later} == {action["action_id"] for action in asked}
    assert GONE not in str(later)


def test_an_action_is_sent_anew_without_what_is_gone() -> None:
    """In place of the former, with what is left; its chain goes on with it, and an answer holds."""
    shell = told([situation("c", text=GONE, **SEVERE), after("c", 2, **SEVERE)])
    first, again = (action for action in shell.messages("actions") if action["team"] == "support")
    assert (first["evidence"][0]["excerpt"], again["evidence"][0]["excerpt"]) == (GONE, LEFT)
    assert again["supersedes"] == first["action_id"]
    shell.settle(WALL + 24 * HOUR)
    escalated = [action for action in shell.messages("actions") if action["kind"] == "escalate"]
    assert [action["evidence"][0]["excerpt"] for action in escalated] == [LEFT]
    assert GONE not in b"".join(shell.state.values()).decode()


def test_what_a_team_has_taken_up_stays_taken_up() -> None:
    """The action that replaces it does not escalate."""
    shell = told([situation("c", text=GONE, **SEVERE)])
    asked = shell.messages("actions")
    shell.feed("outcomes", [outcome_record(0, action["action_id"], action["team"], "acknowledged") for action in asked])
    both = decision_records(decided([situation("c", text=GONE, **SEVERE), after("c", 2, **SEVERE)]))
    shell.feed("decisions", [record for record in both if record.offset >= len(asked)])
    shell.settle(WALL + 24 * HOUR)
    assert [action["kind"] for action in shell.messages("actions") if action["team"] == "support"] == ["reply", "reply"]
    assert all(action["kind"] != "escalate" for action in shell.messages("actions"))


@pytest.mark.parametrize("nothing_left", [False, True])
def test_what_waits_tells_nothing_of_what_is_gone(nothing_left: bool) -> None:
    """It is asked by what is left, or a line of the digest says that it is withdrawn."""
    first = [situation(name, text=f"{GONE} {name}", at_ms=START + at) for at, name in enumerate("abc")]
    stream = [*first, *(after(name, 2, nothing_left=nothing_left) for name in "bc")]
    records = decision_records(decided(stream, HELD))
    shell = act_shell(HELD)
    shell.feed("decisions", [*records, watermark_record(len(records), DECIDE, START + 24 * HOUR)])
    shell.settle(START + 24 * HOUR)
    later = [action for action in shell.messages("actions") if action["situation"] != digest("a")]
    assert [action["kind"] for action in later] == (["digest"] if nothing_left else ["reply", "reply"])
    assert GONE not in str(later)
    assert (LEFT in str(later)) is not nothing_left
    assert [len(action["evidence"]) for action in later] == ([2] if nothing_left else [1, 1])
    assert "held" in shell.dispositions("decisions")


MOVES = policy("""
version: 1
teams:
  - {name: support, attention: {digest_after: 10m}}
  - {name: operations}
rules:
  - {name: grave, when: "situation.kind == 'case' && situation.severity >= 0.5", do: review, owner: operations, priority: 80}
  - {name: calm, when: "situation.kind == 'case'", do: digest, owner: support}
""")


def test_a_team_that_is_asked_no_longer_is_not_told_what_was_deleted_meanwhile() -> None:
    """The case went to another team before its post was deleted: nobody tells the first one, and its digest comes later."""
    stream = [
        situation("c", text=GONE, severity=0.3),
        situation("c", 2, START + MINUTE, text=GONE, severity=0.8),
        after("c", 3, severity=0.8),
    ]
    records = decision_records(decided(stream, MOVES))
    shell = act_shell(MOVES)
    shell.feed("decisions", [*records, watermark_record(len(records), DECIDE, START + HOUR)])
    shell.settle(START + HOUR)
    (line,) = (action["evidence"][0] for action in shell.messages("actions") if action["kind"] == "digest")
    assert line["excerpt"].startswith("(withdrawn) ")
    assert GONE not in str(line)


def test_a_receipt_is_not_corrected_into_telling_again() -> None:
    """It shows nothing of what was said; what is left of the situation is for whoever is asked."""
    (record,) = decision_records(decided([situation("c", text=GONE, severity=0.3)], MOVES))
    decision = orjson.loads(record.value or b"")
    teams = TeamState()
    context = ActContext(MOVES, Discretion(KEY), "act/0", SentActions(), teams, Step())
    held = Held(0, decision["id"], "c", "case", "aurora", "calm", 0.3, START, START, START + HOUR, f"A case: {GONE}", "i", "a", 0, 0)
    teams.queue("support", MOVES, START).hold(MOVES.team("support"), held, None)
    teams.tell("support", 0, "taken up", MOVES, START)
    correct(context, decision, 0, START)
    receipt = teams.queue("support", MOVES, START).find(0)
    assert receipt is not None
    assert (receipt.summary, receipt.author, receipt.reply) == ("A case", "", None)


def test_what_only_the_deleted_was_worth_is_asked_no_longer() -> None:
    """Less severe without it, the case needs no second team: that one is told so at once, whatever the rule's cooldown."""
    calm = after("c", 2, severity=0.4)
    shell = told([situation("c", text=GONE, **SEVERE), calm])
    revoked = [action["team"] for action in shell.messages("actions") if action["kind"] == "revoke"]
    assert revoked == ["comms"]
