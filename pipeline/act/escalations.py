"""Steps of escalation chains as they fall due: each on its own, and where its team has no room, with others as one action."""

from typing import Any

from pipeline.act import messages as actions
from pipeline.act.answers import count_early
from pipeline.act.context import ActContext
from pipeline.act.rooms import ChainStep, Group
from pipeline.act.sent_actions import Sent, opened
from pipeline.act.team_queue import Room
from pipeline.stream import instant

ESCALATIONS_A_TICK = 500


def escalate(context: ActContext, until_ms: int) -> bool:
    """Send the steps of chains that are due until then (wall clock, Unix ms), in order of time; whether more may be."""
    rooms, sent_count = context.teams.rooms, 0
    for sent, body, due_ms in context.sent_actions.due(context.policy, until_ms, ESCALATIONS_A_TICK, rooms.waiting):
        first = rooms.first_at()
        if first is not None and first <= due_ms:
            context.sent_actions.wind(sent)  # behind the group
            until_ms = min(until_ms, first)
            break
        sent_count += 1
        team, step = context.policy.team(sent.chain[sent.step][1]), ChainStep(sent.action_id, sent.step + 1)
        room = rooms.take(team, step, due_ms, body["kind"], body["severity"])
        if room is Room.OVER:
            context.step.count("over_budget", context.team_label(team.name))
        if room is not Room.NONE:
            _send(context, sent, body, due_ms)
    return _promise(context, until_ms) or sent_count == ESCALATIONS_A_TICK


def _send(context: ActContext, sent: Sent, body: dict[str, Any], at_ms: int) -> None:
    told = _told(context, sent, body, at_ms)
    context.emit(told, f"{sent.place}/{told['step']}", instant(at_ms))
    count_early(context, sent, told["action_id"])


def _told(context: ActContext, sent: Sent, body: dict[str, Any], at_ms: int) -> dict[str, Any]:
    """The message of the next step, which has happened then."""
    told = actions.escalate(body, sent.step + 1, sent.chain[sent.step], at_ms, waiting=sent.waiting)
    context.sent_actions.escalated(sent, at_ms)
    context.step.count("escalated", context.team_label(sent.team), sent.rule)
    return actions.due(told, context.sent_actions.next_due(sent, context.policy))


# -- groups ----------------------------------------------------------------------------------------------------------


def _promise(context: ActContext, until_ms: int) -> bool:
    """Promise the groups that are due until then, without what somebody has taken up or what has ended meanwhile; whether there are any.

    They come when the promise is durable: an answer or a crash in between cannot change what is in them.
    """
    found = False
    for name, group in context.teams.rooms.promise(until_ms):
        found = True
        for step in list(group.steps):
            sent = context.sent_actions.find(step.action_id)
            if sent is None or sent.body is None or sent.taken_up or sent.step + 1 != step.number or not context.policy.has_team(name):
                context.teams.rooms.leave_out(group, step)
                if sent is not None:
                    context.sent_actions.wind(sent)
    return found


def keep_promises(context: ActContext) -> None:
    """Send the groups that were promised, before anything else happens; one of a single step is that step."""
    for name in context.teams.rooms.promised():
        group = context.teams.rooms.take_group(context.policy.team(name))
        found = [(sent, sent.body) for step in group.steps if (sent := context.sent_actions.find(step.action_id)) is not None]
        steps = [(sent, body) for sent, body in found if body is not None]
        if len(steps) == 1:
            _send(context, *steps[0], group.at)
        elif steps:
            _send_group(context, name, group, steps)


def _send_group(context: ActContext, name: str, group: Group, steps: list[tuple[Sent, dict[str, Any]]]) -> None:
    steps.sort(key=lambda one: -one[0].severity)
    told = [_told(context, sent, body, group.at) for sent, body in steps]
    body = actions.group(told, name, context.policy)
    first, expires = steps[0][0], max(sent.expires for sent, _ in steps)
    whole = opened(body, [], place=first.place, base_ms=group.at, expires=expires)
    whole.body, whole.since_ms, whole.informations, whole.items = None, 0, [], [one["action_id"] for one in told]
    context.sent_actions.add(whole)
    context.emit(body, f"{first.place}/{told[0]['step']}", instant(group.at))
    context.step.count("grouped", context.team_label(name), by=len(told))
    for (sent, _), one in zip(steps, told, strict=True):
        count_early(context, sent, one["action_id"])
    count_early(context, whole, body["action_id"])
