"""What is deployed says what the code says: generated files are current, manifests are valid and hold to what we promise of them."""

import importlib
import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from agents.kafka import acls, kubernetes
from agents.settings import PREFIX, Settings
from pipeline.policy.load import load_policy
from schemas.topics import INPUTS, STAGES

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
BASE = DEPLOY / "kubernetes" / "base"
COMPOSE = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text())
KNOWN = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
OWN = re.compile(r"\bWINNOW_[A-Z_]+\b")


def _documents(folder: Path) -> list[dict[str, Any]]:
    names = yaml.safe_load((folder / "kustomization.yaml").read_text())["resources"]
    return [document for name in names for document in yaml.safe_load_all((folder / name).read_text())]


RESOURCES = _documents(BASE)
BOARD = {one["kind"]: one for one in _documents(DEPLOY / "kubernetes" / "board")}
BOARD_POLICIES = {
    one["metadata"]["name"]: one["spec"] for one in _documents(DEPLOY / "kubernetes" / "board") if one["kind"] == "NetworkPolicy"
}
EXAMPLE = DEPLOY / "kubernetes" / "overlays" / "example"
DEPLOYMENTS = {one["metadata"]["labels"]["app.kubernetes.io/component"]: one for one in RESOURCES if one["kind"] == "Deployment"}


@pytest.mark.parametrize("name", ["topics.yaml", "users.yaml", "stages.yaml", "scaling.yaml", "../board/board.yaml"])
def test_generated_files_are_current(name: str) -> None:
    """What stands in the folder is what `python -m agents.kafka deploy/kubernetes/base` writes from the topic table."""
    assert (BASE / name).read_text() == kubernetes.files(BASE)[name]


def test_the_page_of_permissions_is_current() -> None:
    """deploy/security/ACLS.md ends with the generated table."""
    page = (DEPLOY / "security" / "ACLS.md").read_text()
    teams = [team.name for team in load_policy(None).teams]
    defaults: Callable[..., Settings] = Settings.model_construct
    assert page.partition("<!-- generated -->\n")[2] == acls.markdown(defaults(), acls.roles(teams))


def test_alerts_come_along(capsys: pytest.CaptureFixture[str]) -> None:
    """The rules of Prometheus become a PrometheusRule with the same groups."""
    path = DEPLOY / "prometheus" / "winnow.rules.yaml"
    assert kubernetes.main(["rules", str(path)]) == 0
    document = yaml.safe_load(capsys.readouterr().out)
    assert document["kind"] == "PrometheusRule"
    assert document["spec"] == yaml.safe_load(path.read_text())
    assert kubernetes.main([]) == 2


def test_every_manifest_fits_the_schemas_of_kubernetes() -> None:
    """Each built-in kind validates strictly against Kubernetes' own schema; no other than the known operators' kinds remain."""
    validate = importlib.import_module("kubernetes_validate") if os.environ.get("CI") else pytest.importorskip("kubernetes_validate")
    foreign = Counter()
    for document in (*RESOURCES, *BOARD.values(), yaml.safe_load((EXAMPLE / "ingress.yaml").read_text())):
        if re.search(r"strimzi|keda|coreos", document["apiVersion"]):
            foreign[document["kind"]] += 1
        else:
            validate.validate(document, "1.31", strict=True)
    assert foreign.keys() == {"KafkaTopic", "KafkaUser", "ScaledObject", "TriggerAuthentication", "ServiceMonitor"}


def test_there_is_a_deployment_a_stage_that_may_do_little() -> None:
    """Probes, resources, no root, no writing to the root file system, no service account, a surplus worker never stops a roll-out."""
    assert set(DEPLOYMENTS) == set(STAGES)
    for stage, deployment in DEPLOYMENTS.items():
        pod = deployment["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        assert container["args"] == ["worker", stage]
        assert pod["securityContext"]["runAsNonRoot"]
        assert not pod["automountServiceAccountToken"]
        assert not pod["enableServiceLinks"]
        assert container["securityContext"]["readOnlyRootFilesystem"]
        assert not container["securityContext"]["allowPrivilegeEscalation"]
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert [container[probe]["httpGet"]["path"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")] == [
            "/live",
            "/live",
            "/ready",
        ]
        assert container["resources"]["limits"]["memory"]
        assert container["resources"]["requests"]["cpu"]
        assert deployment["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 0, "maxUnavailable": 1}
        assert pod["terminationGracePeriodSeconds"] >= 20


def test_every_stage_has_a_budget_a_user_and_its_own_secret() -> None:
    """The password that a worker mounts is that of its stage's Strimzi user."""
    of = {kind: {one["metadata"]["name"]: one for one in RESOURCES if one["kind"] == kind} for kind in ("PodDisruptionBudget", "KafkaUser")}
    for stage, deployment in DEPLOYMENTS.items():
        assert f"winnow-{stage}" in of["PodDisruptionBudget"]
        assert f"winnow-{stage}" in of["KafkaUser"]
        pod = deployment["spec"]["template"]["spec"]
        secrets = {volume["secret"]["secretName"] for volume in pod["volumes"] if "secret" in volume}
        assert secrets == {f"winnow-{stage}", "kafka-cluster-ca-cert"}
        variables = {one["name"]: one.get("value") for one in pod["containers"][0]["env"]}
        assert variables["WINNOW_SASL_USERNAME"] == f"winnow-{stage}"
        assert "WINNOW_SASL_PASSWORD" not in variables


def test_the_board_may_as_little_and_is_reached_through_the_ingress_only() -> None:
    """Its own Kafka user, a people file and a key from its Secret, the same lockdown as a stage's pod; its pages from the ingress alone."""
    pod = BOARD["Deployment"]["spec"]["template"]["spec"]
    (container,), (stage,) = pod["containers"], DEPLOYMENTS["act"]["spec"]["template"]["spec"]["containers"]
    assert container["args"] == ["board"]
    assert container["securityContext"] == stage["securityContext"]
    stage_pod = DEPLOYMENTS["act"]["spec"]["template"]["spec"]
    assert {name: pod[name] for name in stage_pod if name not in ("containers", "volumes", "topologySpreadConstraints")} == {
        name: stage_pod[name] for name in stage_pod if name not in ("containers", "volumes", "topologySpreadConstraints")
    }
    assert {one["secret"]["secretName"] for one in pod["volumes"] if "secret" in one} == {
        "winnow-board", "winnow-board-people", "kafka-cluster-ca-cert"
    }  # fmt: skip
    assert "winnow-board" in {one["metadata"]["name"] for one in RESOURCES if one["kind"] == "KafkaUser"}
    given = {one["name"]: one.get("value") for one in container["env"]}
    assert (given["WINNOW_SASL_USERNAME"], given["WINNOW_BOARD_KEY"]) == ("winnow-board", None)
    labels = BOARD["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert BOARD["Service"]["spec"]["selector"] == labels
    policy = BOARD_POLICIES["winnow-board"]
    assert policy["podSelector"]["matchLabels"] == labels
    (rule,) = policy["ingress"]
    assert (
        [port["port"] for port in rule["ports"]]
        == [container["ports"][0]["containerPort"]]
        == [Settings.model_fields["board_port"].default]
    )
    overlay = yaml.safe_load((EXAMPLE / "kustomization.yaml").read_text())
    (asked,) = yaml.safe_load((EXAMPLE / "ingress.yaml").read_text())["spec"]["rules"]
    backend = asked["http"]["paths"][0]["backend"]["service"]
    assert (backend["name"], backend["port"]["name"]) == (
        BOARD["Service"]["metadata"]["name"],
        BOARD["Service"]["spec"]["ports"][0]["name"],
    )
    told = [line for one in overlay["configMapGenerator"] for line in one.get("literals", ())]
    assert f"WINNOW_BOARD_HOSTS={asked['host']}" in told
    assert overlay["components"] == ["../../board"]


def test_the_board_may_ask_the_workers_for_their_metrics() -> None:
    """Where their headless service leads: on the port that it names, out of the board and into the workers."""
    (container,) = BOARD["Deployment"]["spec"]["template"]["spec"]["containers"]
    (address,) = [one["value"] for one in container["env"] if one["name"] == "WINNOW_BOARD_WORKERS"]
    metrics = next(one for one in RESOURCES if one["kind"] == "Service" and one["metadata"]["name"] == "winnow-metrics")
    (port,) = metrics["spec"]["ports"]
    assert address == f"http://winnow-metrics:{port['port']}/metrics"
    assert metrics["spec"]["clusterIP"] == "None"
    (out,), (into,) = BOARD_POLICIES["winnow-board"]["egress"], BOARD_POLICIES["winnow-workers"]["ingress"]
    assert out["ports"] == into["ports"] == [{"protocol": "TCP", "port": port["port"]}]
    assert (
        out["to"]
        == [{"podSelector": {"matchLabels": metrics["spec"]["selector"]}}]
        == [{"podSelector": BOARD_POLICIES["winnow-workers"]["podSelector"]}]
    )
    assert into["from"] == [{"podSelector": BOARD_POLICIES["winnow-board"]["podSelector"]}]


def test_scaling_follows_the_lag_of_every_input() -> None:
    """Every stage but learn scales on the lag of all its inputs, between one worker and as many as there are partitions."""
    scaled = {
        one["spec"]["scaleTargetRef"]["name"].removeprefix("winnow-"): one["spec"] for one in RESOURCES if one["kind"] == "ScaledObject"
    }
    assert set(scaled) == set(STAGES) - {"learn"}
    partitions = {one["spec"]["topicName"]: one["spec"]["partitions"] for one in RESOURCES if one["kind"] == "KafkaTopic"}
    for stage, spec in scaled.items():
        topics = [trigger["metadata"]["topic"] for trigger in spec["triggers"]]
        assert topics == [f"winnow.{noun}.v1" for noun in INPUTS[stage]]
        assert 1 <= spec["minReplicaCount"] <= spec["maxReplicaCount"] <= min(partitions[topic] for topic in topics)


def test_the_settings_of_the_cluster_fit_its_topics() -> None:
    """Workers are told the partitions and replicas that the KafkaTopics have."""
    (generator,) = yaml.safe_load((BASE / "kustomization.yaml").read_text())["configMapGenerator"]
    told = dict(line.split("=", 1) for line in generator["literals"])
    topic = next(one for one in RESOURCES if one["kind"] == "KafkaTopic" and one["spec"]["topicName"] == "winnow.posts.v1")
    assert (int(told["WINNOW_PARTITIONS"]), int(told["WINNOW_REPLICATION"])) == (topic["spec"]["partitions"], topic["spec"]["replicas"])
    assert told["WINNOW_SECURITY_PROTOCOL"] == "SASL_SSL"


@pytest.mark.parametrize(
    "path", sorted(path for path in DEPLOY.rglob("*") if path.is_file() and path.suffix in {".yaml", ".yml", ".md", ".sh", ""})
)
def test_no_file_names_an_unknown_setting(path: Path) -> None:
    """A worker refuses unknown WINNOW_ names: every one in deploy/ exists."""
    assert set(OWN.findall(path.read_text())) - KNOWN - {"WINNOW_"} == set()


def test_compose_runs_every_stage_with_a_read_only_root() -> None:
    """All stages, Kafka and the watchers; ports on loopback only; no secret in the file."""
    services = COMPOSE["services"]
    assert set(services) == {*STAGES, "board", "kafka", "topics", "prometheus", "alertmanager", "grafana"}
    assert (services["board"]["command"], services["board"]["profiles"]) == (["board"], ["board"])
    for stage in (*STAGES, "board"):
        assert stage == "board" or services[stage]["command"] == ["worker", stage]
        assert services[stage]["read_only"]
        assert services[stage]["cap_drop"] == ["ALL"]
        assert services[stage]["depends_on"]["topics"]["condition"] == "service_completed_successfully"
    assert all(port.startswith("127.0.0.1:") for service in services.values() for port in service.get("ports", ()))
    assert services["sift"]["environment"]["WINNOW_AUTHOR_KEY"].startswith("${WINNOW_AUTHOR_KEY:?")
    mounted = {volume.split(":")[0] for service in services.values() for volume in service.get("volumes", ()) if volume.startswith("..")}
    assert mounted
    assert all((DEPLOY / "compose" / folder).exists() for folder in mounted)


def test_prometheus_scrapes_the_port_of_the_image() -> None:
    """The port that the image listens on is the one that compose's Prometheus and the Kubernetes service know."""
    image = (DEPLOY / "docker" / "Dockerfile").read_text()
    (port,) = re.findall(r"WINNOW_WEB_PORT=(\d+)", image)
    scraped = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())["scrape_configs"][0]["dns_sd_configs"][0]
    service = next(one for one in RESOURCES if one["kind"] == "Service")
    assert {scraped["port"], service["spec"]["ports"][0]["port"], int(re.findall(r"EXPOSE (\d+)", image)[0])} == {int(port)}
    assert set(scraped["names"]) == set(STAGES)


def test_the_image_copies_what_exists_and_runs_as_nobody() -> None:
    """Every file that the Dockerfile copies is there and let through by its ignore file; the last user is not root."""
    image = (DEPLOY / "docker" / "Dockerfile").read_text()
    ignore = (DEPLOY / "docker" / "Dockerfile.dockerignore").read_text().splitlines()
    sources = [source for line in re.findall(r"^COPY (?!--from)(.*)$", image, re.M) for source in line.split()[:-1]]
    assert "agents" in sources
    for source in sources:
        assert (DEPLOY.parent / source).exists(), source
        assert f"!{source}" in ignore
    assert re.findall(r"^USER (.*)$", image, re.M)[-1] == "10001:10001"
    assert "HEALTHCHECK" in image


def test_the_entry_point_seeds_the_compiled_kernels(tmp_path: Path) -> None:
    """With a read-only seed the kernels are where numba may write; winnow takes the shell's place and gets the arguments."""
    seed, fake = tmp_path / "seed", tmp_path / "bin" / "winnow"
    seed.mkdir()
    (seed / "kernel.nbi").write_text("x")
    os.utime(seed / "kernel.nbi", (1, 1))
    fake.parent.mkdir()
    fake.write_text('#!/bin/sh\necho "$$ $*"\n')
    fake.chmod(0o755)
    shell = shutil.which("sh")
    assert shell is not None
    environment = {
        "PATH": f"{fake.parent}:{os.environ['PATH']}",
        "NUMBA_CACHE_DIR": str(tmp_path / "cache"),
        "KERNELS_SEED": str(seed),
    }
    process = subprocess.Popen(
        [shell, str(DEPLOY / "docker" / "entrypoint.sh"), "worker", "sift"], env=environment, stdout=subprocess.PIPE, text=True
    )
    output, _ = process.communicate(timeout=20)
    assert output.split() == [str(process.pid), "worker", "sift"]
    assert (tmp_path / "cache" / "kernel.nbi").stat().st_mtime == 1


def test_kustomize_builds_base_and_example() -> None:
    """Where kustomize is at hand, both build, and the example's image and subjects arrive."""
    fetched = os.environ.get("OPERATOR_SCHEMAS", DEPLOY.parent / ".winnow" / "operators")
    kustomize = shutil.which("kustomize", path=f"{fetched}{os.pathsep}{os.environ['PATH']}")
    if kustomize is None:
        pytest.skip("no kustomize on PATH (deploy/kubernetes/fetch-schemas.sh builds one)")
    for folder in (BASE, DEPLOY / "kubernetes" / "overlays" / "example"):
        done = subprocess.run([kustomize, "build", str(folder)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    assert "registry.example/winnow:0.1.0" in done.stdout
    assert "WINNOW_SUBJECTS_FILE" in done.stdout


def test_docker_compose_reads_the_file() -> None:
    """Where the compose plugin is at hand, it accepts the file."""
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("no docker compose plugin")
    command = [docker, "compose", "-f", str(DEPLOY / "compose" / "compose.yaml"), "config", "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "WINNOW_AUTHOR_KEY": "x"})
    assert done.returncode == 0, done.stderr
