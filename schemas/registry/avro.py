"""In: an Avro schema and its references. Out: a function from Avro's bytes to JSON, as Kafka Connect's JSON converter would write it.

fastavro reads the bytes. Before, the schema is written anew with only what reading needs: so no default or alias can break it, nothing
that takes no bytes can be repeated without end, and a type that contains itself is known, for which fastavro's compiled reader has no
bound.

Instants and times are the numbers that were written; decimals are numbers where a number holds them, else text; bytes are base64.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import orjson
from fastavro import _read_py, parse_schema
from fastavro import read as compiled

from schemas.registry.decimals import MOST_SCALE, decimal_value
from schemas.registry.schema import BadSchemaError, Decode, RegisteredSchema
from schemas.sources import MAX_DEPTH, Malformed, malformed, named

_PRIMITIVE = {"null", "boolean", "int", "long", "float", "double", "bytes", "string"}
_CONTINUED = b"\x80"
_NUMBER_BYTES = 1_000
"""Far more than any number has, and cheap: single bytes of a ``fixed`` come in a row, too."""
_DECIMAL = "winnow-decimal"
"""Our own logical type: fastavro's takes 20 seconds for a decimal of half a megabyte."""


def avro_decoder(number: int, schema: RegisteredSchema) -> Decode:
    """Raises BadSchemaError for what is no Avro schema, or has a part that is not among its references."""
    plain = _Plain()
    known: dict[str, Any] = {}
    for name, text in schema.references:
        _parsed(plain.rewrite(_loaded(text, name)).type, known)
    found = plain.rewrite(_loaded(schema.text, "it"))
    if found.empty:
        raise BadSchemaError("its values take no bytes")
    # A record around it adds no byte, and only in records does fastavro keep what it has parsed.
    parsed = _parsed({"type": "record", "name": "around", "fields": [{"name": "value", "type": found.type}]}, known)
    # The compiled reader has no bound to how deep it goes, and ends the process; the one in Python has.
    read = (_read_py if plain.recursive else compiled).schemaless_reader
    opened = _ShortNumbers if plain.recursive else BytesIO

    def decode(body: bytes) -> bytes | Malformed:
        stream = opened(body)
        try:
            value = read(stream, parsed, None)["value"]
            left = len(body) - stream.tell()
            if not left:
                return orjson.dumps(value, default=_json)
        except Exception as error:  # noqa: BLE001  # bytes of anybody: fastavro raises whatever comes
            return malformed("bad_avro", f"the record is not what schema {number} of the registry says ({type(error).__name__})")
        return malformed("bad_avro", f"{left} bytes are left behind what schema {number} of the registry says")

    return decode


def _parsed(node: Any, known: dict[str, Any]) -> Any:
    try:
        return parse_schema(node, named_schemas=known)
    except Exception as error:  # it raises whatever comes
        raise BadSchemaError(f"it is no Avro schema ({type(error).__name__})") from error


def _loaded(text: str, name: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        if text.strip().isidentifier():
            return text.strip()
        raise BadSchemaError(f"{name} is not JSON") from error


class _ShortNumbers(BytesIO):
    """Bytes for the reader in Python, which reads numbers a byte at a time, however long: half a megabyte of one takes it 10 seconds."""

    _long = 0

    def read(self, size: int | None = -1) -> bytes:
        """As usual; raises ValueError in the middle of a number without end."""
        found = super().read(size)
        self._long = self._long + 1 if size == 1 and found >= _CONTINUED else 0
        if self._long > _NUMBER_BYTES:
            raise ValueError("a number without end")
        return found


@dataclass(frozen=True, slots=True)
class _Found:
    """A type written anew. ``empty``: its values take no bytes."""

    type: Any
    empty: bool = False


@dataclass(slots=True)
class _Plain:
    """Writes types anew. Named ones get names of ours: then no namespace has to be understood twice."""

    recursive: bool = False
    _named: dict[str, _Found] = field(default_factory=dict)
    _open: dict[str, str] = field(default_factory=dict)

    def rewrite(self, node: Any, namespace: str = "", depth: int = 0) -> _Found:
        """One type. Raises BadSchemaError."""
        if depth > MAX_DEPTH:
            raise BadSchemaError(f"it nests types more than {MAX_DEPTH} levels deep")
        if isinstance(node, str):
            return _Found(node, node == "null") if node in _PRIMITIVE else self._known(node, namespace)
        if isinstance(node, dict):
            return self._complex(node, namespace, depth)
        if not isinstance(node, list):
            raise BadSchemaError("one of its types is neither a name, an object nor a list")
        return _Found([self._branch(one, namespace, depth) for one in node])

    def _complex(self, node: Mapping[str, Any], namespace: str, depth: int) -> _Found:
        kind = node.get("type")
        if kind in ("record", "error", "enum", "fixed"):
            return self._define(node, kind, namespace, depth)
        if kind == "array":
            return _Found({"type": "array", "items": self._repeated(node.get("items"), namespace, depth)})
        if kind == "map":
            return _Found({"type": "map", "values": self.rewrite(node.get("values"), namespace, depth + 1).type})
        if kind == "bytes" and node.get("logicalType") == "decimal":
            return _Found({"type": "bytes", **_decimal(node)})
        return self.rewrite(kind, namespace, depth + 1)

    def _branch(self, node: Any, namespace: str, depth: int) -> Any:
        """One branch of a union: it may be empty, its number takes a byte."""
        if isinstance(node, list):
            raise BadSchemaError("a union lies in a union")
        return self.rewrite(node, namespace, depth + 1).type

    def _repeated(self, node: Any, namespace: str, depth: int) -> Any:
        found = self.rewrite(node, namespace, depth + 1)
        if found.empty:
            raise BadSchemaError("it has an array of what takes no bytes: a few bytes would make a list without end")
        return found.type

    def _define(self, node: Mapping[str, Any], kind: str, namespace: str, depth: int) -> _Found:
        full = _full(node.get("name"), node.get("namespace", namespace))
        if full in self._named or full in self._open:
            raise BadSchemaError("it defines a type twice")
        name = f"type{len(self._named) + len(self._open)}"
        if kind == "enum":
            found = _Found({"type": "enum", "name": name, "symbols": node.get("symbols")})
        elif kind == "fixed":
            size = node.get("size")
            if type(size) is not int or size < 0:
                raise BadSchemaError("it has a fixed type without a size")
            logical = _decimal(node) if node.get("logicalType") == "decimal" else {}
            found = _Found({"type": "fixed", "name": name, "size": size, **logical}, size == 0)
        else:
            self._open[full] = name
            found = self._record(node, name, full.rpartition(".")[0], depth)
            del self._open[full]
        if found.empty:
            found = _Found("null", empty=True)
        self._named[full] = _Found("null" if found.empty else name, found.empty)
        return found

    def _record(self, node: Mapping[str, Any], name: str, namespace: str, depth: int) -> _Found:
        """A record without the fields that take no bytes: what is null says nothing."""
        fields = node.get("fields")
        if not isinstance(fields, list) or not all(isinstance(one, dict) and isinstance(one.get("name"), str) for one in fields):
            raise BadSchemaError("it has a record without fields")
        found = [(one["name"], self.rewrite(one.get("type"), namespace, depth + 1)) for one in fields]
        kept = [{"name": field, "type": one.type} for field, one in found if not one.empty]
        return _Found({"type": "record", "name": name, "fields": kept}, not kept)

    def _known(self, name: str, namespace: str) -> _Found:
        """A type by its name: of its own namespace, else of none."""
        for full in (_full(name, namespace), name):
            if full in self._open:
                self.recursive = True
                return _Found(self._open[full])
            if full in self._named:
                return self._named[full]
        raise BadSchemaError(f"it refers to {named(name)}, which it does not define and none of its references does")


def _full(name: Any, namespace: Any) -> str:
    if not isinstance(name, str) or not name or not isinstance(namespace, str | None):
        raise BadSchemaError("it has a type without a name")
    return name if "." in name or not namespace else f"{namespace}.{name}"


def _decimal(node: Mapping[str, Any]) -> dict[str, Any]:
    scale = node.get("scale", 0)
    if type(scale) is not int or not 0 <= scale <= MOST_SCALE:
        raise BadSchemaError(f"it has a decimal whose scale is not 0 to {MOST_SCALE}")
    return {"logicalType": _DECIMAL, "scale": scale}


def _read_decimal(raw: bytes, schema: Mapping[str, Any], _: object = None) -> int | float | str:
    return decimal_value(raw, schema["scale"])


def _json(value: object) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(type(value).__name__)


for _readers in (compiled.LOGICAL_READERS, _read_py.LOGICAL_READERS):
    _readers |= {f"{kind}-{_DECIMAL}": _read_decimal for kind in ("bytes", "fixed")}
