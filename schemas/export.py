"""Writes JSON Schema and AsyncAPI files, for subscribers in any language. For `winnow schemas export`.

They are committed under ``schemas/exported``; ``stale`` tells whether the code has moved on since.
"""

from pathlib import Path

import orjson

from schemas.asyncapi import Document, asyncapi
from schemas.errors import WinnowError
from schemas.messages import EMITTED, RECEIVED

__all__ = ["asyncapi", "json_schemas", "stale", "write"]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ASYNCAPI_FILE = "asyncapi.json"


def json_schemas() -> dict[str, Document]:
    """Noun -> JSON Schema (2020-12) of its message: all fields of what Winnow writes, of what it reads those it knows."""
    return {
        noun: {"$schema": DIALECT, "$id": f"urn:winnow:schema:{noun}:v1"} | model.model_json_schema()
        for noun, model in sorted((EMITTED | RECEIVED).items())
    }


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
    return {name: orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE) for name, document in found.items()}


def _schemas_in(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("*.v1.json")}


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
