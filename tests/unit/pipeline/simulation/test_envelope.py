"""envelope, read_envelope, truth_line: what the files of `winnow simulate` hold."""

import base64

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.simulation.stream import (
    Envelope,
    EnvelopeError,
    Scenario,
    Simulated,
    envelope,
    read_envelope,
    simulate,
    truth_line,
)

NAMES = st.text(min_size=1).filter(lambda text: text.isprintable())


RECORDS = st.builds(Simulated, NAMES, NAMES, NAMES.map(str.encode), st.binary(), st.integers(0, 2**52), st.just({}))


@given(record=RECORDS, timed=st.booleans())
def test_reading_undoes_writing(record: Simulated, timed: bool) -> None:
    """Any bytes survive the way through a line of text, without a line end inside."""
    line = envelope(record, timed=timed)
    assert b"\n" not in line
    assert read_envelope(line) == Envelope(*record[:4], record.at_ms if timed else None)


def test_text_stays_readable_and_other_bytes_are_base64() -> None:
    """A UTF-8 value is written as text, any other as base64, never both; nothing else is in the line."""
    text = orjson.loads(envelope(Simulated("posts", "x", b"1", "é".encode(), 5, {"kind": "spam"})))
    assert text == {"topic": "posts", "source": "x", "key": "1", "value": "é"}
    other = orjson.loads(envelope(Simulated("posts", "x", b"1", b"\xff", 5, {})))
    assert other == {"topic": "posts", "source": "x", "key": "1", "value_base64": base64.b64encode(b"\xff").decode()}


def test_a_whole_stream_survives() -> None:
    """Every record of a run, hostile ones included, comes back from its line as it was."""
    for simulated in simulate(Scenario(seed=11, events=3_000)):
        assert read_envelope(envelope(simulated, timed=True)) == tuple(simulated[:5])


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b"", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[1]", "not a JSON object"),
        (b'{"source": "x", "value": ""}', "topic must be"),
        (b'{"topic": "posts", "source": 7, "value": ""}', "source must be"),
        (b'{"topic": "posts", "source": "x"}', "exactly one of"),
        (b'{"topic": "posts", "source": "x", "value": "a", "value_base64": "YQ=="}', "exactly one of"),
        (b'{"topic": "posts", "source": "x", "value": {"a": 1}}', "exactly one of"),
        (b'{"topic": "posts", "source": "x", "value_base64": "%%%"}', "not base64"),
        (b'{"topic": "posts", "source": "x", "value_base64": "\xc3\xa9"}', "not base64"),
        (b'{"topic": "posts", "source": "x", "key": 3, "value": "a"}', "key must be"),
        (b'{"topic": "posts", "source": "x", "value": "a", "at_ms": true}', "at_ms must be"),
        (b'{"topic": "posts", "source": "x", "value": "a", "at_ms": 1.5}', "at_ms must be"),
    ],
)
def test_lines_that_are_no_envelope_say_why(line: bytes, problem: str) -> None:
    """A wrong line raises an error that says what is wrong and shows a right one."""
    with pytest.raises(EnvelopeError, match=problem) as raised:
        read_envelope(line)
    assert '"topic"' in raised.value.hint


def test_strangers_fields_are_ignored_and_key_may_be_absent() -> None:
    """An envelope written by somebody else needs only topic, source and value."""
    found = read_envelope(b'{"topic": "posts", "source": "x", "value": "a", "note": 1}')
    assert found == Envelope("posts", "x", None, b"a")


def test_truth_lines_can_be_joined() -> None:
    """A truth line has number, place and arrival of its record beside the truth."""
    simulated = next(simulate(Scenario(events=100)))
    line = orjson.loads(truth_line(simulated, 4))
    assert line["number"] == 4
    assert (line["topic"], line["source"], line["key"], line["at_ms"]) == (
        simulated.topic, simulated.source, simulated.key.decode(), simulated.at_ms,
    )  # fmt: skip
    assert line["kind"] == simulated.truth["kind"]
