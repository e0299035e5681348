"""`winnow models promote`, `rollback` and `winnow label`: a person's word on models and events, as records in Kafka."""

import time
from collections.abc import Mapping

import orjson

from agents.kafka import Scanner
from agents.operate.own_records import own_record, write_records
from agents.runtime import BEFORE, FACET, HELD, Announcements, open_bundle, take_in
from agents.settings import Settings
from models import Bundle, load_bundle
from schemas.errors import WinnowError
from schemas.messages import Label, ModelAnnouncement
from schemas.times import iso


async def read_board(settings: Settings) -> Announcements:
    """The topic as it is now. Raises WinnowError when the broker or the topic is not there."""
    latest: dict[str, ModelAnnouncement] = {}
    async with Scanner(settings) as scanner:
        async for _, records in scanner.records(await scanner.extents(scanner.nouns(["models"]))):
            for record in records:
                take_in(latest, record)
    return Announcements(latest)


async def promote(settings: Settings, version: str) -> ModelAnnouncement:
    """Make a version that was announced the champion, and end a hold. Raises WinnowError when it is unknown or cannot be used."""
    board = await read_board(settings)
    own = load_bundle(settings.model_file)
    found = board.known(version)
    if found is None and version == own.version:
        found = _own(own)
    if found is None:
        known = ", ".join(sorted({one.version for one in board.latest.values()} | {own.version}))
        raise WinnowError(f"no model {version} was announced", hint=f"Known: {known}. `winnow models list` shows them.")
    open_bundle(found, own, settings.model_store)
    former = board.champion or _own(own)
    if former.version == version:
        raise WinnowError(f"model {version} is in force already", hint="`winnow models list` shows all.")
    before = {} if f"{BEFORE}{version}" in board.latest or version == own.version else {f"{BEFORE}{version}": former}
    return await _announce(settings, found, before)


async def roll_back(settings: Settings) -> ModelAnnouncement:
    """Put the champion before the present one in force, and hold it there. Raises WinnowError when there was none before."""
    board = await read_board(settings)
    champion = board.champion
    before = None if champion is None else board.latest.get(f"{BEFORE}{champion.version}")
    if champion is None or before is None:
        raise WinnowError("there is no model before the one in force", hint="`winnow models list` shows all.")
    open_bundle(before, load_bundle(settings.model_file), settings.model_store)
    return await _announce(settings, before, {HELD: champion})


def _own(own: Bundle) -> ModelAnnouncement:
    at = iso(0)
    return ModelAnnouncement.model_validate(
        {
            "version": own.version,
            "facet": FACET,
            "champion": False,
            "url": None,
            "labels": 0,
            "score": None,
            "champion_score": None,
            "at": at,
        }
    )


async def _announce(settings: Settings, champion: ModelAnnouncement, beside: Mapping[str, ModelAnnouncement]) -> ModelAnnouncement:
    """Write a champion, dated now, and what is said beside it, first."""
    now_ms = int(time.time() * 1000)
    at = iso(now_ms)
    messages = {key: {**found.model_dump(mode="json"), "champion": False, "at": at} for key, found in beside.items()}
    messages[FACET] = {**champion.model_dump(mode="json"), "champion": True, "at": at}
    await write_records(settings, [own_record("models", key, message, now_ms) for key, message in messages.items()])
    return ModelAnnouncement.model_validate(messages[FACET])


async def give_label(settings: Settings, information: str, facet: str, value: str, *, subject: str | None, given_by: str) -> Label:
    """Write what a reviewer says of a piece of information or chaff, keyed as `learn` joins it.

    subject: looked up in both topics when None. Raises WinnowError when the id is not found there.
    """
    key = await find_subject(settings, information) if subject is None else subject
    now_ms = int(time.time() * 1000)
    label = Label.model_validate(
        {"information": information, "subject": key, "facet": facet, "value": value, "given_by": given_by, "action_id": None,
         "at": iso(now_ms)}
    )  # fmt: skip
    await write_records(settings, [own_record("labels", key, label.model_dump(mode="json"), now_ms)])
    return label


async def find_subject(settings: Settings, information: str) -> str:
    """The subject of a piece of information or chaff. Raises WinnowError when neither topic holds the id any more."""
    wanted = information.encode()
    async with Scanner(settings) as scanner:
        async for _, records in scanner.records(await scanner.extents(scanner.nouns(["information", "chaff"]))):
            for record in records:
                if record.value is not None and wanted in record.value and orjson.loads(record.value).get("id") == information:
                    return str((record.key or b"").decode("utf-8", "replace"))
    raise WinnowError(
        f"no information and no chaff {information} at {settings.broker}", hint="Give --subject when it is older than the topics keep it."
    )
