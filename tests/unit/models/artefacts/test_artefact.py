"""Artefact bytes in, verified arrays out: what does not verify is refused by name."""

import io
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models import DEFAULT_ARTEFACT, Bundle, ModelError, load_bundle
from models.artefacts.artefact import Artefact, digest_of, fuse
from models.artefacts.files import MAX_BYTES, from_files, to_files
from models.artefacts.reference import Reference


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
    """The .npz with some entries of one facet's description replaced, and signed again."""
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        described = json.loads(archive["urgency/meta"].tobytes()) | changed
        arrays = {name: archive[f"urgency/{name}"] for name in ("weights", "scale", "bias")}
    text = json.dumps(described, sort_keys=True).encode()
    signed = {"urgency/meta": np.frombuffer(text, np.uint8), "urgency/digest": np.frombuffer(digest_of(text, arrays).encode(), np.uint8)}
    return rewritten(content, **signed)


def test_bytes_round_trip(bundle: Bundle) -> None:
    """A bundle written and read should be the same version and write the same bytes again."""
    content = bundle.to_bytes()
    again = Bundle.from_bytes(content)
    assert from_files(bundle.to_files(), "here").content_hash == bundle.artefact.content_hash
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
    with pytest.raises(ModelError, match=r"content hash .* is not the 000000000000"):
        load_bundle(folder)


def test_a_facet_that_is_not_its_cards_is_refused(folder: Path) -> None:
    """One facet's file from another training of the same features should be named."""
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    card["parts"]["intent"] = "0" * 64
    (folder / "card.json").write_text(json.dumps(card), encoding="utf-8")
    with pytest.raises(ModelError, match=r"intent\.npz: content hash .* is not the 000000000000 its card names"):
        load_bundle(folder)


@pytest.mark.parametrize("name", ["features", "spam", "intent", "stakeholder"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    """Each facet's file, and that of the features they share, should be missed by name."""
    (folder / f"{name}.npz").unlink()
    with pytest.raises(ModelError, match=rf"{name}\.npz"):
        load_bundle(folder)


def test_a_file_of_no_facet_is_refused(folder: Path) -> None:
    """A file that no facet of this release reads should be named, not passed over."""
    shutil.copy(folder / "language.npz", folder / "mood.npz")
    with pytest.raises(ModelError, match=r"mood\.npz: holds facet 'language'"):
        load_bundle(folder)


def test_a_facet_of_other_features_is_refused(folder: Path, bundle: Bundle) -> None:
    """A facet whose weights were learned on other features than the rest should be told, though its file is whole."""
    other = fuse(bundle.artefact.idf, {"language": bundle.artefact.parts["language"]})
    part = replace(bundle.artefact.parts["urgency"], features="0" * 64)
    with pytest.raises(ModelError, match="urgency was trained on features 000000000000, the others on"):
        fuse(other.idf, {"urgency": part})
    with pytest.raises(ModelError, match="urgency was trained on features"):
        bundle.replaced(part)


def test_answers_that_messages_do_not_know_are_refused(bundle: Bundle) -> None:
    """A facet that answers with a label of its own should not get into messages."""
    part = bundle.artefact.parts["sentiment"]
    with pytest.raises(ModelError, match=r"sentiment\.npz answers furious"):
        bundle.replaced(replace(part, classes=("furious", *part.classes[1:])))


@pytest.mark.parametrize("card", [b"", b"[]", b"{}", b"\xff"])
def test_an_unreadable_card_is_refused(folder: Path, card: bytes) -> None:
    """Without its card an artefact folder should not load."""
    (folder / "card.json").write_bytes(card)
    with pytest.raises(ModelError, match=r"card\.json"):
        load_bundle(folder)


@pytest.mark.parametrize("keep", [0, 10, 1000, -1])
def test_truncated_bytes_are_refused(folder: Path, keep: int) -> None:
    """A download that broke off should be named as damage."""
    content = (folder / "intent.npz").read_bytes()
    (folder / "intent.npz").write_bytes(content[:keep])
    with pytest.raises(ModelError, match=r"intent\.npz"):
        load_bundle(folder)


def test_a_changed_weight_is_refused(bundle: Bundle) -> None:
    """One flipped weight should break the content hash."""
    weights = bundle.artefact.parts["spam"].weights.copy()
    weights[0, 5] ^= 1
    with pytest.raises(ModelError, match="spam: content hash"):
        Bundle.from_bytes(rewritten(bundle.to_bytes(), **{"spam/weights": weights}))


@pytest.mark.parametrize(
    ("change", "told"), [({"layout": "char9/v0"}, "char9/v0"), ({"format": 99}, "format 99"), ({"classes": 3}, "description")]
)
def test_another_layout_or_format_is_refused(bundle: Bundle, change: dict[str, Any], told: str) -> None:
    """An artefact of another release should be told apart from a damaged one."""
    with pytest.raises(ModelError, match=told):
        Bundle.from_bytes(meta(bundle.to_bytes(), **change), "other.npz")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"bias": np.array([np.nan], np.float32)}, "urgency.npz: its arrays do not fit"),
        ({"bias": np.array([np.inf], np.float32)}, "urgency.npz: its arrays do not fit"),
        ({"bias": np.zeros(2, np.float32)}, "urgency.npz: its arrays do not fit"),
        ({"weights": np.zeros((1, 5), np.int8)}, "urgency.npz: its arrays do not fit"),
        ({"threshold": 1.5}, "urgency.npz: its arrays do not fit"),
        ({"classes": ("normal", "urgent", "late")}, "urgency.npz: its arrays do not fit its 3 classes"),
        ({"reference": Reference((2.0, 1.0), (0.2, 0.3, 0.5))}, "urgency.npz: its reference for drift cannot be read"),
    ],
)
def test_whole_files_that_make_no_sense_are_refused(bundle: Bundle, change: dict[str, Any], told: str) -> None:
    """A score that is no number should be impossible: arrays that could give one are refused, though their hash is right."""
    files = to_files(replaced_part(bundle, change))
    with pytest.raises(ModelError, match=told):
        from_files(files, "here")


def replaced_part(bundle: Bundle, change: dict[str, Any]) -> Artefact:
    """The shipped artefact with something of urgency changed, put together without a look at whether it fits."""
    parts = bundle.artefact.parts | {"urgency": replace(bundle.artefact.parts["urgency"], **change)}
    return replace(bundle.artefact, parts=parts)


def test_a_negative_idf_is_refused(bundle: Bundle) -> None:
    """A square root of it would be no number."""
    table = bundle.artefact.table.copy()
    table[7, -1] = -1
    with pytest.raises(ModelError, match=r"features\.npz: its idf is not that of"):
        from_files(to_files(replace(bundle.artefact, table=table)), "here")


def test_pickles_are_never_loaded(bundle: Bundle) -> None:
    """An object array, which only unpickling could read, should be refused."""
    with pytest.raises(ModelError, match="not a model artefact"):
        Bundle.from_bytes(rewritten(bundle.to_bytes(), **{"spam/bias": np.array([{}], object)}))


def test_a_zip_bomb_is_refused(bundle: Bundle) -> None:
    """Bytes that inflate beyond any artefact should be refused before they are inflated."""
    with pytest.raises(ModelError, match="inflates"):
        Bundle.from_bytes(rewritten(bundle.to_bytes(), bomb=np.zeros(20_000_000, np.int8)))
