"""Readers of the past against messages of today, and what is said of the fields of messages: `schemas/EVOLUTION.md`."""

from pathlib import Path
from typing import Any

import jsonschema
import orjson
import pytest

import schemas.messages
from schemas.export import json_schemas, reader_schemas
from schemas.meanings import MEANINGS
from schemas.messages import EMITTED

GOLDEN = Path(__file__).parent / "golden"
READERS = sorted((GOLDEN / "readers").glob("*.reader.v1.json"))
"""Schemas that somebody's subscriber may have taken with it: they are never written anew."""


def message(noun: str, file: str = "v1.json") -> dict[str, Any]:
    """A message as it is written today."""
    found: dict[str, Any] = EMITTED[noun].model_validate_json((GOLDEN / f"{noun}.{file}").read_bytes()).model_dump(mode="json")
    return found


def faults(schema: dict[str, Any], value: dict[str, Any]) -> list[str]:
    """What a reader's validator says."""
    return [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(value)]


@pytest.mark.parametrize("path", READERS, ids=lambda path: path.name.split(".")[0])
def test_a_reader_of_the_past_takes_the_messages_of_today(path: Path) -> None:
    """As they are, with a field more at every level, and it still refuses what lacks a field."""
    noun, schema = path.name.split(".")[0], orjson.loads(path.read_bytes())
    today = message(noun)
    assert faults(schema, today) == []
    assert faults(schema, wider(today)) == []
    for name in schema["required"]:
        assert faults(schema, {key: value for key, value in today.items() if key != name})


def test_a_reader_of_the_past_takes_an_action_that_tells_of_several_things() -> None:
    """Which its schema does not know yet; one of today reads actions of the past, and refuses another type."""
    today = message("actions", "items.v1.json")
    assert faults(orjson.loads((GOLDEN / "readers" / "actions.reader.v1.json").read_bytes()), today) == []
    assert faults(json_schemas()["actions"], today) == []
    assert faults(reader_schemas()["actions"], wider(today)) == []
    assert faults(reader_schemas()["actions"], orjson.loads((GOLDEN / "actions.v1.json").read_bytes())) == []
    wrong = today | {"items": [today["items"][0] | {"reply": "42"}]}
    assert faults(reader_schemas()["actions"], wrong) == ["'42' is not valid under any of the given schemas"]


def wider(value: Any) -> Any:
    """The same with a field more in every object whose fields are named by the contract."""
    if isinstance(value, list):
        return [wider(one) for one in value]
    if not isinstance(value, dict):
        return value
    by_name = all(isinstance(one, int | float | list) for one in value.values())  # counts, places: no fields
    return {name: wider(one) for name, one in value.items()} | ({} if by_name else {"added_later": "x"})


def test_lists_of_values_may_grow() -> None:
    """An action of a kind that a reader does not know is no fault of the message; for who writes it is."""
    value = message("actions") | {"kind": "call_back"}
    assert faults(reader_schemas()["actions"], value) == []
    assert faults(json_schemas()["actions"], value) == [
        "'call_back' is not one of ['reply', 'review', 'page', 'digest', 'idea', 'escalate', 'revoke']"
    ]


def test_a_change_of_type_is_found() -> None:
    """The readers of the past would refuse it: so it takes another version."""
    schema = orjson.loads((GOLDEN / "readers" / "actions.reader.v1.json").read_bytes())
    assert faults(schema, message("actions") | {"severity": "high"}) == ["'high' is not of type 'number'"]
    assert faults(schema, message("actions") | {"owner": None}) == ["None is not of type 'string'"]


@pytest.mark.parametrize("model", MEANINGS)
def test_every_field_says_what_it_means(model: str) -> None:
    """With an example that fits; none is described that is not there."""
    known = getattr(schemas.messages, model)
    schema = known.model_json_schema()
    said = {name for name, field in known.model_fields.items() if field.description}
    assert MEANINGS[model].keys() | said == known.model_fields.keys()
    for name, (meaning, example) in MEANINGS[model].items():
        assert meaning.endswith((".", "text")), name
        place = {"$defs": schema.get("$defs", {}), **schema["properties"][name]}
        assert example == {} or faults(place, example) == [], name  # type: ignore[arg-type]  # any JSON value


def test_the_exported_schemas_carry_the_meanings() -> None:
    """Those of models inside of messages, too; what a field says of itself stays."""
    action = json_schemas()["actions"]
    assert action["properties"]["not_after"]["description"] == "From then on it is not worth doing."
    assert action["$defs"]["ReplyChannel"]["properties"]["private"]["examples"] == [False]
    assert action["properties"]["step"]["description"].startswith("0 for the action itself")
    assert reader_schemas()["actions"]["properties"]["not_after"]["description"] == "From then on it is not worth doing."
