"""What a policy file may say but hardly means: promises that bind nobody, rules that never ask, teams that nobody asks. For `load`."""

from collections.abc import Iterator, Mapping, Sequence

from pipeline.policy.conditions import Condition, condition
from pipeline.policy.model import NOTHING, Policy, Rule, Silence
from pipeline.policy.satisfiable import Alternatives, never
from schemas.messages import ActionKind

Place = tuple[str, int, str]
"""Part of the policy, number in it, field; of the file itself a key, 0 and nothing."""
Doubt = tuple[Place, str]

_ABOUT_NOBODY = {
    "situation.backfill": "it matches only history, which asks nobody",
    "situation.status in ['closed', 'withdrawn']": "it matches only what is over, which asks nobody anew",
}
"""A condition -> why a rule that matches nothing else never asks anybody."""
_GUARDED = {
    "self_resolved": ("situation.self_resolved", None),
    "dual_hat": ("situation.dual_hat", ActionKind.REPLY),
}
"""A guard that a rule need not override -> what it stops, and of which kind (None: of all)."""
_A_CROWD = "situation.kind in ['surge', 'idea']"


def doubts(policy: Policy, conditions: Mapping[str, Condition]) -> list[Doubt]:
    """All of it, part by part in the order of the file."""
    found = [
        *_nobody(policy),
        *void_promises(policy),
        *never_reached(policy, conditions),
        *_never_asking(policy, conditions),
        *_team_doubts(policy),
    ]
    parts: tuple[tuple[str, Sequence[Rule | Silence]], ...] = (("rules", policy.rules), ("silences", policy.silences))
    for part, entries in parts:
        for number, entry in enumerate(entries):
            found += [((part, number, "when"), told) for told in conditions[entry.when].warnings]
    return sorted(found, key=lambda one: one[0][:2])


def _nobody(policy: Policy) -> Iterator[Doubt]:
    """No rule, or a team that no rule and no team names."""
    if not policy.rules:
        yield ("rules", 0, ""), "there is none, so nobody is ever asked"
        return
    asked = {name for rule in policy.rules for name in (rule.owner, *rule.peers, *(step.team for step in rule.escalation))}
    asked |= {team.fallback for team in policy.teams if team.fallback is not None}
    for number, team in enumerate(policy.teams):
        if team.name not in asked:
            yield ("teams", number, "name"), "no rule asks it"


def _team_doubts(policy: Policy) -> Iterator[Doubt]:
    for number, team in enumerate(policy.teams):
        if team.contact is not None and not team.contact.strip():
            yield ("teams", number, "contact"), "contact: it is empty, so nobody can be reminded"
        if team.hours is not None:
            if team.hours.overlap:
                yield ("teams", number, "hours"), f"hours: of {team.hours.overlap} one window begins before the other has ended"
            if team.hours.time_zone in ("EST", "MST", "HST"):
                told = "is the same all year; a place such as America/New_York has its summer time"
                yield ("teams", number, "hours"), f"hours: {team.hours.time_zone} {told}"


def _never_asking(policy: Policy, conditions: Mapping[str, Condition]) -> Iterator[Doubt]:
    """Live rules that match only what asks nobody, what a guard always stops, or what nobody can reply to."""
    for number, rule in enumerate(policy.rules):
        if rule.mode != "live" or rule.do == NOTHING or _is_void(conditions[rule.when]):
            continue
        only = Alternatives(conditions[rule.when].bare, conditions[rule.when].tree)
        reasons = [f"never asks: {why}" for what, why in _ABOUT_NOBODY.items() if only.within(_alternatives(what))]
        for guard, (what, kind) in _GUARDED.items():
            if (
                getattr(policy.guards, guard)
                and guard not in rule.overrides
                and kind in (None, rule.do)
                and only.within(_alternatives(what))
            ):
                reasons.append(f"never asks: guard {guard} stops all that it matches, unless it says `overrides: [{guard}]`")
        if rule.do == ActionKind.REPLY and only.within(_alternatives(_A_CROWD)):
            reasons.append("a reply answers one author, and it matches only what many say: review, page or idea")
        yield from ((("rules", number, "when"), reason) for reason in reasons)


def void_promises(policy: Policy) -> list[Doubt]:
    """Rules whose ``within`` or ``acknowledged_for`` reminds nobody, or not then."""
    found = []
    contacts = {team.name: team.contact for team in policy.teams}
    for number, rule in enumerate(policy.rules):
        if (held := rule.acknowledged_for) is not None and (rule.do == ActionKind.DIGEST or held >= rule.not_after):
            why = "nobody is asked to answer a digest" if rule.do == ActionKind.DIGEST else "the action has expired by then"
            found.append((("rules", number, "acknowledged_for"), f"acknowledged_for: {_minutes(held)} is void: {why}"))
        if rule.within is None:
            continue
        if rule.escalation:
            first = rule.escalation[0].after
            void = "" if first == rule.within else f"the first escalation comes after {_minutes(first)}, whatever within says"
        elif rule.do == ActionKind.DIGEST:
            void = "nobody is asked to answer a digest"
        elif rule.within >= rule.not_after:
            void = f"the action has expired by then (not_after is {_minutes(rule.not_after)})"
        else:
            void = "" if contacts[rule.owner] else f"team {rule.owner!r} has no contact to remind"
        if void:
            found.append((("rules", number, "within"), f"within: {_minutes(rule.within)} is void: {void}"))
    return found


def never_reached(policy: Policy, conditions: Mapping[str, Condition]) -> list[Doubt]:
    """Live rules that another one of higher priority always decides before."""
    spread = {when: Alternatives(one.bare, one.tree) for when, one in conditions.items()}
    live = [(number, rule) for number, rule in enumerate(policy.rules) if rule.mode == "live"]
    live.sort(key=lambda one: -one[1].priority)
    found = []
    for place, (number, rule) in enumerate(live):
        if _is_void(conditions[rule.when]):
            continue  # which is said of its condition
        for _, above in live[:place]:
            local = conditions[rule.when].local or conditions[above.when].local
            if local and (policy.zone(rule), rule.owner) != (policy.zone(above), above.owner):
                continue  # local facts of the two differ
            if _leaves_nothing(policy, above, rule) and spread[rule.when].within(spread[above.when]):
                found.append(
                    (("rules", number, "priority"), f"never decides: rule {above.name!r} comes first and matches all that it matches")
                )
                break
    return found


def _leaves_nothing(policy: Policy, above: Rule, below: Rule) -> bool:
    """Whether no subject and no guard can stop the upper rule and let the lower one pass."""
    scope, within = policy.scope(above), policy.scope(below)
    if scope is not None and (within is None or not within <= scope):
        return False
    if NOTHING in (above.do, below.do):
        return True
    dual_hat = policy.guards.dual_hat and above.do == ActionKind.REPLY and "dual_hat" not in above.overrides
    same = below.do == ActionKind.REPLY and "dual_hat" not in below.overrides
    return (same or not dual_hat) and set(below.overrides) <= set(above.overrides)


def _alternatives(text: str) -> Alternatives:
    made = condition(text)
    return Alternatives(made.bare, made.tree)


def _is_void(one: Condition) -> bool:
    return never(one.bare, one.tree)


def _minutes(ms: int) -> str:
    return f"{ms // 60_000} min" if ms >= 60_000 else f"{ms // 1000} s"
