"""`winnow subjects check` reads a file as a worker would, says what is in it and whom a post names, and all that is wrong."""

from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from agents.cli import app
from pipeline.sift.subjects import SubjectsError

FILE = "subjects:\n  - {id: acme, name: Acme, terms: [acme, ac]}\n  - {id: zoo, name: Zoo, terms: [zoo park]}\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A good subjects file."""
    path = tmp_path / "subjects.yaml"
    path.write_text(FILE)
    return path


def test_a_good_file_is_told(file: Path) -> None:
    """Subjects with their terms, what is likely to be found too often, whom texts name."""
    said = CliRunner().invoke(app, ["subjects", "check", str(file), "--text", "the zoo park, and Acme", "--text", "nobody"])
    assert said.exit_code == 0
    assert said.output.splitlines() == [
        "subjects are good: acme (2 terms), zoo (1 terms)",
        "warning: subject 'acme': the term 'ac' is so short that it will be found in much that is not meant",
        "acme, zoo: the zoo park, and Acme",
        "none: nobody",
    ]
    found = orjson.loads(CliRunner().invoke(app, ["subjects", "check", str(file), "--json"]).output)
    assert (found["subjects"], found["feedback_subject"], len(found["warnings"])) == (["acme", "zoo"], None, 1)


def test_a_wrong_file_is_refused_with_all_that_is_wrong(file: Path) -> None:
    """Both lines are named."""
    file.write_text(FILE.replace("id: acme", "id: Acme").replace("name: Zoo", "nam: Zoo"))
    refused = CliRunner().invoke(app, ["subjects", "check", str(file)])
    assert isinstance(refused.exception, SubjectsError)
    assert [fault.line for fault in refused.exception.faults] == [2, 3, 3]
