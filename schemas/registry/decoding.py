"""The schemas that were fetched, ready to decode: `agents.stages.schema_registry` puts them in, sift's reader asks."""

from collections.abc import Iterable, Set
from importlib.util import find_spec
from typing import Protocol

from schemas.registry.framing import HEADER_BYTES, LARGEST_ID, schema_id
from schemas.registry.schema import BadSchemaError, Decode, RegisteredSchema
from schemas.sources import MAX_BYTES, Malformed, malformed


class Framed(Protocol):
    """A record of which only the value counts here."""

    @property
    def value(self) -> bytes | None:
        """Its bytes."""


def needed(records: Iterable[Framed]) -> Set[int]:
    """Ids of the schemas that say what these records mean."""
    found = {number for record in records if (number := schema_id(record.value)) is not None}
    return {number for number in found if number <= LARGEST_ID}


class SchemaCache:
    """Schema id -> how it is decoded, or why it cannot be. What was put in stays: a registry has few schemas and never changes one."""

    def __init__(self) -> None:
        self._known: dict[int, Decode | Malformed] = {}

    def missing(self, numbers: Set[int]) -> Set[int]:
        """Those of these ids that nobody has put in."""
        return numbers - self._known.keys()

    def put(self, number: int, schema: RegisteredSchema) -> None:
        """Take a schema in, ready to decode; one that cannot be used refuses its records as ``bad_schema``, or ``protobuf_unsupported``."""
        self._known[number] = _decoder(number, schema)

    def refuse(self, number: int, code: str, reason: str) -> None:
        """Records with this id are refused, until `forget`."""
        self._known[number] = malformed(code, reason)

    def forget(self, number: int) -> None:
        """Nothing is known of this id any more."""
        self._known.pop(number, None)

    def to_json(self, raw: bytes) -> bytes | Malformed:
        """The JSON in a record with the five bytes. Raises KeyError for an id that is `missing`: nothing must be refused for that."""
        number = schema_id(raw)
        assert number is not None
        if number > LARGEST_ID:
            return Malformed("unknown_schema", f"no registry has a schema {number}: the record begins like one's and is none")
        if len(raw) > MAX_BYTES:
            return Malformed("too_large", f"the record has {len(raw)} bytes; at most {MAX_BYTES} are read")
        known = self._known[number]
        return known if isinstance(known, Malformed) else known(raw[HEADER_BYTES:])


def installed() -> bool:
    """Whether the packages of the extra ``registry`` are there."""
    return find_spec("fastavro") is not None and find_spec("google") is not None and find_spec("google.protobuf") is not None


def _decoder(number: int, schema: RegisteredSchema) -> Decode | Malformed:
    try:
        if schema.kind == "AVRO":
            from schemas.registry.avro import avro_decoder  # noqa: PLC0415  # of the extra `registry`

            return avro_decoder(number, schema)
        if schema.kind == "PROTOBUF":
            from schemas.registry.protobuf import protobuf_decoder  # noqa: PLC0415  # of the extra `registry`

            return protobuf_decoder(number, schema)
    except BadSchemaError as error:
        return malformed("bad_schema", f"schema {number} of the registry cannot be used: {error}")
    if schema.kind == "JSON":
        return lambda body: body
    return malformed("bad_schema", f"schema {number} of the registry is neither Avro nor Protobuf nor JSON")
