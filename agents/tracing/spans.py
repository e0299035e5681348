"""Records to spans: one trace a post, from what sift made of it to what a team answered.

Each record says what it came of (``ce_lineage``; an answer by the id of its action), so its span is a child of that one's and belongs to
its trace. A record carries a ``traceparent`` of its own all the same: where that names another trace (decisions and actions are filed
under their situation), the span links to it, so that what a team's service continues is found from here.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any, NamedTuple

import orjson

from pipeline.stream import WATERMARK, WITHDRAWAL, InputRecord

STAGE_OF = {"information": "sift", "situations": "correlate", "decisions": "decide", "actions": "act", "outcomes": "answer"}
"""Noun -> who wrote it, as the name of its spans; ``answer`` is the team."""
SHOWN = (
    "subject",
    "kind",
    "facet",
    "status",
    "revision",
    "severity",
    "team",
    "role",
    "mode",
    "rule",
    "step",
    "intent",
    "sentiment",
    "language",
)
"""What of a message a span tells as ``winnow.*``: never what people wrote, nor who they are."""
LOWER_64 = (1 << 64) - 1

Place = tuple[str, int, int]
"""Noun, partition and offset of a record."""


class Context(NamedTuple):
    """Where a span stands: its trace and its own id, as OpenTelemetry counts them."""

    trace: int
    span: int


class Known(NamedTuple):
    """What later spans hang on: a span, and when its record was written (Unix ms)."""

    context: Context
    written_ms: int


@dataclass(frozen=True, slots=True)
class TraceSpan:
    """One record's span: from when its cause was written to when it was (Unix ms)."""

    stage: str
    place: Place
    context: Context
    parent: Context | None
    link: Context | None
    start_ms: int
    end_ms: int
    attributes: dict[str, str | int | float | bool] = field(default_factory=dict)


def traceparent(text: str) -> Context | None:
    """What a W3C ``traceparent`` names; None for one that is none.

    >>> traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").span == 0xb7ad6b7169203331
    True
    >>> traceparent("") is traceparent("00-x-y-01") is None
    True
    """
    try:
        _, trace, span, _ = text.split("-")
        found = Context(int(trace, 16), int(span, 16))
    except ValueError:
        return None
    return found if found.trace and found.span and len(trace) == 32 and len(span) == 16 else None


class Weaver:
    """Makes spans of records, each after the record that it came of.

    ratio: the share of traces that are kept, chosen by trace id as OpenTelemetry's ``TraceIdRatioBased`` does, so that whoever samples
    by the same ratio keeps the same ones. most: how many records are remembered for what comes of them.
    """

    def __init__(self, ratio: float = 1.0, *, most: int = 200_000) -> None:
        self._bound = round(ratio * (LOWER_64 + 1))
        self._most = most
        self._known: OrderedDict[Place | str, Known] = OrderedDict()

    def knows_cause(self, noun: str, record: InputRecord) -> bool:
        """Whether what the record came of was seen; the first of a trace, and what names no cause, wait for nothing."""
        cause = _cause(noun, record)
        return cause is None or cause in self._known

    def span(self, noun: str, partition: int, record: InputRecord) -> TraceSpan | None:
        """The span of one record of a topic; None for a promise about time or a withdrawal, and for a trace that is not kept."""
        headers = _headers(record)
        if headers.get("ce_type") in (WATERMARK, WITHDRAWAL) or record.value is None:
            return None
        message = _message(record.value)
        if message is None:
            return None
        family = noun.partition(".")[0]
        place = (noun, partition, record.offset)
        cause = _cause(noun, record)
        known = self._known.get(cause) if cause is not None else None
        named = traceparent(headers.get("traceparent", ""))
        context, parent = _context(place, known, named, headers.get("ce_id", ""))
        self._remember(place, Known(context, record.timestamp))
        if family == "actions":
            for action in (message, *message.get("items", ())):
                self._remember(str(action.get("action_id")), Known(context, record.timestamp))
        if context.trace & LOWER_64 >= self._bound:
            return None
        start = known.written_ms if known is not None else _appended_ms(message)
        return TraceSpan(
            stage=STAGE_OF[family],
            place=place,
            context=context,
            parent=parent,
            link=named if named is not None and named.trace != context.trace else None,
            start_ms=min(start or record.timestamp, record.timestamp),
            end_ms=record.timestamp,
            attributes=_attributes(message, headers),
        )

    def _remember(self, what: Place | str, known: Known) -> None:
        self._known[what] = known
        if len(self._known) > self._most:
            self._known.popitem(last=False)


def _context(place: Place, known: Known | None, named: Context | None, identity: str) -> tuple[Context, Context | None]:
    """Where a record's span stands, and below which one.

    Of the ids that its own header names those are kept that fit: the first of a trace may continue one that its producer began.
    """
    own = int.from_bytes(blake2b(_words(place), digest_size=8).digest()) or 1
    if known is not None:
        same = named is not None and named.trace == known.context.trace
        return Context(known.context.trace, named.span if named is not None and same else own), known.context
    if named is None:
        return Context(int.from_bytes(blake2b(_words(place), digest_size=16).digest()) or 1, own), None
    if identity.startswith(f"{named.span:016x}"):
        return named, None
    return Context(named.trace, own), named


def _words(place: Place) -> bytes:
    return "/".join(map(str, place)).encode()


def _cause(noun: str, record: InputRecord) -> Place | str | None:
    if noun == "outcomes":
        message = _message(record.value) or {}
        return str(message.get("action_id"))
    if noun == "information":
        return None
    topic, _, rest = _headers(record).get("ce_lineage", "").partition("/")
    try:
        partition, offset, _ = map(int, rest.split("/"))
    except ValueError:
        return None
    return (topic, partition, offset)


def _headers(record: InputRecord) -> dict[str, str]:
    return {name: value.decode("utf-8", "replace") for name, value in record.headers if value is not None}


def _message(value: bytes | None) -> dict[str, Any] | None:
    """A record's object; None for what is none: teams write answers themselves."""
    try:
        found = orjson.loads(value or b"")
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None


def _appended_ms(message: dict[str, Any]) -> int | None:
    """When (Unix ms) the post behind it came in."""
    try:
        return int(datetime.fromisoformat(message["appended_at"]).timestamp() * 1000)
    except (KeyError, TypeError, ValueError):
        return None


def _attributes(message: dict[str, Any], headers: dict[str, str]) -> dict[str, str | int | float | bool]:
    inner = message.get("situation")
    told = message if not isinstance(inner, dict) else {**inner, **message}
    found = {f"winnow.{name}": told[name] for name in SHOWN if isinstance(told.get(name), str | int | float | bool)}
    return {"messaging.message.id": headers.get("ce_id") or str(message.get("action_id", "")), **found}
