"""Kubernetes documents from the topic table, roles and stages: Strimzi topics and users, Deployments, KEDA scaling.

``python -m agents.kafka deploy/kubernetes/base`` writes them for kustomize.
"""

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from string import Template
from typing import Any

import yaml

from agents.kafka import acls, topics
from agents.settings import Settings
from pipeline.policy import load_policy
from schemas.topics import INPUTS

API = "kafka.strimzi.io/v1"
CLUSTER = "kafka"
HEAD = "# Generated from the topic table by `python -m agents.kafka`; a test fails when it is stale.\n"
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


def stages(settings: Settings, template: str) -> str:
    """A Deployment and a disruption budget a stage."""
    return "---\n".join(
        Template(template).substitute(asdict(size), stage=stage, user=acls.user_of(settings, stage), **STORE.get(stage, NO_STORE))
        for stage, size in SIZES.items()
    )


def board(settings: Settings, template: str) -> str:
    """The board's Deployment and Service."""
    return Template(template).substitute(asdict(BOARD_SIZE), stage=acls.BOARD, user=acls.user_of(settings, acls.BOARD))


def scaling(settings: Settings) -> list[Document]:
    """A KEDA ScaledObject on the lag of every input, and who asks for it: the stage's own user, who may see that and no more."""
    return [
        document
        for stage, size in SIZES.items()
        if size.lag
        for document in (_authentication(settings, stage), _scaled(settings, stage, size))
    ]


def _authentication(settings: Settings, stage: str) -> Document:
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "TriggerAuthentication",
        "metadata": {"name": f"winnow-{stage}", "labels": _labels(stage)},
        "spec": {
            "env": [{"parameter": "username", "name": "WINNOW_SASL_USERNAME", "containerName": "worker"}],
            "secretTargetRef": [
                {"parameter": "password", "name": acls.user_of(settings, stage), "key": "password"},
                {"parameter": "ca", "name": f"{CLUSTER}-cluster-ca-cert", "key": "ca.crt"},
            ],
        },
    }


def _scaled(settings: Settings, stage: str, size: "Size") -> Document:
    asked = {
        "bootstrapServers": f"{CLUSTER}-kafka-bootstrap:9093", "consumerGroup": f"{settings.prefix}-{stage}", "lagThreshold": str(size.lag),
        "offsetResetPolicy": "earliest", "sasl": "scram_sha512", "tls": "enable",
    }  # fmt: skip
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": {"name": f"winnow-{stage}", "labels": _labels(stage)},
        "spec": {
            "scaleTargetRef": {"name": f"winnow-{stage}"},
            # Never none: timers (escalation, closing) run in the workers. Never more than there are partitions.
            "minReplicaCount": size.replicas,
            "maxReplicaCount": settings.partitions,
            # Every change moves partitions: go down slowly.
            "cooldownPeriod": 300,
            "advanced": {"horizontalPodAutoscalerConfig": {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 600}}}},
            "triggers": [
                {"type": "kafka", "metadata": {"topic": settings.topic(noun), **asked}, "authenticationRef": {"name": f"winnow-{stage}"}}
                for noun in INPUTS[stage]
            ],
        },
    }


def _labels(stage: str) -> Document:
    return {"app.kubernetes.io/name": "winnow", "app.kubernetes.io/component": stage}


@dataclass(frozen=True, slots=True)
class Size:
    """What a worker of a stage asks for. lag: records per worker that call for another one; 0: never another one."""

    replicas: int
    cpu: str
    memory: str
    memory_limit: str
    lag: int


SIZES: Mapping[str, Size] = {
    "sift": Size(2, "500m", "1Gi", "2Gi", 20_000),
    "correlate": Size(2, "500m", "1Gi", "3Gi", 10_000),
    "decide": Size(1, "100m", "512Mi", "2Gi", 2_000),
    "act": Size(1, "100m", "512Mi", "2Gi", 2_000),
    "monitor": Size(1, "100m", "512Mi", "1Gi", 20_000),
    "learn": Size(1, "100m", "512Mi", "2Gi", 0),
}
BOARD_SIZE = Size(1, "200m", "512Mi", "1Gi", 0)
STORE: Mapping[str, Mapping[str, str]] = {
    "learn": {"models": "persistentVolumeClaim: {claimName: winnow-models}", "read_only": "false"},
    "sift": {"models": "persistentVolumeClaim: {claimName: winnow-models, readOnly: true}", "read_only": "true"},
}
"""Who writes models, and who opens those that were announced."""
NO_STORE: Mapping[str, str] = {"models": "emptyDir: {sizeLimit: 1Mi}", "read_only": "true"}


def dump(documents: Iterable[Document]) -> str:
    """As one YAML stream."""
    return yaml.safe_dump_all(documents, sort_keys=False, width=140)


def files(folder: Path) -> dict[str, str]:
    """File name -> content for a folder beside the template, for the built-in policy's teams and the size of a cluster."""
    defaults: Callable[..., Settings] = Settings.model_construct  # whatever this machine's environment says
    settings = defaults(**KUBERNETES)
    teams = [team.name for team in load_policy(None).teams]
    return {
        "topics.yaml": HEAD + dump(kafka_topics(settings, teams)),
        "users.yaml": HEAD + dump(users(settings, acls.roles(teams))),
        "stages.yaml": HEAD + stages(settings, (folder.parent / "stage.template.yaml").read_text()),
        "scaling.yaml": HEAD + dump(scaling(settings)),
        "../board/board.yaml": HEAD + board(settings, (folder.parent / "board.template.yaml").read_text()),
    }


def alerts(rules: str) -> Document:
    """A PrometheusRule of a file of Prometheus rules."""
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "winnow", "labels": {"app.kubernetes.io/name": "winnow"}},
        "spec": yaml.safe_load(rules),
    }


def main(arguments: list[str]) -> int:
    """``FOLDER`` writes the generated files there; ``rules FILE`` prints Prometheus rules as a PrometheusRule."""
    match arguments:
        case ["rules", path]:
            sys.stdout.write(dump([alerts(Path(path).read_text())]))
        case [folder]:
            for file, text in files(Path(folder)).items():
                Path(folder, file).write_text(text)
        case _:
            print("usage: python -m agents.kafka (FOLDER | rules FILE)", file=sys.stderr)  # noqa: T201  # a command's output
            return 2
    return 0
