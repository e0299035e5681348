"""The committed JSON Schemas and AsyncAPI document against the code, and their structure."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

import schemas
from pipeline.stream.stage import Output
from schemas.export import asyncapi, json_schemas, stale
from schemas.messages import EMITTED
from schemas.sources import SOURCES
from schemas.topics import ACTIONS, INPUTS, STAGES, TOPICS, topic_name

EXPORTED = Path(schemas.__file__).parent / "exported"
DOCUMENT = orjson.loads(orjson.dumps(asyncapi()))


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Every JSON object inside a document."""
    if isinstance(value, dict):
        yield value
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from nodes(child)


def resolve(document: dict[str, Any], reference: str) -> Any:
    """What a local reference points to; KeyError when there is nothing."""
    node: Any = document
    assert reference.startswith("#/")
    for step in reference[2:].split("/"):
        node = node[step.replace("~1", "/").replace("~0", "~")]
    return node


def test_exported_files_are_current() -> None:
    """Subscribers read the committed files: run ``winnow schemas export`` after changing a message."""
    assert stale(EXPORTED) == []


@pytest.mark.parametrize("document", [*json_schemas().values(), DOCUMENT], ids=[*json_schemas(), "asyncapi"])
def test_every_reference_resolves(document: dict[str, Any]) -> None:
    """Each reference is local and points to something."""
    for node in nodes(document):
        if isinstance(node.get("$ref"), str):
            assert isinstance(resolve(document, node["$ref"]), dict)


def test_emitted_schemas_are_closed_and_required() -> None:
    """A subscriber may rely on what Winnow writes: no other fields, and none missing but those with a default."""
    for noun, model in EMITTED.items():
        schema = json_schemas()[noun]
        assert schema["additionalProperties"] is False
        assert set(schema["required"]) == {name for name, field in model.model_fields.items() if field.is_required()}


def test_times_are_marked_as_such() -> None:
    """Code generators turn a time into their language's own type only if the schema says date-time."""
    assert json_schemas()["outcomes"]["properties"]["at"]["format"] == "date-time"


def test_asyncapi_has_the_shape_of_its_specification() -> None:
    """Root, servers, channels and operations hold the fields AsyncAPI 3.1 requires and none that it does not know."""
    assert DOCUMENT.keys() == {"asyncapi", "info", "servers", "defaultContentType", "channels", "operations", "components"}
    assert DOCUMENT["asyncapi"] == "3.1.0"
    for server in DOCUMENT["servers"].values():
        assert server.keys() == {"host", "protocol", "protocolVersion", "title", "description", "variables"}
        assert server["host"] == "{broker}"
        assert server["variables"].keys() == {"broker"}
    assert [server["protocol"] for server in DOCUMENT["servers"].values()] == ["kafka", "kafka-secure"]
    assert DOCUMENT["info"].keys() >= {"title", "version"}
    for channel in DOCUMENT["channels"].values():
        known = {"address", "title", "description", "messages", "bindings", "parameters", "x-partitioner", "x-compression"}
        assert {"address", "messages"} <= channel.keys() <= known
        assert channel["bindings"]["kafka"].keys() <= {"topicConfiguration", "partitions", "bindingVersion"}
    for operation in DOCUMENT["operations"].values():
        assert {"action", "channel"} <= operation.keys() <= {"action", "channel", "summary", "messages", "bindings"}
        assert operation["action"] in {"send", "receive"}


def test_asyncapi_messages_of_an_operation_belong_to_its_channel() -> None:
    """AsyncAPI 3.0 wants an operation's messages to be a subset of its channel's, referred to through the channel."""
    for operation in DOCUMENT["operations"].values():
        prefix = f"{operation['channel']['$ref']}/messages/"
        assert operation["messages"]
        assert all(message["$ref"].startswith(prefix) for message in operation["messages"])


def test_asyncapi_addresses_are_the_topic_names_and_parameters_are_declared() -> None:
    """Each topic has one channel; a name in braces is a declared parameter."""
    addresses = {noun: channel["address"] for noun, channel in DOCUMENT["channels"].items()}
    assert addresses == {noun: topic_name("winnow", noun) for noun in TOPICS} | {"actions": "winnow.actions.{team}.v1"}
    assert DOCUMENT["channels"]["actions"]["parameters"].keys() == {"team"}


def test_asyncapi_says_how_records_are_placed_and_compressed() -> None:
    """As the topic table has it: what a client that has no zstd, or another partitioner, has to know."""
    for noun, channel in DOCUMENT["channels"].items():
        spec = ACTIONS if noun == "actions" else TOPICS[noun]
        assert channel["x-compression"] == ("zstd" if spec.compression == "producer" else spec.compression)
        assert channel["x-partitioner"] == "murmur2"
    assert DOCUMENT["channels"]["actions"]["x-compression"] == "gzip"


def test_asyncapi_names_every_input_of_every_stage() -> None:
    """There is a receive operation, with the consumer group's name, for exactly the inputs in the topic table."""
    found = {name for name, operation in DOCUMENT["operations"].items() if operation["action"] == "receive"}
    assert found == {f"{stage}.receive.{noun}" for stage in STAGES for noun in INPUTS[stage]}
    group = DOCUMENT["operations"]["act.receive.outcomes"]["bindings"]["kafka"]["groupId"]
    assert group == {"type": "string", "const": "winnow-act"}


def test_asyncapi_lists_every_source_where_it_arrives() -> None:
    """A producer finds the header that makes Winnow read its native payload."""
    for source in SOURCES.values():
        name = source.topic if source.name == "signal" else f"{source.topic}.{source.name}"
        assert name in DOCUMENT["channels"][source.topic]["messages"]
        assert DOCUMENT["components"]["messages"][name]["headers"]["properties"]["source"]["const"] == source.name


def test_asyncapi_promises_cloud_event_headers_on_what_winnow_writes() -> None:
    """Every emitted message carries the CloudEvents trait, and the trait's headers are those a stage really writes."""
    messages = DOCUMENT["components"]["messages"]
    assert all(messages[noun]["traits"] == [{"$ref": "#/components/messageTraits/cloudEvent"}] for noun in EMITTED)
    output = Output("information", None, b"{}", "id", 0, "sift/posts/0", "posts/0/0/0", "", clock=0, idle=True)
    assert {name for name, _ in output.headers()} == DOCUMENT["components"]["schemas"]["CloudEventHeaders"]["properties"].keys()
