"""The form of a source file as a JSON Schema, for editors: what `parsing` accepts, said for people who type."""

from typing import Any

from schemas.sources.parsing import CONDITIONS, CONSTANTS, MAIN, TOPICS
from schemas.sources.shapes import FIELDS
from schemas.sources.transforms import EPOCHS, ID_EPOCHS, TRANSFORMS

Schema = dict[str, Any]


def source_schema() -> Schema:
    """A JSON Schema (2020-12) of one source file."""
    constants = {key: {"enum": list(allowed)} for key, allowed in CONSTANTS.items()}
    form = {
        "envelope": {"type": "string", "description": "The record may be bare, or sit in this object."},
        "each": {"type": "string", "pattern": r"\[\]$", "description": "A list whose entries are the records: data[], entry[].changes[]."},
        "only": _ref("conditions"),
        "lookups": {"type": "object", "additionalProperties": _ref("lookup")},
        "fields": {"type": "object", "properties": {name: _field(name) for name in FIELDS}, "additionalProperties": False},
    }
    top = {
        "name": {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]{0,63}$", "description": "The value of the header `source`."},
        "title": {"type": "string", "description": "For people."},
        "topic": {"enum": list(TOPICS), "description": "Where its records usually arrive."},
        "forms": {"type": "object", "propertyNames": _names(), "additionalProperties": _ref("form")},
        "ignore": {
            "type": "object",
            "propertyNames": _names(),
            "additionalProperties": _ref("conditions"),
            "description": "What is about no post: its name, and how it is known.",
        },
        "tombstone": {"enum": ["delete"], "description": "A record without a value deletes the post whose id is its key."},
        "format": {"enum": ["json", "email"]},
        "purpose": {"type": "string", "description": "What for the source is read: a note for people."},
        "legal_basis": {"type": "string", "description": "By what right it is read: a note for people."},
    }
    entries = {"type": "object", "propertyNames": _names(), "additionalProperties": _ref("conditions")}
    others = {
        "extends": {"type": "string", "description": f"Begin with what another form says: {MAIN}, or its name."},
        "unwrap": _one_or_list({"type": "string"}),
        "ignore": entries | {"description": "Entries of `each` that are no posts: their names, and how they are known."},
    }
    return {
        "title": "Source file",
        "type": "object",
        "required": ["name", "title", "topic", "fields"],
        "properties": top | form | constants,
        "additionalProperties": False,
        "$defs": {
            "conditions": _conditions(),
            "lookup": _lookup(),
            "option": _option(),
            "form": {"type": "object", "required": ["only"], "properties": form | constants | others, "additionalProperties": False},
        },
    }


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _names() -> Schema:
    return {"pattern": "^[a-z][a-z0-9_]{0,39}$"}


def _one_or_list(one: Schema) -> Schema:
    return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}


def _field(name: str) -> Schema:
    properties: Schema = {"first_of": {"type": "array", "items": _ref("option"), "minItems": 2}}
    if name == "created_at":
        properties["not_after"] = {"type": "object"}
    several = {"type": "object", "required": ["first_of"], "properties": properties}
    return {"description": f"{FIELDS[name].base}", "anyOf": [several, _ref("option")]}


def _conditions() -> Schema:
    words = {"type": "array", "items": {"type": ["string", "integer", "boolean", "null"]}, "minItems": 1}
    unwanted = {"type": "array", "items": {"type": ["string", "integer", "boolean"]}, "minItems": 1}
    path = {"type": "string", "description": "Where the value lies that this one is compared with."}
    relations = {"not": unwanted, "same_as": path, "other_than": path}
    relation = {"type": "object", "properties": relations, "minProperties": 1, "maxProperties": 1, "additionalProperties": False}
    return {"type": "object", "minProperties": 1, "additionalProperties": {"anyOf": [{"enum": list(CONDITIONS)}, words, relation]}}


def _lookup() -> Schema:
    text = {"type": "string"}
    properties = {"list": text, "where": text, "equals": text, "is": text}
    return {"type": "object", "required": ["list", "where"], "properties": properties, "additionalProperties": False}


def _option() -> Schema:
    bounds = {"type": "array", "prefixItems": [{"type": "integer"}] * 2, "minItems": 2, "maxItems": 2}
    properties: Schema = {
        "path": {"type": "string", "description": "Keys, and positions in lists, with dots between them; [] goes through a list."},
        "template": {"type": "string", "description": "Text with paths in braces."},
        "digest": {"type": "array", "items": {"type": "string"}, "description": "An id made of several paths."},
        "is": {"description": "The same for every record."},
        "field": {"enum": ["id", "title"]},
        "versions": {"type": "string", "description": "A list of all versions of the post."},
        "join": {"type": "array", "items": _ref("option"), "description": "Those that are known, as one text."},
        "with": {"type": "string"},
        "as": {"enum": list(TRANSFORMS)},
        "scale": {"anyOf": [bounds, {"type": "object", "required": ["by"]}]},
        "map": {"type": "object"},
        "except": {"type": "array", "items": {"type": "string"}},
        "since": {"type": "string"},
        "epoch": {"enum": [*EPOCHS, *ID_EPOCHS]},
        "not_after": {"type": "object"},
        "when": _ref("conditions"),
    }
    return {"anyOf": [{"type": "string"}, {"type": "object", "properties": properties, "additionalProperties": False}]}
