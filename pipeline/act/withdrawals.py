"""What a team was told, or will be, of pieces of information that are gone: `ActShard` puts it right before anything else is said."""

from collections.abc import Mapping
from typing import Any

from pipeline.act.discretion import Discretion
from pipeline.act.sent_actions import Sent
from pipeline.act.team_queue import Held


def pieces_gone(decision: Mapping[str, Any]) -> tuple[str, ...]:
    """Ids of the pieces that were taken out of a decision's situation since its last revision."""
    return tuple(decision["situation"].get("withdrawals", ()))


def is_wrong(sent: Sent, decision: Mapping[str, Any]) -> bool:
    """Whether an action shows one of them, or asks for what only they were worth."""
    gone = pieces_gone(decision)
    return bool(gone) and (sent.kind != decision["do"] or not set(sent.informations).isdisjoint(gone))


def said_by(situation: Mapping[str, Any], discretion: Discretion) -> dict[str, str]:
    """Whose word a held action tells of: fields of `Held`."""
    first = situation["evidence"][0] if situation["evidence"] else None
    return {
        "information": first["information"] if first else situation["id"],
        "author": discretion.author(first) if first else "",
    }


def corrected(item: Held, decision: Mapping[str, Any], body: Mapping[str, Any], discretion: Discretion) -> Held:
    """A held action as it reads now that pieces are gone; ``body``: its message now."""
    said = said_by(decision["situation"], discretion)
    return item._replace(summary=body["summary"], information=said["information"], author=said["author"], reply=body["reply"])
