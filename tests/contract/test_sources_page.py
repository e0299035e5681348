"""The page that says how to add a network is followed as a new user would: every block of it is run."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import orjson
import pytest
import yaml

from schemas.sources import SOURCES, source_schema

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "deploy" / "SOURCES.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    """The one block of the page in a language."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a new user has written what the page says."""
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "lemmy.yaml").write_text(block("yaml"), encoding="utf-8")
    (tmp_path / "lemmy.jsonl").write_text(block("json"), encoding="utf-8")
    return tmp_path


def run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command as it is typed."""
    known = {name: value for name, value in os.environ.items() if not name.startswith("WINNOW_")}
    command = [sys.executable, "-c", "from agents.cli import main; main()", *arguments]
    return subprocess.run(
        command, cwd=folder, env=known | {"PYTHONPATH": str(ROOT)} | environment, capture_output=True, text=True, check=False
    )  # our own


def test_the_steps_add_a_network_that_did_not_come_with_winnow(folder: Path) -> None:
    """The mapping is tried, and the whole flow reads the records: a post, its deletion, and a vote that is about no post."""
    assert "lemmy" not in SOURCES
    tried = run(folder, "source", "test", "sources/lemmy.yaml", "lemmy.jsonl")
    assert tried.returncode == 0, tried.stdout + tried.stderr
    assert "title = 'Parcel lost again'" in tried.stdout
    assert re.search(r"line \d+: post\.name: 'Parcel lost again'", tried.stdout)
    assert "passed over: " in tried.stdout
    assert "ignored: vote" in tried.stdout
    flow = run(folder, "flow", "lemmy.jsonl", "--source", "lemmy", "--only", "ledger", WINNOW_SOURCES_DIR="sources")
    assert flow.returncode == 0, flow.stdout + flow.stderr
    ledger = orjson.loads(flow.stdout.splitlines()[-1])
    sifted = ledger["message"]["dispositions"]["sift"]
    assert sifted["ignored"] == 1
    assert "rejected" not in sifted
    listed = run(folder, "source", "list", WINNOW_SOURCES_DIR="sources")
    assert re.search(r"^lemmy .*\(own\)$", listed.stdout, re.MULTILINE)


def test_a_wrong_mapping_is_told_with_its_line(folder: Path) -> None:
    """Exit 2, the line, and what is allowed there."""
    path = folder / "sources" / "lemmy.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("as: not_empty", "as: shouting"), encoding="utf-8")
    tried = run(folder, "source", "test", "sources/lemmy.yaml", "lemmy.jsonl")
    line = next(number for number, text in enumerate(path.read_text().splitlines(), 1) if "shouting" in text)
    assert tried.returncode == 2, tried.stdout
    assert f"lemmy.yaml:{line}: " in tried.stderr
    assert "html_to_text" in tried.stderr


def test_purpose_and_legal_basis_are_shown(folder: Path) -> None:
    """As the page says, with how long a record is kept; of a source that says nothing, that it does not."""
    file = folder / "sources" / "lemmy.yaml"
    (notes,) = re.findall(r"```yml\n(.*?)```", PAGE, re.DOTALL)
    file.write_text(file.read_text(encoding="utf-8") + notes, encoding="utf-8")
    listed = run(folder, "source", "list", "--notes", WINNOW_SOURCES_DIR="sources").stdout.splitlines()
    (own,) = (line for line in listed if line.startswith("lemmy "))
    assert own.split(maxsplit=4)[1:4] == ["posts", "8", "days"]
    assert "purpose: answering clients who ask for help in public; legal basis: legitimate interest" in own
    assert all(line.endswith("purpose: not said; legal basis: not said") for line in listed if line != own)
    shown = run(folder, "source", "show", "lemmy", WINNOW_SOURCES_DIR="sources")
    assert "# purpose: answering clients who ask for help in public" in shown.stderr
    rows = orjson.loads(run(folder, "source", "list", "--json", WINNOW_SOURCES_DIR="sources").stdout)
    assert {row["kept_days"] for row in rows} == {8.0}


def test_the_schema_for_editors_takes_what_is_read_and_refuses_what_is_not() -> None:
    """Every shipped file, and the page's own; not a key that nobody knows."""
    validator = jsonschema.Draft202012Validator(source_schema())
    validator.check_schema(source_schema())
    for text in (block("yaml"), *(SOURCES.text(name)[1] for name in SOURCES)):
        assert list(validator.iter_errors(_plain(text))) == []
    wrong = _plain(block("yaml"))
    wrong["fields"]["headline"] = "post.name"
    assert [list(error.path) for error in validator.iter_errors(wrong)] == [["fields"]]


def _plain(text: str) -> Any:
    found = yaml.safe_load(text)
    assert isinstance(found, dict)
    return found
