"""Commands about actions: list, show, answer."""

import asyncio
import getpass
import time
from typing import TYPE_CHECKING, Annotated

import typer

from agents.console import echo_json, say

if TYPE_CHECKING:
    from agents.operate import ActionStanding

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Id = Annotated[str, typer.Argument(help="Id of the action, or its first digits (8 or more).")]
WIDTH = 80

actions_app = typer.Typer(help="What teams are asked: look at it, and answer.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    actions_app.command("list")(actions_list)
    actions_app.command("show")(actions_show)
    actions_app.command("answer")(actions_answer)
    app.add_typer(actions_app, name="actions")


def actions_list(
    team: Annotated[str | None, typer.Option(help="Only what this team was asked.")] = None,
    only_open: Annotated[bool, typer.Option("--open", help="Only what still waits for an answer.")] = False,
    as_json: AsJson = False,
) -> None:
    """All actions that the topics hold, oldest first, and where each stands."""
    from agents.operate import read_standings
    from agents.settings import load_settings

    now_ms = int(time.time() * 1000)
    found = [
        one
        for one in asyncio.run(read_standings(load_settings(), now_ms))
        if (team is None or one.action["team"] == team) and (not only_open or one.state == "open")
    ]
    if as_json:
        echo_json([one.to_json() for one in found])
        return
    for line in table(found, now_ms):
        say(line)


def table(found: "list[ActionStanding]", now_ms: int) -> list[str]:
    """Lines of at most 80 columns: id, state, team, kind, age, and as much of the summary as fits."""
    from agents.operate import DIGITS
    from schemas.times import to_milliseconds

    if not found:
        return ["no actions"]
    rows = [("id", "state", "team", "kind", "age", "what")]
    for one in found:
        action = one.action
        age, what = _age(now_ms - to_milliseconds(action["created_at"])), " ".join(action["summary"].split())
        rows.append((action["action_id"][:DIGITS], one.state, _cut(action["team"], 12), action["kind"], age, what))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return [_cut(" ".join((*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[5])), WIDTH) for row in rows]


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _age(ms: int) -> str:
    for name, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000)):
        if ms >= size:
            return f"{ms // size}{name}"
    return f"{max(ms, 0) // 1000}s"


def actions_show(action_id: Id, as_json: AsJson = False) -> None:
    """One action in full, with its evidence and all that was answered."""
    from agents.operate import find_action, read_standings
    from agents.settings import load_settings

    settings = load_settings()
    action = asyncio.run(find_action(settings, action_id))
    every = asyncio.run(read_standings(settings, int(time.time() * 1000)))
    standing = next((one for one in every if one.action["action_id"] == action["action_id"]), None)
    if as_json:
        echo_json({"state": "revoked", "action": action, "outcomes": []} if standing is None else standing.to_json())
        return
    for line in told(action, standing):
        say(line)


def told(action: "dict[str, object]", standing: "ActionStanding | None") -> list[str]:
    """An action for a person; standing None: a revocation, which asks for nothing."""
    lines = [str(action["summary"])]
    shown = (
        "action_id", "team", "role", "kind", "contact", "rule", "severity", "created_at", "due_at", "not_after", "supersedes", "revokes",
        "runbook",
    )  # fmt: skip
    lines += [f"  {name.replace('_', ' '):11} {action[name]}" for name in shown if action.get(name) is not None]
    lines += _reply(action)
    evidence, items = action.get("evidence"), action.get("items")
    for item in items if isinstance(items, list) else ():
        name = str(item["action_id"] or "item")[:11]
        lines += [f"  {name:11} {_cut(' '.join(str(item['title']).split()), WIDTH - 14)}", *_reply(item)]
    for piece in evidence if isinstance(evidence, list) and not items else ():
        lines.append(f"  {'evidence':11} {_cut(' '.join(str(piece['excerpt']).split()), WIDTH - 14)}")
    if standing is not None:
        lines.append(f"  {'state':11} {standing.state}")
        for one in standing.outcomes:
            words = "".join(f", {word}" for word in (one.reason, one.raw.get("comment")) if word)
            lines.append(f"  {'answer':11} {one.status} of {one.team} {one.raw.get('at')}{words}")
    return lines


def _reply(told: "dict[str, object]") -> list[str]:
    """Where to answer an action or an item of one."""
    reply = told.get("reply")
    if not isinstance(reply, dict):
        return []
    where = reply.get("url") or f"{reply.get('source')} {reply.get('reply_to')}"
    return [f"  {'reply':11} {where} ({'in private' if reply.get('private') else 'in public'})"]


def actions_answer(
    action_id: Id,
    status: Annotated[str, typer.Argument(help="acknowledged, done or declined.")],
    reason: Annotated[str | None, typer.Option(help="noise, not_noise, wrong_team, duplicate, or a correction: intent=praise.")] = None,
    comment: Annotated[str | None, typer.Option(help="In your own words.")] = None,
    by: Annotated[str | None, typer.Option(help="Who answers; your user name by default.")] = None,
    as_json: AsJson = False,
) -> None:
    """Answer an action for its team, as the team's own tool would."""
    from agents.operate import answer_action
    from agents.settings import load_settings

    answer = answer_action(load_settings(), action_id, status, reason=reason, comment=comment, by=by or getpass.getuser())
    outcome = asyncio.run(answer)
    if as_json:
        echo_json(outcome.model_dump(mode="json", exclude_none=True))
        return
    say(f"{outcome.status}: action {outcome.action_id} of {outcome.team}")
