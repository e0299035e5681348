"""Golden payloads of every network must keep becoming the same Signal."""

from pathlib import Path

import orjson
import pytest

from schemas.messages import Signal
from schemas.sources import SOURCES, Malformed, decode

NATIVE = Path(__file__).parent / "golden" / "native"
FILES = sorted((*NATIVE.glob("*.json"), *NATIVE.glob("*.eml")))


def source_of(path: Path) -> str:
    """``x_reply.json`` is a payload of the source ``x``."""
    return path.stem.split("_")[0]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_native_payload_becomes_the_expected_signal(path: Path) -> None:
    """Each payload decodes to the Signal beside it, with every canonical key, and that validates as the model."""
    found = decode(source_of(path), path.read_bytes())
    assert not isinstance(found, Malformed), found
    signal, created_ms = found
    assert signal == orjson.loads((NATIVE / "expected" / f"{path.stem}.json").read_bytes())
    model = Signal.model_validate_json(orjson.dumps(signal))
    assert model.model_dump(mode="json") == signal
    assert int(model.created_at.timestamp()) * 1000 + model.created_at.microsecond // 1000 == created_ms


def test_every_source_has_a_golden_payload() -> None:
    """A source without a golden payload could change its reading unseen."""
    assert {source_of(path) for path in FILES} == SOURCES.keys()


def test_labels_of_the_measuring_data_never_reach_the_signal() -> None:
    """What people judged about an airline tweet must not be there for a model to read."""
    found = decode("airline-csv", (NATIVE / "airline-csv.json").read_bytes())
    assert not isinstance(found, Malformed)
    text = orjson.dumps(found[0])
    assert b"negative" not in text
    assert b"Late Flight" not in text
