"""The example subscribers in other languages against decide and act on a real Kafka, as `test_subscriber` has it of the one in Python.

Toolchains and packages are had where they can be: without them a test skips, in CI too.
"""

import asyncio
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import aiokafka
import orjson
import pytest

from agents.kafka import acls, topics
from agents.local.kafka import LocalKafka, missing_tools
from agents.local.tls import Authority
from agents.settings import Settings, load_settings
from pipeline.stream.partitioner import partition_of
from schemas.messages import Outcome
from schemas.times import iso
from tests.conftest import absent
from tests.integration.policy_world import send, until
from tests.integration.shell import read
from tests.integration.subscriber_world import Desk, subscribing
from tests.unit.pipeline.decide.world import digest

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(900)]  # what it fetches and builds the first time counts

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "deploy" / "examples" / "subscribers"
FETCH_SECONDS = 300.0
PARTITIONS = 7
SAFE = "safe"


def _needed(*words: str, where: Path) -> None:
    """Run what fetches packages; a visible skip where that does not work."""
    try:
        done = subprocess.run(words, cwd=where, capture_output=True, text=True, check=False, timeout=FETCH_SECONDS)
    except subprocess.TimeoutExpired:
        pytest.skip(f"{words[0]} fetched no packages in {FETCH_SECONDS:.0f} s")
    if done.returncode:
        pytest.skip(f"{words[0]} could not fetch the packages: {(done.stderr or done.stdout).strip()[-300:]}")


def _node(folder: Path) -> tuple[str, ...]:
    _needed("npm", "install", "--no-package-lock", "--ignore-scripts", where=folder)
    return ("node", str(folder / "subscriber.mjs"))


def _java(folder: Path) -> tuple[str, ...]:
    _needed("mvn", "-q", "-B", "dependency:copy-dependencies", where=folder)
    return ("java", "-cp", str(folder / "target" / "dependency" / "*"), str(folder / "Subscriber.java"))


def _go(folder: Path) -> tuple[str, ...]:
    _needed("go", "mod", "download", where=folder)
    built = subprocess.run(("go", "build", "-o", "subscriber", "."), cwd=folder, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return (str(folder / "subscriber"),)


LANGUAGES: dict[str, tuple[tuple[str, ...], Callable[[Path], tuple[str, ...]]]] = {
    "node": (("node", "npm"), _node),
    "java": (("java", "javac", "mvn"), _java),
    "go": (("go",), _go),
}
"""Language -> its tools, and what makes a command of a copy of the example."""


@dataclass(frozen=True)
class Example:
    """The example of one language, ready to be started."""

    language: str
    command: tuple[str, ...]

    def desk(self, broker: str, prefix: str, team: str, store: Path, **more: str) -> Desk:
        """It as the desk of a team."""
        own = {"WINNOW_BROKER": broker, "WINNOW_PREFIX": prefix, "TEAM": team, "STORE": str(store)}
        return Desk(self.command, own | more, hears=True)


@pytest.fixture(scope="module", params=LANGUAGES)
def example(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Example:
    """The example of each language."""
    tools, ready = LANGUAGES[request.param]
    if missing := [tool for tool in tools if shutil.which(tool) is None]:
        pytest.skip(f"no {' and '.join(missing)} here")
    folder = shutil.copytree(EXAMPLES / request.param, tmp_path_factory.mktemp("subscriber") / request.param)
    return Example(request.param, ready(folder))


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalKafka, Authority]]:
    """A broker that asks for users by SASL_SSL and lets each do what `winnow acls` grants; topics for a team a language."""
    if (missing := missing_tools()) is not None:
        absent(f"no real Kafka: {missing}")
    folder = tmp_path_factory.mktemp("secured")
    authority = Authority(folder / "tls")
    users = {f"{SAFE}-{acls.TEAM}{language}": f"pw-{language}" for language in LANGUAGES}
    with LocalKafka(folder / "kafka", users=users, certificate=authority.issue("broker"), supers=[]) as broker:
        operator = load_settings(broker=broker.address, prefix=SAFE, partitions=PARTITIONS)
        asyncio.run(_prepare(operator))
        yield broker, authority


async def _prepare(operator: Settings) -> None:
    roles = acls.roles(LANGUAGES)
    await acls.apply(operator, roles)

    async def granted() -> bool:
        return not (await acls.plan(operator, roles)).missing

    await until("rights", granted)
    await topics.apply(operator, list(LANGUAGES))


async def test_a_subscriber_keeps_the_rules(settings: Settings, tmp_path: Path, example: Example) -> None:
    """It keeps each of the README's rules although it is killed and everything comes again."""
    await subscribing(settings, tmp_path, example.desk(settings.broker, settings.prefix, "support", tmp_path / "tickets"))


async def test_a_subscriber_answers_with_the_rights_of_its_team(
    secured: tuple[LocalKafka, Authority], tmp_path: Path, example: Example
) -> None:
    """Signed in as the team's user by SASL_SSL, it answers by contract: an outcome under the team's key, in the partition that murmur2
    gives that key, where act reads it.
    """
    (broker, authority), team = secured, example.language
    operator = load_settings(broker=broker.address, prefix=SAFE, partitions=PARTITIONS)
    action = orjson.loads((ROOT / "tests" / "contract" / "golden" / "actions.v1.json").read_bytes())
    asked = {**action, "action_id": digest(team), "team": team, "kind": "reply", "revokes": None, "not_after": iso(4_000_000_000_000)}
    await send(operator, f"actions.{team}", action["situation"], asked)

    async def answers() -> list[aiokafka.ConsumerRecord]:
        return [one for one in await read(operator, "outcomes") if one.key == team.encode()]

    signed_in = _signed_in(f"{SAFE}-{acls.TEAM}{team}", f"pw-{team}", authority.ca_file)
    async with example.desk(broker.sasl_address, SAFE, team, tmp_path / "tickets", **signed_in).working(tmp_path / "subscriber.log"):
        (record,) = await until("an answer", answers)
    assert record.partition == partition_of(team.encode(), PARTITIONS)
    answer = Outcome.model_validate_json(record.value)
    assert (answer.action_id, answer.team, answer.status, answer.by) == (digest(team), team, "received", "desk")


def _signed_in(user: str, word: str, authorities: Path) -> dict[str, str]:
    """A connection in Winnow's variables, in those of Java's clients, and what Go's TLS trusts."""
    winnow = {"SECURITY_PROTOCOL": "SASL_SSL", "SASL_USERNAME": user, "SASL_PASSWORD": word, "TLS_CA_FILE": str(authorities)}
    login = f'org.apache.kafka.common.security.scram.ScramLoginModule required username="{user}" password="{word}";'
    java = {
        "SECURITY_PROTOCOL": "SASL_SSL", "SASL_MECHANISM": "SCRAM-SHA-512", "SASL_JAAS_CONFIG": login,
        "SSL_TRUSTSTORE_TYPE": "PEM", "SSL_TRUSTSTORE_LOCATION": str(authorities),
    }  # fmt: skip
    own = {f"WINNOW_{name}": value for name, value in winnow.items()} | {f"KAFKA_{name}": value for name, value in java.items()}
    return own | {"SSL_CERT_FILE": str(authorities)}


@pytest.mark.parametrize("name", ["node/subscriber.mjs", "java/Subscriber.java", "go/subscriber.go"])
def test_the_examples_are_short(name: str) -> None:
    """Under 80 lines of code, which are neither blank nor comments nor imports; none longer than 140 characters."""
    text = (EXAMPLES / name).read_text(encoding="utf-8")
    code = re.sub(r"^import \([^)]*\)$|^import .*$|^\s*//.*$|^\s*/\*\*.*\*/$", "", text, flags=re.MULTILINE)
    assert len([line for line in code.splitlines() if line.strip()]) < 80
    assert max(len(line.expandtabs(4)) for line in text.splitlines()) <= 140
