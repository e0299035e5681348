"""Looks single records up in topics, without a consumer group. For `winnow explain`."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

import orjson
from aiokafka import TopicPartition

from agents.kafka import Scanner
from agents.settings import Settings
from pipeline.explain import Facts, Place
from pipeline.stream import WATERMARK
from schemas.sources import Ignored, Malformed, decode

WATERMARK_TYPE = WATERMARK.encode()

Found = tuple[Place, Any]
Headers = dict[str, bytes]


class StoryLookup(Protocol):
    """Where a story's records are found; ``searched`` are the nouns that were looked at."""

    searched: list[str]
    settings: Settings

    async def find(self, nouns: Iterable[str], wanted: Callable[[Any, Headers], bool]) -> list[Found]:
        """Records of these topics that are wanted, but for watermarks."""
        ...

    async def fetch(self, places: Iterable[Place]) -> dict[Place, Any]:
        """Single records; those that are gone or never were are left out."""
        ...


class TopicLookup:
    """Finds records; ``searched`` are the nouns it has looked at."""

    def __init__(self, settings: Settings, scanner: Scanner) -> None:
        self.searched: list[str] = []
        self.settings = settings
        self._scanner = scanner

    async def find(self, nouns: Iterable[str], wanted: Callable[[Any, Headers], bool]) -> list[Found]:
        """Records of these topics that are wanted, but for watermarks."""
        names = self._scanner.nouns(nouns, optional=True)
        self.searched += names
        found: list[Found] = []
        async for place, records in self._scanner.records(await self._scanner.extents(names)):
            noun = self.settings.noun(place.topic)
            for record in records:
                headers = dict(record.headers)
                if headers.get("ce_type") != WATERMARK_TYPE and wanted(record, headers):
                    found.append((Place(noun, place.partition, record.offset), record))
        return found

    async def fetch(self, places: Iterable[Place]) -> dict[Place, Any]:
        """Single records; those that are gone or never were are left out."""
        found: dict[Place, Any] = {}
        places = list(places)
        nouns = self._scanner.nouns(dict.fromkeys(place.topic for place in places), optional=True)
        self.searched += nouns
        extents = await self._scanner.extents(nouns)
        for place in places:
            at = TopicPartition(self.settings.topic(place.topic), place.partition)
            begin, end = extents.get(at, (0, 0))
            if begin <= place.offset < end:
                async for _, records in self._scanner.records({at: (place.offset, place.offset + 1)}):
                    found.update((place, record) for record in records)
        return found


def comes_of(headers: Headers, places: set[bytes]) -> bool:
    """Whether an output names one of these records (``topic/partition/offset``) as its cause."""
    return headers.get("ce_lineage", b"").rsplit(b"/", 1)[0] in places


def signal_of(record: Any, headers: Headers) -> Mapping[str, Any] | None:
    """The signal that a raw record decodes to; None when it cannot be read."""
    decoded = decode(headers.get("source", b"signal").decode("utf-8", "replace"), record.value)
    return None if isinstance(decoded, Malformed | Ignored) else decoded[0]


def load(value: bytes | None) -> Facts:
    """A message; what is none is empty: outcomes come from outside."""
    try:
        message = orjson.loads(value or b"")
    except orjson.JSONDecodeError:
        return {}
    return message if isinstance(message, dict) else {}


def cause_of(record: Any) -> Place | None:
    """The input record that an output names as its cause."""
    return Place.parse(dict(record.headers).get("ce_lineage", b"").decode("utf-8", "replace"))


def event_id(source: str, native: str) -> str:
    """Id of an event by its network and its id there, as sift derives it: 32 hex digits."""
    return hashlib.blake2b(f"{source}\0{native}".encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
