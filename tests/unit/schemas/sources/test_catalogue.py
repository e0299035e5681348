"""An operator's folder of sources: it adds to those shipped, and takes their place."""

from pathlib import Path

import pytest

from schemas.errors import WinnowError
from schemas.sources.catalogue import Catalogue

FORUM = "name: {name}\ntitle: Mine\ntopic: posts\nkind: post\nfields: {{id: n, author.id: who, text: said, created_at: at}}\n"


def write(folder: Path, file: str, name: str) -> Path:
    """A source file."""
    path = folder / file
    path.write_text(FORUM.format(name=name), encoding="utf-8")
    return path


def test_a_folder_adds_and_overrides(tmp_path: Path) -> None:
    """By the name in the file; the rest stays as it was."""
    catalogue = Catalogue()
    before = list(catalogue)
    assert catalogue["reddit"].title != "Mine"
    write(tmp_path, "a.yaml", "forum")
    write(tmp_path, "b.yaml", "reddit")
    catalogue.add(tmp_path)
    assert sorted({*before, "forum"}) == list(catalogue)
    assert len(catalogue) == len(before) + 1
    assert catalogue["reddit"].title == catalogue["forum"].title == "Mine"
    assert catalogue.text("reddit")[0] == str(tmp_path / "b.yaml")
    assert (catalogue.is_own("reddit"), catalogue.is_own("x")) == (True, False)
    assert "nowhere" not in catalogue
    with pytest.raises(KeyError):
        catalogue["nowhere"]


def test_a_wrong_folder_is_told(tmp_path: Path) -> None:
    """Not there; two files for one source; a file that is wrong, with its line."""
    with pytest.raises(WinnowError, match="is no folder of sources"):
        Catalogue().add(tmp_path / "nowhere")
    write(tmp_path, "a.yaml", "forum")
    path = write(tmp_path, "b.yaml", "forum")
    with pytest.raises(WinnowError, match=r"both describe the source 'forum'"):
        Catalogue().add(tmp_path)
    path.write_text("name: forum\ntitel: x\n", encoding="utf-8")
    with pytest.raises(WinnowError, match=r"b\.yaml:2: titel is no key here"):
        Catalogue().add(tmp_path)
