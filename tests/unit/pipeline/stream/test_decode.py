"""Reading what a stage before wrote: the message as it is, or one word that says what is wrong with it."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from pipeline.stream.dead_letter import Unreadable
from pipeline.stream.decode import EARLIEST_MS, LATEST_MS, instant, read_decision, read_situation
from schemas.messages import Decision
from tests.unit.pipeline.stream.world import decision

Message = dict[str, Any]


def changed(path: str, value: object) -> Callable[[Message], Message]:
    """Another value at a dotted path."""

    def change(message: Message) -> Message:
        *way, last = path.split(".")
        place: Any = message
        for step in way:
            place = place[int(step) if isinstance(place, list) else step]
        place[last] = value
        return message

    return change


def read(change: Callable[[Message], Message]) -> Message | Unreadable:
    """A decision that was changed, read."""
    return read_decision(orjson.dumps(change(orjson.loads(orjson.dumps(decision("one"))))))


def test_a_decision_is_read_as_it_was_written() -> None:
    """Field by field, and so is the situation in it."""
    message = orjson.loads(orjson.dumps(decision("one")))
    assert read_decision(orjson.dumps(message)) == message
    assert read_situation(orjson.dumps(message["situation"])) == message["situation"]


@pytest.mark.parametrize("path", ["more", "situation.more"])
def test_what_a_later_version_adds_is_dropped(path: str) -> None:
    """Wherever it stands; what is known stays."""
    whole = Decision.model_validate(decision("one")).model_dump_json()
    assert read(changed(path, 1)) == orjson.loads(whole)


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("id", "x" * 32, "bad_id"),
        ("id", "ab", "bad_id"),
        ("situation.id", "x" * 32, "bad_id"),
        ("decided_at", "yesterday", "invalid"),
        ("decided_at", "1969-12-31T23:59:59Z", "bad_time"),
        ("not_after", "1969-12-31T23:59:59Z", "bad_time"),
        ("situation.opened_at", "1969-12-31T23:59:59Z", "bad_time"),
        ("situation.updated_at", "1969-12-31T23:59:59Z", "bad_time"),
        ("situation.revision", "many", "invalid"),
    ],
)
def test_what_is_wrong_is_said_in_one_word(path: str, value: object, code: str) -> None:
    """A value, never an exception; and the field is named."""
    found = read(changed(path, value))
    assert isinstance(found, Unreadable)
    assert found.code == code
    assert path.rpartition(".")[2] in found.reason


@pytest.mark.parametrize(("value", "code"), [(None, "empty"), (b"", "empty"), (b"{", "not_json"), (b"[]", "invalid"), (b"{}", "invalid")])
def test_what_is_no_message_is_told_apart(value: bytes | None, code: str) -> None:
    """Nothing, no JSON, no object, or one without fields."""
    for reader in (read_decision, read_situation):
        found = reader(value)
        assert isinstance(found, Unreadable)
        assert found.code == code
        assert len(found.reason) <= 300


@pytest.mark.parametrize(
    ("given", "found"),
    [(EARLIEST_MS - 1, EARLIEST_MS), (EARLIEST_MS, EARLIEST_MS), (5, 5), (LATEST_MS, LATEST_MS), (LATEST_MS + 1, LATEST_MS)],
)
def test_an_instant_that_cannot_be_written_is_the_nearest_that_can(given: int, found: int) -> None:
    """1970 to 9999."""
    assert instant(given) == found


@pytest.mark.parametrize(("path", "value"), [("situation.events", "1"), ("situation.severity", "0.5"), ("situation.backfill", "false")])
def test_a_number_in_quotes_is_none(path: str, value: str) -> None:
    """The JSON itself is used, so what could be taken for something else is refused."""
    found = read(changed(path, value))
    assert isinstance(found, Unreadable)
    assert (found.code, found.reason.split(":")[0]) == ("invalid", path)


def test_what_is_wrong_is_told_in_300_characters() -> None:
    """However long the name of the field is that somebody made up."""
    found = read(changed("situation.intents", {"x" * 1_000: "many"}))
    assert isinstance(found, Unreadable)
    assert len(found.reason) == 300
