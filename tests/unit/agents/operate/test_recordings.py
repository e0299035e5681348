"""Files of recorded events become arrivals."""

import csv
import gzip
import re
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import orjson
import pyarrow.parquet
import pytest

from agents.operate.recordings import Position, read_arrivals, read_records
from pipeline.simulation.stream import Scenario, envelope, simulate
from schemas.errors import WinnowError
from schemas.sources import Malformed, decode
from tests.unit.pipeline.sift.world import MINUTE, START, event

NOW = 1_800_000_000_000


def line(**over: object) -> bytes:
    """An envelope."""
    return orjson.dumps({"topic": "posts", "source": "x", "key": "1", "value": "{}", "at_ms": 5, **over}) + b"\n"


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    """Writes a file, gzipped if its name says so."""

    def write(name: str, content: bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
        return path

    return write


@pytest.mark.parametrize("name", ["events.jsonl", "events.jsonl.gz"])
def test_envelopes_come_back_as_they_were_simulated(file: Callable[..., Path], name: str) -> None:
    """Topic, key, bytes (also those that are no UTF-8), source and time of every simulated record."""
    stream = list(simulate(Scenario(seed=3, events=400)))
    found = list(read_arrivals(file(name, b"\n".join(envelope(one, timed=True) for one in stream)), None, start_ms=NOW))
    assert [(a.topic, a.key, a.value, a.headers, a.appended_ms) for a in found] == [
        (one.topic, one.key, one.value, (("source", one.source.encode()),), one.at_ms) for one in stream
    ]
    assert any(b"\xff" in (one.value or b"") for one in found)


def test_native_payloads_arrive_when_they_say(file: Callable[..., Path]) -> None:
    """Each at its own time but never before the one ahead; those that cannot be read arrive with it. Empty lines are none."""
    lines = [event("1", at_ms=START), b"", event("2", at_ms=START - MINUTE), b"{nonsense", event("3", at_ms=START + MINUTE)]
    found = list(read_arrivals(file("native.jsonl", b"\n".join(lines) + b"\n\n"), "signal", start_ms=NOW))
    assert [arrival.value for arrival in found] == [one for one in lines if one]
    assert [arrival.appended_ms for arrival in found] == [START, START, START, START + MINUTE]
    assert {arrival.topic for arrival in found} == {"posts"}
    assert {arrival.headers for arrival in found} == {(("source", b"signal"),)}
    assert len({arrival.key for arrival in found}) == 4
    together = read_arrivals(file("native.jsonl", b"\n".join(lines)), "signal", start_ms=NOW, together=True)
    assert len({arrival.key for arrival in together}) == 1


def test_the_topic_is_that_of_the_source(file: Callable[..., Path]) -> None:
    """Feedback channels arrive on feedback."""
    found = list(read_arrivals(file("survey.jsonl", b'{"id":"1"}'), "survey", start_ms=NOW))
    assert [(arrival.topic, arrival.appended_ms) for arrival in found] == [("feedback", NOW)]


def test_timeless_envelopes_start_now(file: Callable[..., Path]) -> None:
    """Without any time in the file the caller's counts; the same file gives the same keys."""
    path = file("events.jsonl", line(at_ms=None, key=None) * 2)
    first, again = (list(read_arrivals(path, None, start_ms=NOW)) for _ in range(2))
    assert first == again
    assert [arrival.appended_ms for arrival in first] == [NOW, NOW]


@pytest.mark.parametrize("name", ["tweets.csv", "tweets.csv.gz"])
def test_rows_of_a_csv_file_are_payloads(file: Callable[..., Path], name: str) -> None:
    """With the header's names, quoted line ends included, through the adapter that was named."""
    rows = [["tweet_id", "text"], ["1", 'two\nlines, "quoted"'], ["2", "ümlaut"]]
    path = file("plain.csv", b"")
    with path.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows(rows)
    found = list(read_arrivals(file(name, path.read_bytes()), "airline-csv", start_ms=NOW))
    assert [orjson.loads(arrival.value or b"") for arrival in found] == [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (line() + b"{nonsense\n", "line 2: the line is not JSON"),
        (b"\n\n" + line(source=""), "line 3: source must be a text"),
        (line(topic="nonsense"), "line 1: topic 'nonsense' takes no events. Known: posts, feedback"),
        (line(topic="information"), "line 1: topic 'information' takes no events"),
        (b"[]\n", "line 1: the line is not a JSON object"),
        (line(value=None), "line 1: exactly one of value and value_base64"),
    ],
)
def test_a_broken_line_is_named(file: Callable[..., Path], content: bytes, problem: str) -> None:
    """File, line number and what is wrong with it; what came before was read."""
    path = file("broken.jsonl", content)
    with pytest.raises(WinnowError) as refused:
        list(read_arrivals(path, None, start_ms=NOW))
    assert str(refused.value).startswith(f"{path}, ")
    assert problem in str(refused.value)


def test_an_unknown_source_is_told_the_known_ones(file: Callable[..., Path]) -> None:
    """Before the file is opened."""
    with pytest.raises(WinnowError, match=r"unknown source 'friendscape'\. Known: airline-csv, appstore, bluesky"):
        list(read_arrivals(Path("nowhere"), "friendscape", start_ms=NOW))
    with pytest.raises(WinnowError, match=r"is CSV, and nothing says which adapter reads it. Name it with --source"):
        list(read_arrivals(file("rows.csv", b"a,b\n1,2\n"), None, start_ms=NOW))


@pytest.mark.parametrize("damage", ["cut", "noise", "plain", "absent"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, damage: str) -> None:
    """Cut off, damaged inside, not gzipped at all, not there: one clear line each, no traceback of a decompressor."""
    packed = bytearray(gzip.compress(b"".join(line(key=str(number)) for number in range(5_000))))
    if damage == "noise":
        packed[40:60] = bytes(byte ^ 0x5A for byte in packed[40:60])
    path = tmp_path / "events.jsonl.gz"
    if damage != "absent":
        path.write_bytes({"cut": packed[:-900], "noise": packed, "plain": line()}[damage])
    with pytest.raises(WinnowError, match=r"cannot read .*events\.jsonl\.gz") as refused:
        list(read_arrivals(path, None, start_ms=NOW))
    assert "Traceback" not in str(refused.value)


def test_bad_text_in_a_csv_file_is_named(file: Callable[..., Path]) -> None:
    """Bytes that are neither UTF-8 nor what spreadsheets write."""
    with pytest.raises(WinnowError, match=r"cannot read .*rows\.csv"):
        list(read_arrivals(file("rows.csv", b"tweet_id,text\n1,\x81\xfe\n"), "airline-csv", start_ms=NOW))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("name;text\nann;schön, kaputt\n".encode("windows-1252"), "windows-1252, cells parted by ';'"),
        ("name\ttext\nann\tschön, kaputt\n".encode("utf-16"), "utf-16, cells parted by '\\t'"),
        ('name,text\nann,"schön, kaputt"\n'.encode("utf-8-sig"), None),
    ],
)
def test_a_table_is_read_as_it_was_written_and_what_was_guessed_is_said(
    file: Callable[..., Path], content: bytes, said: str | None
) -> None:
    """Delimiter, encoding and byte order mark come from the file."""
    lines: list[str] = []
    found = list(read_arrivals(file("rows.csv", content), "airline-csv", start_ms=NOW, say=lines.append))
    assert [orjson.loads(arrival.value or b"") for arrival in found] == [{"name": "ann", "text": "schön, kaputt"}]
    assert len(lines) == (said is not None)
    assert said is None or said in lines[0]


def test_a_row_longer_than_the_header_is_one_rejected_row(file: Callable[..., Path]) -> None:
    """The rows around it are read; it is told by its line."""
    lines: list[str] = []
    rows = b"name,created_utc,text\nann,2026-03-01,a\nbob,2026-03-01,b,c\ncid,2026-03-01,d\n"
    found = list(read_arrivals(file("rows.csv", rows), "airline-csv", start_ms=NOW, say=lines.append))
    read = [decode("airline-csv", arrival.value) for arrival in found]
    assert [isinstance(one, Malformed) for one in read] == [False, True, False]
    assert "line 3: 4 cells under 3 names" in lines[0]


def test_a_folder_is_read_file_by_file(file: Callable[..., Path], tmp_path: Path) -> None:
    """By name; a file of one record is that record, whatever its bytes; the position ends at the end."""
    file("a.jsonl", event("1", at_ms=START) + b"\n" + event("2", at_ms=START))
    file("b.bin", gzip.compress(event("3", at_ms=START)))
    file("notes.md", b"nothing")
    _empty(tmp_path)
    position = Position()
    found = list(read_arrivals(tmp_path, "signal", start_ms=NOW, position=position))
    assert [decode("signal", arrival.value)[0]["id"] for arrival in found] == ["1", "2", "3"]  # type: ignore[index]
    assert position.done == position.total > 0
    assert position.events == 3
    assert position.estimate().startswith("100%")
    with pytest.raises(WinnowError, match="holds no recording"):
        list(read_arrivals(_empty(tmp_path), "signal", start_ms=NOW))


def _empty(folder: Path) -> Path:
    inner = folder / "empty"
    inner.mkdir(exist_ok=True)
    return inner


def test_folders_in_a_folder_are_read_too(file: Callable[..., Path], tmp_path: Path) -> None:
    """By their names; what is hidden, or beside the data, is not."""
    for folder, number in (("day=02", "2"), ("day=01", "1"), (".trash", "3"), ("_temporary", "4")):
        (tmp_path / folder).mkdir()
        file(f"{folder}/part.jsonl", event(number, at_ms=START))
    file("_SUCCESS", b"")
    found = list(read_arrivals(tmp_path, "signal", start_ms=NOW))
    assert [decode("signal", arrival.value)[0]["id"] for arrival in found] == ["1", "2"]  # type: ignore[index]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("source", ["signal", None])
def test_lines_are_read_whatever_mark_they_begin_with(file: Callable[..., Path], encoding: str, source: str | None) -> None:
    """As Windows writes them; native payloads and envelopes alike. UTF-16 is said."""
    lines: list[str] = []
    native = event("1", at_ms=START)
    content = native if source else line(value=native.decode(), source="signal").strip()
    path = file("events.jsonl", f"{content.decode()}\r\n\r\n{content.decode()}\r\n".encode(encoding))
    found = list(read_arrivals(path, source, start_ms=NOW, say=lines.append))
    assert [arrival.value for arrival in found] == [native, native]
    assert lines == ([f"{path}: read as utf-16"] if encoding == "utf-16" else [])


def parquet(path: Path, columns: dict[str, list[object]]) -> Path:
    """A file with these columns, in groups of two rows."""
    pyarrow.parquet.write_table(pyarrow.table(columns), path, row_group_size=2)
    return path


def test_rows_of_a_parquet_file_are_payloads(tmp_path: Path) -> None:
    """Nested columns are objects, times without a zone are UTC, bytes are text, decimals as written; how far it is goes by rows."""
    at = datetime(2027, 1, 15, 8, 0)
    columns: dict[str, list[object]] = {
        "id": ["1", "2", "3"], "author": [{"id": "a"}] * 3, "text": ["late", "spät", "tard"], "created_at": [at] * 3,
        "kind": ["post"] * 3, "raw": [b"text", b"\xff", None], "fare": [Decimal("1.10")] * 3, "took": [timedelta(seconds=3)] * 3,
    }  # fmt: skip
    position, shares = Position(), []
    path = parquet(tmp_path / "posts.parquet", columns)
    found = []
    for arrival in read_arrivals(path, "signal", start_ms=NOW, position=position):
        found.append(arrival)
        shares.append(round(position.done / position.total, 2))
    rows = [orjson.loads(arrival.value or b"") for arrival in found]
    assert [row["created_at"] for row in rows] == ["2027-01-15T08:00:00Z"] * 3
    assert [row["raw"] for row in rows] == ["text", "/w==", None]
    assert rows[0] | {"raw": 0} == {
        "id": "1", "author": {"id": "a"}, "text": "late", "created_at": "2027-01-15T08:00:00Z", "kind": "post", "raw": 0, "fare": "1.10",
        "took": "0:00:03",
    }  # fmt: skip
    assert shares == [0.33, 0.67, 1.0]
    known = [{"source": "x", **{name: row[name] for name in ("id", "author", "text", "created_at", "kind")}} for row in rows]
    assert [decode("signal", orjson.dumps(row))[0]["text"] for row in known] == columns["text"]  # type: ignore[index]
    assert list(read_records(path)) == [arrival.value for arrival in found]


def test_a_parquet_file_of_envelopes_needs_no_source(tmp_path: Path) -> None:
    """Its columns are those of an envelope's line; a row that is none is named."""
    columns: dict[str, list[object]] = {
        "topic": ["posts"] * 2,
        "source": ["x", None],
        "key": ["k"] * 2,
        "value": [b"{}"] * 2,
        "at_ms": [5, 6],
    }
    arrivals = read_arrivals(parquet(tmp_path / "events.pq", columns), None, start_ms=NOW)
    assert next(arrivals)[:3] == ("posts", b"k", b"{}")
    with pytest.raises(WinnowError, match=r"events\.pq, row 2: source must be a text"):
        next(arrivals)


def test_without_pyarrow_the_command_that_brings_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exactly; and what is no Parquet file is said to be none."""
    path = parquet(tmp_path / "posts.parquet", {"id": ["1"]})
    (tmp_path / "other.parquet").write_bytes(b"PAR1 nonsense")
    with pytest.raises(WinnowError, match=r"cannot read .*other\.parquet"):
        list(read_arrivals(tmp_path / "other.parquet", "signal", start_ms=NOW))
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(WinnowError, match=re.escape("is Parquet, and pyarrow is not installed. pip install 'winnow-pipeline[parquet]'")):
        list(read_arrivals(path, "signal", start_ms=NOW))


def test_a_deletion_has_the_key_of_its_post(file: Callable[[str, bytes], Path]) -> None:
    """So replayed ones reach the partition that knows the post."""
    post = b'{"data": {"id": "111", "text": "late again", "author_id": "9", "created_at": "2027-01-15T08:00:00.000Z"}}'
    gone = b'{"data": {"delete": {"tweet": {"id": "111", "author_id": "9"}, "event_at": "2027-01-15T08:01:00.000Z"}}}'
    found = list(read_arrivals(file("x.jsonl", post + b"\n" + gone + b"\n"), "x", start_ms=NOW))
    assert found[0].key == found[1].key
