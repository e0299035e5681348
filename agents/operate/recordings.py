"""Files of recorded events as arrivals (topic, key, bytes, time): what `winnow replay`, `winnow flow` and the bench feed."""

import csv
import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import orjson

from pipeline.flow import Arrival
from pipeline.simulation import EnvelopeError, read_envelope
from schemas.errors import WinnowError
from schemas.sources import SOURCES, Ignored, Malformed, decode
from schemas.topics import INPUTS


def read_arrivals(path: Path, source: str | None, *, start_ms: int) -> Iterator[Arrival]:
    """Events of a file in its order. JSON lines (one native payload or one envelope of `winnow simulate` a line) or CSV with a
    header, gzipped or not. Each arrives at the time that the file or the event tells, never earlier than the one before;
    ``start_ms`` (Unix ms) is for unreadable ones before any that tells it.

    source: name of the adapter for native payloads; None for envelopes. Raises WinnowError for what is no such file.
    """
    if source is not None and source not in SOURCES:
        raise WinnowError(f"unknown source {source!r}", hint=f"Known: {', '.join(sorted(SOURCES))}.")
    clock_ms = 0
    for topic, name, key, value, told_ms in _events(path, source):
        clock_ms = max(clock_ms, _time_of(name, value, clock_ms or start_ms) if told_ms is None else told_ms)
        any_key = hashlib.blake2b(value, digest_size=8).hexdigest().encode()
        yield Arrival(topic, any_key if key is None else key, value, (("source", name.encode()),), clock_ms)


def _time_of(source: str, value: bytes, otherwise_ms: int) -> int:
    decoded = decode(source, value)
    return otherwise_ms if isinstance(decoded, Malformed | Ignored) else decoded[1]


def _events(path: Path, source: str | None) -> Iterator[tuple[str, str, bytes | None, bytes, int | None]]:
    with _open(path) as file:
        try:
            if path.name.removesuffix(".gz").endswith(".csv"):
                if source is None:
                    raise WinnowError(f"{path} is CSV, and nothing says which adapter reads it", hint="Name it with --source.")
                for row in csv.DictReader(io.TextIOWrapper(file, "utf-8", newline="")):
                    yield SOURCES[source].topic, source, None, orjson.dumps(row), None
                return
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                if source is not None:
                    yield SOURCES[source].topic, source, None, line.strip(), None
                    continue
                try:
                    found = read_envelope(line)
                except EnvelopeError as error:
                    raise WinnowError(f"{path}, line {number}: {error}", hint="Native payloads need --source.") from error
                if found.topic not in INPUTS["sift"]:
                    raise WinnowError(
                        f"{path}, line {number}: topic {found.topic!r} takes no events", hint=f"Known: {', '.join(INPUTS['sift'])}."
                    )
                yield found.topic, found.source, found.key, found.value, found.at_ms
        except (OSError, EOFError, UnicodeDecodeError, csv.Error, zlib.error) as error:
            raise WinnowError(f"cannot read {path}: {error}") from error


def _open(path: Path) -> IO[bytes]:
    try:
        return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]  # both read bytes
    except OSError as error:
        raise WinnowError(f"cannot read {path}: {error.strerror}") from error
