"""Everything that topics hold about a person, for whoever asks what is known of them (`winnow export`): no one else's words."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from agents.forgetting.people import INPUTS, Needles, Realm, Sought, signals
from agents.kafka import Progress, Scanner
from agents.settings import Settings
from pipeline.sift import post_id
from schemas.times import iso

NAMES = (
    "id", "action_id", "decision", "situation", "kind", "subject", "team", "rule", "do", "status", "revision", "opened_at", "decided_at",
    "created_at",
)  # fmt: skip
"""Fields that say which situation, decision or action it is."""
TOLD_BY = ("chaff", "situations", "decisions", "actions", "labels", "rejected")


class Holdings:
    """What of each record is about the person; posts and information first, since they say by which ids the rest knows them."""

    def __init__(self, sought: Sought, key: bytes) -> None:
        self._authors = set(sought.authors)
        self._realms = set(sought.realms)
        self._needles = Needles(sought._replace(realms=()), b"")
        self._hashes = sought.hashes(key).keys()
        self._pieces: set[str] = set()
        self._actions: set[str] = set()
        self._readers: Mapping[str, Callable[[dict[str, Any]], object | None]] = {
            "rejected": self._refused,
            "information": self._information,
            "chaff": lambda message: message if message.get("id") in self._pieces else None,
            "labels": lambda message: message if message.get("information") in self._pieces else None,
            "outcomes": lambda message: message if message.get("action_id") in self._actions else None,
            "situations": lambda message: self._evident(message, message),
            "decisions": self._decided,
            "actions": self._asked,
        }

    def of(self, noun: str, record: Any) -> object | None:
        """What a record says of the person; None for nothing."""
        if noun in INPUTS:
            return self._said(record) if self._needles.find(record.value) else None
        message = _json(record.value)
        if not message:  # a watermark has nothing in it
            return None
        return self._readers[noun.partition(".")[0]](message)

    def _said(self, record: Any) -> object | None:
        own = [one for one in signals(record) if one.author.id in self._authors and Realm(one.source, one.namespace) in self._realms]
        self._pieces |= {post_id(Realm(one.source, one.namespace).name, one.id).hex() for one in own}
        if not own:
            return None
        return _json(record.value) or {"base64": base64.b64encode(record.value or b"").decode()}

    def _refused(self, message: dict[str, Any]) -> object | None:
        return message if self._needles.find(base64.b64decode(message.get("raw_base64") or "")) else None

    def _information(self, message: Mapping[str, Any]) -> object | None:
        signal = message.get("signal")
        if not isinstance(signal, dict):
            return message if message.get("withdraws") in self._pieces else None
        if signal["author"]["id"] not in self._authors or Realm(signal["source"], signal.get("namespace")) not in self._realms:
            return None
        self._pieces.add(message["id"])
        return message

    def _decided(self, message: dict[str, Any]) -> object | None:
        told = self._evident(message, message["situation"])
        return None if told is None else {**told, "situation": message["situation"]["id"]}

    def _asked(self, message: dict[str, Any]) -> object | None:
        told = self._evident(message, message)
        if told is None:
            return None
        self._actions.add(message["action_id"])
        alone = len(told["evidence"]) == len(message["evidence"])
        return {**told, "title": message["title"], "summary": message["summary"]} if alone else told

    def _evident(self, message: Mapping[str, Any], shows: Mapping[str, Any]) -> dict[str, Any] | None:
        """A situation, decision or action whose evidence (``shows``) is theirs: without what others said."""
        own = [piece for piece in shows.get("evidence") or () if piece["information"] in self._pieces or piece["author"] in self._hashes]
        if not own:
            return None
        return {**{name: message[name] for name in NAMES if isinstance(message.get(name), str | int)}, "evidence": own}


async def holdings(settings: Settings, sought: Sought, progress: Progress | None = None) -> list[dict[str, object]]:
    """What topics hold, as JSON-ready objects: ``topic``, ``partition``, ``offset``, ``at``, ``holds``.

    Raises WinnowError when a topic is missing, or the broker.
    """
    known, found = Holdings(sought, settings.author_key.get_secret_value().encode()), []
    async with Scanner(settings, progress) as scanner:
        for nouns in (INPUTS, ("information",), TOLD_BY, ("outcomes",)):
            extents = await scanner.extents(scanner.nouns(nouns, optional=nouns is TOLD_BY))  # no team, no actions
            scanner.expect(extents)
            async for place, records in scanner.records(extents):
                for record in records:
                    holds = known.of(settings.noun(place.topic), record)
                    if holds is not None:
                        found.append({
                            "topic": place.topic, "partition": place.partition, "offset": record.offset, "at": iso(record.timestamp),
                            "holds": holds,
                        })  # fmt: skip
    return found


def _json(value: bytes | None) -> dict[str, Any] | None:
    try:
        found = orjson.loads(value or b"")
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
