"""Takes pieces of information out again whose posts were edited or deleted: `CorrelateShard` calls it for each that is withdrawn.

Counts, authors, reach and evidence come out as if the piece had never been there: what said the same next is its first copy no more but
the first to say it, the author is counted for what else he said, and what nothing remains of is over (status ``withdrawn``). What cannot
be undone: ids and alarms that came of it, and a baseline that has learned it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from pipeline.correlate.cases import author_key, is_of_author, post_of
from pipeline.correlate.contributions import (
    ANSWER,
    COPY,
    FIRST_IN_CASE,
    FIRST_IN_IDEA,
    FIRST_IN_SURGE,
    FRESH,
    GONE,
    INTENTS,
    LIVE,
    REPOSTED,
    SENTIMENTS,
    WORTHY,
    Contribution,
    short,
)
from pipeline.correlate.dispatch import Dispatcher
from pipeline.correlate.registry import Registry
from pipeline.correlate.situation import CASE, IDEA, SURGE, Cause, OpenSituation
from pipeline.near_duplicates import Duplicates
from pipeline.stream import Step

MOST_TOLD = 1_000
"""So many withdrawn pieces a revision names, the latest."""
SMALL = 32
"""A situation of so many events is told anew whenever one is gone; a larger one when it showed it, else with its next revision."""
_FIRST_IN = {CASE: FIRST_IN_CASE, SURGE: FIRST_IN_SURGE, IDEA: FIRST_IN_IDEA}


class Undone(NamedTuple):
    """The open ``situations`` that a piece was part of, and ``since`` when its post had counted (Unix ms), None where that is not known."""

    situations: list[OpenSituation]
    since: int | None


class Withdrawals:
    """Undoes what `Dispatcher` did with a piece."""

    def __init__(self, dispatcher: Dispatcher, duplicates: Duplicates, registry: Registry) -> None:
        self._dispatcher = dispatcher
        self._contributions = dispatcher.contributions
        self._duplicates = duplicates
        self._registry = registry

    def take_out(self, information: str, subject: str, *, edited: bool = False) -> Undone:
        """Take a piece (32 hex digits) out of all that counts it; `tell_of` tells of the situations that it was part of. ``edited``: its
        post is still there, and says something else.
        """
        number = self._contributions.find(short(information))
        if number is None:
            return Undone(self._hide(information, subject), None)
        row = self._contributions.row(number)
        self._contributions.change(number, bits=row.bits | GONE)
        heir = self._heir(row)
        self._hand_over_text(row, heir)
        first = 0 if heir is None else self._contributions.row(heir).key
        touched = []
        for kind in (CASE, SURGE, IDEA):
            situation = self._registry.of_short(getattr(row, kind))
            if situation is not None:
                self._take_out_of(situation, row, first)
                if kind == CASE and not edited:
                    self._forget_keys(situation, row)
                touched.append(situation)
        self._take_out_of_series(row, number, subject, first)
        self._contributions.forget(number)
        if heir is not None:
            self._inherit(heir, subject)
        return Undone(touched, row.since)

    def tell_of(self, touched: Sequence[OpenSituation], cause: Cause, clock: int, step: Step) -> None:
        """Tell of situations what is left of them, and end those of which nothing is."""
        for situation in touched:
            situation.cause = replace(cause, model=cause.model or situation.cause.model)
            self._registry.touch(situation)
            if situation.kind == CASE:
                self._begin_anew(situation)
            if situation.revision and situation.emitted_events and self._is_gone(situation):
                self._registry.emit(situation, clock, step, withdrawn=True)
                if situation.kind != IDEA or not situation.tally.events:
                    self._dispatcher.drop(situation)
            elif not situation.tally.events:
                self._dispatcher.drop(situation)
            elif situation.withdrawals and (situation.tally.events <= SMALL or not set(situation.shown).isdisjoint(situation.withdrawals)):
                self._registry.emit(situation, clock, step)

    # -- one situation -----------------------------------------------------------------------------------------------

    def _take_out_of(self, situation: OpenSituation, row: Contribution, first: int) -> None:
        kind, tally, bit = situation.kind, situation.tally, _FIRST_IN[situation.kind]
        tally.count(row, self._source(row), new_author=row.has(bit), by=-1)
        tally.take_out(row.information, first)
        members = self._members(situation)
        self._author_left(situation, row, bit, members)
        if row.urgency >= tally.most_urgent:
            tally.most_urgent = float(self._contributions.column("urgency", members).max(initial=0.0))
        if row.danger >= tally.most_dangerous:
            tally.most_dangerous = float(self._contributions.column("danger", members).max(initial=0.0))
        if row.has(REPOSTED) and not self._any(members, REPOSTED):
            tally.shared = 0
        if row.has(ANSWER):
            situation.self_resolved = self._any(members, ANSWER)
        if situation.emitted_events:
            situation.withdrawals = [*situation.withdrawals, row.information][-MOST_TOLD:]
        if kind == IDEA:
            self._dispatcher.ideas.take_out(situation, row.information)

    def _author_left(self, situation: OpenSituation, row: Contribution, bit: int, members: NDArray[np.int64]) -> None:
        """Count the author for what else he said, or no longer."""
        authors = self._contributions.column("author", members)
        his = members[authors == np.uint64(row.author)]
        if not len(his):
            situation.crowd.remove(row.author, authors)
        elif row.has(bit):
            later = self._contributions.row(int(his[0]))
            situation.tally.count(later, self._source(later), new_author=False, by=-1)
            situation.tally.count(later, self._source(later), new_author=True, by=1)
            self._contributions.change(int(his[0]), bits=later.bits | bit)

    def _forget_keys(self, case: OpenSituation, row: Contribution) -> None:
        """Let a case be found by a post that is gone no longer; nor, when nothing of its author is left there, by his conversation, and by
        what an edited post was called at first, which no hash of a version tells.
        """
        members = self._members(case)
        owner, low = (self._contributions.column(name, members) for name in ("owner", "owner_low"))
        has_more = bool(((owner == np.uint64(row.owner)) & (low == np.uint64(row.owner_low))).any())
        posts = set() if has_more else set(self._contributions.column("native", members).tolist())
        for key in list(case.keys):
            post = post_of(key)
            if post == row.native or (not has_more and post not in posts and not is_of_author(key)):
                self._registry.unbind(case, key)

    def _begin_anew(self, case: OpenSituation) -> None:
        """Let a case begin with the first that is left of what opens one."""
        members = self._members(case)
        worthy = members[self._contributions.column("bits", members) & np.uint32(WORTHY) != 0]
        if not len(worthy):
            return
        opener = self._contributions.row(int(worthy[self._contributions.column("since", worthy).argmin()]))
        case.opened_ms, case.facet = opener.since, INTENTS[opener.intent]
        owner = f"{opener.owner:016x}{opener.owner_low:016x}"
        if owner != case.owner:
            self._registry.unbind(case, author_key(case.subject, case.owner))
            case.owner = owner
            self._registry.bind(case, author_key(case.subject, owner))

    def _is_gone(self, situation: OpenSituation) -> bool:
        """Whether what is left would not have become a situation."""
        if situation.kind == CASE:
            return not self._any(self._members(situation), WORTHY)
        config = self._dispatcher.config
        least = config.pulse.least_authors if situation.kind == SURGE else config.ideas.least_authors
        return situation.crowd.estimate() < least

    def _members(self, situation: OpenSituation) -> NDArray[np.int64]:
        return self._contributions.members(situation.kind, situation.id)

    def _any(self, members: NDArray[np.int64], bit: int) -> bool:
        return bool((self._contributions.column("bits", members) & np.uint32(bit)).any())

    # -- what said the same next -------------------------------------------------------------------------------------

    def _heir(self, row: Contribution) -> int | None:
        """The first of those that are left which repeat a piece; it is an original now, and what they repeat."""
        if row.has(COPY):
            return None
        copies = self._contributions.numbers(lambda column: column("origin") == np.uint64(row.key))
        if not len(copies):
            return None
        heir = int(copies[0])
        self._contributions.assign(copies, "origin", int(self._contributions.column("key", copies[:1])[0]))
        return heir

    def _hand_over_text(self, row: Contribution, heir: int | None) -> None:
        if row.has(COPY):
            return
        if heir is None:
            self._duplicates.withdraw(row.information, np.array([row.native], np.uint64), None)
            return
        following = self._contributions.row(heir)
        copies = self._contributions.numbers(lambda column: column("origin") == np.uint64(following.key))
        case = self._registry.of_short(following.case)
        posts = np.append(self._contributions.column("native", copies), np.uint64(row.native))
        self._duplicates.withdraw(row.information, posts, (following.information, "" if case is None else case.id))

    def _inherit(self, heir: int, subject: str) -> None:
        """Count what was a copy as an original wherever it is counted."""
        was = self._contributions.row(heir)
        now = was._replace(bits=was.bits & ~COPY)
        self._contributions.change(heir, bits=now.bits)
        source = self._source(was)
        for kind, bit in _FIRST_IN.items():
            situation = self._registry.of_short(getattr(was, kind))
            if situation is not None:
                situation.tally.count(was, source, new_author=was.has(bit), by=-1)
                situation.tally.count(now, source, new_author=was.has(bit), by=1)
                self._registry.touch(situation)
        series = self._dispatcher.series
        series.recount((subject, SENTIMENTS[was.sentiment]), was, now, was.clock // series.config.bucket_ms, source)

    # -- series ------------------------------------------------------------------------------------------------------

    def _take_out_of_series(self, row: Contribution, number: int, subject: str, first: int) -> None:
        if not row.has(LIVE):
            return
        series, place = self._dispatcher.series, (subject, SENTIMENTS[row.sentiment])
        bucket_ms = series.config.bucket_ms
        bucket = row.clock // bucket_ms
        series.forget_piece(place, row, bucket, first, self._source(row))
        if not row.has(FRESH):
            return
        until = (bucket + series.longest) * bucket_ms
        his = self._contributions.numbers(lambda column: column("author") == np.uint64(row.author))
        his = his[his > number]
        topic, sentiment, clock, bits = (self._contributions.column(name, his) for name in ("topic", "sentiment", "clock", "bits"))
        same = (topic == np.uint64(row.topic)) & (sentiment == row.sentiment) & (clock >= row.clock) & (clock < until)
        his = his[same & (bits & np.uint32(LIVE | FRESH) == LIVE)]
        again = None
        if len(his):
            later = self._contributions.row(int(his[0]))
            self._contributions.change(int(his[0]), bits=later.bits | FRESH)
            again = later.clock // bucket_ms
        series.forget_author(place, row.author, bucket, again=again)

    # -- what is remembered no more ----------------------------------------------------------------------------------

    def _hide(self, information: str, subject: str) -> list[OpenSituation]:
        """Show a piece no longer of which it is not known any more what it added."""
        touched = []
        for name in sorted(self._registry.situations):
            situation = self._registry.situations[name]
            tally = situation.tally
            if situation.subject != subject or all(item.rank[1] != information for item in (*tally.evidence, *(tally.reserve or ()))):
                continue
            tally.take_out(information, 0)
            situation.withdrawals = [*situation.withdrawals, information][-MOST_TOLD:]
            touched.append(situation)
        return touched

    def _source(self, row: Contribution) -> str:
        return self._contributions.sources[row.source]
