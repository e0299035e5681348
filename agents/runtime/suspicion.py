"""Where a shard's owners began in; whether the last one ended without getting on, so that input is rehearsed before it is worked, out.

`agents.runtime.partition_runner` leaves a mark in the changelog when it has restored a shard. A next owner that begins where that mark
says, cannot know why: a record that ends whoever works it, or a broker, a deployment or a machine that came in between. So nothing is
held against a record by that alone: it only makes the input suspect until all of it that lay there then is done.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import orjson

from agents.runtime.ports import InputPartition, InputSource

VERSION = 1

Place = tuple[str, int]
"""Noun and partition of an input."""


class Mark(NamedTuple):
    """What an owner leaves for the next one: where it began (None: before any record), and which offsets it found to end a worker."""

    began: Mapping[Place, int | None]
    aside: Mapping[tuple[str, int, int], str]

    def dump(self) -> bytes:
        """As it is written."""
        began = [[*place, position] for place, position in sorted(self.began.items())]
        aside = [[*offset, why] for offset, why in sorted(self.aside.items())]
        return orjson.dumps({"v": VERSION, "began": began, "aside": aside})


def load_mark(dumped: bytes) -> Mark:
    """What `Mark.dump` wrote; a mark that says nothing for what an older or newer version left."""
    saved = orjson.loads(dumped) if dumped else {}
    if saved.get("v") != VERSION:
        return Mark({}, {})
    return Mark(
        {(noun, partition): position for noun, partition, position in saved["began"]},
        {(noun, partition, offset): why for noun, partition, offset, why in saved["aside"]},
    )


@dataclass(slots=True)
class Suspicion:
    """The partitions of one shard that are suspect: noun and partition -> up to which position, None while that is not known.

    most_records: so far a partition stays suspect at most.
    """

    most_records: int
    _until: dict[Place, int | None] = field(default_factory=dict)
    _began: dict[Place, int] = field(default_factory=dict)

    def compare(self, former: Mark, began: Mapping[Place, int | None]) -> None:
        """Suspect the partitions at which this owner begins where the former one began."""
        for place, position in began.items():
            if place in former.began and former.began[place] == position:
                self._until[place] = None
                self._began[place] = position or 0

    def __bool__(self) -> bool:
        return bool(self._until)

    def __contains__(self, place: Place) -> bool:
        return place in self._until

    def look(self, source: InputSource, tps: Mapping[InputPartition, str], positions: Mapping[Place, int]) -> None:
        """Drop the suspicion of partitions of which all is done that lay there when this owner began, or as much as is looked at."""
        for tp, noun in tps.items():
            place = (noun, tp.partition)
            if place not in self._until:
                continue
            if self._until[place] is None and source.end_reached(tp):
                self._until[place] = source.handed(tp) or 0
            until, position = self._until[place], positions.get(place, 0)
            if (until is not None and position >= until) or position >= self._began[place] + self.most_records:
                del self._until[place]
