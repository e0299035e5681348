"""In: a file of CSV or of lines. Out: its rows as JSON objects of texts, or its lines, and what had to be guessed of it, said aloud."""

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterator
from typing import IO

import orjson

from schemas.errors import WinnowError

SAMPLE_BYTES = 1 << 20
DELIMITERS = (",", ";", "\t", "|")
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
FALLBACK = "windows-1252"
"""What spreadsheets write in Western Europe when it is not UTF-8."""
DOCUMENT_BYTES = 1 << 26
"""A document of JSON over several lines is read as one up to here; beyond it, line by line."""
_SAID = re.compile(r'"?sep=(.)"?[\r\n]')
"""How a spreadsheet says in a line above the header what parts its cells."""


def read_table(file: IO[bytes], name: str, say: Callable[[str], None]) -> Iterator[bytes]:
    """Each row as a JSON object of the header's names, without the spaces around them. A row with more cells than the header is told, and
    yielded as the text it is, which no source reads: it is rejected as one row. Raises WinnowError for a table without a header or with
    a name twice.
    """
    rest = io.BufferedReader(file, SAMPLE_BYTES)  # type: ignore[type-var]  # gzip and plain files are both raw enough for it
    sample = rest.peek(SAMPLE_BYTES)[:SAMPLE_BYTES]
    encoding = _encoding(sample)
    said, delimiter = _delimiter(sample, encoding)
    if encoding not in {"utf-8", "utf-8-sig"} or delimiter != ",":
        say(f"{name}: read as {encoding}, cells parted by {delimiter!r}")
    text = io.TextIOWrapper(rest, encoding, newline="")
    rows = csv.reader(text, delimiter=delimiter)
    try:
        if said:
            next(rows)
        header = [cell.strip() for cell in next(rows, [])]
        if not any(header) or len(set(header)) < len(header):
            raise WinnowError(f"{name}: its first line names no columns, or one of them twice", hint="Put a header above the rows.")
        for row in rows:
            if len(row) > len(header):
                say(f"{name}, line {rows.line_num}: {len(row)} cells under {len(header)} names; the row is rejected")
                yield delimiter.join(row).encode()
            elif row:
                yield orjson.dumps(dict(zip(header, row, strict=False)))
    except csv.Error as error:
        raise WinnowError(f"cannot read {name}, line {rows.line_num}: {error}") from error


def read_lines(file: IO[bytes], name: str, say: Callable[[str], None]) -> Iterator[tuple[int, bytes]]:
    """Number and bytes of each line that is not empty, without its mark at the beginning; UTF-16, by its mark, becomes UTF-8. A file that
    is one JSON document over several lines is read as such: of a list, each entry with its number.
    """
    lines = _lines(file, name, say)
    first = next(lines, None)
    if first is None:
        return
    if first[1][:1] not in {b"[", b"{"} or first[1][-1:] not in {b"[", b"{", b","}:
        yield first
    else:
        gathered, size = [first], len(first[1])
        for one in lines:
            gathered.append(one)
            size += len(one[1])
            if size > DOCUMENT_BYTES:
                break
        yield from _document(gathered, name, say)
    yield from lines


def _document(lines: list[tuple[int, bytes]], name: str, say: Callable[[str], None]) -> Iterator[tuple[int, bytes]]:
    """The records in one document, or the lines as they are when they are none."""
    whole = b"\n".join(line for _, line in lines)
    try:
        found = orjson.loads(whole)
    except orjson.JSONDecodeError:
        yield from lines
        return
    records = [orjson.dumps(entry) for entry in found] if isinstance(found, list) else [whole]
    say(f"{name}: read as one JSON document with {len(records)} {'record' if len(records) == 1 else 'records'}")
    yield from enumerate(records, 1)


def _lines(file: IO[bytes], name: str, say: Callable[[str], None]) -> Iterator[tuple[int, bytes]]:
    rest = io.BufferedReader(file)  # type: ignore[type-var]  # gzip and plain files are both raw enough for it
    encoding = next((encoding for mark, encoding in _MARKS if rest.peek(4).startswith(mark)), "utf-8")
    lines: Iterator[bytes] = rest
    if encoding == "utf-16":
        say(f"{name}: read as {encoding}")
        lines = (line.encode("utf-8", "surrogatepass") for line in io.TextIOWrapper(rest, encoding, newline="\n"))
    for number, line in enumerate(lines, 1):
        plain = (line.removeprefix(codecs.BOM_UTF8) if number == 1 else line).strip()
        if plain:
            yield number, plain


def _encoding(sample: bytes) -> str:
    for mark, encoding in _MARKS:
        if sample.startswith(mark):
            return encoding
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        decoder.decode(sample)  # a character may be cut at its end
    except UnicodeDecodeError:
        return FALLBACK
    return "utf-8"


def _delimiter(sample: bytes, encoding: str) -> tuple[bool, str]:
    """Whether a line of its own says what parts cells, and what it is: else what parts the header into most names, quoted parts aside."""
    text = sample.decode(encoding, "replace")
    if (said := _SAID.match(text)) is not None:
        return True, said[1]
    header = re.split(r"[\r\n]", text, maxsplit=1)[0]
    counted = [len(next(csv.reader([header], delimiter=delimiter), [])) for delimiter in DELIMITERS]
    return False, DELIMITERS[counted.index(max(counted))]
