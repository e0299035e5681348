"""A difference of two policies as `winnow policy diff` prints it: lines for a person, one JSON object for a gate."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from pipeline.backtest.diff import EXAMPLES, Ask, AttentionCost, Difference, PolicyAsks, Row
from pipeline.policy import Policy
from pipeline.privacy import shorten
from schemas.times import iso

WIDTH = 150


def lines(found: Difference) -> Iterator[str]:
    """The whole report: what was compared, actions by team, attention by team, examples."""
    before, after = found.before.policy, found.after.policy
    yield f"policy A {before.hash}: {len(before.rules)} rules, {len(before.teams)} teams"
    yield f"policy B {after.hash}: {len(after.rules)} rules, {len(after.teams)} teams"
    yield from _edits(before, after)
    span = f"{iso(found.from_ms)[:16]} to {iso(found.until_ms)[:16]} UTC"
    yield f"on {found.situations:,} situations in {found.revisions:,} revisions, {span}"
    yield ""
    changed = [row for row in found.rows if row.gained or row.lost or row.otherwise]
    if not changed:
        yield "no team gains or loses anything"
    else:
        yield f"{'team':12} {'action':12} {'A':>7} {'B':>7} {'gained':>7} {'lost':>7} {'other terms':>12}"
        for row in changed:
            counts = f"{row.before:>7} {row.after:>7} {len(row.gained):>+7} {-len(row.lost):>7} {len(row.otherwise):>12}"
            yield f"{row.team:12} {row.kind:12} {counts}"
    yield ""
    yield from _attention(found)
    for row in changed:
        yield from _examples(row)
    yield ""
    yield f"{found.changes:,} actions change, {found.share:.1%} of the {len(found.before.asks):,} of policy A"


def _edits(before: Policy, after: Policy) -> Iterator[str]:
    """What the two files say differently, part by part: "rule late (when, within)"."""
    for kind in ("rules", "teams", "silences"):
        old, new = ({part.name: part.model_dump() for part in getattr(policy, kind)} for policy in (before, after))
        changed = [
            f"{name} ({', '.join(field for field in old[name] if old[name][field] != new[name][field])})"
            for name in old
            if name in new and old[name] != new[name]
        ]
        parts = [("added", [name for name in new if name not in old]), ("removed", [name for name in old if name not in new])]
        yield from (f"  {kind} {verb}: {', '.join(names)}" for verb, names in [*parts, ("changed", changed)] if names)
    other = [name for name in ("subjects", "time_zone", "guards", "exclusive") if getattr(before, name) != getattr(after, name)]
    yield from [f"  changed: {', '.join(other)}"] if other else []


_COLUMNS = (
    ("messages", "messages"),
    ("busiest_hour", "busiest hour"),
    ("per_hour", "budget an hour"),
    ("held", "held back"),
    ("revoked", "revoked"),
    ("escalations", "escalations"),
)
"""What attention costs a team, and how its column is headed; escalations as they would be if nobody answered."""


def _attention(found: Difference) -> Iterator[str]:
    costs = {
        team: (_cost(found.before, team), _cost(found.after, team)) for team in sorted({*found.before.attention, *found.after.attention})
    }
    changed = {team: pair for team, pair in costs.items() if pair[0] != pair[1]}
    same = [team for team in costs if team not in changed]
    if changed:
        yield f"{'attention':12}" + "".join(f" {heading:>16}" for _, heading in _COLUMNS)
    for team, (old, new) in changed.items():
        yield f"{team:12}" + "".join(f" {_change(old[name], new[name]):>16}" for name, _ in _COLUMNS)
    if same:
        yield f"attention of {', '.join(same)} stays as it is"


def _cost(run: PolicyAsks, team: str) -> dict[str, int]:
    cost = run.attention.get(team)
    per_hour = run.policy.team(team).attention.per_hour
    if cost is None:
        cost = AttentionCost()
    return asdict(cost) | {"per_hour": per_hour}


def _change(old: int, new: int) -> str:
    return f"{old:,}" if old == new else f"{old:,} -> {new:,}"


def _examples(row: Row) -> Iterator[str]:
    for verb, asks in (("gains", row.gained), ("loses", row.lost)):
        if asks:
            yield ""
            yield f"{row.team} {verb} {row.kind} ({len(asks)})"
            yield from (f"  [{ask.rule}] {shorten(ask.summary, WIDTH)}" for ask in asks[:EXAMPLES])
    if row.otherwise:
        yield ""
        yield f"{row.team} keeps {row.kind} on other terms ({len(row.otherwise)})"
        yield from (f"  [{_terms(old)} -> {_terms(new)}] {shorten(new.summary, WIDTH)}" for old, new in row.otherwise[:EXAMPLES])


def _terms(ask: Ask) -> str:
    rule, chain, good_for_ms = ask.terms
    steps = ", ".join(f"{team} after {seconds // 60} min" for seconds, team, _ in chain)
    return f"{rule}, {good_for_ms / 3_600_000:g} h" + (f", {steps}" if steps else "")


def as_json(found: Difference) -> dict[str, Any]:
    """The report as one object; examples as in the lines."""
    return {
        "before": found.before.policy.hash,
        "after": found.after.policy.hash,
        "situations": found.situations,
        "revisions": found.revisions,
        "changes": found.changes,
        "share": round(found.share, 6),
        "decisions": {"before": dict(sorted(found.before.decisions.items())), "after": dict(sorted(found.after.decisions.items()))},
        "teams": [_row(row) for row in found.rows],
        "attention": {
            team: {"before": _cost(found.before, team), "after": _cost(found.after, team)}
            for team in sorted({*found.before.attention, *found.after.attention})
        },
    }


def _row(row: Row) -> dict[str, Any]:
    examples = {"gained": [_example(ask) for ask in row.gained[:EXAMPLES]], "lost": [_example(ask) for ask in row.lost[:EXAMPLES]]}
    return {
        "team": row.team, "kind": row.kind, "before": row.before, "after": row.after, "gained": len(row.gained),
        "lost": len(row.lost), "other_terms": len(row.otherwise), "examples": examples,
    }  # fmt: skip


def _example(ask: Ask) -> dict[str, Any]:
    return {"situation": ask.situation, "rule": ask.rule, "severity": ask.severity, "summary": ask.summary}
