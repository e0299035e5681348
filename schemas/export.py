"""Writes JSON Schema and AsyncAPI files, for subscribers in any language. For `winnow schemas export`.

They are committed under ``schemas/exported``; ``stale`` tells whether the code has moved on since.
"""

from pathlib import Path

import orjson

from schemas.asyncapi import Document, asyncapi
from schemas.errors import WinnowError
from schemas.meanings import described
from schemas.messages import ALONGSIDE, EMITTED, RECEIVED

__all__ = ["asyncapi", "json_schemas", "reader_schemas", "stale", "write"]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ASYNCAPI_FILE = "asyncapi.json"


def json_schemas() -> dict[str, Document]:
    """Noun -> JSON Schema (2020-12) of its message: all fields of what Winnow writes, of what it reads those it knows."""
    beside = {f"{noun}.{name}": model for noun, models in ALONGSIDE.items() for name, model in models.items()}
    return {
        noun: {"$schema": DIALECT, "$id": f"urn:winnow:schema:{noun}:v1"} | described(model.model_json_schema())
        for noun, model in sorted((EMITTED | RECEIVED | beside).items())
    }


def reader_schemas() -> dict[str, Document]:
    """Noun -> the schema that a reader of what Winnow writes should check with: it lets newer messages pass.

    Fields may be added and lists of values may grow within a version, see `schemas/EVOLUTION.md`: so no field is forbidden, and what
    values are known stands in ``examples``.
    """
    found = {}
    for noun, schema in json_schemas().items():
        if noun in EMITTED:
            opened = _opened(schema)
            assert isinstance(opened, dict)
            found[noun] = opened | {"$id": f"urn:winnow:schema:{noun}:reader:v1"}
    return found


def _opened(value: object) -> object:
    """The same schema without closed objects and closed lists."""
    if isinstance(value, list):
        return [_opened(one) for one in value]
    if not isinstance(value, dict):
        return value
    found = {name: _opened(one) for name, one in value.items() if not (name == "additionalProperties" and one is False)}
    if isinstance(listed := value.get("enum"), list) and value.get("type") == "string":
        found = {name: one for name, one in found.items() if name != "enum"} | {"examples": listed}
    if "propertyNames" in found:  # counts by a closed list
        del found["propertyNames"]
    return found


def write(folder: Path) -> list[Path]:
    """Write all documents into ``folder``, made if need be, and return their paths; schemas of nouns that are gone are removed.

    Raises WinnowError when the folder cannot be written.
    """
    documents = _documents()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for gone in _schemas_in(folder) - documents.keys():
            (folder / gone).unlink()
        for name, content in documents.items():
            (folder / name).write_bytes(content)
    except OSError as error:
        raise WinnowError(f"{folder}: schemas cannot be written ({error})", hint="Choose a folder that you may write to") from error
    return [folder / name for name in documents]


def stale(folder: Path) -> list[str]:
    """Sorted names of files in ``folder`` that differ from the code, are missing, or are left over; empty when it is current."""
    documents = _documents()
    differing = {name for name, content in documents.items() if _content(folder / name) != content}
    return sorted(differing | (_schemas_in(folder) - documents.keys()))


def _documents() -> dict[str, bytes]:
    found = {f"{noun}.v1.json": schema for noun, schema in json_schemas().items()} | {ASYNCAPI_FILE: asyncapi()}
    found |= {f"{noun}.reader.v1.json": schema for noun, schema in reader_schemas().items()}
    return {name: orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE) for name, document in found.items()}


def _schemas_in(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("*.v1.json")}


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
