"""Policy: what is in force, how each rule does, and what a draft would have changed on the last day; nothing is changed here."""

import asyncio
import tempfile
from pathlib import Path

import orjson
from starlette.requests import Request
from starlette.responses import Response

from agents.board.site import board_of, form_of, page_async, policy_in_force, require
from agents.operate import recorded_situations
from agents.stages.sift import own_terms
from pipeline.backtest import compare, lines
from pipeline.policy import load_policy
from schemas.errors import WinnowError

TRIED_ON = "situations:24h"
_one_at_a_time = asyncio.Lock()


async def policy(request: Request) -> Response:
    """The screen."""
    return await _shown(request, "", [], None)


async def diff(request: Request) -> Response:
    """POST: try a draft on the situations of the last day."""
    fields = await form_of(request)
    require(request, "look", "*")
    draft = (fields.get("draft") or [""])[0]
    try:
        async with _one_at_a_time:
            told = await asyncio.to_thread(_compared, request, draft)
    except WinnowError as error:
        return await _shown(request, draft, [], str(error))
    return await _shown(request, draft, told, None)


def _compared(request: Request, draft: str) -> list[str]:
    settings = board_of(request).settings
    with tempfile.TemporaryDirectory(prefix="winnow-board-") as folder:
        file = Path(folder) / "draft.yaml"
        file.write_text(draft, encoding="utf-8")
        try:
            after = load_policy(file)
        except WinnowError as error:
            raise WinnowError(str(error).replace(str(file), "draft")) from error
    recorded = recorded_situations(settings, TRIED_ON, None, lambda _: None)
    found = compare(policy_in_force(settings), after, recorded, own_terms(settings))
    return list(lines(found))


async def _shown(request: Request, draft: str, told: list[str], trouble: str | None) -> Response:
    require(request, "look")
    board = board_of(request)
    try:
        current = await asyncio.to_thread(policy_in_force, board.settings)
    except WinnowError as error:
        current, trouble = None, str(error)
    health = {
        (row["kind"], row["name"]): orjson.loads(row["message"])
        for row in await asyncio.to_thread(board.store.rows, "SELECT kind, name, message FROM health")
    }
    rules = [] if current is None else sorted(current.rules, key=lambda rule: -rule.priority)
    return await page_async(
        request, "policy.html", title="Policy", policy=current, rules=rules, health=health, draft=draft, told=told, trouble=trouble,
        file=str(board.settings.policy_file or "the built-in one"), status=400 if trouble and draft else 200,
    )  # fmt: skip
