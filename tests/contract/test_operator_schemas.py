"""Manifests of operators' own kinds against what the operators say of them; `deploy/kubernetes/fetch-schemas.sh` fetches that, once."""

import copy
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from agents.kafka import kubernetes

ROOT = Path(__file__).resolve().parents[2]
BASE = ROOT / "deploy" / "kubernetes" / "base"
OPERATORS = Path(os.environ.get("OPERATOR_SCHEMAS", ROOT / ".winnow" / "operators"))
DEFINITIONS = {
    "ScaledObject": "keda.sh_scaledobjects.yaml",
    "TriggerAuthentication": "keda.sh_triggerauthentications.yaml",
    "ServiceMonitor": "monitoring.coreos.com_servicemonitors.yaml",
    "PrometheusRule": "monitoring.coreos.com_prometheusrules.yaml",
}
STRIMZI = ("KafkaTopic", "KafkaUser")


@pytest.fixture(scope="module", autouse=True)
def _fetched() -> None:
    if not (OPERATORS / "strimzi" / "lib").is_dir():
        pytest.skip(f"no operators' schemas in {OPERATORS} (deploy/kubernetes/fetch-schemas.sh fetches them)")


def _documents() -> list[dict[str, Any]]:
    """Every document of the base, and the rules as an operator gets them."""
    files = [document for path in sorted(BASE.glob("*.yaml")) for document in yaml.safe_load_all(path.read_text()) if document]
    return [*files, kubernetes.alerts((ROOT / "deploy" / "prometheus" / "winnow.rules.yaml").read_text())]


def _of(*kinds: str) -> list[dict[str, Any]]:
    return [document for document in _documents() if document.get("kind") in kinds]


@cache
def _validator(kind: str, version: str) -> jsonschema.protocols.Validator:
    definition = yaml.safe_load((OPERATORS / DEFINITIONS[kind]).read_text())
    served = {one["name"]: one["schema"]["openAPIV3Schema"] for one in definition["spec"]["versions"] if one["served"]}
    assert version in served, f"{kind} {version} is not served; there are {sorted(served)}"
    return jsonschema.Draft7Validator(closed(served[version]))


def closed(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema refusing what the API server would silently prune: fields that it does not name."""
    schema = copy.deepcopy(schema)
    schema["properties"]["metadata"] = {"type": "object", "properties": {"name": {"type": "string"}, "labels": {"type": "object"}}}
    for node in _nodes(schema):
        if "properties" in node and "additionalProperties" not in node and not node.get("x-kubernetes-preserve-unknown-fields"):
            node["additionalProperties"] = False
        if node.get("x-kubernetes-int-or-string"):
            node.pop("type", None)
    return schema


def _nodes(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield schema
    inner = [*schema.get("properties", {}).values(), schema.get("items"), schema.get("additionalProperties")]
    for child in inner:
        if isinstance(child, dict):
            yield from _nodes(child)


def faults(document: dict[str, Any]) -> list[str]:
    """What the definition of its kind has against a document."""
    found = _validator(document["kind"], document["apiVersion"].rpartition("/")[2]).iter_errors(document)
    return [f"{'.'.join(map(str, error.absolute_path))}: {error.message}" for error in found]


def of_strimzi(documents: list[dict[str, Any]]) -> list[str]:
    """What Strimzi's own Java model has against documents."""
    java = shutil.which("java")
    if java is None or "jdk.compiler" not in subprocess.run([java, "--list-modules"], capture_output=True, text=True, check=True).stdout:
        pytest.skip("no JDK to ask Strimzi's model (Debian: default-jdk-headless)")
    done = subprocess.run(
        [java, "-cp", f"{OPERATORS / 'strimzi' / 'lib'}/*", str(Path(__file__).with_name("StrimziCheck.java"))],
        input="".join(json.dumps(one) + "\n" for one in documents), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return list(dict.fromkeys(done.stdout.splitlines()))  # two getters may lead to one object


def test_every_kind_is_known() -> None:
    """Each kind of the base that is not Kubernetes' own is one of those checked here."""
    own = ("networking.k8s.io", "kustomize.config.k8s.io")
    foreign = {one["kind"] for one in _documents() if "." in one["apiVersion"] and not one["apiVersion"].startswith(own)}
    assert foreign == {*DEFINITIONS, *STRIMZI}


@pytest.mark.parametrize("kind", DEFINITIONS)
def test_manifests_fit_the_definitions(kind: str) -> None:
    """KEDA's and the Prometheus operator's own definitions accept every manifest of theirs, unknown fields included."""
    documents = _of(kind)
    assert documents
    assert [fault for one in documents for fault in faults(one)] == []


def test_a_wrong_manifest_is_found() -> None:
    """A misspelt field, a wrong type and a missing one are seen: the check checks."""
    good = _of("ScaledObject")[0]
    for wrong in ({"maxReplicas": 3}, {"maxReplicaCount": "many"}):
        assert faults({**good, "spec": {**good["spec"], **wrong}})
    assert faults({**good, "spec": {name: value for name, value in good["spec"].items() if name != "triggers"}})


def test_strimzi_reads_topics_and_users() -> None:
    """Strimzi's own model knows every field, value and version of its resources, and not those of a misspelt one."""
    documents = _of(*STRIMZI)
    assert len(documents) > 20
    assert of_strimzi(documents) == []
    topic, user = _of("KafkaTopic")[0], _of("KafkaUser")[0]
    wrong = [
        {**topic, "spec": {**topic["spec"], "partition": 3}},
        {**topic, "apiVersion": "kafka.strimzi.io/v9"},
        {**user, "spec": {**user["spec"], "authentication": {"type": "scram-sha-512", "pasword": {}}}},
    ]
    found = of_strimzi(wrong)
    assert list(dict.fromkeys(line.split(": ", 1)[1] for line in found)) == [
        "unknown field partition", "version kafka.strimzi.io/v9 is not served", "unknown field pasword",
    ]  # fmt: skip
