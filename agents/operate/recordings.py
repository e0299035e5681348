"""Files and folders of recorded events as arrivals (topic, key, bytes, time): what `winnow replay`, `flow`, `trial` and the bench feed."""

import gzip
import hashlib
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NamedTuple

from agents.operate.parquet import ParquetRows
from agents.operate.tables import read_lines, read_table
from pipeline.flow import Arrival
from pipeline.simulation import EnvelopeError, read_envelope
from schemas.errors import WinnowError
from schemas.sources import SOURCES, Ignored, Malformed, decode
from schemas.topics import INPUTS

Say = Callable[[str], None]
TABLES = (".csv", ".tsv")
COLUMNS = (".parquet", ".pq")
LINES = (".jsonl", ".ndjson", ".json", ".txt", "")
WHOLE = (".bin", ".eml")
"""Endings of files that are one record each, byte for byte."""


@dataclass(slots=True)
class Position:
    """How far a recording has been read: for an estimate. ``done`` and ``total``: bytes as they lie on the disk."""

    events: int = 0
    done: int = 0
    total: int = 0
    began: float = 0.0

    def estimate(self) -> str:
        """``34 %, 2 min left``; empty while nothing can be said."""
        if not self.total or not self.done:
            return ""
        share = min(self.done / self.total, 1.0)
        left = (time.monotonic() - self.began) * (1 - share) / share
        return f"{share:.0%}, {left:.0f} s left" if left < 100 else f"{share:.0%}, {left / 60:.0f} min left"


class _Told(NamedTuple):
    topic: str
    source: str
    key: bytes | None
    value: bytes
    at_ms: int | None


def read_arrivals(
    path: Path,
    source: str | None,
    *,
    start_ms: int,
    together: bool = False,
    say: Say = lambda _: None,
    position: Position | None = None,
) -> Iterator[Arrival]:
    """Events of a file in its order, or of all files in a folder and its folders, by name. JSON lines (one native payload or one
    envelope of `winnow simulate` a line), CSV with a header, Parquet, or one record a file (.bin, .eml); gzipped or not. Each arrives at
    the time that the file or the event tells, never earlier than the one before; ``start_ms`` (Unix ms) is for unreadable ones before any
    that tells it.

    source: name of the adapter for native payloads; None for envelopes. Native payloads get the post's id as their key, so that an edit or
    a deletion meets its post; ``together``: one key for all, so that also the end of an account meets its posts (for one process, where
    partitions spread no work). ``say`` is told what was guessed of a table and which rows are none. Raises WinnowError for what
    is no such file.
    """
    if source is not None and source not in SOURCES:
        raise WinnowError(f"unknown source {source!r}", hint=f"Known: {', '.join(sorted(SOURCES))}.")
    position = Position() if position is None else position
    clock_ms = 0
    for topic, name, key, value, told_ms in _events(path, source, say, position):
        signal, own_ms = (None, clock_ms) if None not in (key, told_ms) else _read(name, value, clock_ms or start_ms)
        clock_ms = max(clock_ms, own_ms if told_ms is None else told_ms)
        position.events += 1
        its_key = key if key is not None else b"together" if together else _key(name, value, signal)
        yield Arrival(topic, its_key, value, (("source", name.encode()),), clock_ms)


def _read(source: str, value: bytes, otherwise_ms: int) -> tuple[dict[str, object] | None, int]:
    """A payload's signal, None for none, and the time that it tells."""
    decoded = decode(source, value, otherwise_ms)
    return (None, otherwise_ms) if isinstance(decoded, Malformed | Ignored) else decoded


def _key(source: str, value: bytes, signal: dict[str, object] | None) -> bytes:
    name = value if signal is None else f"{source}/{signal['id']}".encode()
    return hashlib.blake2b(name, digest_size=8).hexdigest().encode()


def read_records(path: Path, say: Say = lambda _: None) -> Iterator[bytes]:
    """The values of the records of one file: rows as JSON, a line each, or the whole file (.json, .bin, .eml). Raises WinnowError."""
    with _open(path) as (file, _):
        try:
            if _ending(path) in TABLES:
                yield from read_table(file, str(path), say)
            elif _ending(path) in COLUMNS:
                yield from ParquetRows(file, str(path))
            elif _ending(path) in (*WHOLE, ".json"):
                yield file.read()
            else:
                yield from (line for _, line in read_lines(file, str(path), say))
        except (OSError, EOFError, UnicodeError, zlib.error) as error:
            raise WinnowError(f"cannot read {path}: {error}") from error


def _events(path: Path, source: str | None, say: Say, position: Position) -> Iterator[_Told]:
    paths = _files(path)
    try:
        sizes = {one: one.stat().st_size for one in paths}
    except OSError as error:
        raise WinnowError(f"cannot read {path}: {error.strerror}") from error
    position.total, position.began = sum(sizes.values()), time.monotonic()
    for one in paths:
        before = position.done
        with _open(one) as (file, disk):
            try:
                if _ending(one) in COLUMNS:
                    rows = ParquetRows(file, str(one))
                    for told in _of_rows(one, rows, source):
                        position.done = before + sizes[one] * rows.done // rows.rows
                        yield told
                    continue
                for told in _of_file(one, file, source, say):
                    position.done = before + disk.tell()
                    yield told
            except (OSError, EOFError, UnicodeError, zlib.error) as error:
                raise WinnowError(f"cannot read {one}: {error}") from error
        position.done = before + sizes[one]


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    endings = (*TABLES, *COLUMNS, *LINES, *WHOLE)
    found = sorted(one for one in path.rglob("*") if one.is_file() and _ending(one) in endings and not _is_hidden(one.relative_to(path)))
    if not found:
        raise WinnowError(f"{path} holds no recording", hint=f"Read are files that end in {', '.join(filter(None, endings))}.")
    return found


def _is_hidden(path: Path) -> bool:
    """Also what writers of Parquet put beside it: ``_SUCCESS``, ``_metadata``."""
    return any(part[0] in "._" for part in path.parts)


def _ending(path: Path) -> str:
    return Path(path.name.removesuffix(".gz")).suffix.lower()


def _of_file(path: Path, file: IO[bytes], source: str | None, say: Say) -> Iterator[_Told]:
    ending = _ending(path)
    if ending in (*TABLES, *WHOLE) and source is None:
        raise WinnowError(f"{path} is {ending[1:].upper()}, and nothing says which adapter reads it", hint="Name it with --source.")
    if ending in TABLES:
        assert source is not None
        for row in read_table(file, str(path), say):
            yield _Told(SOURCES[source].topic, source, None, row, None)
    elif ending in WHOLE:
        assert source is not None
        yield _Told(SOURCES[source].topic, source, None, file.read(), None)
    else:
        for number, line in read_lines(file, str(path), say):
            yield _of_line(line, source, f"{path}, line {number}")


def _of_rows(path: Path, rows: ParquetRows, source: str | None) -> Iterator[_Told]:
    for row in rows:
        yield _of_line(row, source, f"{path}, row {rows.done}")


def _of_line(line: bytes, source: str | None, where: str) -> _Told:
    """A native payload, or an envelope where no source is named."""
    if source is not None:
        return _Told(SOURCES[source].topic, source, None, line, None)
    try:
        found = read_envelope(line)
    except EnvelopeError as error:
        raise WinnowError(f"{where}: {error}", hint="Native payloads need --source.") from error
    if found.topic not in INPUTS["sift"]:
        raise WinnowError(f"{where}: topic {found.topic!r} takes no events", hint=f"Known: {', '.join(INPUTS['sift'])}.")
    return _Told(found.topic, found.source, found.key, found.value, found.at_ms)


class _open:
    """A file, unpacked if it is gzipped, and the same as it lies on the disk."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> tuple[IO[bytes], IO[bytes]]:
        try:
            self._disk: IO[bytes] = self._path.open("rb")
        except OSError as error:
            raise WinnowError(f"cannot read {self._path}: {error.strerror}") from error
        unpacked: IO[bytes] = gzip.GzipFile(fileobj=self._disk) if self._path.suffix == ".gz" else self._disk  # type: ignore[assignment]
        return unpacked, self._disk

    def __exit__(self, *_: object) -> None:
        self._disk.close()
