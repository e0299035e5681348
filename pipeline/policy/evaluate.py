"""The verdict of a policy on a situation: which rule decides, which others matched, what they saw, what spoke against it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from cel import Context

from pipeline.policy.conditions import Condition, context
from pipeline.policy.facts import facts_of, local_facts, look_up
from pipeline.policy.mentions import mentioned
from pipeline.policy.model import NOTHING, Policy, Rule, Silence
from schemas.messages import ActionKind
from schemas.times import to_milliseconds

Count = tuple[str, ...]


class Verdict(NamedTuple):
    """``rule`` None: nothing is to be done. ``blocked``: a rule matched, but a guard or silence stopped all of them.

    ``stopped``: the live rule that would have decided, had nothing stopped every live one; ``stopper``: ("guard", "silence" or "rule",
    its name), what stopped it, a rule to do nothing also when there was nothing to stop; ``guarded``: the rules that matched, but that a
    guard stopped; ``silent_to``: when the silence ceases to hold (event time, Unix ms), 0 when none stopped anything.
    """

    rule: Rule | None
    matched: tuple[str, ...]
    facts: dict[str, Any]
    against: tuple[str, ...]
    blocked: bool
    stopped: Rule | None
    stopper: tuple[str, str]
    guarded: tuple[Rule, ...]
    counts: tuple[Count, ...]
    silent_to: int = 0


class Asked(NamedTuple):
    """What stands on a situation already: the owner that was asked, and how many events there were when somebody was first."""

    owner: str
    events: int


def judge(
    policy: Policy, situation: Mapping[str, Any], *, absorbed: bool = False, asked: Asked | None = None, now_ms: int | None = None
) -> Verdict:
    """Evaluate all rules on a situation (a message dict). Never raises for a valid situation: failing rules do not match.

    absorbed: somebody is asked about the surge that it is part of. asked: what stands on it, None when nobody is asked about it.
    now_ms: event time by which silences hold; that of its last change when None.
    """
    seen = facts_of(situation, 0 if asked is None else asked.events, policy.fields)
    found = _Matches(policy, situation, seen, absorbed=absorbed)
    live = [rule for rule in found.allowed if rule.mode == "live"]
    shadow = [rule for rule in found.allowed if rule.mode == "shadow"]
    stop = _stop(policy, found, live, to_milliseconds(situation["updated_at"]) if now_ms is None else now_ms)
    asking = [] if stop.by != _NOTHING_STOPS else _that_ask(live)
    tried = shadow if stop.by[0] != "rule" else [rule for rule in found.before(live[0]) if rule.mode == "shadow"]
    duty = _Duty(policy, situation, asked, found.against)
    found.counts += [("shadow_match", rule.name) for rule in shadow]
    chosen, stopped = duty.of(next(iter(asking or _that_ask(tried)), None)), duty.of(stop.rule)
    return Verdict(
        rule=chosen,
        matched=tuple(rule.name for rule in found.matched),
        facts=_seen(found.conditions, seen),
        against=(*found.against, *_outranked(asking)),
        blocked=chosen is None and bool(found.matched),
        stopped=stopped,
        stopper=stop.by,
        guarded=tuple(rule for rule in found.matched if rule.name in found.guarded),
        counts=tuple(found.counts),
        silent_to=stop.silent_to,
    )


def _that_ask(rules: list[Rule]) -> list[Rule]:
    return [rule for rule in rules if rule.do != NOTHING]


def local_to(policy: Policy, situation: Mapping[str, Any], rule: Rule | None) -> dict[str, Any]:
    """What ``local.*`` is in a rule's condition; None: in a silence's."""
    return local_facts(situation, policy.zone(rule), None if rule is None else policy.team(rule.owner).hours)


_NOTHING_STOPS = ("", "")


class _Stop(NamedTuple):
    """What keeps every live rule from asking: the rule that would have decided, if any, what stops it, and until when a silence does;
    see `Verdict`.
    """

    rule: Rule | None = None
    by: tuple[str, str] = _NOTHING_STOPS
    silent_to: int = 0


def _stop(policy: Policy, found: "_Matches", live: list[Rule], now: int) -> _Stop:
    """What stops the rules: guards all of them, a rule to do nothing that comes first, or a silence that holds ``now`` (Unix ms).

    ``live``: the live rules that no guard stops. What it is, ``found.against`` and ``found.counts`` hear.
    """
    if not live:
        guarded = next((rule for rule in found.matched if rule.mode == "live"), None)
        return _Stop() if guarded is None else _Stop(guarded, ("guard", found.guarded[guarded.name]))
    if live[0].do == NOTHING:
        found.against.append(f"nothing is to be done, says rule {live[0].name}")
        return _Stop(next(iter(_that_ask(live)), None), ("rule", live[0].name))
    silence, silent_to = _silence(policy, found, now)
    if silence is None:
        return _Stop()
    found.against.append(f"silence {silence.name} by {silence.author}: {silence.reason}")
    found.counts.append(("silenced", silence.name))
    return _Stop(live[0], ("silence", silence.name), silent_to)


class _Duty:
    """Who is asked in place of an owner that is closed; ``against`` hears of it."""

    def __init__(self, policy: Policy, situation: Mapping[str, Any], asked: Asked | None, against: list[str]) -> None:
        self._policy, self._situation, self._against = policy, situation, against
        self._asked = None if asked is None else asked.owner

    def of(self, rule: Rule | None) -> Rule | None:
        """The rule with whoever is on duty as its owner."""
        if rule is None:
            return None
        found = self._policy.on_duty(rule, self._situation, self._asked)
        if found.owner != rule.owner:
            self._against.append(f"team {rule.owner} is closed: {found.owner} stands in for it")
        return found


class _Matches:
    """The rules that match a situation, by rank, and their ``conditions``; those of them that no guard stops, what stopped the others, and
    which could not be tried.

    ``seen``: its facts; ``local`` among them is then that of the first matching rule that asks for it.
    """

    def __init__(self, policy: Policy, situation: Mapping[str, Any], seen: dict[str, Any], *, absorbed: bool) -> None:
        self._world: Context | None = None
        self._policy, self._situation, self._seen = policy, situation, seen
        self._local: dict[str, Any] | None = None
        self.matched: list[Rule] = []
        self.conditions: list[Condition] = []
        self.allowed: list[Rule] = []
        self.guarded: dict[str, str] = {}
        self.against: list[str] = []
        self.counts: list[Count] = []
        for rule, condition in policy.ranked_for(situation["subject"]).that_may_match(seen):
            holds = True if condition.is_plain else self._by_cel(condition, rule)
            if holds is False:
                continue
            if holds is True:
                if condition.local and not any(one.local for one in self.conditions):
                    seen["local"] = self._local
                self.conditions.append(condition)
                self._match(rule, _guard(policy, rule, situation, absorbed=absorbed))
            else:
                self.against.append(f"rule {rule.name} failed: {holds}")
                self.counts.append(("cel_error", rule.name))

    def before(self, rule: Rule) -> list[Rule]:
        """The allowed rules that outrank one of them."""
        return self.allowed[: self.allowed.index(rule)]

    def holds(self, silence: Silence) -> bool | str:
        """Whether the condition of a silence is true here, or why it cannot be told; local time is that of the file."""
        condition = self._policy.condition(silence)
        plainly = condition.at_a_glance(self._seen)
        return self._by_cel(condition, None) if plainly is None else plainly

    def _by_cel(self, condition: Condition, rule: Rule | None) -> bool | str:
        """The same as CEL has it; local time is that of the rule, or of the file."""
        if self._world is None:  # made when CEL is first asked
            facts = {name: value for name, value in self._seen.items() if name != "local"}
            self._world = context(facts, self._policy.fields_for_cel)
        if condition.local:
            self._local = local_to(self._policy, self._situation, rule)
            self._world.add_variable("local", self._local)
        return condition.holds(self._world)

    def _match(self, rule: Rule, guard: str | None) -> None:
        self.matched.append(rule)
        if guard is None:
            self.allowed.append(rule)
            return
        self.guarded[rule.name] = guard
        self.against.append(f"guard {guard} stops rule {rule.name}")
        self.counts.append(("guard", guard))


def _guard(policy: Policy, rule: Rule, situation: Mapping[str, Any], *, absorbed: bool) -> str | None:
    """Name of the first built-in guard that stops this rule here, None when none does: who asks nobody needs no guard."""
    guards = policy.guards
    if rule.do == NOTHING:
        return None
    if guards.self_resolved and situation["self_resolved"] and "self_resolved" not in rule.overrides:
        return "self_resolved"
    if guards.absorbed and absorbed and "absorbed" not in rule.overrides:
        return "absorbed"
    if guards.dual_hat and situation["dual_hat"] and rule.do == ActionKind.REPLY and "dual_hat" not in rule.overrides:
        return "dual_hat"
    return None


def _silence(policy: Policy, found: _Matches, now: int) -> tuple[Silence | None, int]:
    """The first silence that holds then for these facts, and until when."""
    for silence in policy.silences:
        until = silence.holds_to(now)
        if until is not None:
            holds = found.holds(silence)
            if isinstance(holds, str):
                found.counts.append(("cel_error", silence.name))
            elif holds:
                return silence, until
    return None, 0


def _outranked(live: list[Rule]) -> list[str]:
    """The contradictions that priority resolved: live rules that wanted something else."""
    return [
        f"rule {rule.name} ({rule.do} by {rule.owner}) is outranked by {live[0].name}"
        for rule in live[1:]
        if (rule.do, rule.owner) != (live[0].do, live[0].owner)
    ]


def _seen(conditions: list[Condition], seen: dict[str, Any]) -> dict[str, Any]:
    """Values of the facts that the matching rules speak about; of the text, which stays in the evidence, the words that were looked for."""
    paths = sorted({path for one in conditions for path in one.paths} - {"text"})
    found = {path: look_up(seen, path) for path in paths}
    words = [word for one in conditions for listed in one.words if (word := mentioned(seen["text"], listed)) is not None]
    return found | ({"text.mentions": ", ".join(dict.fromkeys(words))} if words else {})
