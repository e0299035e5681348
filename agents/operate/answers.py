"""What a team answers to an action, as a record on ``outcomes``. For `winnow actions answer` and the board.

A caller that holds the action writes with `write_answer`; one that has its id only finds it with `find_action`.
"""

import re
import time
from collections.abc import Mapping
from typing import Any

import aiokafka
import orjson

from agents.kafka import Scanner
from agents.operate.own_records import own_record, write_records
from agents.settings import Settings
from pipeline.act import each_of
from pipeline.stream import Written
from schemas.errors import WinnowError
from schemas.messages import Action, ActionKind, Intent, Outcome, OutcomeStatus, Sentiment, Stakeholder
from schemas.times import iso

ANSWERS = (OutcomeStatus.ACKNOWLEDGED, OutcomeStatus.DONE, OutcomeStatus.DECLINED)
"""What a person can answer; ``received`` is a tool's word, ``overturned`` a reviewer's."""

REASONS = ("noise", "not_noise", "wrong_team", "duplicate")
CORRECTIONS: Mapping[str, frozenset[str]] = {
    "intent": frozenset(Intent),
    "sentiment": frozenset(Sentiment),
    "stakeholder": frozenset(Stakeholder),
}
"""Facet -> values that a reason such as ``intent=praise`` may correct it to."""

_NEEDED = frozenset(name for name, field in Action.model_fields.items() if field.is_required())
_ID = re.compile(r"[0-9a-f]{8,32}")
DIGITS = 12
"""So many of an id are shown, and enough to name it."""


def outcome_of(
    action: Mapping[str, Any], status: str, *, reason: str | None = None, comment: str | None = None, by: str | None = None, now_ms: int
) -> Outcome:
    """The answer of an action's team, given at ``now_ms`` (Unix ms). Raises WinnowError for one that would not count."""
    if status not in ANSWERS:
        raise WinnowError(f"{status!r} is no answer", hint=f"Answers: {', '.join(ANSWERS)}.")
    if action["kind"] == ActionKind.REVOKE:
        raise WinnowError(
            f"action {action['action_id']} takes back action {action['revokes']}: nothing is left to answer",
            hint="See `winnow actions list`.",
        )
    if reason is not None:
        _check_reason(reason)
    return Outcome.model_validate(
        {"action_id": action["action_id"], "team": action["team"], "status": status, "at": iso(now_ms), "reason": reason,
         "comment": comment, "by": by}
    )  # fmt: skip


def _check_reason(reason: str) -> None:
    facet, sign, value = reason.partition("=")
    if reason in REASONS or (sign and value in CORRECTIONS.get(facet, ())):
        return
    if sign and facet in CORRECTIONS:
        raise WinnowError(f"{value!r} is no {facet}", hint=f"Values: {', '.join(sorted(CORRECTIONS[facet]))}.")
    hint = f"Reasons: {', '.join(REASONS)}, or a correction such as intent=praise; say anything else as the comment."
    raise WinnowError(f"{reason!r} is no reason", hint=hint)


async def write_answer(settings: Settings, outcome: Outcome, producer: aiokafka.AIOKafkaProducer | None = None) -> Written | None:
    """Write an answer, acknowledged, keyed by its team and so where act looks for it. Returns where it lies; None when the broker had it
    from an earlier try, and no longer knows where.

    producer: a started one of `clients.producer` that the caller keeps. Raises WinnowError when the broker does not take it.
    """
    message = outcome.model_dump(mode="json", exclude_none=True)
    record = own_record("outcomes", outcome.team, message, int(outcome.at.timestamp() * 1000))
    return next(iter(await write_records(settings, [record], producer)), None)


async def find_action(settings: Settings, action_id: str) -> dict[str, Any]:
    """The action of this id, or of the only one that begins so, from the topics of all teams.

    Raises WinnowError when none of them holds it any more, or several actions begin so.
    """
    if not _ID.fullmatch(action_id):
        raise WinnowError(f"{action_id!r} is no action id", hint="It has 32 hex digits, the first 8 are enough: see `winnow actions list`.")
    wanted = action_id.encode()
    found: dict[str, dict[str, Any]] = {}
    async with Scanner(settings) as scanner:
        async for _, records in scanner.records(await scanner.extents(scanner.nouns(["actions"]))):
            for record in records:
                action = read_action(record.value) if record.value is not None and wanted in record.value else None
                for one in [] if action is None else [action, *each_of(action)]:
                    if one["action_id"].startswith(action_id):
                        found[one["action_id"]] = one
    if not found:
        raise WinnowError(f"no team was sent an action {action_id} at {settings.broker}", hint="`winnow actions list` shows what there is.")
    if len(found) > 1:
        raise WinnowError(f"{len(found)} actions begin with {action_id}", hint=f"Say more of it: {', '.join(sorted(found)[:3])} ...")
    return next(iter(found.values()))


async def answer_action(
    settings: Settings, action_id: str, status: str, *, reason: str | None = None, comment: str | None = None, by: str | None = None
) -> Outcome:
    """Answer an action that is known by its id, now. Raises WinnowError for an unknown one, an unfit answer, or no broker."""
    action = await find_action(settings, action_id)
    outcome = outcome_of(action, status, reason=reason, comment=comment, by=by, now_ms=int(time.time() * 1000))
    await write_answer(settings, outcome)
    return outcome


def read_action(value: bytes) -> dict[str, Any] | None:
    """An action message; None for what is none."""
    try:
        found = orjson.loads(value)
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) and found.keys() >= _NEEDED and isinstance(found["action_id"], str) else None
