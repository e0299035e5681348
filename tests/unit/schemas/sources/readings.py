"""What becomes of a payload, in few words, for tables of payloads."""

import orjson

from schemas.sources import Ignored, Malformed, read_all

NOW = 1_772_359_200_000
"""When records arrive, Unix ms."""


def told(source: str, payload: object) -> list[str]:
    """Each reading in a word: `operation id text`, or the name of what is ignored, or the code of a refusal."""
    raw = payload if isinstance(payload, bytes) else orjson.dumps(payload)
    found = []
    for reading in read_all(source, raw, NOW, b"k-1"):
        if isinstance(reading, Malformed | Ignored):
            found.append(f"{type(reading).__name__.lower()} {reading.code}")
        else:
            signal = reading[0]
            of = "" if signal.scope == "post" else f" {signal.scope}"
            found.append(f"{signal.operation}{of} {signal.id} {signal.text}".strip())
    return found
