"""The commands that steer decisions, as an operator calls them: exit codes, what they print, what they leave behind."""

import asyncio
from importlib.resources import files
from pathlib import Path

import orjson
import pytest
from click.testing import Result
from typer.testing import CliRunner

from agents.cli import app
from agents.local.ports import free_port
from agents.settings import Settings
from pipeline.policy.load import load_policy
from schemas.errors import WinnowError
from schemas.times import iso
from tests.conftest import ROOT
from tests.integration.policy_world import create, fast, happening, send, tell
from tests.unit.pipeline.decide.world import POLICY

DEFAULT = (files("pipeline") / "defaults" / "policy.yaml").read_text(encoding="utf-8")
EXAMPLES = ROOT / "deploy" / "examples"
STRICTER = DEFAULT.replace(
    "(situation.urgency >= 0.5 || situation.severity >= 0.35)", "(situation.urgency >= 0.6 || situation.severity >= 0.4)"
)


def winnow(*words: str, **settings: str) -> Result:
    """Run a command with these settings."""
    return CliRunner().invoke(app, list(words), env={f"WINNOW_{name}": value for name, value in settings.items()})


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    """A policy file."""
    path = tmp_path / "policy.yaml"
    path.write_text(POLICY)
    return path


@pytest.fixture
def situations(settings: Settings, policy: Path) -> Settings:
    """A deployment on a real Kafka."""
    return fast(settings, policy)


def test_policy_test_says_how_each_case_came_out() -> None:
    """Exit 0 for the default policy and its cases; --json names rules without a case."""
    done = winnow("policy", "test", str(EXAMPLES / "policy.cases.yaml"), "--json")
    assert done.exit_code == 0, done.output
    found = orjson.loads(done.stdout)
    assert (found["wrong"], found["rules_without_case"]) == (0, [])
    cases = (EXAMPLES / "policy.cases.yaml").read_text().count("\n  - name: ")
    assert f"{cases} of {cases} cases" in winnow("policy", "test", str(EXAMPLES / "policy.cases.yaml")).stdout


def test_policy_test_fails_for_another_policy(policy: Path) -> None:
    """Exit 1, with file and line of each case that comes out otherwise."""
    done = winnow("policy", "test", str(EXAMPLES / "policy.cases.yaml"), "--policy", str(policy))
    assert done.exit_code == 1
    assert "policy.cases.yaml:13: rule should be 'surge-negative', is 'surge'" in done.stdout


@pytest.mark.data
def test_policy_diff_over_the_airlines(data: Path, tmp_path: Path) -> None:
    """A higher bar for urgent complaints: support loses replies and gains lines in digests, nobody else notices; one action is exceeded,
    50 % is not."""
    after = tmp_path / "after.yaml"
    after.write_text(STRICTER)
    words = ("policy", "diff", "builtin", str(after), "--on", str(data / "airline_tweets.csv.gz"), "--source", "airline-csv")
    subjects = {"SUBJECTS_FILE": str(EXAMPLES / "airlines.subjects.yaml")}
    done = winnow(*words, "--json", "--threshold", "50%", **subjects)
    assert done.exit_code == 0, done.output
    found = orjson.loads(done.stdout)
    changed = {(one["team"], one["kind"]): (one["gained"], one["lost"]) for one in found["teams"] if one["gained"] or one["lost"]}
    assert set(changed) == {("support", "reply"), ("support", "in a digest")}
    assert changed["support", "reply"][0] == changed["support", "in a digest"][1] == 0
    assert changed["support", "reply"][1] > 5
    assert found["changes"] == sum(gained + lost for gained, lost in changed.values())
    assert not found["over_threshold"]
    shown = winnow(*words, "--threshold", "1", **subjects)
    assert shown.exit_code == 1
    assert "support loses reply" in shown.stdout
    assert "more than the threshold of 1" in shown.stdout
    listed = winnow("policy", "diff", "builtin", "builtin", *words[4:], "--threshold", "0", **subjects)
    assert listed.exit_code == 0, listed.output
    assert "no team gains or loses anything" in listed.stdout


@pytest.mark.parametrize(
    "words",
    [
        ("policy", "diff", "builtin", "builtin", "--on", "nowhere.csv"),
        ("policy", "diff", "builtin", "missing.yaml", "--on", "nowhere.csv"),
        ("silence", "add", "s", "--when", "hour > 3", "--author", "a", "--reason", "r", "--for", "1h"),
        ("silence", "expire", "s"),
    ],
    ids=lambda words: " ".join(words[:3]),
)
def test_what_cannot_be_is_one_clear_error(words: tuple[str, ...]) -> None:
    """A file that is not there, a Kafka where nobody listens: a WinnowError, which the program prints as one line."""
    done = winnow(*words, BROKER=f"127.0.0.1:{free_port()}")
    assert isinstance(done.exception, WinnowError)


@pytest.mark.parametrize(
    "words",
    [
        ("policy", "diff", "builtin", "builtin", "--on", "situations", "--threshold", "some"),
        ("policy", "health", "--to-shadow"),
        ("silence", "add", "s", "--when", "hour > 3", "--author", "a", "--reason", "r"),
        ("silence", "add", "s", "--when", "hour > 3", "--author", "a", "--reason", "r", "--for", "soon"),
        ("silence", "add", "s", "--when", "hour > 3", "--author", "a", "--reason", "r", "--until", "2030-01-01T00:00:00"),
        ("silence", "expire"),
        ("silence", "expire", "s", "--ended"),
    ],
    ids=" ".join,
)
def test_wrong_words_end_with_2(words: tuple[str, ...]) -> None:
    """What was asked wrongly is said on stderr."""
    done = winnow(*words)
    assert done.exit_code == 2, done.output
    assert done.stderr.startswith("winnow: ")


@pytest.mark.kafka
def test_diff_and_unused_silences_over_the_topic(situations: Settings, policy: Path, tmp_path: Path) -> None:
    """What the situations topic holds can be compared on, too, and tells which silence matches nothing."""
    asyncio.run(create(situations))
    asyncio.run(tell(situations, [happening(f"s{n}", severity=n / 10) for n in range(10)]))
    own = {"BROKER": situations.broker, "PREFIX": situations.prefix, "PARTITIONS": "1", "POLICY_FILE": str(policy)}
    after = tmp_path / "after.yaml"
    after.write_text(POLICY.replace("severity >= 0.25", "severity >= 0.6"))
    done = winnow("policy", "diff", str(policy), str(after), "--on", "situations:1h", "--json", **own)
    assert done.exit_code == 0, done.output
    found = orjson.loads(done.stdout)
    assert (found["situations"], found["changes"]) == (10, 3)
    for name, when in (("used", "situation.severity > 0.7"), ("unused", "situation.kind == 'surge'")):
        words = ("silence", "add", name, "--when", when, "--author", "jo", "--reason", "r", "--for", "4h")
        shown = winnow(*words, "--preview", "--on", "situations", "--json", **own)
        assert orjson.loads(shown.stdout)["matched"] == (2 if name == "used" else 0), shown.output
        assert winnow(*words, **own).exit_code == 0
    listed = orjson.loads(winnow("silence", "list", "--on", "situations", "--json", **own).stdout)
    assert {one["name"]: (one["state"], one["matches"]) for one in listed} == {"used": ("active", 2), "unused": ("unused", 0)}


@pytest.mark.kafka
def test_health_proposes_and_moves_rules_to_shadow(situations: Settings, policy: Path) -> None:
    """The latest word on each rule counts; one below the floor, decided often enough, is named, exit 1, and moved when asked."""

    def health(kind: str, name: str, decisions: int, ratio: float | None) -> dict[str, object]:
        return {
            "kind": kind, "name": name, "decisions": decisions, "acknowledged": 3, "done": 2, "declined": 1, "overturned": 1,
            "acted_on_ratio": ratio, "seconds_to_acknowledge_mean": 90.0, "at": iso(1_800_000_000_000),
        }  # fmt: skip

    async def write() -> None:
        await create(situations)
        for one in (
            health("rule", "case", 100, 0.9), health("rule", "case", 200, 0.1), health("rule", "severe", 5, 0.0),
            health("rule", "surge", 50, 0.8), health("rule", "trial", 50, 0.0), health("team", "support", 200, 0.1),
            health("rule", "gone", 90, 0.1),
        ):  # fmt: skip
            await send(situations, "health", f"{one['kind']}/{one['name']}", one)

    asyncio.run(write())
    own = {"BROKER": situations.broker, "PREFIX": situations.prefix, "POLICY_FILE": str(policy)}
    plain = winnow("policy", "health", **own)
    assert plain.exit_code == 0, plain.output
    assert len(plain.stdout.splitlines()) == 7
    assert "1.5 min" in plain.stdout
    found = winnow("policy", "health", "--floor", "0.3", "--json", **own)
    assert found.exit_code == 1
    assert orjson.loads(found.stdout)["below"] == ["case"]
    assert load_policy(policy).rules[2].mode == "live"
    moved = winnow("policy", "health", "--floor", "0.3", "--to-shadow", **own)
    assert moved.exit_code == 1
    assert "rule case is acted on less than 30% of the time: moved to mode: shadow" in moved.stdout
    assert {rule.name: rule.mode for rule in load_policy(policy).rules}["case"] == "shadow"
    assert winnow("policy", "health", "--floor", "0.3", **own).exit_code == 0
