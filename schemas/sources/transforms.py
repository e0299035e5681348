"""In: a native value of the right shape. Out: the canonical one. Every transform that a description may name, and no other."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from hashlib import blake2b
from html import unescape
from types import MappingProxyType
from typing import Any, Literal

from schemas.sources.countries import country
from schemas.sources.instant import EARLIEST_MS, LATEST_MS, instant
from schemas.sources.malformed import Malformed, missing, out_of_range
from schemas.sources.markup import to_text
from schemas.sources.shapes import INTEGERS, Base, Shape
from schemas.sources.typed import COUNT_LIMIT, LIST_LIMIT
from schemas.times import iso


@dataclass(frozen=True, slots=True)
class Transform:
    """``takes`` and ``gives`` are what it is applied to and what comes out. ``inline``: so small that the reading function writes it out
    instead of calling: ``or_none`` makes what is empty unknown, ``unless_in`` whatever is among ``values``."""

    takes: Base
    gives: Base
    call: Callable[..., Any]
    inline: Literal["or_none", "unless_in"] | None = None
    values: frozenset[str] = frozenset()

    def native(self, canonical: Shape) -> Shape:
        """What the native value must be to become ``canonical``."""
        if self.takes == "text" and canonical.base == "text" and not canonical.choices:
            return replace(canonical, lengths=(0, canonical.lengths[1])) if self.inline else canonical
        lengths = canonical.lengths if self.takes == "text or whole number" else (0, None)
        return Shape(self.takes, lengths, INTEGERS if self.takes == "text or whole number" else None)


def _digits(value: str | int) -> int | None:
    if isinstance(value, int):
        return value if 0 <= value <= COUNT_LIMIT else None
    return int(value) if len(value) < 16 and value.isascii() and value.isdigit() else None


def _author_of_at_uri(value: str) -> str | None:
    scheme, _, rest = value.partition("://")
    return rest.partition("/")[0] or None if scheme == "at" else None


def _host_of_url(value: str) -> str | None:
    host = value.partition("://")[2].partition("/")[0].rpartition("@")[2]
    return host.lower() or None


def _milliseconds(value: Any) -> int | None:
    moment = instant(value, "")
    return None if isinstance(moment, Malformed) else moment[1]


def _milliseconds_since(value: Any, earlier: Any) -> int | None:
    """How long after an earlier instant a later one is: 0 for what was never changed."""
    later, sooner = instant(value, ""), instant(earlier, "")
    return None if isinstance(later, Malformed) or isinstance(sooner, Malformed) else max(0, later[1] - sooner[1])


def _scaled(low: int, high: int, value: str | float) -> float | None:
    if isinstance(value, float):
        number = int(value) if value.is_integer() else None
    else:
        number = value if isinstance(value, int) else _digits(value)
    return None if number is None or not low <= number <= high else (number - low) / (high - low)


def _scaled_by(scales: Mapping[str, tuple[int, int]], value: str | float, name: str | None) -> float | None:
    scale = None if name is None else scales.get(name)
    return None if scale is None else _scaled(*scale, value)


TRANSFORMS: Mapping[str, Transform] = MappingProxyType(
    {
        "html_to_text": Transform("text", "text", to_text),
        "html_to_some_text": Transform("text", "text", lambda value: to_text(value) or None),
        "entities_to_text": Transform("text", "text", lambda value: unescape(value) if "&" in value else value),
        "not_empty": Transform("text", "text", lambda value: value or None, "or_none"),
        "id_from_number": Transform("text or whole number", "text", str),
        "author_of_at_uri": Transform("text", "text", _author_of_at_uri),
        "milliseconds": Transform("anything", "whole number", _milliseconds),
        "host_of_url": Transform("text", "text", _host_of_url),
        "country": Transform("text", "text", country),
        "number_from_digits": Transform("text or whole number", "whole number", _digits),
    }
)
"""What may stand behind ``as``. CSV knows only text, hence the digits; some networks write ids as numbers, and nothing as ""."""

EPOCHS: Mapping[str, tuple[int, int]] = MappingProxyType({"seconds": (1000, 1), "milliseconds": (1, 1), "microseconds": (1, 1000)})
"""What may stand behind ``epoch``: unit of a Unix time -> times what, divided by what, it is milliseconds."""


SINCE = Transform("anything", "whole number", _milliseconds_since)
"""Milliseconds from one instant to another: how an edit says that it is later than the first version, and than other edits."""


ID_EPOCHS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {"x_id": (22, 1_288_834_974_657), "discord_id": (22, 1_420_070_400_000), "mastodon_id": (16, 0)}
)
"""What may stand behind ``epoch`` as well, for an id that holds its time: bits below it, Unix ms of its 0."""


def scale(low: int, high: int) -> Transform:
    """Whole numbers from ``low`` to ``high`` (5.0 is one), or their digits, become 0 to 1; others are unknown."""
    return Transform("text or number", "number", partial(_scaled, low, high))


def scale_by(scales: Mapping[str, tuple[int, int]]) -> Transform:
    """The same with the scale that another field names."""
    return Transform("text or number", "number", partial(_scaled_by, scales))


def mapped(values: Mapping[str, Any], gives: Base) -> Transform:
    """Known words, or true and false, become what they stand for; others are unknown."""
    if values.keys() <= {"true", "false"}:
        return Transform("flag", gives, lambda value: values.get("true" if value else "false"))
    return Transform("text", gives, values.get)


def unless_in(values: Iterable[str]) -> Transform:
    """A word among ``values`` means that the network could not tell."""
    return Transform("text", "text", lambda value: value, "unless_in", frozenset(values))


# -- what the reading function calls beside transforms ----------------------------------------------------------------


def digest(*parts: Any) -> str:
    """An id made of what a record says, for records that have none: the same whenever it is read."""
    return blake2b("\n".join(map(str, parts)).encode(), digest_size=16).hexdigest()


def time_in_id(value: str | int, bits: int, epoch_ms: int) -> int | None:
    """Unix ms that a snowflake id holds; None for a number too small to hold one, and for what is no number."""
    number = value if isinstance(value, int) else int(value) if len(value) < 20 and value.isascii() and value.isdigit() else 0
    return (number >> bits) + epoch_ms if number >> (bits + 24) > 0 else None


def joined(separator: str, *texts: str | None) -> str | None:
    """The texts that are known and not empty."""
    return separator.join([text for text in texts if text]) or None


def gathered(entries: Any, steps: tuple[str | None, ...], transform: Callable[[str], str | None] | None) -> str | None:
    """Every text that ``steps`` lead to, from a list on: names of attributes, and None where a list is gone through."""
    reached = [entries]
    for step in steps:
        found = (value if step is None else (getattr(value, step),) for value in reached)
        reached = [value for some in found for value in some or () if value is not None]
    texts = reached if transform is None else map(transform, reached)
    return "\n".join([text for text in texts if text]) or None


def listed(entries: list[str | None]) -> list[str] | None:
    """The ids in a list, at most `LIST_LIMIT`."""
    return [one for one in entries if one][:LIST_LIMIT] or None


def from_epoch(milliseconds: int | None, field: str) -> tuple[str, int] | Malformed:
    """A Unix time as `instant` gives it."""
    if milliseconds is None:
        return missing(field)
    if not EARLIEST_MS <= milliseconds < LATEST_MS:
        return out_of_range(field, "an instant from 1990 to 2099", milliseconds)
    return iso(milliseconds), milliseconds


def or_arrival(moment: Malformed, arrived_ms: int | None) -> tuple[str, int] | Malformed:
    """When nobody says a time, the record's own; a time that cannot be read is none of ours to make up."""
    return from_epoch(arrived_ms, "the record's timestamp") if arrived_ms is not None and moment.code == "missing_field" else moment


def not_after(claimed: tuple[str, int] | Malformed, seen_ms: int | None) -> tuple[str, int] | Malformed:
    """What the author's clock claims, unless it is nonsense or ahead of the Unix time when somebody else saw it: then that."""
    if seen_ms is None or (not isinstance(claimed, Malformed) and claimed[1] <= seen_ms):
        return claimed
    return (iso(seen_ms), seen_ms) if EARLIEST_MS <= seen_ms < LATEST_MS else claimed
