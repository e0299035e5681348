"""What a person typed after `winnow explain`: the records and ids that it means."""

import re
from dataclasses import dataclass, field
from typing import Any

from agents.inspect.explain_lookup import Headers, StoryLookup, cause_of, event_id, load, signal_of
from pipeline.act import each_of
from pipeline.explain import Place
from pipeline.ledger import Book
from schemas.errors import WinnowError
from schemas.topics import TOPICS

RAW = ("posts", "feedback")
FORMS = (
    "Give an event as source:id (x:569586186523496448), an information, situation, decision or action by its id of 32 hex digits, "
    "or a record as topic:partition:offset (posts:3:17)."
)
_HEX = re.compile(r"[0-9a-f]{32}")
_PLACE = re.compile(r"(.+):(\d{1,9}):(\d{1,18})")


@dataclass(slots=True)
class Query:
    """What a search starts from. ``kind`` is what the words named."""

    kind: str = "event"
    events: set[Place] = field(default_factory=set)
    informations: set[str] = field(default_factory=set)
    situations: set[str] = field(default_factory=set)


async def resolve(what: str, reading: StoryLookup, book: Book) -> Query:
    """Find out what ``what`` means. Raises WinnowError when it is of no known form, or nothing is found."""
    what = what.strip()
    resolving = _Resolving(reading, book)
    place = _place(what, reading)
    if place is not None:
        await resolving.place(place)
    elif _HEX.fullmatch(what):
        await resolving.identity(what)
    elif 0 < what.find(":") < len(what) - 1:
        await resolving.native(*what.split(":", 1))
    else:
        raise WinnowError(f"{what!r} names nothing that can be explained", hint=FORMS)
    asked = resolving.asked
    if not (asked.events or asked.informations or asked.situations):
        raise WinnowError(f"nothing is known of {what!r}; searched {', '.join(dict.fromkeys(reading.searched))}", hint=FORMS)
    return asked


def _place(what: str, reading: StoryLookup) -> Place | None:
    match = _PLACE.fullmatch(what)
    if match is None:
        return None
    noun = reading.settings.noun(match[1])
    return Place(noun, int(match[2]), int(match[3])) if noun in TOPICS or noun.startswith("actions.") else None


class _Resolving:
    """Fills ``asked``; finds nothing more than what to start from."""

    def __init__(self, reading: StoryLookup, book: Book) -> None:
        self.asked = Query()
        self._reading = reading
        self._book = book

    async def place(self, place: Place) -> None:
        """A record by where it is; one that only says what became of another leads there."""
        record = (await self._reading.fetch([place])).get(place)
        if place.topic in RAW:
            if record is not None or self._book.disposition("sift", *place) is not None:
                self.asked.events.add(place)
            return
        if record is None:
            return
        noun, message, cause = place.topic.split(".", 1)[0], load(record.value), cause_of(record)
        self.asked.kind = noun.removesuffix("s")
        if noun in ("chaff", "rejected") and cause is not None:
            await self.place(cause)
        elif noun == "information":
            self.asked.informations.add(message.get("id") or message["withdraws"])
        elif noun == "situations":
            self.asked.situations.add(message["id"])
        elif noun == "decisions":
            self.asked.situations.add(message["situation"]["id"])
        elif noun == "actions":
            self.asked.situations.add(message["situation"])
        elif noun == "labels":
            self.asked.informations.add(message["information"])
        elif noun == "outcomes":
            await self.identity(str(message.get("action_id")))

    async def identity(self, identity: str) -> None:
        """An id of 32 hex digits, whatever has it. Small topics first."""
        wanted, asked, find = identity.encode(), self.asked, self._reading.find
        item = b'"action_id":"%s"' % wanted
        if found := await find(["actions"], lambda record, headers: headers.get("ce_id") == wanted or item in (record.value or b"")):
            asked.kind, action = "action", load(found[0][1].value)
            asked.situations.add(next((one["situation"] for one in each_of(action) if one["action_id"] == identity), action["situation"]))
        elif found := await find(["decisions"], lambda _, headers: headers.get("ce_id", b"")[:32] == wanted):
            asked.kind = "decision"
            asked.situations.add(load(found[0][1].value)["situation"]["id"])
        elif await find(["situations"], lambda record, _: record.key == wanted):
            asked.kind = "situation"
            asked.situations.add(identity)
        else:
            await self._event(wanted)

    async def native(self, source: str, native: str) -> None:
        """An event by its network and its id there; one that left no trace but itself is looked for among the raw records."""
        await self._event(event_id(source, native).encode())
        self.asked.kind = "event"
        if self.asked.events:
            return

        def same(record: Any, headers: Headers) -> bool:
            signal = signal_of(record, headers)
            return signal is not None and signal["source"] == source and signal["id"] == native

        self.asked.events |= {place for place, _ in await self._reading.find(RAW, same)}

    async def _event(self, wanted: bytes) -> None:
        for place, record in await self._reading.find(["chaff", "information"], lambda _, headers: headers.get("ce_id") == wanted):
            cause = cause_of(record)
            if cause is not None:
                self.asked.events.add(cause)
            if place.topic == "information":
                self.asked.kind = "information"
                self.asked.informations.add(wanted.decode())
