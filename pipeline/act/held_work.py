"""What is held for a team comes out in event time: asks as actions of their own once there is room, the rest as lines of its digest."""

from typing import Any

from pipeline.act import messages as actions
from pipeline.act.asks import Trigger, ask
from pipeline.act.desk import Desk
from pipeline.act.sent_actions import opened
from pipeline.act.team_queue import Due, Held, HeldAction
from pipeline.act.team_state import DAY_MS, KEEP_DAYS, Notified
from pipeline.act.withdrawals import corrected, said_by
from pipeline.policy import times_asked
from pipeline.stream import Arrived, instant
from schemas.messages import ActionKind
from schemas.times import iso, to_milliseconds


def hold(
    desk: Desk, arrived: Arrived[Any], decision: dict[str, Any], notified: Notified, body: dict[str, Any], chain: list[list[Any]],
    author_key: bytes,
) -> None:  # fmt: skip
    """Keep what a team has no room for. The chain of a page runs meanwhile: others are asked before its own team can be."""
    name, situation = decision["team"], decision["situation"]
    queue = desk.teams.queue(name, desk.policy, arrived.clock)
    item = Held(
        number=queue.number, decision=decision["id"], situation=situation["id"], situation_kind=situation["kind"],
        subject=situation["subject"], rule=decision["rule"], severity=situation["severity"], clock=arrived.clock,
        appended_ms=arrived.appended_ms, not_after=to_milliseconds(decision["not_after"]), summary=body["summary"],
        partition=arrived.partition, offset=arrived.offset, **said_by(situation, author_key),
    )  # fmt: skip
    kind, asked = decision["do"], times_asked(situation)
    kept = None if kind == ActionKind.DIGEST else HeldAction(body, chain, asked)
    desk.teams.changed(name, queue.hold(desk.policy.team(name), item, kept))
    notified.held = item.number
    former = desk.sent_actions.find(notified.action)
    if kind == ActionKind.PAGE and chain and item.number in queue.asks and not (former is not None and former.standing):
        ask(desk, notified, body, chain, asked, Trigger(arrived.place, arrived.clock, arrived.appended_ms), waits=True)
    desk.step.count("held", desk.label(name))


def refresh(desk: Desk, name: str, number: int, body: dict[str, Any], asked: int, now: int) -> None:
    """What waits to be asked tells of its situation as it is now; a line stays as it is."""
    kept = desk.teams.queue(name, desk.policy, now).asks.get(number)
    if kept is not None:
        kept.body, kept.times_asked = body, asked
        desk.teams.changed(name, (number,))


def correct(desk: Desk, decision: dict[str, Any], number: int, author_key: bytes, now: int) -> None:
    """What waits, to be asked or to be told, shows nothing that is gone."""
    name = decision["team"]
    queue = desk.teams.queue(name, desk.policy, now)
    item = queue.find(number)
    if item is None:
        return
    body = actions.act_on(decision, desk.policy, author_key)
    queue.put(corrected(item, decision, body["summary"], author_key))
    kept = queue.asks.get(number)
    if kept is not None:
        kept.body = body | {"action_id": kept.body["action_id"]}
    desk.teams.changed(name, (number,))


def forget_chain(desk: Desk, name: str, number: int, now: int) -> None:
    """Nobody is to be asked but the team itself."""
    kept = desk.teams.queue(name, desk.policy, now).asks.get(number)
    if kept is not None:
        kept.chain = []
        desk.teams.changed(name, (number,))


# -- what becomes due ------------------------------------------------------------------------------------------------


def advance(desk: Desk, now: int) -> None:
    """Let event time (Unix ms) come to ``now``: what became due on the way happens in its order, then what is old is forgotten."""
    while True:
        found = ((queue.next_due(desk.policy.team(name), now), name) for name, queue in desk.teams.queues.items() if queue.waiting)
        due = min(((due, name) for due, name in found if due is not None), key=lambda one: (one[0].at, one[1]), default=None)
        if due is None:
            break
        _happen(desk, *due)
    forget(desk, now)


def forget(desk: Desk, now: int) -> None:
    """Forget what can be neither answered nor asked again (event time, Unix ms)."""
    desk.sent_actions.expire(now)
    desk.teams.expire(now)


def keep_promises(desk: Desk) -> None:
    """Do what was promised before anything else happens to it."""
    for name in sorted(desk.teams.queues):
        queue = desk.teams.queues[name]
        until = queue.promised_until
        if not until:
            continue
        while (due := queue.next_due(desk.policy.team(name), until)) is not None:
            _happen(desk, due, name)
        desk.teams.promise(name, 0)


def promise(desk: Desk, clock: int, *, idle: bool, caught_up: bool, now_ms: int) -> None:
    """Promise what is due by what the sources promised (``clock``, event time), or, when all are idle, by the wall clock.

    It happens when the promise is durable: a source that wakes up late, or a crash, cannot change what is in it.
    """
    for name, queue in desk.teams.queues.items():
        if not queue.waiting:
            continue
        until = clock
        if idle:
            until = queue.oldest.clock + now_ms - queue.oldest.appended_ms if caught_up else 0
        if queue.next_due(desk.policy.team(name), until) is not None:
            desk.teams.promise(name, until)
            desk.step.more = True
    if not desk.step.more:
        forget(desk, clock)


def _happen(desk: Desk, due: Due, name: str) -> None:
    if due.number is None:
        _digest(desk, name, due.at)
    elif due.expires:
        _give_up(desk, name, due.number, "", due.at)
    else:
        _come_out(desk, name, due.number, due.at)


def _come_out(desk: Desk, name: str, number: int, at: int) -> None:
    """An ask for which there is room now is sent, unless somebody has taken it up meanwhile."""
    queue = desk.teams.queue(name, desk.policy, at)
    notified = desk.teams.notified[name, queue.items[number].situation]  # it is remembered for longer than anything waits
    former = desk.sent_actions.find(notified.action)
    if former is not None and former.waiting and former.taken_up:
        _give_up(desk, name, number, "taken up", at)
        return
    item, kept = queue.take_ask(desk.policy.team(name), number, at)
    desk.teams.changed(name, (number,))
    notified.held = None
    trigger = Trigger(item.place, at, item.appended_ms + at - item.clock, waited=True)
    ask(desk, notified, kept.body | {"created_at": iso(instant(at))}, kept.chain, kept.times_asked, trigger)
    desk.teams.remember(name, item.situation, notified)
    desk.step.count("released", desk.label(name))


def _give_up(desk: Desk, name: str, number: int, stale: str, at: int) -> None:
    """What waited is not asked any more; the digest tells of it."""
    situation = desk.teams.queue(name, desk.policy, at).items[number].situation
    desk.teams.tell(name, number, stale, desk.policy, at)
    notified = desk.teams.notified[name, situation]
    former = desk.sent_actions.find(notified.action)
    if former is not None and former.waiting and not former.taken_up:
        desk.sent_actions.stop(former)


def _digest(desk: Desk, name: str, at: int) -> None:
    queue = desk.teams.queue(name, desk.policy, at)
    items = queue.take_lines(desk.policy.team(name), at)
    desk.teams.changed(name, [item.number for item in items])
    for item in items:
        notified = desk.teams.notified.get((name, item.situation))
        if notified is not None and notified.held == item.number:
            notified.held, notified.digested = None, True
            desk.teams.remember(name, item.situation, notified)
    body = actions.digest(items, len(queue.asks), name, desk.policy, at)
    expires = to_milliseconds(body["not_after"]) + KEEP_DAYS * DAY_MS
    sent = opened(body, [], place=items[0].place, base_ms=items[0].appended_ms, expires=expires)
    desk.sent_actions.add(sent)
    desk.emit(body, f"{items[0].place}/0", at)
    desk.step.count("digested", desk.label(name), by=len(items))
