"""`winnow subjects check` reads a file as a worker would, says what is in it and whom a post names, and all that is wrong."""

from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from agents.cli import app
from pipeline.sift import author_hash
from pipeline.sift.subjects import SubjectsError
from schemas.errors import WinnowError

KEY = "a key of one deployment"
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


def test_a_roster_is_hashed_as_sift_knows_its_people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the deployment's key and where each id is one; a line twice is one account, and what is likely to be missed is said aside."""
    monkeypatch.setenv("WINNOW_AUTHOR_KEY", KEY)
    (file := tmp_path / "people.csv").write_text(
        "# who works here\nx, 2244994945\n\nmastodon,17,social.example\nx,2244994945\nmastodon,17\n"
    )
    said = CliRunner().invoke(app, ["subjects", "roster", str(file)])
    assert said.exit_code == 0
    known = [
        author_hash(KEY.encode(), realm, of) for realm, of in (("x", "2244994945"), ("mastodon\0social.example", "17"), ("mastodon", "17"))
    ]
    assert said.stdout.splitlines() == known
    assert said.stderr.splitlines() == [
        "warning: line 6: ids of mastodon are those of one installation: without it, third, nobody is found"
    ]
    found = orjson.loads(CliRunner().invoke(app, ["subjects", "roster", str(file), "--json"]).stdout)
    assert (found["roster"], len(found["warnings"])) == (known, 1)
    assert "2244994945" not in said.output


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("x", "line 2 of the roster is not source,author id"),
        ("x,1,a,b", "line 2 of the roster is not source,author id"),
        ("x,,a", "line 2 of the roster is not source,author id"),
        ("twitter,1", "line 2 of the roster: there is no source 'twitter'"),
    ],
)
def test_a_line_that_is_no_account_is_named(tmp_path: Path, line: str, said: str) -> None:
    """Nothing is printed of the others, which would pass for all."""
    (file := tmp_path / "people.csv").write_text(f"x,1\n{line}\n")
    refused = CliRunner().invoke(app, ["subjects", "roster", str(file)])
    assert isinstance(refused.exception, WinnowError)
    assert said in str(refused.exception)
    assert refused.stdout == ""


def test_a_roster_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """One line."""
    refused = CliRunner().invoke(app, ["subjects", "roster", str(tmp_path / "none.csv")])
    assert isinstance(refused.exception, WinnowError)
