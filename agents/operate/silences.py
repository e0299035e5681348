"""Silences of the topic: written, ended, removed, listed, moved out of a file. For `winnow silence` and the board.

A caller drafts a silence with `draft_silence`, perhaps shows what it would have stopped (`pipeline.backtest.preview`), and writes it
with `write_silence`; workers take it up within seconds. Equal names do not replace each other: whoever adds at once is heard.
"""

import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import aiokafka
from pydantic import ValidationError

from agents.kafka import Scanner
from agents.operate.own_records import own_record, write_records
from agents.operate.policy_files import silences_of, write_whole
from agents.settings import Settings
from pipeline.policy import PolicyError, RecurringWindow, condition, dump_silences, silence_id, silence_of, silences_beside
from pipeline.stream import Output
from schemas.errors import WinnowError
from schemas.messages import SilenceRecord, SilenceWindow
from schemas.times import iso

EVERYTHING = "situation.revision >= 1"
"""A condition that every situation fulfils."""

_ALL = "would match everything"
NOUN = "silences"


def draft_silence(
    name: str, when: str | None, author: str, reason: str, until: datetime, *,
    now_ms: int, starts: datetime | None = None, only: SilenceWindow | None = None, everything: bool = False,
) -> SilenceRecord:  # fmt: skip
    """A silence as it would be written at ``now_ms`` (Unix ms), by default holding from then on.

    everything: it may match all situations, which ``when`` None does. Raises WinnowError for what is no silence, would match everything
    unasked, or would have ended already.
    """
    if when is None and not everything:
        raise WinnowError(f"silence {name!r} does not say what it is about", hint="Give --when, or --everything.")
    when = EVERYTHING if when is None else when
    begins = iso(now_ms) if starts is None else starts.isoformat()
    identity = silence_id(name, when, author, reason, begins, until.isoformat(), "" if only is None else only.model_dump_json())
    values = {"id": identity, "name": name, "when": when, "author": author, "reason": reason, "starts": begins, "until": until,
              "only": only, "at": iso(now_ms)}  # fmt: skip
    try:
        record = SilenceRecord.model_validate(values)
        found = silence_of(record)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        raise WinnowError(f"silence {name!r}: {'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}") from None
    except ValueError as error:
        hint = "To silence everything leave it out and say --everything." if "no fact" in str(error) else ""
        raise WinnowError(f"silence {name!r}: when: {error}", hint=hint) from None
    if not everything and any(_ALL in warning for warning in condition(found.when).warnings):
        raise WinnowError(f"silence {name!r} would match everything", hint="Say what it is about, or --everything if that is meant.")
    if found.until_ms <= max(now_ms, 0 if found.starts is None else int(found.starts.timestamp() * 1000)):
        raise WinnowError(f"silence {name!r} would end before it holds, at {until:%Y-%m-%d %H:%M %Z}", hint="Give a later end.")
    return record


async def write_silence(settings: Settings, record: SilenceRecord, producer: aiokafka.AIOKafkaProducer | None = None) -> None:
    """Write a silence, acknowledged. producer: a started one of `clients.producer` that the caller keeps.

    Raises WinnowError when the broker does not take it.
    """
    await write_records(settings, [_output(record)], producer)


async def read_silences(settings: Settings) -> list[SilenceRecord]:
    """All silences of the topic, by their ends; what is none is left out. Raises WinnowError when the broker or topic is not there."""
    latest: dict[str, bytes] = {}
    async with Scanner(settings) as scanner:
        async for _, records in scanner.records(await scanner.extents(scanner.nouns([NOUN]))):
            for record in records:
                latest[(record.key or b"").decode("utf-8", "replace")] = record.value or b""
    found = []
    for value in latest.values():
        try:
            found.append(SilenceRecord.model_validate_json(value))
        except ValidationError:  # removed, or told of by the workers' logs
            continue
    return sorted(found, key=lambda one: (one.until, one.id))


def ended_early(record: SilenceRecord, by: str, because: str | None, now_ms: int) -> SilenceRecord:
    """The silence ended now (Unix ms): what it stopped and still stands is asked about. Raises WinnowError when it has ended already."""
    if record.until.timestamp() * 1000 <= now_ms:
        raise WinnowError(f"silence {record.id} has ended already", hint="`winnow silence list` shows which hold.")
    changed = {"until": iso(now_ms), "at": iso(now_ms), "ended_by": by, "ended_because": because}
    return SilenceRecord.model_validate(record.model_dump(mode="json") | changed)


async def end_silences(settings: Settings, name: str, by: str, because: str | None = None) -> list[SilenceRecord]:
    """End now what holds under a name, or the one of an id. Raises WinnowError when there is none."""
    now_ms = int(time.time() * 1000)
    named = [one for one in await read_silences(settings) if name in (one.name, one.id)]
    if not named:
        hint = "`winnow silence list` names them; one of a file is ended there, or moved first: `winnow silence move`."
        raise WinnowError(f"there is no silence {name!r} on {settings.topic(NOUN)}", hint=hint)
    open_ones = [one for one in named if one.until.timestamp() * 1000 > now_ms] or named
    ended = [ended_early(one, by, because, now_ms) for one in open_ones]
    await write_records(settings, [_output(one) for one in ended])
    return ended


async def remove_ended(settings: Settings) -> list[str]:
    """Remove from the topic what has ended; the ids."""
    now_ms = int(time.time() * 1000)
    gone = [one.id for one in await read_silences(settings) if one.until.timestamp() * 1000 <= now_ms]
    await write_records(settings, [own_record(NOUN, name, None, now_ms) for name in gone])
    return gone


async def move_silences(settings: Settings, policy_file: Path) -> tuple[list[SilenceRecord], bool]:
    """Write the silences of the file beside a policy, that have not ended, to the topic, then empty the file; whether that could be done.

    They are in force all the time. Raises WinnowError when the file or the broker is not there.
    """
    now_ms = int(time.time() * 1000)
    records = []
    for one in silences_of(policy_file):
        if one.until_ms > now_ms:
            values = one.model_dump(mode="json", exclude={"only"}) | {"at": iso(now_ms), "only": _window(one.only)}
            values["id"] = silence_id(one.name, one.when, one.author, one.reason, one.until.isoformat())
            records.append(SilenceRecord.model_validate(values))
    await write_records(settings, [_output(one) for one in records])
    try:
        if silences_beside(policy_file).exists():
            write_whole(silences_beside(policy_file), dump_silences(()))
    except (WinnowError, PolicyError):
        return records, False
    return records, True


def _window(only: RecurringWindow | None) -> Mapping[str, object] | None:
    if only is None:
        return None
    return {"start": f"{only.start:%H:%M}", "end": f"{only.end:%H:%M}", "days": only.days, "time_zone": only.time_zone}


def _output(record: SilenceRecord) -> Output:
    return own_record(NOUN, record.id, record.model_dump(mode="json", exclude_none=True), int(record.at.timestamp() * 1000))
