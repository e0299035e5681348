"""What Winnow keeps of itself: the ledger, health, models, silences."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.messages.base import Count, Emitted, Share, Time
from schemas.messages.values import Weekday


class LedgerEntry(Emitted):
    """One stage's account of one batch: a disposition for every offset in ``first..last``.

    ``packed`` is base64 of one byte per offset, an index into the stage's closed list (``schemas.topics.DISPOSITIONS``),
    zlib-compressed when ``compressed`` is true. When ``gap`` is true it is one byte, ``absent``, for all of ``first..last``.
    ``wrote``: topic -> [partition, first, last] of the records that the stage wrote since its last entry and that another stage has
    to read, without watermarks. ``deleted``: topic -> [partition, first, last] of offsets of topics in which others write that the broker
    deleted before the stage had read them. Entries of before these fields were there do not have them.
    """

    stage: str
    topic: str
    partition: Count
    first: Count
    last: Count
    packed: str
    compressed: bool
    counts: dict[str, Count]
    worker: str
    at: Time
    gap: bool = False
    wrote: dict[str, list[tuple[Count, Count, Count]]] = Field(default={})
    deleted: dict[str, list[tuple[Count, Count, Count]]] = Field(default={})


class Health(Emitted):
    """How a rule or a team does: what became of the actions it caused."""

    kind: Literal["rule", "team"]
    name: str
    decisions: Count
    acknowledged: Count
    done: Count
    declined: Count
    overturned: Count
    acted_on_ratio: Share | None
    seconds_to_acknowledge_mean: float | None
    at: Time


class ModelAnnouncement(Emitted):
    """A model version that exists in the store; ``champion`` is the one that workers use."""

    version: str
    facet: str
    champion: bool
    url: str | None
    labels: Count
    score: Share | None
    champion_score: Share | None
    at: Time


class SilenceWindow(Emitted):
    """When a silence that comes again holds: each of these days from ``start`` to ``end``, beyond midnight when that is earlier."""

    start: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="Local time of day.", examples=["22:00"])]
    end: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="Local time of day.", examples=["06:00"])]
    days: Annotated[tuple[Weekday, ...], Field(min_length=1, description="Days on which it begins.")]
    time_zone: Annotated[str, Field(description="Zone of the tz database.", examples=["Europe/Berlin"])]


class SilenceRecord(Emitted):
    """A silence as the topic ``silences`` holds it, under its id. The latest record of an id counts; one without a value removes it.

    What a reader does not know is no silence to it: half understood it might leave alone more than was meant.
    """

    id: Annotated[str, Field(description="Name and hash of what was silenced by whom: equal names do not replace each other.")]
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$", examples=["strike-in-lyon"])]
    when: Annotated[str, Field(description="CEL over the situation, as in rules.", examples=["'strike' in situation.words"])]
    author: Annotated[str, Field(min_length=1, max_length=100, description="Who answers for it.")]
    reason: Annotated[str, Field(min_length=1, max_length=300, description="Why, for those who read decisions.")]
    starts: Annotated[Time | None, Field(description="It holds from this event time on; null: since ever.")] = None
    until: Annotated[Time, Field(description="It holds until this event time; ending it early sets it to then.")]
    only: Annotated[SilenceWindow | None, Field(description="Between the two only then; null: all the time.")] = None
    at: Annotated[Time, Field(description="When this record was written.")]
    ended_by: Annotated[str | None, Field(description="Who ended it early.")] = None
    ended_because: Annotated[str | None, Field(description="Why it was ended early.")] = None
