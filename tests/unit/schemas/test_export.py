"""write and stale: files that follow the code."""

from pathlib import Path

import pytest

from schemas.errors import WinnowError
from schemas.export import json_schemas, reader_schemas, stale, write


def test_written_folder_is_current(tmp_path: Path) -> None:
    """After writing, nothing is stale, and there is one schema per noun and the AsyncAPI document."""
    paths = write(tmp_path / "new" / "folder")
    assert {path.name for path in paths} == {
        *(f"{noun}.v1.json" for noun in json_schemas()),
        *(f"{noun}.reader.v1.json" for noun in reader_schemas()),
        "asyncapi.json",
    }
    assert all(path.is_file() for path in paths)
    assert stale(tmp_path / "new" / "folder") == []


def test_changed_missing_and_left_over_files_are_stale(tmp_path: Path) -> None:
    """Each way to differ is told by file name; other people's files are not."""
    write(tmp_path)
    (tmp_path / "actions.v1.json").write_text("{}")
    (tmp_path / "asyncapi.json").unlink()
    (tmp_path / "rumours.v1.json").write_text("{}")
    (tmp_path / "README.md").write_text("ours")
    assert stale(tmp_path) == ["actions.v1.json", "asyncapi.json", "rumours.v1.json"]
    write(tmp_path)
    assert stale(tmp_path) == []
    assert (tmp_path / "README.md").read_text() == "ours"


def test_everything_is_stale_where_nothing_was_written(tmp_path: Path) -> None:
    """A folder that does not exist lacks every file."""
    assert len(stale(tmp_path / "absent")) == len(json_schemas()) + len(reader_schemas()) + 1


def test_unwritable_folder_is_a_winnow_error(tmp_path: Path) -> None:
    """The operator learns which folder cannot be written."""
    (tmp_path / "file").write_text("")
    with pytest.raises(WinnowError, match=r"file.*cannot be written"):
        write(tmp_path / "file")
