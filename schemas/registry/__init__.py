"""In: a record that begins with a schema registry's five bytes, and the schema of that id. Out: the JSON that its source reads.

The five bytes are a zero and the schema's id (the wire format of Confluent's clients). Who asks the registry is
`agents.stages.schema_registry`; here nothing is fetched: what a record says is a function of its bytes and of the schema, which never
changes under an id.
"""

from schemas.registry.decoding import SchemaCache, installed, needed
from schemas.registry.framing import schema_id
from schemas.registry.schema import RegisteredSchema

__all__ = ["RegisteredSchema", "SchemaCache", "installed", "needed", "schema_id"]
