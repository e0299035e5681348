"""One Aho-Corasick pass for all terms of all subjects. `Subjects` makes one of its file's terms and asks it of every text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import ahocorasick_rs
from msgspec import Struct

from pipeline.sift.compounds import is_among_companions, written_apart
from pipeline.sift.handles import whole_handle
from pipeline.sift.terms import Inflected, compile_term
from pipeline.sift.word_edges import begins_word, ends_word
from schemas.text import searchable

_BEFORE = frozenset(" \"'(,;:!?/[<>{}=+*&%$|~\\`^#")
_BEHIND = frozenset(" \"'),;:!?/]<>{}=+*&%$|~\\`^")
"""Characters that leave nothing to ask: not of a word, not of a handle, not of a hashtag's inside."""


class Term(Struct, frozen=True):
    """A spelling and the subject (by number) it names. ``network``: it counts in posts of that source only. ``unless``: it voids what it
    covers."""

    text: str
    owner: int
    network: str = ""
    unless: bool = False


class _Needle(Struct, gc=False):
    owner: int
    handle: bool
    network: str
    unless: bool
    pattern: re.Pattern[str] | None


class NameIndex:
    """Finds which subjects a text names."""

    def __init__(self, terms: Iterable[Term]) -> None:
        needles: list[tuple[str, _Needle]] = []
        known: set[tuple[str, int, str, bool]] = set()
        for term in terms:
            compiled = compile_term(term.text)
            if isinstance(compiled, Inflected):
                needles.append((compiled.anchor, _Needle(term.owner, False, term.network, term.unless, compiled.pattern)))
            else:
                handle = term.text.startswith("@")
                fresh = [one for one in compiled.spellings if (one, term.owner, term.network, term.unless) not in known]
                known.update((one, term.owner, term.network, term.unless) for one in fresh)
                needles += [(one, _Needle(term.owner, handle, term.network, term.unless, None)) for one in fresh]
        self._needles = [needle for _, needle in needles]
        self._owners = [needle.owner for needle in self._needles]
        self._voids = {needle.owner for needle in self._needles if needle.unless}
        self._simple = [not needle.network and needle.pattern is None and needle.owner not in self._voids for needle in self._needles]
        self._scan = ahocorasick_rs.AhoCorasick([text for text, _ in needles]).find_matches_as_indexes

    def find(self, text: str, network: str = "") -> set[int] | int:
        """Numbers of the subjects that a text names: -1 for none, a number for one, as nearly always, and else a set."""
        folded = searchable(text)
        found = self._scan(folded, True)
        if not found:
            return -1
        owners, simple, last, only = self._owners, self._simple, len(folded), -1
        others: set[int] | None = None
        doubtful: list[tuple[int, int, int]] | None = None
        for term, start, end in found:
            owner = owners[term]
            if owner == only:
                continue
            if (
                simple[term]
                and (start == 0 or folded[start - 1] in _BEFORE)
                and (end == last or folded[end] in _BEHIND or (folded[end] == "." and (end + 1 == last or folded[end + 1] in _BEHIND)))
            ):
                if only < 0:
                    only = owner
                else:
                    others = {only, owner} if others is None else others | {owner}
            elif doubtful is None:
                doubtful = [(term, start, end)]
            else:
                doubtful.append((term, start, end))
        if doubtful is None:
            return only if others is None else others
        return self._with_doubtful(text, folded, doubtful, others or ({only} if only >= 0 else set()), network)

    def _with_doubtful(
        self, text: str, folded: str, doubtful: Sequence[tuple[int, int, int]], sure: set[int], network: str
    ) -> set[int] | int:
        """Look closely at what stands without plain edges; once more at words that are written together."""
        refused = self._look_closely(folded, doubtful, sure, network)
        if refused and (apart := written_apart(text)):
            split = searchable(apart.replace("\n", " ; "))
            self._look_closely(split, self._scan(split, True), sure, network)
        return sure if len(sure) > 1 else next(iter(sure), -1)

    def _look_closely(self, folded: str, found: Sequence[tuple[int, int, int]], sure: set[int], network: str) -> bool:
        """Add to ``sure`` whose names stand there; whether some stood there that are none for want of edges."""
        voids = [(self._owners[term], start, end) for term, start, end in found if self._needles[term].unless] if self._voids else []
        refused, tried = False, set[int]()
        for term, start, end in found:
            needle = self._needles[term]
            if needle.owner in sure or needle.unless or (needle.network and needle.network != network):
                continue
            pattern = needle.pattern
            if pattern is not None and term in tried:
                continue
            tried.add(term)
            for one, other in [(start, end)] if pattern is None else [match.span() for match in pattern.finditer(folded)]:
                if any(owner == needle.owner and begin <= one and other <= stop for owner, begin, stop in voids):
                    continue
                if _stands(folded, one, other, handle=needle.handle):
                    sure.add(needle.owner)
                    break
                refused = True
        return refused


def _stands(folded: str, start: int, end: int, *, handle: bool) -> bool:
    """Whether ``folded[start:end]`` is a name there, and not part of another word or handle."""
    if handle:
        return whole_handle(folded, start, end) is True
    if "@" in folded:
        whole = whole_handle(folded, start, end)
        if whole is not None:
            return whole and "_" not in folded[start:end]  # a handle of another spelling is another's
    if begins_word(folded, start, end - start) and ends_word(folded, end, end - start):
        return True
    return is_among_companions(folded, start, end)
