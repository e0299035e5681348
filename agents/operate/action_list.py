"""What teams were asked, and what became of it: the actions of all teams held against the outcomes. For `winnow actions` and the board."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

import orjson

from agents.kafka import Scanner
from agents.operate.answers import read_action
from agents.settings import Settings
from pipeline.act import TRIED, OutcomeRead, action_id, each_of, read_outcome, takes_up
from schemas.messages import ActionKind, OutcomeStatus
from schemas.times import to_milliseconds

State = Literal["open", "acknowledged", "done", "declined", "overturned", "superseded", "revoked", "expired"]


@dataclass(slots=True)
class ActionStanding:
    """An action message and where it stands. ``outcomes``: all answers to it, or to what it was escalated to, in order of time."""

    action: dict[str, Any]
    state: State = "open"
    outcomes: list[OutcomeRead] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {"state": self.state, "action": self.action, "outcomes": [dict(one.raw) for one in self.outcomes]}


def standings(actions: Iterable[dict[str, Any]], outcomes: Iterable[OutcomeRead], now_ms: int) -> list[ActionStanding]:
    """Where actions stand at ``now_ms`` (Unix ms), oldest first; both in the order in which they were written. Revocations, which ask
    for nothing, are left out. What one of a chain of escalation is answered holds for all of it, unless it is that it was the wrong team.
    The items of a group are listed beside it; it is open as long as one of them is.
    """
    found: dict[str, ActionStanding] = {}
    groups: dict[str, list[str]] = {}
    gone: dict[str, State] = {}
    for action in actions:
        if action["kind"] == ActionKind.REVOKE:
            gone[str(action["revokes"])] = "revoked"
        else:
            found.setdefault(action["action_id"], ActionStanding(action))
            for item in each_of(action):
                if item["action_id"] != action["action_id"]:
                    found.setdefault(item["action_id"], ActionStanding(item))
                    groups.setdefault(action["action_id"], []).append(item["action_id"])
            if action.get("supersedes"):
                gone.setdefault(str(action["supersedes"]), "superseded")
    roots = _roots(found)
    chains: dict[str, list[OutcomeRead]] = {}
    for outcome in outcomes:
        root = roots.get(outcome.action_id)
        if root is not None:
            chains.setdefault(root, []).append(outcome)
    for name, standing in found.items():
        standing.outcomes = chains.get(roots[name], [])
        standing.state = _state(standing, gone.get(name), now_ms)
    for name, items in groups.items():
        states = [found[item].state for item in items]
        if found[name].state == "open" and "open" not in states:
            found[name].state = states[0]
    return sorted(found.values(), key=lambda one: (to_milliseconds(one.action["created_at"]), one.action["action_id"]))


def _roots(found: Mapping[str, ActionStanding]) -> dict[str, str]:
    """Action id -> the id of what was asked first: an escalation's own id says of which action it is."""
    asked: dict[tuple[str, str], list[str]] = {}
    for name, one in found.items():
        if one.action["kind"] != ActionKind.ESCALATE:
            asked.setdefault((one.action["decision"], one.action["situation"]), []).append(name)
    roots = {}
    for name, one in found.items():
        action, roots[name] = one.action, name
        if action["kind"] == ActionKind.ESCALATE:
            for first in asked.get((action["decision"], action["situation"]), ()):
                if action_id(first, action["team"], ActionKind.ESCALATE, action["step"]) == name:
                    roots[name] = first
    return roots


def _state(standing: ActionStanding, gone: State | None, now_ms: int) -> State:
    said = [one for one in standing.outcomes if one.status != OutcomeStatus.RECEIVED]
    said = [one for one in said if takes_up(one)] or [one for one in said if one.action_id == standing.action["action_id"]]
    if said:
        return cast("State", said[-1].status)
    if gone is not None:
        return gone
    return "expired" if to_milliseconds(standing.action["not_after"]) <= now_ms else "open"


async def read_standings(settings: Settings, now_ms: int) -> list[ActionStanding]:
    """All actions that the topics hold. Raises WinnowError when the broker or the outcomes topic is not there."""
    actions: list[tuple[int, dict[str, Any]]] = []
    outcomes: dict[bytes, tuple[int, OutcomeRead]] = {}
    async with Scanner(settings) as scanner:
        async for place, records in scanner.records(await scanner.extents(scanner.nouns(["actions", "outcomes"]))):
            for record in records:
                if settings.noun(place.topic) != "outcomes":
                    if record.value is not None and (action := read_action(record.value)) is not None:
                        actions.append((record.timestamp, action))
                elif isinstance(outcome := read_outcome(record), OutcomeRead):
                    # Act passes on what came under another key: the same answer, which counts once.
                    said = orjson.dumps({**outcome.raw, TRIED: None}, option=orjson.OPT_SORT_KEYS)
                    outcomes.setdefault(said, (record.timestamp, outcome))
    actions.sort(key=lambda one: one[0])
    answers = sorted(outcomes.values(), key=lambda one: one[0])
    return standings((action for _, action in actions), (outcome for _, outcome in answers), now_ms)
