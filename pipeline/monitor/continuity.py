"""Follows the ledger for `MonitorShard` as it is written: each offset counted once by how it ended, and gaps noticed when they appear."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from pydantic import ValidationError

from pipeline.ledger import unpack
from pipeline.stream import Unreadable
from schemas.messages import LedgerEntry
from schemas.topics import DISPOSITIONS, INPUTS

STATE_KEY = b"ledger/"
MOST_PARTITIONS = 4_096
"""Of one topic: an entry of a higher one is refused, so that what is remembered stays bounded."""


@dataclass(frozen=True, slots=True)
class Accounted:
    """What an entry adds: disposition -> offsets, and how many offsets before it nobody accounted for."""

    counts: Mapping[str, int]
    missing: int


class Continuity:
    """Where every account stands: (stage, topic, partition) -> the offset behind its last entry."""

    def __init__(self) -> None:
        self._ends: dict[str, int] = {}
        self._changed: set[str] = set()

    def follow(self, entry: LedgerEntry) -> Accounted:
        """Take in an entry. What an earlier one covers is not counted again; a gap is noticed once."""
        account = f"{entry.stage}/{entry.topic}/{entry.partition}"
        end = self._ends.get(account, entry.first)
        if entry.last < end:
            return Accounted({}, 0)
        self._ends[account] = entry.last + 1
        self._changed.add(account)
        if entry.first >= end:
            return Accounted(entry.counts, entry.first - end)
        names = DISPOSITIONS[entry.stage]
        fresh = unpack(entry).between(end, entry.last + 1)
        return Accounted({names[code]: amount for code, amount in sorted(fresh.counts().items())}, 0)

    def changes(self) -> dict[bytes, bytes | None]:
        """State keys changed since the last call."""
        found: dict[bytes, bytes | None] = {STATE_KEY + name.encode(): b"%d" % self._ends[name] for name in sorted(self._changed)}
        self._changed.clear()
        return found

    def restore(self, items: Mapping[bytes, bytes]) -> None:
        """Take over what `changes` wrote; keys of others are left alone."""
        self._ends |= {key[len(STATE_KEY) :].decode(): int(value) for key, value in items.items() if key.startswith(STATE_KEY)}


def read_entry(value: bytes | None) -> LedgerEntry | Unreadable:
    """Read a ledger entry whose dispositions are of its stage's list and fit its range."""
    if not value:
        return Unreadable("empty", "the record has no value")
    try:
        entry = LedgerEntry.model_validate(_known(orjson.loads(value)))
    except orjson.JSONDecodeError as error:
        return Unreadable("not_json", str(error)[:200])
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
        return Unreadable("invalid", f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"[:300])
    if entry.topic not in INPUTS.get(entry.stage, ()) or entry.partition >= MOST_PARTITIONS:
        return Unreadable("unknown_account", f"there is no account of {entry.stage} {entry.topic}/{entry.partition}"[:300])
    return _checked(entry)


def _known(found: Any) -> Any:
    """The fields that this version knows: a newer one may write more."""
    return {name: found[name] for name in LedgerEntry.model_fields if name in found} if isinstance(found, dict) else found


def _checked(entry: LedgerEntry) -> LedgerEntry | Unreadable:
    names = DISPOSITIONS[entry.stage]
    try:
        codes = unpack(entry).counts()
    except Exception as error:  # noqa: BLE001  # whatever base64, zlib and the range check find wrong: it is the record's fault
        return Unreadable("bad_packed", str(error)[:300])
    if not all(0 < code < len(names) for code in codes) or {names[code]: amount for code, amount in codes.items()} != entry.counts:
        return Unreadable("bad_counts", "counts should be those of the packed dispositions, all of them of the stage's list")
    return entry
