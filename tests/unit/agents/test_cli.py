"""The command line: every command explains itself, is documented, and fails with one line."""

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import typer
from typer.testing import CliRunner

from agents.cli import app
from agents.inspect.doctor import settings_table
from agents.settings import PREFIX

ROOT = Path(__file__).resolve().parents[3]
README = ROOT / "README.md"


def commands(group: Any = None, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of every command, groups' subcommands included."""
    for name, command in (group or typer.main.get_command(app)).commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*words, name))
        else:
            yield (*words, name)


COMMANDS = sorted(commands())


def winnow(*words: str, cwd: Path, **settings: str) -> "subprocess.CompletedProcess[str]":
    """Run the program with nothing but these settings."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    environment.update({f"{PREFIX}{name}": value for name, value in settings.items()})
    command = [
        sys.executable,
        "-c",
        "import sys; sys.path.insert(0, sys.argv.pop(1)); from agents.cli import main; main()",
        str(ROOT),
        *words,
    ]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=120, check=False)


def refused(done: "subprocess.CompletedProcess[str]", code: int = 2) -> str:
    """The one line that a refused command left; exit code 2."""
    assert done.returncode == code, (done.returncode, done.stdout[-500:], done.stderr[-2_000:])
    assert "Traceback" not in done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("winnow: ")
    return lines[0]


@pytest.fixture
def events(tmp_path: Path) -> Path:
    """A file with one event."""
    file = tmp_path / "events.jsonl"
    file.write_bytes(orjson.dumps({"topic": "posts", "source": "x", "key": "1", "value": "{}"}) + b"\n")
    return file


def test_there_are_commands() -> None:
    """The walk finds plain commands and those of groups."""
    assert {("demo",), ("worker",), ("topics", "plan"), ("schemas", "export"), ("policy", "check")} <= set(COMMANDS)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_has_help(words: tuple[str, ...]) -> None:
    """--help says what the command does, and what each argument and option means."""
    done = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "200", "TERM": "dumb"})
    assert done.exit_code == 0, done.output
    assert re.search(rf"Usage: .*{' '.join(words)}", done.output)
    command = typer.main.get_command(app)
    for word in words:
        command = command.commands[word]  # type: ignore[attr-defined]  # groups have them
    assert command.help
    assert [
        parameter.name for parameter in command.params if not getattr(parameter, "hidden", False) and not getattr(parameter, "help", None)
    ] == []


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_is_documented(words: tuple[str, ...]) -> None:
    """The README's table has it; ``a b`` / ``c`` in one row stand for ``a b`` and ``a c``."""
    text = README.read_text()
    if "| `winnow demo` |" not in text:
        pytest.skip("the README does not document commands yet")
    rows = [row.split("|")[1] for row in text.splitlines() if row.startswith("| `winnow ")]
    names = [re.findall(r"`([^`]*)`", row) for row in rows]
    told = {tuple(name.removeprefix("winnow ").split()) for row in names for name in row}
    whole = {name[: len(words)] for name in told}
    short = {(*first.removeprefix("winnow ").split()[:-1], other) for first, *others in names for other in others}
    assert words in whole | short


def test_the_readme_has_the_settings_as_they_are() -> None:
    """The table between its marks is the one that `winnow doctor --settings` prints."""
    found = re.search(r"<!-- settings.*?-->\n(.*?)<!-- /settings -->", README.read_text(), re.DOTALL)
    if found is None:
        pytest.skip("the README has no table of settings yet")
    assert found[1].strip() == settings_table()


@pytest.mark.parametrize(
    "words",
    [
        ("worker", "sift"),
        ("audit",),
        ("topics", "plan"),
        ("topics", "apply"),
        ("explain", "posts:0:0"),
        ("replay", "events.jsonl"),
    ],
    ids=" ".join,
)
def test_an_unreachable_broker_is_one_line(events: Path, words: tuple[str, ...]) -> None:
    """It names the broker and what to check; a worker says by its exit code that it is worth another start."""
    line = refused(winnow(*words, cwd=events.parent, BROKER="127.0.0.1:1"), 75 if words[0] == "worker" else 2)
    assert "cannot reach the broker 127.0.0.1:1" in line
    assert "WINNOW_BROKER" in line


@pytest.mark.parametrize(
    ("words", "settings", "problem"),
    [
        (("flow", "events.jsonl"), {"POLICY_FILE": "nowhere.yaml"}, "nowhere.yaml"),
        (("flow", "events.jsonl"), {"POLICY_FILE": "bad.yaml"}, "bad.yaml"),
        (("topics", "plan"), {"POLICY_FILE": "bad.yaml"}, "bad.yaml"),
        (("policy", "check", "bad.yaml"), {}, "bad.yaml"),
        (("flow", "events.jsonl"), {"MODEL_FILE": "nowhere.npz"}, "nowhere.npz"),
        (("flow", "events.jsonl"), {"MODEL_FILE": "bad.yaml"}, "bad.yaml: not a model artefact"),
        (("flow", "events.jsonl"), {"SUBJECTS_FILE": "nowhere.yaml"}, "cannot read the subjects file nowhere.yaml"),
        (("flow", "events.jsonl"), {"ROSTER_FILE": "nowhere"}, "cannot read the roster nowhere"),
        (("flow", "events.jsonl", "--source", "friendscape"), {}, "unknown source 'friendscape'. Known: airline-csv"),
        (("replay", "events.jsonl", "--source", "friendscape"), {"BROKER": "127.0.0.1:1"}, "127.0.0.1:1"),
        (("flow", "bad.yaml"), {}, "bad.yaml, line 1"),
        (("worker", "polish"), {"BROKER": "127.0.0.1:1"}, "unknown stage 'polish'. Stages: sift, correlate"),
        (("replay", "events.jsonl", "--speed", "nonsense"), {}, "--speed 'nonsense' is neither a positive number nor `max`"),
        (("replay", "events.jsonl", "--speed", "0"), {}, "--speed '0' is neither"),
        (("replay", "events.jsonl", "--speed", "-2"), {}, "--speed '-2' is neither"),
        (("replay", "events.jsonl", "--speed", "nan"), {}, "--speed 'nan' is neither"),
        (("simulate", "out.jsonl", "--start", "yesterday"), {}, "--start 'yesterday' is no ISO 8601 time"),
        (("policy", "check"), {"BROKR": "x"}, "unknown setting WINNOW_BROKR. Did you mean WINNOW_BROKER?"),
        (("policy", "check"), {"PARTITIONS": "few"}, "WINNOW_PARTITIONS does not fit"),
    ],
)
def test_what_an_operator_can_mend_is_one_line(events: Path, words: tuple[str, ...], settings: dict[str, str], problem: str) -> None:
    """Exit code 2 and one line on stderr that names the file, setting, stage, source or option; never a traceback."""
    (events.parent / "bad.yaml").write_text("}{ nonsense")
    assert problem in refused(winnow(*words, cwd=events.parent, **settings))


@pytest.mark.parametrize(
    "words", [("nonsense",), ("worker",), ("flow", "nowhere.jsonl"), ("demo", "--events", "7"), ("replay", "--nonsense", "x")], ids=" ".join
)
def test_what_is_asked_wrongly_is_refused(tmp_path: Path, words: tuple[str, ...]) -> None:
    """Unknown commands and options, missing arguments, files and numbers out of range: exit code 2, no traceback."""
    done = winnow(*words, cwd=tmp_path)
    assert done.returncode == 2
    assert "Usage:" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_policy_is_shown(tmp_path: Path) -> None:
    """The built-in policy is good, in words and as JSON."""
    spoken, parsed = winnow("policy", "check", cwd=tmp_path), winnow("policy", "check", "--json", cwd=tmp_path)
    assert (spoken.returncode, parsed.returncode) == (0, 0), spoken.stderr + parsed.stderr
    found = orjson.loads(parsed.stdout)
    assert found["hash"] in spoken.stdout
    assert "support" in found["teams"]
    assert found["rules"]


def test_a_flow_needs_no_kafka(tmp_path: Path) -> None:
    """simulate writes a file, flow works it off: one JSON line an output, the ledger's balanced summary last."""
    made = winnow("simulate", "stream.jsonl", "--events", "200", "--seed", "4", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert len((tmp_path / "stream.jsonl.truth").read_bytes().splitlines()) == 200
    done = winnow("flow", "stream.jsonl", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = [orjson.loads(line) for line in done.stdout.splitlines()]
    assert lines[-1]["type"] == "ledger"
    assert lines[-1]["message"]["balanced"] is True
    assert lines[-1]["message"]["events"] == 200
    assert {"information", "rejected"} <= {line["type"] for line in lines}
    only = winnow("flow", "stream.jsonl", "--only", "rejected", "--output", "out.jsonl", cwd=tmp_path)
    assert only.returncode == 0
    types = [orjson.loads(line)["type"] for line in (tmp_path / "out.jsonl").read_bytes().splitlines()]
    assert set(types[:-1]) == {"rejected"}
    assert types[-1] == "ledger"


def test_a_reader_may_go_away(tmp_path: Path) -> None:
    """`winnow flow FILE | head -1` is no failure and leaves no traceback."""
    assert winnow("simulate", "stream.jsonl", "--events", "200", cwd=tmp_path).returncode == 0
    command = f"{sys.executable} -m agents.cli flow {tmp_path / 'stream.jsonl'}"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", f"{command} | head -1"], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_the_version_is_the_released_one() -> None:
    """`--version` says what pyproject and the newest heading of the changelog say."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    headings = re.findall(r"^## (\d+\.\d+\.\d+) ", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings[0] == project
    said = CliRunner().invoke(app, ["--version"])
    assert (said.exit_code, said.stdout) == (0, f"winnow {project}\n")


@pytest.mark.parametrize("words", [(), *COMMANDS], ids=" ".join)
def test_h_is_help(words: tuple[str, ...]) -> None:
    """`-h` says at every level what `--help` says."""
    runner = CliRunner()
    short, long = runner.invoke(app, [*words, "-h"]), runner.invoke(app, [*words, "--help"])
    assert (short.exit_code, short.stdout) == (0, long.stdout)


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("winnow pol", "policy"),
        ("winnow policy te", "test"),
        ("winnow worker corr", "correlate"),
        ("winnow flow --source mast", "mastodon"),
        ("winnow flow --out", "--output"),
    ],
)
def test_bash_completes(typed: str, offered: str) -> None:
    """The script that `--show-completion` prints, in a real bash, offers commands, subcommands, stages, sources and options."""
    program = Path(sys.executable).with_name("winnow")
    script = subprocess.run(
        [program], env={**os.environ, "_WINNOW_COMPLETE": "source_bash"}, capture_output=True, text=True, check=True, timeout=60
    ).stdout
    words = typed.split()
    ask = f"COMP_WORDS=({' '.join(words)}); COMP_CWORD={len(words) - 1}; _winnow_completion winnow; echo ${{COMPREPLY[@]}}"
    search = f"{program.parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", f"{script}\n{ask}"], env={**os.environ, "PATH": search}, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == [offered], done.stderr
