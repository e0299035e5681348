"""The last minutes of one series, kept by `AllSeries` so that a surge counts from its onset when it is recognised."""

from __future__ import annotations

from typing import Any

import orjson

from pipeline.bursts import Series
from pipeline.correlate.distinct import as_hex, from_hex
from pipeline.correlate.information import Piece
from pipeline.correlate.origin import Kin
from pipeline.correlate.tally import Tally

WHOLE = ""
"""The facet of the series that counts all feelings."""


class Minute:
    """One bucket of a series: its pieces of information, and the authors counted in it.

    Most minutes are forgotten before anybody needs their tally, so it is made when somebody does.
    """

    __slots__ = ("_pieces", "_tally", "authors")

    def __init__(self) -> None:
        self._tally = Tally()
        self._pieces: list[tuple[Piece, bool, bool, bool]] = []
        self.authors: list[int] = []

    def add(self, piece: Piece, copy: bool, reposted: bool, new_author: bool) -> None:
        """Note a piece, to be tallied later."""
        self._pieces.append((piece, copy, reposted, new_author))

    @property
    def tally(self) -> Tally:
        """The counts of its pieces."""
        if self._pieces:
            for piece, copy, reposted, new_author in self._pieces:
                self._tally.add(piece, copy=copy, reposted=reposted, late=False, new_author=new_author)
            self._pieces.clear()
        return self._tally

    @tally.setter
    def tally(self, tally: Tally) -> None:
        self._tally = tally
        self._pieces.clear()


class Track:
    """A series with its last minutes. ``surge`` is the id of the one that is on; it ``leads`` the one whose end it decides."""

    __slots__ = ("changed", "facet", "gone", "is_changed", "key", "kin", "leads", "minutes", "recent", "series", "subject", "surge")

    def __init__(self, subject: str, facet: str, series: Series) -> None:
        self.subject, self.facet, self.series = subject, facet, series
        self.key = (subject, facet)
        self.is_changed = False
        self.surge: str | None = None
        self.leads = False
        self.kin = Kin()
        self.minutes: dict[int, Minute] = {}
        self.recent: set[int] = set()
        self.changed: set[int] = set()
        self.gone: list[int] = []

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
        return orjson.dumps([self.subject, self.facet, number, minute.tally.dump(), as_hex(minute.authors)])

    def load_minute(self, number: int, tally: list[Any], authors: str) -> None:
        """Take over a minute that `dump_minute` wrote."""
        minute = self.minutes[number] = Minute()
        minute.tally = Tally.load(tally)
        minute.authors = from_hex(authors)
        self.recent.update(minute.authors)
