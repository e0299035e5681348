"""What is held for a team comes out in event time: asks as actions of their own once there is room, the rest as lines of its digest."""

from collections.abc import Callable
from typing import Any

from pipeline.act import messages as actions
from pipeline.act.asks import Trigger, ask
from pipeline.act.context import ActContext
from pipeline.act.sent_actions import opened
from pipeline.act.team_queue import Due, Held, HeldAction
from pipeline.act.team_state import DAY_MS, KEEP_DAYS, Notified
from pipeline.act.withdrawals import corrected, said_by
from pipeline.policy import times_asked
from pipeline.stream import Arrived, instant
from schemas.messages import ActionKind
from schemas.times import iso, to_milliseconds


def hold(
    context: ActContext, arrived: Arrived[Any], decision: dict[str, Any], notified: Notified, body: dict[str, Any], chain: list[list[Any]]
) -> None:  # fmt: skip
    """Keep what a team has no room for. The chain of a page runs meanwhile: others are asked before its own team can be."""
    name, situation = decision["team"], decision["situation"]
    queue = context.teams.queue(name, context.policy, arrived.clock)
    item = Held(
        number=queue.number, decision=decision["id"], situation=situation["id"], situation_kind=situation["kind"],
        subject=situation["subject"], rule=decision["rule"], severity=situation["severity"], clock=arrived.clock,
        appended_ms=arrived.appended_ms, not_after=to_milliseconds(decision["not_after"]), summary=body["summary"],
        partition=arrived.partition, offset=arrived.offset, reply=body["reply"], **said_by(situation, context.discretion),
    )  # fmt: skip
    kind, times = decision["do"], times_asked(situation)
    kept = None if kind == ActionKind.DIGEST else HeldAction(body, chain, times)
    context.teams.changed(name, queue.hold(context.policy.team(name), item, kept))
    notified.held = item.number
    good_until = max(one.not_after for one in (item, queue.find(item.number)) if one is not None)
    notified.expires = max(notified.expires, good_until + KEEP_DAYS * DAY_MS)
    context.teams.remember(name, item.situation, notified)
    former = context.sent_actions.find(notified.action)
    if kind == ActionKind.PAGE and chain and item.number in queue.asks and not (former is not None and former.standing):
        ask(context, notified, body, chain, times, Trigger(arrived.place, arrived.clock, arrived.appended_ms), waits=True)
    context.step.count("held", context.team_label(name))


def refresh(context: ActContext, name: str, number: int, body: dict[str, Any], times: int, now: int) -> None:
    """What waits to be asked tells of its situation as it is now; a line stays as it is."""
    kept = context.teams.queue(name, context.policy, now).asks.get(number)
    if kept is not None:
        kept.body, kept.times_asked = body, times
        context.teams.changed(name, (number,))


def correct(context: ActContext, decision: dict[str, Any], number: int, now: int) -> None:
    """What waits, to be asked or to be told, shows nothing that is gone; a receipt shows nothing anyway."""
    name = decision["team"]
    queue = context.teams.queue(name, context.policy, now)
    item = queue.find(number)
    if item is None or item.stale:
        return
    body = actions.act_on(decision, context.policy, context.discretion)
    queue.put(corrected(item, decision, body, context.discretion))
    kept = queue.asks.get(number)
    if kept is not None:
        kept.body = body | {"action_id": kept.body["action_id"]}
    context.teams.changed(name, (number,))


def forget_chain(context: ActContext, name: str, number: int, now: int) -> None:
    """Nobody is to be asked but the team itself."""
    kept = context.teams.queue(name, context.policy, now).asks.get(number)
    if kept is not None:
        kept.chain = []
        context.teams.changed(name, (number,))


# -- what becomes due ------------------------------------------------------------------------------------------------


def advance(context: ActContext, now: int) -> None:
    """Let event time (Unix ms) come to ``now``: what became due on the way happens in its order, then what is old is forgotten."""
    while True:
        dues = []
        for name, queue in context.teams.queues.items():  # for each decision: mostly there are none
            if queue.waiting and (due := queue.next_due(context.policy.team(name), now)) is not None:
                dues.append((due.at, name, due))
        if not dues:
            break
        _, name, due = min(dues, key=lambda one: one[:2])
        _happen(context, due, name)
    forget(context, now)


def forget(context: ActContext, now: int) -> None:
    """Forget what can be neither answered nor asked again (event time, Unix ms)."""
    context.sent_actions.expire(now)
    context.teams.expire(now)


def keep_promises(context: ActContext, enough: Callable[[], bool] = lambda: False) -> bool:
    """Do what was promised before anything else happens to it, one thing at least; False when a step had ``enough`` of it then."""
    for name in sorted(context.teams.queues):
        queue = context.teams.queues[name]
        until = queue.promised_until
        if not until:
            continue
        while (due := queue.next_due(context.policy.team(name), until)) is not None:
            _happen(context, due, name)
            if enough():
                return False
        context.teams.promise(name, 0)
    return True


def promise(context: ActContext, clock: int, *, idle: bool, caught_up: bool, now_ms: int) -> None:
    """Promise what is due by what the sources promised (``clock``, event time), or, when all are idle, by the wall clock.

    It happens when the promise is durable: a source that wakes up late, or a crash, cannot change what is in it.
    """
    for name, queue in context.teams.queues.items():
        if not queue.waiting:
            continue
        until = clock
        if idle:
            until = queue.oldest.clock + now_ms - queue.oldest.appended_ms if caught_up else 0
        if queue.next_due(context.policy.team(name), until) is not None:
            context.teams.promise(name, until)
            context.step.more = True
    if not context.step.more:
        forget(context, clock)


def _happen(context: ActContext, due: Due, name: str) -> None:
    if due.number is None:
        _digest(context, name, due.at)
    elif due.expires:
        _give_up(context, name, due.number, "", due.at)
    else:
        _come_out(context, name, due.number, due.at)


def _come_out(context: ActContext, name: str, number: int, at: int) -> None:
    """An ask for which there is room now is sent, unless somebody has taken it up meanwhile."""
    queue = context.teams.queue(name, context.policy, at)
    notified = context.teams.notified[name, queue.items[number].situation]  # it is remembered for longer than anything waits
    former = context.sent_actions.find(notified.action)
    if former is not None and former.waiting and former.taken_up:
        _give_up(context, name, number, "taken up", at)
        return
    item, kept = queue.take_ask(context.policy.team(name), number, at)
    context.teams.changed(name, (number,))
    notified.held = None
    trigger = Trigger(item.place, at, item.appended_ms + at - item.clock, waited=True)
    good_until = max(item.not_after, to_milliseconds(kept.body["not_after"]))
    body = kept.body | {"created_at": iso(instant(at)), "not_after": iso(instant(good_until))}
    ask(context, notified, body, kept.chain, kept.times_asked, trigger)
    context.teams.remember(name, item.situation, notified)
    context.step.count("released", context.team_label(name))


def _give_up(context: ActContext, name: str, number: int, stale: str, at: int) -> None:
    """What waited is not asked any more; the digest tells of it."""
    situation = context.teams.queue(name, context.policy, at).items[number].situation
    context.teams.tell(name, number, stale, context.policy, at)
    notified = context.teams.notified[name, situation]
    former = context.sent_actions.find(notified.action)
    if former is not None and former.waiting and not former.taken_up:
        context.sent_actions.stop(former)


def _digest(context: ActContext, name: str, at: int) -> None:
    queue = context.teams.queue(name, context.policy, at)
    items = queue.take_lines(context.policy.team(name), at)
    context.teams.changed(name, [item.number for item in items])
    for item in items:
        notified = context.teams.notified.get((name, item.situation))
        if notified is not None and notified.held == item.number:
            notified.held, notified.digested = None, True
            context.teams.remember(name, item.situation, notified)
    body = actions.digest(items, len(queue.asks), name, context.policy, at)
    expires = to_milliseconds(body["not_after"]) + KEEP_DAYS * DAY_MS
    sent = opened(body, [], place=items[0].place, base_ms=items[0].appended_ms, expires=expires)
    context.sent_actions.add(sent)
    context.emit(body, f"{items[0].place}/0", at)
    context.teams.rooms.drain(context.policy.team(name), items[0].appended_ms + at - items[0].clock)
    context.step.count("digested", context.team_label(name), by=len(items))
