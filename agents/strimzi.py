"""Topic table and roles in; Strimzi KafkaTopic and KafkaUser documents out (``python -m agents.strimzi FOLDER`` writes them)."""

import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import yaml

from agents import acls, topics
from agents.settings import Settings
from pipeline.policy import load_policy

API = "kafka.strimzi.io/v1"
CLUSTER = "kafka"
HEAD = "# Generated from the topic table by `python -m agents.strimzi`; a test fails when it is stale.\n"
KUBERNETES = {"partitions": 12, "replication": 3}
Document = dict[str, Any]


def kafka_topics(settings: Settings, teams: Iterable[str]) -> list[Document]:
    """One KafkaTopic a topic."""
    return [
        {
            "apiVersion": API,
            "kind": "KafkaTopic",
            "metadata": _metadata(name),
            "spec": {
                "topicName": name,
                "partitions": count,
                "replicas": settings.replication,
                "config": topics.configuration(spec, settings.replication),
            },
        }
        for name, (spec, count) in topics.wanted(settings, teams).items()
    ]


def users(settings: Settings, roles: Iterable[str]) -> list[Document]:
    """One KafkaUser a role: SCRAM-SHA-512, least privilege."""
    return [
        {
            "apiVersion": API,
            "kind": "KafkaUser",
            "metadata": _metadata(acls.user_of(settings, role)),
            "spec": {
                "authentication": {"type": "scram-sha-512"},
                "authorization": {"type": "simple", "acls": _acls(acls.grants(settings, role))},
            },
        }
        for role in roles
    ]


def _acls(grants: Iterable[acls.Grant]) -> list[Document]:
    operations: dict[tuple[str, str, str], list[str]] = {}
    for grant in grants:
        operations.setdefault((grant.kind, grant.name, grant.pattern), []).append(grant.operation)
    return [{"resource": _resource(*key), "operations": found} for key, found in operations.items()]


def _resource(kind: str, name: str, pattern: str) -> Document:
    if kind == "cluster":
        return {"type": "cluster"}
    return {"type": kind, "name": name, "patternType": "prefix" if pattern == "prefixed" else pattern}


def _metadata(name: str) -> Document:
    """Kubernetes names have no underscores; who is meant stands in the specification."""
    return {"name": re.sub(r"[^a-z0-9.-]", "-", name.lower()), "labels": {"strimzi.io/cluster": CLUSTER}}


def dump(documents: Iterable[Document]) -> str:
    """As one YAML stream."""
    return yaml.safe_dump_all(documents, sort_keys=False, width=140)


def files() -> dict[str, str]:
    """File name -> content, for the built-in policy's teams, with the partitions and replicas of a cluster."""
    defaults: Callable[..., Settings] = Settings.model_construct  # whatever this machine's environment says
    settings = defaults(**KUBERNETES)
    teams = [team.name for team in load_policy(None).teams]
    return {
        "topics.yaml": HEAD + dump(kafka_topics(settings, teams)),
        "users.yaml": HEAD + dump(users(settings, acls.roles(teams))),
    }


if __name__ == "__main__":
    for file, text in files().items():
        Path(sys.argv[1], file).write_text(text)
