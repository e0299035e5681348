"""The board's database on disk: WAL, one writer, readers of their own; positions of topics in the same transaction as what they gave."""

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson

from agents.board.changes import Touched
from agents.board.projection import Projection, searched
from agents.board.schema import KEEP_DAYS, MOST_ACTIONS, MOST_ANSWERS, MOST_DECISIONS, MOST_SITUATIONS, TABLES, VERSION
from agents.board.seen import Seen
from agents.board.words import DAY_MS, HOUR_MS
from pipeline.privacy import NO_TERMS, OwnTerms
from schemas.errors import WinnowError

TRIM_AFTER = 20_000
"""Records between two looks for what is too old or too much; where few come, it is looked for every hour."""
OVERWRITE_MS = 60_000
"""At most so often the files are cleared of what was taken out: merging a large index of words takes a second."""
_TRIMMED = (
    ("decisions", MOST_DECISIONS),
    ("situations", MOST_SITUATIONS),
    ("answers", MOST_ANSWERS),
    ("ends", MOST_ACTIONS),
    ("gone", MOST_ACTIONS),
)

Place = tuple[str, int]


class Store:
    """One database file. ``deployment`` is what it is a picture of (broker and prefix): of another one nothing is kept.

    ``own``: what redaction leaves of what it shows.
    """

    def __init__(self, path: Path, deployment: str, own: OwnTerms = NO_TERMS, *, most_actions: int = MOST_ACTIONS) -> None:
        """Open or make it. Raises WinnowError when the folder cannot be written."""
        self.path = path
        self._most_actions = most_actions
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []
        self._since_trim = 0
        self._trimmed_ms = 0
        self._overwritten_ms = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not _fits(path, deployment):
                _remove(path)
            self._writer = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._writer.execute("PRAGMA journal_mode = WAL")
            self._writer.execute("PRAGMA synchronous = OFF")  # what a power cut spoils is made anew from Kafka
            self._writer.execute("PRAGMA cache_size = -32000")
            self._writer.execute("PRAGMA secure_delete = ON")  # what is taken out is overwritten: people may ask to be forgotten
            self._make(deployment)
        except (OSError, sqlite3.Error) as error:
            raise WinnowError(
                f"cannot open the board's database {path}: {error}", hint="Set WINNOW_BOARD_FOLDER to one it may write."
            ) from error
        self._projection = Projection(self._writer, own)

    def _make(self, deployment: str) -> None:
        if self._writer.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            return
        with self._transaction():
            for statement in TABLES.split(";\n"):
                if statement.strip():
                    self._writer.execute(statement)
            rows = (("version", str(VERSION)), ("deployment", deployment), ("made_ms", str(int(time.time() * 1000))))
            self._writer.executemany("INSERT INTO meta VALUES (?,?)", rows)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._writer.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._writer.execute("ROLLBACK")
            raise
        self._writer.execute("COMMIT")

    # -- writing: one thread at a time -------------------------------------------------------------------------------

    def apply(self, records: Iterable[Seen], positions: dict[Place, int], now_ms: int) -> Touched:
        """Let records count and remember how far topics (noun, partition) have been read, both or neither; what it changed."""
        with self._transaction():
            self._projection.begin()
            count = 0
            for seen in records:
                self._projection.take(seen)
                count += 1
            self._projection.tally()
            self._writer.executemany(
                "INSERT OR REPLACE INTO positions VALUES (?,?,?)", [(noun, part, after) for (noun, part), after in positions.items()]
            )
            self._since_trim += count
            if self._since_trim >= TRIM_AFTER or now_ms - self._trimmed_ms >= HOUR_MS:
                self.trim(now_ms)
                self._since_trim, self._trimmed_ms = 0, now_ms
        if self._projection.forgot and now_ms - self._overwritten_ms >= OVERWRITE_MS:
            self._overwritten_ms = now_ms
            self._overwrite()
        return self._projection.touched

    def _overwrite(self) -> None:
        """Let no file hold what was taken out: the index of words has it until its parts are merged, the log until it begins anew."""
        self._writer.execute("INSERT INTO found (found) VALUES ('optimize')")
        busy = self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        self._projection.forgot = bool(busy)  # somebody reads: with the next records

    def trim(self, now_ms: int) -> None:
        """Forget what is older than thirty days or beyond what is kept; inside of a transaction."""
        oldest = now_ms - KEEP_DAYS * DAY_MS
        run = self._writer.execute
        last = run("SELECT coalesce(max(number), 0) FROM actions").fetchone()[0] - self._most_actions
        for number, team, summary, subject, evidence in run(
            "SELECT number, team, summary, subject, evidence FROM actions WHERE seen_ms < ? OR number <= ?", (oldest, last)
        ).fetchall():
            words = searched({"team": team, "summary": summary, "subject": subject, "evidence": orjson.loads(evidence)})
            run("INSERT INTO found (found, rowid, team, summary, subject, words) VALUES ('delete',?,?,?,?,?)", (number, *words))
            run("DELETE FROM told WHERE number = ?", (number,))
            run("DELETE FROM shows WHERE number = ?", (number,))
            run("DELETE FROM actions WHERE number = ?", (number,))
        for table, most in _TRIMMED:
            run(f"DELETE FROM {table} WHERE seen_ms < ?", (oldest,))  # noqa: S608  # names of our own
            if (count := run(f"SELECT count(*) FROM {table}").fetchone()[0]) > most:  # noqa: S608
                last = run(f"SELECT seen_ms FROM {table} ORDER BY seen_ms LIMIT 1 OFFSET ?", (count - most,)).fetchone()[0]  # noqa: S608
                run(f"DELETE FROM {table} WHERE seen_ms < ?", (last,))  # noqa: S608
        run("DELETE FROM tally")
        run("INSERT INTO tally SELECT team, kind, open, state, count(*) FROM actions GROUP BY 1, 2, 3, 4")
        run("DELETE FROM points WHERE situation NOT IN (SELECT id FROM situations)")
        run("DELETE FROM book WHERE hour < ?", (oldest // 3_600_000,))

    @property
    def unreadable(self) -> int:
        """Records since the start that were none of ours."""
        return self._projection.unreadable

    # -- reading: any thread -----------------------------------------------------------------------------------------

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """What a statement finds."""
        return self._reader().execute(statement, values).fetchall()

    def row(self, statement: str, values: Sequence[Any] = ()) -> sqlite3.Row | None:
        """The first row that a statement finds."""
        found: sqlite3.Row | None = self._reader().execute(statement, values).fetchone()
        return found

    def value(self, statement: str, values: Sequence[Any] = ()) -> Any:
        """The first column of the first row; None when nothing is found."""
        found = self.row(statement, values)
        return None if found is None else found[0]

    def positions(self) -> dict[Place, int]:
        """How far each topic (noun, partition) has been read: the next offset."""
        return {(noun, part): after for noun, part, after in self.rows("SELECT topic, part, next FROM positions")}

    def forget(self) -> None:
        """Empty all tables: the topics are not those that were read before."""
        with self._transaction():
            for (name,) in self._writer.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'found%' AND name NOT LIKE 'sqlite%' "
                "AND name != 'meta'"
            ).fetchall():
                self._writer.execute(f"DELETE FROM {name}")  # noqa: S608  # names from our own schema
            self._writer.execute("INSERT INTO found (found) VALUES ('delete-all')")

    def _reader(self) -> sqlite3.Connection:
        mine: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if mine is None:
            mine = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, check_same_thread=False)
            mine.row_factory = sqlite3.Row
            mine.execute("PRAGMA cache_size = -4000")
            self._local.connection = mine
            self._readers.append(mine)
        return mine

    def close(self) -> None:
        """Close all connections."""
        for connection in (*self._readers, self._writer):
            connection.close()


def _fits(path: Path, deployment: str) -> bool:
    """Whether the file is a whole database of this version and deployment."""
    if not path.exists():
        return False
    try:
        with contextlib.closing(sqlite3.connect(path)) as there:
            meta = dict(there.execute("SELECT name, value FROM meta").fetchall())
    except sqlite3.DatabaseError:
        return False
    return meta.get("version") == str(VERSION) and meta.get("deployment") == deployment


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
