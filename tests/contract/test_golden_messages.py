"""Golden messages of every schema version must still parse: old records stay on the topics for months."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from pydantic import ValidationError

from schemas.messages import EMITTED, RECEIVED

GOLDEN = Path(__file__).parent / "golden"
MODELS = EMITTED | RECEIVED
FILES = sorted(GOLDEN.glob("*.v*.json"))


def load(noun: str) -> dict[str, Any]:
    """The golden message of a noun as plain JSON."""
    message: dict[str, Any] = orjson.loads((GOLDEN / f"{noun}.v1.json").read_bytes())
    return message


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_golden_message_parses(path: Path) -> None:
    """A golden message of any version parses and comes out again with every field and value it had."""
    before = orjson.loads(path.read_bytes())
    after = MODELS[path.name.split(".")[0]].model_validate(before).model_dump(mode="json")
    assert holds(after, before)


def holds(after: Any, before: Any) -> bool:
    """Whether `after` says everything that `before` says; it may have more fields: those with a default."""
    if isinstance(before, dict):
        return all(key in after and holds(after[key], value) for key, value in before.items())
    if isinstance(before, list):
        return len(after) == len(before) and all(map(holds, after, before))
    return bool(after == before)


def test_every_noun_has_a_golden_message() -> None:
    """A noun without a golden message could change its contract unseen."""
    assert {path.name.split(".")[0] for path in FILES} == MODELS.keys()


@pytest.mark.parametrize("noun", EMITTED)
def test_emitted_message_refuses_an_unknown_field(noun: str) -> None:
    """What Winnow writes has no field that the contract does not name."""
    with pytest.raises(ValidationError, match="surprise"):
        EMITTED[noun].model_validate(load(noun) | {"surprise": 1})


@pytest.mark.parametrize("noun", RECEIVED)
def test_received_message_ignores_an_unknown_field(noun: str) -> None:
    """What comes from outside may carry extensions, which leave no trace."""
    model = RECEIVED[noun]
    assert model.model_validate(load(noun) | {"surprise": 1}) == model.model_validate(load(noun))


@pytest.mark.parametrize(("noun", "field"), [(noun, field) for noun in EMITTED for field in load(noun) if load(noun)[field] is not None])
def test_emitted_message_refuses_null_where_a_value_stands(noun: str, field: str) -> None:
    """A field that subscribers find filled in the golden message is either optional by contract or never null."""
    may_be_null = type(None) in getattr(EMITTED[noun].model_fields[field].annotation, "__args__", ())
    if may_be_null:
        assert getattr(EMITTED[noun].model_validate(load(noun) | {field: None}), field) is None
    else:
        with pytest.raises(ValidationError, match=field):
            EMITTED[noun].model_validate(load(noun) | {field: None})
