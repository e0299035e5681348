"""What the quick decoder accepts, the model accepts: whatever stands in whichever field."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Annotated, Any

import msgspec
import orjson
import pytest
from pydantic import BaseModel, Field, ValidationError

from pipeline.stream.wire_type import decoder
from schemas.messages import Decision, Situation
from tests.unit.pipeline.stream.world import decision

_GOOD = orjson.loads(orjson.dumps(decision("one")))
_GOOD["escalation"] = [{"after_seconds": 60, "team": "support", "contact": "lead"}]
_GOOD["situation"] |= {"withdrawals": ["a" * 32], "desks": {"support": 1}, "danger": 0.5}
_GOOD["situation"]["evidence"][0] |= {"public": True, "language": "de", "rating": 0.5, "confidence": {"intent": 0.5}, "country": "DE"}
_TIMES = """
2026-02-28T23:59:59.999Z 2026-02-30T00:00:00.000Z 2024-02-29T00:00:00.000Z 2026-03-01T24:00:00.000Z 2026-03-01T23:59:60.000Z 2026-03-01
2026-03-01T00:00:00 2026-03-01T00:00Z 2026-03-01_00:00:00Z 2026-03-01t00:00:00z 2026-03-01T00:00:00.1234567Z 1772452800000
2026-03-01T00:00:00.123456789123Z 2026-03-01T00:00:00,5Z 2026-03-01T00:00:00.Z 2026-03-01T00:00:00+23:59 2026-03-01T00:00:00+24:00
2026-03-01T00:00:00-00:00 2026-03-01T00:00:00+0100 0000-01-01T00:00:00Z 0001-01-01T00:00:00+01:00 9999-12-31T23:59:59.999999999Z
9999-12-31T23:59:59-01:00 10000-01-01T00:00:00Z
"""
_WORDS = ("", "1", "true", "DE", "DE\n", "de", "case", "Case", "owner", "live", "2026-03-01 00:00:00Z", " 2026-03-01T00:00:00Z")
_NUMBERS = (0, 1, -1, 1.0, 0.5, -0.5, 1.5, 2**53, 2**63, 2**64 - 1, 1e300)
_RECORDS = ({}, {"x": 1}, {"intent": 0.5}, {"intent": 2}, {"positive": 1}, {"positive": -1}, {"positive": 1.0})
_ODD = (*_TIMES.split(), *_WORDS, *_NUMBERS, *_RECORDS, None, True, False, [], [None], [""])


def _places(value: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in items:
        yield (*before, name)
        yield from _places(inner, (*before, name))


def _with(place: tuple[Any, ...], value: Any) -> Any:
    message = deepcopy(_GOOD)
    inner = message
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = value
    return message


def _accepted(model: type[BaseModel], value: bytes) -> bool:
    try:
        model.model_validate_json(value, strict=True)
    except ValidationError:
        return False
    return True


def _read(read: Any, value: bytes) -> bool:
    try:
        read(value)
    except msgspec.MsgspecError:
        return False
    return True


def test_it_accepts_nothing_that_the_model_refuses() -> None:
    """In each place of a decision each odd value: never better than the model, and as good for what is written today."""
    read = decoder(Decision)
    assert _read(read, orjson.dumps(_GOOD))
    wrong, good = [], 0
    for place in _places(_GOOD):
        for odd in _ODD:
            value = orjson.dumps(_with(place, odd))
            if _read(read, value):
                good += 1
                if not _accepted(Decision, value):
                    wrong.append((place, odd))
    assert wrong == []
    assert good > 500


@pytest.mark.parametrize("gone", [("severity",), ("evidence", 0, "text"), ("lineage", "offset")])
def test_what_is_missing_is_refused(gone: tuple[Any, ...]) -> None:
    """A field without a default must be there."""
    message = deepcopy(_GOOD["situation"])
    inner = message
    for name in gone[:-1]:
        inner = inner[name]
    del inner[gone[-1]]
    assert not _read(decoder(Situation), orjson.dumps(message))


def test_an_unknown_field_is_left_to_the_model() -> None:
    """Another version's field is no fault, and who reads is to drop it."""
    assert not _read(decoder(Situation), orjson.dumps(_GOOD["situation"] | {"later": 1}))


def test_a_demand_that_it_does_not_know_is_no_demand_less() -> None:
    """A model that asks for something new makes no decoder that would let it pass."""

    class Even(BaseModel):
        number: Annotated[int, Field(multiple_of=2)]

    class Bytes(BaseModel):
        value: bytes

    for model in (Even, Bytes):
        with pytest.raises(TypeError, match="no counterpart"):
            decoder(model)


def test_what_has_no_counterpart_is_refused() -> None:
    """A tuple of given length would be read as a list of any."""

    class Pair(BaseModel):
        both: tuple[int, str]

    with pytest.raises(TypeError, match="no counterpart"):
        decoder(Pair)
