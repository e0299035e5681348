"""One AsyncAPI 3.1 document of every topic, from the message models, the topic table and the sources.

It says for each topic who sends, who receives, with which key, headers and payload. Operations are Winnow's own: where it says
``send``, a subscriber receives. Source: AsyncAPI 3.1.0; its Kafka bindings 0.5.0; CloudEvents 1.0, Kafka binding, binary mode.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from schemas.meanings import described
from schemas.messages import ALONGSIDE, EMITTED, RECEIVED
from schemas.sources import SOURCES, Source
from schemas.topics import ACTIONS, INPUTS, STAGES, TOPICS, TopicSpec, topic_name

Document = dict[str, Any]

VERSION = "1.0.0"
"""Of the contract, not of the program: its first number is the ``v1`` in topic names."""
PREFIX = "winnow"
BINDING = "0.5.0"

OUTPUTS: Mapping[str, tuple[str, ...]] = {
    "sift": ("information", "chaff", "rejected", "ledger"),
    "correlate": ("situations", "rejected", "ledger"),
    "decide": ("decisions", "rejected", "ledger"),
    "act": ("actions", "labels", "outcomes", "rejected", "ledger"),
    "monitor": ("health", "rejected", "ledger"),
    "learn": ("models", "rejected", "ledger"),
}
"""Stage -> the nouns it writes. ``act`` writes outcomes to move one that came under a wrong key, and to tell peers and items of a group."""

SPECS: Mapping[str, TopicSpec] = TOPICS | {"actions": ACTIONS}
_BESIDE = {f"{noun}.{name}": model for noun, models in ALONGSIDE.items() for name, model in models.items()}
_MODELS: Mapping[str, type[BaseModel]] = EMITTED | RECEIVED | _BESIDE


def asyncapi() -> Document:
    """The AsyncAPI 3.1 document, in terms of JSON: all references are local and resolve."""
    names, schemas = _schemas()
    return {
        "asyncapi": "3.1.0",
        "info": {
            "title": "Winnow",
            "version": VERSION,
            "description": "Noise in; information, decisions, actions and their outcomes out. "
            f"Topic names begin with the deployment's prefix, `{PREFIX}` unless set otherwise.",
            "license": {"name": "Apache-2.0"},
        },
        "servers": _servers(),
        "defaultContentType": "application/json",
        "channels": {noun: _channel(noun, spec) for noun, spec in SPECS.items()},
        "operations": dict(_operations()),
        "components": {
            "messages": dict(_messages(names)),
            "messageTraits": {"cloudEvent": {"headers": _ref("schemas", "CloudEventHeaders")}},
            "schemas": schemas | {"CloudEventHeaders": _cloud_event_headers()},
        },
    }


def _servers() -> Document:
    """Where the topics are, in the clear and secured; which of the two, and where, says a deployment's `WINNOW_BROKER`."""
    host: Document = {"default": "127.0.0.1:9092", "description": "WINNOW_BROKER: host:port of any broker."}
    secured = host | {"default": "127.0.0.1:9093"}
    plain = {"host": "{broker}", "protocol": "kafka", "protocolVersion": "3.0", "title": "Kafka", "variables": {"broker": host}}
    return {
        "kafka": plain | {"description": "Kafka 3.0 or later, without TLS: on one machine, or in a network of your own."},
        "kafkaSecure": plain
        | {
            "protocol": "kafka-secure",
            "title": "Kafka with TLS and SASL",
            "variables": {"broker": secured},
            "description": "Rights by `winnow acls apply`: a team's service reads its own action topic and writes outcomes.",
        },
    }


def _ref(kind: str, name: str) -> Document:
    return {"$ref": f"#/components/{kind}/{name}"}


def _schemas() -> tuple[dict[str, str], Document]:
    """(noun -> name of its schema, all schemas by name)."""
    by_model, whole = models_json_schema([(model, "validation") for model in _MODELS.values()], ref_template="#/components/schemas/{model}")
    names = {noun: by_model[(model, "validation")]["$ref"].rsplit("/", 1)[1] for noun, model in _MODELS.items()}
    return names, described(whole)["$defs"]


def _cloud_event_headers() -> Document:
    text = {"type": "string"}
    properties = {
        "ce_specversion": {"const": "1.0"},
        "ce_id": text | {"description": "Derived from what the event is: the same after a redelivery. Fold duplicates on it."},
        "ce_type": text | {"description": "winnow.<noun>.v1"},
        "ce_source": text
        | {"description": "Who wrote it: /prefix of the deployment/stage/topic/partition; former versions leave the prefix out."},
        "ce_dataschema": text
        | {"description": "urn:winnow:schema:<noun>:v1, the $id of its schema; not on watermarks and in former versions."},
        "ce_time": text | {"format": "date-time"},
        "content-type": {"const": "application/json"},
        "traceparent": text | {"description": "W3C Trace Context."},
        "ce_lineage": text | {"description": "topic/partition/offset/ordinal of the record that caused it."},
        "ce_clock": text
        | {
            "description": "Event-time clock of the shard, Unix ms, as decimal text; only where stages order by it.",
            "pattern": "^-?[0-9]+$",
        },
        "ce_idle": text | {"description": "1 on a watermark of a shard that has nothing left to read."},
    }
    required = [name for name in properties if name not in ("ce_idle", "ce_clock", "ce_dataschema")]
    return {"type": "object", "description": "Kafka header values are UTF-8.", "properties": properties, "required": required}


def _channel(noun: str, spec: TopicSpec) -> Document:
    binding: Document = {
        "topicConfiguration": {
            "cleanup.policy": [spec.cleanup],
            "retention.ms": spec.retention_ms,
            "max.message.bytes": spec.max_message_bytes,
        },
        "bindingVersion": BINDING,
    }
    if spec.partitions is not None:
        binding["partitions"] = spec.partitions
    compression = "zstd" if spec.compression == "producer" else spec.compression
    channel: Document = {
        "address": topic_name(PREFIX, "actions.{team}" if noun == "actions" else noun),
        "title": noun,
        "description": f"{spec.reason[:1].upper()}{spec.reason[1:]}. Key: {spec.key}, partition: murmur2 of the key as "
        f"Java's client has it. Compression: {compression}.",
        "x-partitioner": "murmur2",
        "x-compression": compression,
        "messages": {name: _ref("messages", name) for name in _message_names(noun)},
        "bindings": {"kafka": binding},
    }
    if noun == "actions":
        channel["parameters"] = {"team": {"description": "Name of the team as the policy has it."}}
    return channel


def _natives(noun: str) -> list[Source]:
    return [source for source in SOURCES.values() if source.topic == noun and source.name != "signal"]


def _message_names(noun: str) -> list[str]:
    """The canonical message, what is written beside it, then one per source whose native payloads arrive there."""
    return [noun, *(f"{noun}.{name}" for name in ALONGSIDE.get(noun, ())), *(f"{noun}.{source.name}" for source in _natives(noun))]


def _operations() -> Iterator[tuple[str, Document]]:
    for stage in STAGES:
        group = {"groupId": {"type": "string", "const": f"{PREFIX}-{stage}"}, "bindingVersion": BINDING}
        for noun in INPUTS[stage]:
            yield f"{stage}.receive.{noun}", _operation("receive", noun, f"{stage} reads {noun}") | {"bindings": {"kafka": group}}
        for noun in OUTPUTS[stage]:
            yield f"{stage}.send.{noun}", _operation("send", noun, f"{stage} writes {noun}")


def _operation(action: str, noun: str, summary: str) -> Document:
    messages = [{"$ref": f"#/channels/{noun}/messages/{name}"} for name in _message_names(noun)]
    return {"action": action, "channel": {"$ref": f"#/channels/{noun}"}, "summary": summary, "messages": messages}


def _messages(names: Mapping[str, str]) -> Iterator[tuple[str, Document]]:
    for noun, spec in SPECS.items():
        key = {"kafka": {"key": {"type": "string", "description": spec.key}, "bindingVersion": BINDING}}
        message: Document = {"name": noun, "title": _MODELS[noun].__name__, "contentType": "application/json", "bindings": key}
        message["payload"] = _ref("schemas", names[noun])
        if noun in EMITTED:
            message["traits"] = [_ref("messageTraits", "cloudEvent")]
        elif noun in INPUTS["sift"]:
            message["headers"] = _source_header("signal", required=False)
        yield noun, message
        for name, model in ALONGSIDE.get(noun, {}).items():
            beside = f"{noun}.{name}"
            yield beside, message | {"name": beside, "title": model.__name__, "payload": _ref("schemas", names[beside])}
        for source in _natives(noun):
            payload = {"type": "object", "description": f"As {source.title} delivers it; unknown fields are ignored."}
            native = {"name": f"{noun}.{source.name}", "title": source.title, "payload": payload}
            yield f"{noun}.{source.name}", message | native | {"headers": _source_header(source.name, required=True)}


def _source_header(name: str, *, required: bool) -> Document:
    """Which adapter reads the payload; without the header it is taken for a canonical Signal."""
    headers: Document = {"type": "object", "properties": {"source": {"const": name}}}
    return headers | {"required": ["source"]} if required else headers
