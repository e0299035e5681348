"""What was there for a stage to read and never got to it: `pipeline.ledger.audit` asks for it.

The ledger says where the records lie that stages wrote (``wrote``), and of each reader which offsets the broker never handed out
(``absent``). What is in both is lost. Markers and aborted records are in the second only: nobody of ours wrote them.

Who writes posts, feedback, outcomes and labels keeps no ledger. There lost is what was deleted before it was read, which the reader says
(``deleted``) when it finds the log to begin behind where it stands; markers among that cannot be told apart. Where a stage has not
read yet nothing is owed to it.
"""

from array import array
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.ledger.account import Account
from pipeline.ledger.book import Book
from schemas.topics import DISPOSITIONS, MERGES, WRITTEN_BY_OTHERS


class Loss(NamedTuple):
    """Records ``first..last`` of a topic that ``stage`` was to read and never got.

    deleted: the log begins behind them: retention or delete-records took them. Otherwise it reaches back that far and does not have
    them: the topic is compacted, or an unclean election cut them off.
    """

    stage: str
    topic: str
    partition: int
    first: int
    last: int
    deleted: bool

    @property
    def amount(self) -> int:
        """How many records they are."""
        return self.last - self.first + 1


class ReaderPosition(NamedTuple):
    """How far a stage has read a partition: the log begins at ``begin``, the group has committed ``committed``."""

    stage: str
    topic: str
    partition: int
    begin: int
    committed: int | None


def losses(book: Book, reading: ReaderPosition, *, ledger_truncated: bool) -> Iterator[Loss]:
    """What was written to a partition and never got to its reader, in order. ledger_truncated: the ledger has lost its beginning."""
    account = book.accounts.get((reading.stage, reading.topic, reading.partition))
    written = book.written.get((reading.topic, reading.partition), array("q"))
    found = np.concatenate([np.frombuffer(written, np.int64), np.fromiter(_deleted(book, reading, account), np.int64)])
    if not len(found):
        return
    firsts, lasts = _joined(found.reshape(-1, 2))
    for first, end in _unread(reading, account, ledger_truncated=ledger_truncated):
        low, high = np.searchsorted(lasts, first), np.searchsorted(firsts, end)
        for one, other in zip(firsts[low:high].tolist(), lasts[low:high].tolist(), strict=True):
            start, stop = max(one, first), min(other + 1, end)
            cut = min(max(reading.begin, start), stop)
            for begin, behind, deleted in ((start, cut, True), (cut, stop, False)):
                if begin < behind:
                    yield Loss(reading.stage, reading.topic, reading.partition, begin, behind - 1, deleted)


def _deleted(book: Book, reading: ReaderPosition, account: Account | None) -> Iterator[int]:
    """First and last offsets of what others may have written and the broker has deleted ahead of the reader, one pair after the other."""
    if reading.topic not in WRITTEN_BY_OTHERS:
        return
    yield from book.deleted.get((reading.stage, reading.topic, reading.partition), ())
    position = max(reading.committed or 0, 0 if account is None else account.end)
    if 0 < position < reading.begin:
        yield from (position, reading.begin - 1)


def _joined(runs: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and last offsets of the runs in order, those that touch or overlap as one."""
    runs = runs[np.argsort(runs[:, 0], kind="stable")]
    reached = np.maximum.accumulate(runs[:, 1])
    begins = np.concatenate([[True], runs[1:, 0] > reached[:-1] + 1])
    return runs[begins, 0], reached[np.append(np.flatnonzero(begins)[1:] - 1, len(runs) - 1)]


def _unread(reading: ReaderPosition, account: Account | None, *, ledger_truncated: bool) -> Iterator[tuple[int, int]]:
    """Offsets (first, end) that the reader will never get.

    Only who merges must have read a topic from its beginning on: monitor and learn may come later, or never.
    """
    whole = reading.stage in MERGES and not ledger_truncated
    if account is None:
        if reading.stage in MERGES:
            # A commit without an entry says where reading began, unless the ledger has forgotten the entries.
            yield 0 if whole else reading.committed or 0, reading.begin
        elif reading.committed:
            yield reading.committed, reading.begin
        return
    if whole:
        yield 0, min(account.first, reading.begin)
    absent = DISPOSITIONS[reading.stage].index("absent")
    for run in account.runs:
        if run.times > 1:
            yield run.first, run.end
            continue
        mask = np.concatenate([[False], np.frombuffer(run.codes, np.uint8) == absent, [False]])
        for start, stop in np.flatnonzero(np.diff(mask)).reshape(-1, 2).tolist():
            yield run.first + start, run.first + stop
    yield max(account.end, reading.committed or 0), reading.begin
