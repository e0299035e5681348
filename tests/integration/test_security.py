"""A real Kafka with SASL_SSL, a SCRAM user per stage, the StandardAuthorizer and the generated ACLs: what works, and what is refused."""

import asyncio
import os
import re
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiokafka
import pytest
from aiokafka.errors import GroupAuthorizationFailedError, TopicAuthorizationFailedError
from confluent_kafka import KafkaException, TopicCollection
from confluent_kafka.admin import AclBindingFilter, AclOperation, AclPermissionType, ResourcePatternType, ResourceType
from pydantic import SecretStr

from agents.inspect import doctor
from agents.inspect.audit import run_audit, wait_until_done
from agents.kafka import acls, clients, tls, topics
from agents.local.kafka import LocalKafka, missing_tools
from agents.local.supervise import Supervisor
from agents.local.tls import Authority
from agents.local.up import environment
from agents.operate.replay import run_replay
from agents.settings import Settings, load_settings
from pipeline.flow import Arrival
from pipeline.policy.load import load_policy
from pipeline.simulation.stream import Scenario, simulate
from schemas.errors import WinnowError
from schemas.topics import STAGES
from tests.conftest import absent

TEAMS = sorted(team.name for team in load_policy(None).teams)
ROLES = acls.roles(TEAMS)
PREFIX = "safe"
ADMIN = f"{PREFIX}-admin"
SCENARIO = Scenario(seed=5, events=600, start_ms=1_795_000_000_000, hours=1.0)


def word(user: str) -> str:
    """A user's password, recognisable wherever it should not be."""
    return f"pw-{user}-hunter2"


class Secured:
    """The broker, and settings for whoever comes."""

    def __init__(self, broker: LocalKafka, authority: Authority) -> None:
        self.broker = broker
        self.authority = authority

    def settings(self, role: str, **changes: object) -> Settings:
        """As one role sees it."""
        user = f"{PREFIX}-{role}"
        given: dict[str, object] = {
            "broker": self.broker.sasl_address, "prefix": PREFIX, "security_protocol": "SASL_SSL", "tls_ca_file": self.authority.ca_file,
            "sasl_username": user, "sasl_password": SecretStr(word(user)), "batch_records": 40, "batch_interval_seconds": 0.1,
            "backfill_after_seconds": 1e9, "request_timeout_seconds": 40.0, "session_timeout_seconds": 30.0, "partitions": 2,
        }  # fmt: skip
        return load_settings(**(given | changes))


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """One secured broker with ACLs and topics for all tests of this file."""
    if (missing := missing_tools()) is not None:
        absent(f"no real Kafka: {missing}")
    folder = tmp_path_factory.mktemp("secured")
    authority = Authority(folder / "tls")
    users = {user: word(user) for user in (ADMIN, f"{PREFIX}-stranger", *(f"{PREFIX}-{role}" for role in ROLES))}
    with LocalKafka(folder / "kafka", users=users, certificate=authority.issue("broker"), supers=[ADMIN]) as broker:
        found = Secured(broker, authority)
        asyncio.run(_prepare(found))
        yield found


async def _prepare(secured: Secured) -> None:
    granted = await acls.apply(secured.settings("admin"), ROLES)
    assert granted.missing
    await _granted(secured)
    # The operator, not the administrator: creating topics needs no more than the operator's ACLs.
    await topics.apply(secured.settings("operator"), TEAMS)


async def _granted(secured: Secured) -> None:
    """Wait until the broker has heard of all that was granted."""
    deadline = asyncio.get_running_loop().time() + 60
    while missing := (await acls.plan(secured.settings("admin"), ROLES)).missing:
        assert asyncio.get_running_loop().time() < deadline, missing
        await asyncio.sleep(0.05)


async def _worker(settings: Settings, stage: str) -> tuple[int, list[str]]:
    """Exit code and lines of a worker that is expected to end by itself."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "agents.cli", "worker", stage, "--parent", str(os.getpid()),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, env={**os.environ, **environment(settings)},
    )  # fmt: skip
    try:
        output, _ = await asyncio.wait_for(process.communicate(), 120)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    assert process.returncode is not None
    return process.returncode, output.decode().strip().splitlines()


async def test_the_whole_flow_works_with_a_user_per_stage(secured: Secured, tmp_path: Path) -> None:
    """Source, six stages and operator each under their own user: all is done, the audit balances, no password is in any log."""
    arrivals = (Arrival(e.topic, e.key, e.value, (("source", e.source.encode()),), e.at_ms) for e in simulate(SCENARIO))
    await run_replay(secured.settings("source"), arrivals, speed=None)
    operator = secured.settings("operator")
    async with AsyncExitStack() as stack:
        for stage in STAGES:
            # One of them at its most talkative: the libraries below speak, too.
            own = secured.settings(stage, model_store=tmp_path / "models", log_level="debug" if stage == "decide" else "info")
            supervisor = await stack.enter_async_context(Supervisor([stage], environment(own), tmp_path))
            stack.push_async_callback(supervisor.stop)
            await supervisor.until_ready(100)
        assert await wait_until_done(operator, timeout_seconds=120)
    report = await run_audit(operator, until_end=True)
    assert report.balanced, report.lines()
    assert sum(report.dispositions["sift"].values()) == SCENARIO.events
    assert sum(report.dispositions["act"].values()) > 0
    logs = "".join((tmp_path / f"{stage}.log").read_text() for stage in STAGES)
    assert "up, metrics at" in logs
    assert "hunter2" not in logs
    assert "uthorization" not in logs
    assert "does not exist" not in logs


@pytest.mark.parametrize("role", ROLES)
async def test_each_role_is_refused_what_it_does_not_need(secured: Secured, role: str) -> None:
    """The broker itself says of every topic what the user may do: exactly what was generated, nothing more."""
    settings = secured.settings(role)
    names = list(topics.wanted(settings, TEAMS))
    answers = await clients.administer(
        settings,
        "see topics",
        lambda client: client.describe_topics(TopicCollection(names), include_authorized_operations=True, request_timeout=20),
        lenient=True,
    )
    wanted = acls.grants(settings, role)
    assert answers.keys() == set(names)
    for name, answer in answers.items():
        granted = {
            grant.operation for grant in wanted
            if grant.kind == "topic" and (grant.name == name if grant.pattern == "literal" else name.startswith(grant.name))
        }  # fmt: skip
        if granted & {"Read", "Write"}:
            granted.add("Describe")  # Kafka's own rule
        if granted & {"AlterConfigs"}:
            granted.add("DescribeConfigs")
        allowed = set() if isinstance(answer, KafkaException) else {operation.name for operation in answer.authorized_operations}
        assert allowed == {_upper(operation) for operation in granted}, name


def _upper(operation: str) -> str:
    return "".join(f"_{letter}" if letter.isupper() else letter for letter in operation).removeprefix("_").upper()


async def test_what_is_refused_is_refused_in_deed(secured: Secured) -> None:
    """Writing another stage's topic, reading a team's actions and joining another stage's group all fail."""
    producer = clients.producer(secured.settings("sift"))
    await producer.start()
    try:
        with pytest.raises(TopicAuthorizationFailedError):
            await producer.send_and_wait(f"{PREFIX}.decisions.v1", b"{}", partition=0)
    finally:
        await producer.stop()
    consumer = aiokafka.AIOKafkaConsumer(**clients.connection(secured.settings("correlate")), group_id=f"{PREFIX}-sift")
    consumer.subscribe([f"{PREFIX}.information.v1"])
    with pytest.raises(GroupAuthorizationFailedError):
        await asyncio.wait_for(consumer.start(), 60)
    await consumer.stop()
    with pytest.raises(WinnowError, match="may not see ACLs"):
        await acls.apply(secured.settings("sift"), ["sift"])
    with pytest.raises(WinnowError, match="may not see"):
        await topics.plan(secured.settings("sift"), TEAMS)


@pytest.mark.parametrize(
    ("role", "changes", "said"),
    [
        ("sift", {"sasl_password": SecretStr("wrong-hunter2")}, "does not let safe-sift in"),
        ("sift", {"sasl_password": None}, "needs a user and a password.*WINNOW_SASL_PASSWORD_FILE"),
        ("sift", {"tls_ca_file": None}, "certificate of the broker .* is not accepted: .*(self-signed|unable to get)"),
        ("stranger", {}, "user safe-stranger may not see safe.feedback.v1"),
        ("correlate", {}, "user safe-correlate may not see safe.models.v1.* `winnow acls plan` shows"),
        ("sift", {"security_protocol": "PLAINTEXT", "request_timeout_seconds": 10.0}, "listens but does not answer"),
    ],
)
async def test_a_worker_that_is_not_let_in_says_so_in_one_line(secured: Secured, role: str, changes: dict[str, object], said: str) -> None:
    """Wrong password, unknown authority, missing ACLs: exit 2 and one line that names the user and what to do, never a secret.

    Who listens and does not answer in plain text may be a paused broker as well: 75, for another try, with the same line.
    """
    code, lines = await _worker(secured.settings(role, **changes), "sift")
    assert code == (75 if "security_protocol" in changes else 2), lines
    assert len(lines) == 1, lines
    assert re.search(said, lines[0])
    assert "hunter2" not in lines[0]


async def test_one_missing_acl_is_named(secured: Secured) -> None:
    """A stage that lacks one grant of many does not start, and says which: here a topic it writes, then its group."""
    settings, admin = secured.settings("decide"), secured.settings("admin")
    for kind, name, said in (
        (ResourceType.TOPIC, f"{PREFIX}.decisions.v1", f"may not Write topic {PREFIX}.decisions.v1"),
        (ResourceType.GROUP, f"{PREFIX}-decide", f"may not Read group {PREFIX}-decide"),
    ):
        lost = AclBindingFilter(
            kind, name, ResourcePatternType.LITERAL, f"User:{PREFIX}-decide", "*", AclOperation.ANY, AclPermissionType.ALLOW
        )
        await clients.administer(admin, "take an ACL", lambda client, lost=lost: client.delete_acls([lost]))
        code, lines = await _worker(settings, "decide")
        missing = (await acls.plan(admin, ["decide"])).missing
        found = {finding.check: finding for finding in await _doctor(admin)}
        await acls.apply(admin, ["decide"])
        await _granted(secured)
        assert (code, len(lines)) == (2, 1), lines
        assert said in lines[0]
        assert [grant.name for grant in missing] == [name]
        assert not found["acls"].ok
        assert name in found["acls"].found


async def _doctor(settings: Settings) -> list[doctor.Finding]:
    """What doctor finds for these settings."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment(settings).items():
            patch.setenv(name, value)
        return await doctor.examine()


async def test_doctor_looks_at_acls_clock_and_certificates(secured: Secured) -> None:
    """As administrator all is well; as a stage what cannot be seen is said; no secret is in any line."""
    found = {finding.check: finding for finding in await _doctor(secured.settings("admin"))}
    assert [finding.line() for finding in found.values() if not finding.ok and finding.check != "disk"] == []
    assert {"acls", "clock", "tls"} <= set(found)
    assert "days" in found["tls"].found
    stranger = await _doctor(secured.settings("stranger"))
    assert {finding.check for finding in stranger if not finding.ok} >= {"topics", "acls"}
    assert "hunter2" not in "".join(finding.line() for finding in [*found.values(), *stranger])


async def test_an_expired_certificate_is_one_line(secured: Secured) -> None:
    """A broker whose certificate ran out yesterday: the worker, and doctor, say just that."""
    fresh = secured.broker.certificate
    secured.broker.stop()
    secured.broker.certificate = secured.authority.issue("expired", days=-1)
    assert tls.file_ends(secured.authority.folder / "expired.crt") < tls.file_ends(secured.authority.ca_file)
    try:
        secured.broker.start()
        code, lines = await _worker(secured.settings("sift"), "sift")
        assert (code, len(lines)) == (2, 1), lines
        assert "certificate has expired" in lines[0]
        finding = next(found for found in await _doctor(secured.settings("admin")) if found.check == "tls")
        assert not finding.ok
        assert "certificate has expired" in finding.found
    finally:
        secured.broker.stop()
        secured.broker.certificate = fresh
        secured.broker.start()
