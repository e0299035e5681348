"""Looks for bytes of the erased in everything that Winnow keeps: all topics, unpacked, states among them, and the board's files."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson

from agents.forgetting.erasure import kept_of
from agents.forgetting.people import INPUTS, Needles, Sought
from agents.kafka import Progress, Scanner
from agents.settings import Settings
from schemas.times import iso

NATIVE = (*INPUTS, "rejected")
"""Here ids may be numbers."""
OURS = ("ce_", "traceparent")
"""Headers that name records, not people."""
BLOCK_BYTES = 1 << 20


class Trace(NamedTuple):
    """A place that still holds some of the sought (``what``). ``until_ms`` (Unix ms): by when that is gone, None: nobody knows.
    ``stands``: it is the value of its key in a compacted topic, which goes only once that is replaced or taken out. ``key`` of it.
    """

    topic: str
    partition: int
    offset: int
    at_ms: int
    what: tuple[str, ...]
    until_ms: int | None
    stands: bool = False
    key: str = ""

    def to_json(self) -> dict[str, object]:
        """For ``--json``."""
        until = None if self.until_ms is None else iso(self.until_ms)
        return {**self._asdict(), "what": list(self.what), "at": iso(self.at_ms), "until": until}


async def traces(settings: Settings, sought: Sought, progress: Progress | None = None) -> list[Trace]:
    """All of them in topics, in the order of topics and offsets. Raises WinnowError when the broker is not there."""
    key = settings.author_key.get_secret_value().encode()
    needles, kept = Needles(sought, key), await kept_of(settings)
    found: list[Trace] = []
    async with Scanner(settings, progress) as scanner:
        scanner.nouns(INPUTS)  # of a deployment that is not there nothing can be said
        extents = await scanner.extents([settings.noun(name) for name in kept])
        scanner.expect(extents)
        latest: dict[tuple[str, int, bytes], int] = {}
        keys: list[bytes] = []
        async for place, records in scanner.records(extents):
            compacted, lasts_ms = kept[place.topic]
            noun = settings.noun(place.topic)
            for record in records:
                if compacted and record.key is not None:
                    latest[place.topic, place.partition, record.key] = record.offset
                if what := held(record, noun, needles):
                    until = None if lasts_ms is None else record.timestamp + lasts_ms
                    shown = (record.key or b"").decode("utf-8", "backslashreplace") if compacted else ""
                    keys.append(record.key or b"")
                    found.append(Trace(place.topic, place.partition, record.offset, record.timestamp, what, until, key=shown))
    marked = []
    for trace, raw in zip(found, keys, strict=True):
        stands = kept[trace.topic][0] and latest.get((trace.topic, trace.partition, raw)) == trace.offset
        marked.append(trace._replace(stands=True, until_ms=None) if stands else trace)
    return sorted(marked)


def held(record: Any, noun: str, needles: Needles) -> tuple[str, ...]:
    """What of the sought is in a record: in value, key or headers; of what was put aside in the record that it was."""
    found = set()
    for value in _parts(record, noun):
        found |= needles.find(value, numbers=noun in NATIVE)
    if noun == "chaff" and needles.pieces and _id_of(record.value) in needles.pieces:
        found.add("a text of theirs")  # a sample says whose it is by its id alone
    return tuple(sorted(found))


def _id_of(value: bytes | None) -> object:
    try:
        return orjson.loads(value or b"").get("id")
    except (ValueError, AttributeError):
        return None


def _parts(record: Any, noun: str) -> Iterator[bytes | None]:
    yield record.value
    yield record.key
    for name, value in record.headers:
        if not name.startswith(OURS):
            yield value
    if noun == "rejected" and record.value:
        yield from _unpacked(record.value)


def _unpacked(value: bytes) -> Iterator[bytes | None]:
    try:
        message = orjson.loads(value)
        for name in ("raw_base64", "key_base64"):
            yield base64.b64decode(message.get(name) or "")
        for _, text in message.get("headers_base64") or ():
            yield base64.b64decode(text or "")
    except (ValueError, TypeError, AttributeError):
        return


def board_files(settings: Settings, sought: Sought) -> list[tuple[str, tuple[str, ...]]]:
    """(file, what) of the board's own files on this machine: a copy of topics that can be thrown away."""
    needles = Needles(sought, settings.author_key.get_secret_value().encode())
    found = []
    for path in sorted(settings.board_folder.glob("*")) if settings.board_folder.is_dir() else ():
        what: set[str] = set()
        if path.is_file():
            with path.open("rb") as file:
                before = b""
                while block := file.read(BLOCK_BYTES):
                    what |= needles.find(before + block)
                    before = block[-4_096:]
        if what:
            found.append((str(path), tuple(sorted(what))))
    return found
