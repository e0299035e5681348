"""What teams answer, taken in: it counts for the action it is about, is passed on to where that action is known, or waits for it."""

from collections.abc import Mapping
from typing import Any

from pipeline.act import outputs
from pipeline.act.context import ActContext
from pipeline.act.outcomes import TRIED, OutcomeRead, labels, same_to, told_to
from pipeline.act.sent_actions import CLOSING, Sent
from pipeline.stream import Arrived, partition_of
from schemas.messages import OutcomeStatus

MOST_PEERS = 1_000
"""The ordinal of what is written behind the copies for peers and items: there are fewer of those."""


def take_in(context: ActContext, arrived: Arrived[Any], answer: OutcomeRead, partitions: int | None) -> str:
    """Take in an answer; its disposition. partitions: how many outcomes has, None when it is not known."""
    teams = context.teams
    teams.early.expire(arrived.appended_ms)
    if not answer.tried and (answer.key != answer.team or _misplaced(arrived.partition, answer.team, partitions)):
        _pass_on(context, arrived, answer, answer.team, answer.raw)
        return "rekeyed"
    sent = context.sent_actions.find(answer.action_id)
    if sent is not None:
        return "outcome" if count(context, sent, answer, arrived.place, arrived.appended_ms) else "unknown_action"
    kept = teams.early.keep(answer, arrived.place, arrived.appended_ms)
    for owner in context.policy.escalates_to(answer.team):
        if owner not in answer.tried:  # it may answer an escalation: the action is its owner's
            _pass_on(context, arrived, answer, owner, {**answer.raw, TRIED: [*answer.tried, owner]})
            return "rekeyed"
    context.step.count("unknown_action", context.team_label(answer.team))
    return "unknown_action" if kept else "surplus"


def count(context: ActContext, sent: Sent, answer: OutcomeRead, place: str, at_ms: int) -> bool:
    """Let an answer that came at ``at_ms`` (wall clock) count, and derive labels from what it newly says; False for one of a team
    that was not asked. An answer to a group is passed on as one to each of its items.
    """
    team, step = context.team_label(answer.team), context.step
    if answer.team not in sent.asked:
        step.count("unknown_action", team)
        return False
    step.count("outcome", team, answer.status)
    if answer.status == OutcomeStatus.RECEIVED:
        return True
    if not sent.answer and sent.since_ms:
        step.reached.append(("outcomes", sent.since_ms))
    if sent.reminded and answer.status in CLOSING and answer.action_id != sent.action_id:
        # Nobody else knows the ids of a chain with reminders.
        copy = same_to(answer, sent.action_id, sent.team)
        step.outputs.append(outputs.passed_on(sent.team, copy, f"{place}/{MOST_PEERS}", answer.at_ms, context.source))
    for n, item in enumerate(sent.items, 1):
        of = context.sent_actions.find(item)
        if of is not None and of.in_force:
            copy = same_to(answer, item, of.team)
            step.outputs.append(outputs.passed_on(of.team, copy, f"{place}/{n}", answer.at_ms, context.source))
    counted_as = context.sent_actions.answer(sent, answer, at_ms)
    if counted_as:
        step.count(counted_as, team)
    if counted_as in ("", "outcome_contradicting"):
        derived = labels(answer, sent.informations, sent.subject)
        step.outputs += [outputs.label(one, f"{place}/{n}", sent.situation, context.source) for n, one in enumerate(derived)]
        if answer.status == OutcomeStatus.DONE and answer.team == sent.owner:
            for n, peer in enumerate(sent.peers, 1):  # 0 is the answer itself, where it was passed on
                copy = told_to(answer, peer, sent.situation)
                step.outputs.append(outputs.passed_on(peer, copy, f"{place}/{n}", answer.at_ms, context.source))
    return True


def count_early(context: ActContext, sent: Sent, action_id: str) -> None:
    """Let the answers count that came before the action was sent under this id."""
    for answer, place in context.teams.early.take(action_id):
        count(context, sent, answer, place, sent.last_ms)


def _misplaced(partition: int, team: str, partitions: int | None) -> bool:
    """Whether the client that answered has another partitioner than Java's: the team's actions are known elsewhere."""
    return partitions is not None and partition_of(team.encode(), partitions) != partition


def _pass_on(context: ActContext, arrived: Arrived[Any], answer: OutcomeRead, key: str, value: Mapping[str, Any]) -> None:
    context.step.outputs.append(outputs.passed_on(key, value, f"{arrived.place}/0", answer.at_ms, context.source))
