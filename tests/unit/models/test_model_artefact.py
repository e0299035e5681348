"""Artefact bytes in, verified arrays out: what does not verify is refused by name."""

import io
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models import DEFAULT_ARTEFACT, Bundle, ModelError, load_bundle
from models.artefact import MAX_BYTES


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped artefact to damage."""
    return Path(shutil.copytree(DEFAULT_ARTEFACT, tmp_path / "artefact"))


def rewritten(content: bytes, **changed: Any) -> bytes:
    """The .npz with some members replaced, everything else as it was."""
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        members = {name: archive[name] for name in archive.files} | changed
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **members)
    return buffer.getvalue()


def meta(content: bytes, **changed: Any) -> bytes:
    """The .npz with some entries of its description replaced."""
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        described = json.loads(archive["meta"].tobytes()) | changed
    return rewritten(content, meta=np.frombuffer(json.dumps(described, sort_keys=True).encode(), np.uint8))


def test_bytes_round_trip(bundle: Bundle) -> None:
    """A bundle written and read should be the same version and write the same bytes again."""
    content = bundle.to_bytes()
    again = Bundle.from_bytes(content)
    assert again.version == bundle.version
    assert again.to_bytes() == content


def test_the_shipped_artefact_is_small_and_carries_its_card() -> None:
    """All files together should stay below the limit, and the card should name licences, failures and the hash."""
    assert sum(file.stat().st_size for file in DEFAULT_ARTEFACT.iterdir()) < MAX_BYTES
    card = json.loads((DEFAULT_ARTEFACT / "card.json").read_text(encoding="utf-8"))
    assert card["content_sha256"].startswith(load_bundle().version)
    assert card["licences"]["crisislex_t26"].startswith("MIT, (c) 2014")
    assert any("MIT" in licence for name, licence in card["licences"].items() if "vaderSentiment" in name)
    assert not any("NC" in licence or "none stated" in licence for licence in card["licences"].values())
    assert card["known_failures"]


def test_a_missing_artefact_names_the_file_and_the_way_out(tmp_path: Path) -> None:
    """The operator should read which file is missing and how to get one."""
    with pytest.raises(ModelError, match=r"nowhere.*winnow train"):
        load_bundle(tmp_path / "nowhere")


def test_a_bundle_that_is_not_its_cards_is_refused(folder: Path) -> None:
    """A card for another bundle should be noticed."""
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    (folder / "card.json").write_text(json.dumps(card | {"content_sha256": "0" * 64}), encoding="utf-8")
    with pytest.raises(ModelError, match=r"bundle\.npz: content hash .* is not the 000000000000"):
        load_bundle(folder)


@pytest.mark.parametrize("card", [b"", b"[]", b"{}", b"\xff"])
def test_an_unreadable_card_is_refused(folder: Path, card: bytes) -> None:
    """Without its card an artefact folder should not load."""
    (folder / "card.json").write_bytes(card)
    with pytest.raises(ModelError, match=r"card\.json"):
        load_bundle(folder)


@pytest.mark.parametrize("keep", [0, 10, 1000, -1])
def test_truncated_bytes_are_refused(folder: Path, keep: int) -> None:
    """A download that broke off should be named as damage."""
    content = (folder / "bundle.npz").read_bytes()
    (folder / "bundle.npz").write_bytes(content[:keep])
    with pytest.raises(ModelError, match=r"bundle\.npz"):
        load_bundle(folder)


def test_a_changed_weight_is_refused(bundle: Bundle) -> None:
    """One flipped weight should break the content hash."""
    table = bundle.artefact.table.copy()
    table[5, 0] ^= 1
    with pytest.raises(ModelError, match="content hash"):
        Bundle.from_bytes(rewritten(bundle.to_bytes(), table=table))


@pytest.mark.parametrize(
    ("change", "told"), [({"layout": "char9/v0"}, "char9/v0"), ({"format": 99}, "format 99"), ({"heads": 3}, "description")]
)
def test_another_layout_or_format_is_refused(bundle: Bundle, change: dict[str, Any], told: str) -> None:
    """An artefact of another release should be told apart from a damaged one."""
    with pytest.raises(ModelError, match=told):
        Bundle.from_bytes(meta(bundle.to_bytes(), **change), "other.npz")


def test_pickles_are_never_loaded(bundle: Bundle) -> None:
    """An object array, which only unpickling could read, should be refused."""
    with pytest.raises(ModelError, match="not a model artefact"):
        Bundle.from_bytes(rewritten(bundle.to_bytes(), bias=np.array([{}], object)))


def test_a_zip_bomb_is_refused(bundle: Bundle) -> None:
    """Bytes that inflate beyond any artefact should be refused before they are inflated."""
    with pytest.raises(ModelError, match="inflates"):
        Bundle.from_bytes(rewritten(bundle.to_bytes(), bomb=np.zeros(20_000_000, np.int8)))
