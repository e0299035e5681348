"""What one team is asked about one situation: the action is sent in place of the former one, goes up its chain, is taken back."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from pipeline.act import messages as actions
from pipeline.act.answers import count_early
from pipeline.act.context import ActContext
from pipeline.act.sent_actions import Sent, follow, opened
from pipeline.act.team_state import Notified
from pipeline.stream import instant
from schemas.times import to_milliseconds


class Trigger(NamedTuple):
    """What brings an action about. ``place``: the record of its decision; ``clock``: event time, ``wall_ms``: wall clock, Unix ms;
    waited: its team had no room for it before.
    """

    place: str
    clock: int
    wall_ms: int
    waited: bool = False


def ask(
    context: ActContext,
    notified: Notified,
    body: dict[str, Any],
    chain: list[list[Any]],
    times_asked: int,
    trigger: Trigger,
    *,
    waits: bool = False,
    answers: Mapping[str, str] | None = None,
) -> None:
    """Send an action in place of the former one, if that still stands; ``waits``: only let its chain run, its team is asked later.

    answers: what teams have said that holds for this one too.
    """
    former = context.sent_actions.find(notified.action)
    if former is not None and former.waiting and former.action_id == body["action_id"]:
        context.sent_actions.ask_now(former, body, trigger.wall_ms)
        _send(context, former, body, trigger)
        return
    body = body | {"supersedes": former.action_id if former is not None and former.standing else None}
    if context.sent_actions.find(body["action_id"]) is not None:  # answered, and now asked again by the same decision
        body["action_id"] = actions.action_id(f"{body['decision']}/{notified.revision}", body["team"], body["kind"], 0)
    rule = context.policy.rule(body["rule"]) if body["role"] == "owner" else None
    hold_ms = 0 if rule is None else rule.acknowledged_for or 0
    sent = opened(body, chain, place=trigger.place, base_ms=trigger.wall_ms, expires=notified.expires, hold_ms=hold_ms)
    sent.times_asked, sent.state, sent.answers = times_asked, "waiting" if waits else "open", dict(answers or {})
    sent.since_ms = 0 if trigger.waited else sent.since_ms  # it waited on purpose
    if former is not None and former.in_force:
        _replace(context, former, sent, body, trigger)
    notified.action, notified.digested = body["action_id"], False
    context.sent_actions.add(sent)
    if not waits:
        _send(context, sent, body, trigger)


def correct(context: ActContext, notified: Notified, former: Sent, body: dict[str, Any], trigger: Trigger) -> None:
    """Ask for the same without what is gone: it costs no attention, what the team has answered holds, and should it become graver again
    the team is asked again. What its team could not be asked yet goes on waiting.
    """
    waits = former.waiting
    if waits:
        body = body | {"action_id": actions.action_id(f"{body['decision']}/{notified.revision}", body["team"], body["kind"], 0)}
    ask(context, notified, body, former.chain, former.times_asked, trigger, waits=waits, answers=former.answers)
    sent = context.sent_actions.find(notified.action)
    if sent is not None:
        sent.severity = body["severity"]
        sent.hold_ms, sent.acknowledged_by, sent.acknowledged_ms = former.hold_ms, former.acknowledged_by, former.acknowledged_ms
        context.sent_actions.wind(sent)
        context.sent_actions.touch(sent)


def _send(context: ActContext, sent: Sent, body: dict[str, Any], trigger: Trigger) -> None:
    due_ms = context.sent_actions.next_due(sent, context.policy)
    context.emit(actions.due(body, due_ms), f"{trigger.place}/0", to_milliseconds(body["created_at"]))
    context.teams.rooms.drain(context.policy.team(body["team"]), trigger.wall_ms)
    count_early(context, sent, body["action_id"])
    context.step.count("acted", context.team_label(body["team"]), body["rule"])


def _replace(context: ActContext, former: Sent, sent: Sent, body: dict[str, Any], trigger: Trigger) -> None:
    """Let an action take the place of the former one, also with the teams that this was escalated to."""
    if former.standing or (former.waiting and former.sent_steps):
        follow(sent, former)
    if not sent.sent_steps:
        recall(context, former, body, trigger, "superseded")
        return
    due_ms = context.sent_actions.next_due(sent, context.policy)
    for number in sent.sent_steps:
        again = actions.escalate(body, number, sent.chain[number - 1], trigger.wall_ms, waiting=sent.waiting)
        again |= {"supersedes": former.escalation_id(number)}
        context.emit(actions.due(again, due_ms), f"{trigger.place}/{number}", instant(trigger.clock))
    context.sent_actions.end(former, "superseded")


def revoke(context: ActContext, former: Sent, body: dict[str, Any], reason: str, trigger: Trigger) -> bool:
    """Take an action back from all who were asked; whether anybody was. ``body``: as `actions.revoke` takes it."""
    told = not former.waiting or bool(former.sent_steps)
    if not former.waiting:
        taken_back = actions.revoke(body, context.policy, context.discretion, former.action_id, former.team, reason)
        context.emit(taken_back, f"{trigger.place}/0", instant(trigger.clock))
    recall(context, former, body, trigger, "revoked", reason)
    if told:
        context.step.count("revoked", context.team_label(former.team), body["rule"])
    return told


def recall(context: ActContext, former: Sent, body: dict[str, Any], trigger: Trigger, state: str, reason: str = "") -> None:
    """End an action; teams that it has escalated to are told, its own team learns it from what replaces it."""
    for number in former.sent_steps:
        taken_back = actions.revoke(
            body, context.policy, context.discretion, former.escalation_id(number), former.chain[number - 1][1], reason
        )
        context.emit(taken_back, f"{trigger.place}/{number}", instant(trigger.clock))
    context.sent_actions.end(former, state)
