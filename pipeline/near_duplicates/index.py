"""The memory of a shard: for each text, with author, subject and references, in order, the remembered text that it copies, or none.

A copy is: the same text after normalisation, a repost by reference or by "RT @", or a near copy: what shares most of its 5-character
shingles (estimated Jaccard similarity of MinHash signatures) and, word by word, says the same thing (`word_diff`): "flight 12 is
late" and "flight 13 is not late" are as near as can be and no copies. A comment on a quoted text ("RT @") is compared by the comment; a
text that adds some words of its own to another is no copy of it either. Texts of fewer than ``generic_words`` words, or short ones with
fewer than ``least_telling`` words that are not everybody's ("thank you so much!"), say too little: equal ones are copies only of the
same author. Texts are remembered for one to two windows of event time after they last were copied, and no more than ``most_texts``.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import orjson
from msgspec import Struct
from numpy.typing import NDArray

from pipeline.near_duplicates import lsh_table as table
from pipeline.near_duplicates.lookup import NEAR, NEW, REDELIVERED, REFERENCE, SAME, Bounds, Queries
from pipeline.near_duplicates.lookup import fold as fold_queries
from pipeline.near_duplicates.row import (
    CASE_HIGH,
    EXACT,
    FACTS,
    ID_HIGH,
    ID_LOW,
    IS_GENERIC,
    IS_QUESTION,
    IS_REPOST,
    KIND,
    LENGTH,
    MARKS,
    PERMUTATIONS,
    SUBJECT,
)
from pipeline.near_duplicates.sketch import Sketches, sketch
from pipeline.near_duplicates.snapshot import Stored, ids
from schemas.errors import WinnowError
from schemas.text.near_copy import ASKS, OWN_WORDS, REPOST

__all__ = ["NEAR", "NEW", "REDELIVERED", "REFERENCE", "SAME", "Duplicates", "DuplicatesConfig", "Folded", "Text", "reference"]

HOUR_MS = 3_600_000
NO_CASE = "0" * 32
LONG = 12
"""A text of so many words is never generic, whatever the words."""


@dataclass(frozen=True, slots=True)
class DuplicatesConfig:
    """``window_ms`` of event time; ``least_likeness`` 0..1 of a near copy, ``least_likeness_read`` where both texts have ten words or more,
    which are compared; ``generic_words`` and ``least_telling`` see the module."""

    window_ms: int = 24 * HOUR_MS
    most_texts: int = 1_000_000
    least_likeness: float = 0.7
    least_likeness_read: float = 0.6
    generic_words: int = 4
    least_telling: int = 2


class Text(Struct, gc=False):
    """What is to be compared. References are `reference` keys: ``native`` of the post itself, ``refers`` of what it reposts,
    ``quotes`` of what it comments on (0: nothing). ``personal`` texts are copies only of the same author's."""

    text: str
    clock: int
    information: str
    subject: int
    author: int
    native: int
    refers: int
    quotes: int
    personal: bool


class Folded(Struct, gc=False):
    """``row`` of what a text copies (its own when new), ``kind`` of `lookup`, whether it names what it repeats, and its
    words as a set of bits (`Sketches.bag_numbers`)."""

    row: int
    kind: int
    reposted: bool
    bag: int

    @property
    def is_copy(self) -> bool:
        """Whether it repeats a remembered text."""
        return self.kind in (REFERENCE, SAME, NEAR)


def _equal_positions(likeness: float) -> int:
    """So many positions of two signatures are equal at such a likeness, at least."""
    return math.ceil(PERMUTATIONS * (likeness * 255 / 256 + 1 / 256))


def reference(source: str, native_id: str, subject: str) -> int:
    """64-bit key of a post about a subject, never 0."""
    return int.from_bytes(blake2b(f"{source}\0{native_id}\0{subject}".encode(), digest_size=8).digest(), "little") or 1


class Duplicates:
    """The memory of one shard: a current and a former generation of texts; see the module."""

    def __init__(self, config: DuplicatesConfig | None = None) -> None:
        self.config = config or DuplicatesConfig()
        self._bounds = Bounds(
            _equal_positions(self.config.least_likeness),
            _equal_positions(self.config.least_likeness_read),
            max(2, self.config.most_texts // 2),
        )
        if self._bounds.most_rows > table.MOST_ROWS:
            problem = f"a memory of {self.config.most_texts} texts is asked for, at most {2 * table.MOST_ROWS} are possible"
            raise WinnowError(problem, hint="Lower most_texts, or split the subjects over more partitions")
        self._current = Stored(1)
        self._former = Stored(0)
        self._epoch = -(2**62)
        self._cases: dict[int, str] = {}
        self._dropped: list[bytes] = []
        self._turned = False

    def __len__(self) -> int:
        """How many different texts are remembered."""
        return self._current.rows + self._former.rows

    @property
    def nbytes(self) -> int:
        """Bytes of memory held."""
        return sum(array.nbytes for stored in (self._current, self._former) for array in stored.held)

    def fold(self, texts: Sequence[Text]) -> Iterator[list[Folded]]:
        """Fold texts in order, clocks not falling; yields in pieces. A piece's rows are valid until the next is asked for."""
        if not texts:
            return
        sketches = sketch([text.text for text in texts])
        queries, reposted = self._queries(texts, sketches)
        bags = sketches.bag_numbers()
        rows, kinds = np.zeros(len(texts), np.int32), np.zeros(len(texts), np.uint8)
        at = 0
        while at < len(texts):
            epoch = texts[at].clock // self.config.window_ms
            if epoch > self._epoch:
                self._turn(epoch)
            end = _first_beyond(texts, at, (self._epoch + 1) * self.config.window_ms)
            self._current.make_room(end - at, self._bounds.most_rows)
            held, former = self._current.held, self._former.held
            stop = fold_queries(held, former, queries, at, end, self._bounds, rows, kinds)
            piece = slice(at, stop)
            yield list(map(Folded, rows[piece].tolist(), kinds[piece].tolist(), reposted[piece].tolist(), bags[piece]))
            self._write_cases()
            at = stop
            if stop < end:
                self._turn(self._epoch)

    def case_of(self, row: int) -> str:
        """Id of the case that a remembered text belongs to, 32 hex digits; zeros for none."""
        return self._cases.get(row) or self._current.read_id(row, CASE_HIGH)

    def information_of(self, row: int) -> str:
        """Id of the information that first said it."""
        return self._current.read_id(row, ID_HIGH)

    def first_bits(self, row: int) -> int:
        """The first 64 bits of that id."""
        return int(self._current.held.facts[row, ID_HIGH])

    def set_case(self, row: int, case: str) -> None:
        """Note which case a text belongs to; to be called before the next `changes`."""
        self._cases[row] = case

    def withdraw(self, information: str, posts: NDArray[np.uint64], successor: tuple[str, str] | None) -> None:
        """Forget what a piece of information was the first to say; or, if others said it too, let the next of them be the first.

        posts: `reference` keys of its own post and of those that repeat it. successor: that piece's id and its case's, "" for none.
        """
        self._write_cases()
        for stored in (self._former, self._current):
            for row in stored.rows_of(posts, information):
                if successor is None:
                    stored.forget(row)
                else:
                    stored.hand_over(row, successor[0], successor[1] or NO_CASE)

    def _write_cases(self) -> None:
        """All at once: a number at a time, arrays are slow."""
        self._current.write_ids(list(self._cases), CASE_HIGH, list(self._cases.values()))
        self._cases.clear()

    def changes(self) -> dict[bytes, bytes | None]:
        """State keys changed since the last call: ``dup``, and blocks of rows and aliases (None: forgotten)."""
        self._write_cases()
        found: dict[bytes, bytes | None] = dict.fromkeys(self._dropped)
        found |= self._former.changes() | self._current.changes()
        if found or self._turned:
            found[b"dup"] = orjson.dumps([1, self._current.number, self._epoch])
        self._dropped, self._turned = [], False
        return found

    def restore(self, items: Mapping[bytes, bytes]) -> None:
        """Take over what `changes` wrote; keys of others are ignored. Raises ValueError for a version it does not know."""
        if b"dup" not in items:
            return
        version, number, self._epoch = orjson.loads(items[b"dup"])
        if version != 1:
            raise ValueError(f"state of the duplicate index has version {version}, this code reads 1")
        self._former, self._current = Stored.load(number - 1, items), Stored.load(number, items)

    def _queries(self, texts: Sequence[Text], sketches: Sketches) -> tuple[Queries, NDArray[np.bool_]]:
        subjects, authors = np.array([t.subject for t in texts], np.uint64), np.array([t.author for t in texts], np.uint64)
        empty = (sketches.telling < self.config.least_telling) & (sketches.words < LONG)
        generic = (sketches.words < self.config.generic_words) | empty | np.array([t.personal for t in texts])
        facts = np.zeros((len(texts), FACTS), np.uint64)
        facts[:, EXACT] = np.where(generic, sketches.exact ^ authors, sketches.exact)
        facts[:, SUBJECT] = subjects
        facts[:, ID_HIGH : ID_LOW + 1] = ids([t.information for t in texts])
        asks, reposts = (sketches.flags & ASKS) != 0, (sketches.flags & REPOST) != 0
        kinds = generic * IS_GENERIC + asks * IS_QUESTION + reposts * IS_REPOST
        facts[:, KIND] = kinds + sketches.words * LENGTH
        facts[:, MARKS] = sketches.marks
        references = np.array([(t.native, t.refers, t.quotes) for t in texts], np.uint64)
        refers = np.where((references[:, 1] == 0) & (sketches.words < OWN_WORDS), references[:, 2], references[:, 1])
        reposted = reposts | (refers != 0)
        return Queries(sketches.signatures, sketches.codes, facts, references[:, 0].copy(), refers), reposted

    def _turn(self, epoch: int) -> None:
        """Forget the former generation and start a new one; after two windows of silence forget both."""
        self._dropped += self._former.keys()
        number = self._current.number
        if epoch > self._epoch + 1:
            self._dropped += self._current.keys()
            self._current = Stored(number)
        self._former, self._current = self._current, Stored(number + 1)
        self._epoch = epoch
        self._turned = True


def _first_beyond(texts: Sequence[Text], start: int, clock: int) -> int:
    """First index from ``start`` whose clock is not before ``clock``."""
    return bisect_left(texts, clock, start, key=lambda text: text.clock)
