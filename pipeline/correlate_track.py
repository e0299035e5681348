"""In: pieces of information of one series. Out: its last minutes, from which a surge is told when it is recognised."""

from __future__ import annotations

from typing import Any

import orjson

from pipeline.pulse import Series
from pipeline.situations_tally import Tally


class Minute:
    """One bucket of a series: what was said, and who was counted in it."""

    __slots__ = ("authors", "tally")

    def __init__(self) -> None:
        self.tally = Tally()
        self.authors: list[int] = []


class Track:
    """A series with its last minutes. ``surge`` is the id of the one that is on; it ``leads`` the one whose end it tells."""

    __slots__ = ("changed", "facet", "gone", "leads", "minutes", "recent", "series", "subject", "surge")

    def __init__(self, subject: str, facet: str, series: Series) -> None:
        self.subject, self.facet, self.series = subject, facet, series
        self.surge: str | None = None
        self.leads = False
        self.minutes: dict[int, Minute] = {}
        self.recent: set[int] = set()
        self.changed: set[int] = set()
        self.gone: list[int] = []

    def advance(self, bucket: int, alpha: float) -> bool:
        """Close buckets before ``bucket``; True when a surge has ended. ``alpha`` holds for the bucket that opens."""
        return bucket > self.series.bucket and self.series.advance(bucket, alpha)

    def forget(self, number: int) -> None:
        """Drop a minute with its texts; its authors count as fresh again."""
        self.recent.difference_update(self.minutes.pop(number).authors)
        self.gone.append(number)

    def name(self) -> bytes:
        """The part of its state keys that is its own."""
        return f"{self.subject}/{self.facet}".encode()

    def dump_minute(self, number: int) -> bytes:
        """The state of one minute."""
        minute = self.minutes[number]
        authors = b"".join(author.to_bytes(8, "big") for author in minute.authors).hex()
        return orjson.dumps([self.subject, self.facet, number, minute.tally.dump(), authors])

    def load_minute(self, number: int, tally: list[Any], authors: str) -> None:
        """Take over a minute that `dump_minute` wrote."""
        raw = bytes.fromhex(authors)
        minute = self.minutes[number] = Minute()
        minute.tally = Tally.load(tally)
        minute.authors = [int.from_bytes(raw[at : at + 8], "big") for at in range(0, len(raw), 8)]
        self.recent.update(minute.authors)
