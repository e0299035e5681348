"""A vocabulary and sentence vectors in, a table of pieces out. The encoder is a fake of three known directions."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from models import ModelError
from models.training import distil
from schemas.text.hashing import FNV_OFFSET


def test_spellings_of_one_piece_are_one() -> None:
    """`The` and `the` should share a row; a piece inside of words is another one; what is no word is left out."""
    found = distil.merged([("▁The", 0.1), ("▁the", 0.3), ("the", 0.2), ("▁", 0.5), ("!", 0.4), ("▁a b", 0.1)])
    assert list(found) == [(True, b"the"), (False, b"the")]
    assert found[True, b"the"] == [("The", 0.1), ("the", 0.3)]


def test_pieces_of_unspaced_scripts_stand_anywhere() -> None:
    """Thai and Chinese pieces should be found at the beginning of a run and inside, others only where the vocabulary has them."""
    hashes, rows = distil.hashes([(True, b"the"), (False, b"s"), (True, "煙".encode())])
    assert rows.tolist() == [0, 1, 2, 2]
    assert len(set(hashes.tolist())) == 4
    assert int(hashes[0]) == distil._hash(FNV_OFFSET, b"the")


def test_what_is_rare_weighs_more() -> None:
    """Squared SIF weights in tenths: all of it for what hardly occurs, a quarter at COMMON, the least for what is everywhere."""
    assert distil.squared_weights(np.array([1e-9, distil.COMMON, 0.5])).tolist() == [100, 25, 1]


def test_fitted_vectors_minimise_what_they_say() -> None:
    """The solution should be that of the normal equations."""
    rng = np.random.default_rng(3)
    matrix = sparse.csr_matrix(rng.normal(size=(30, 8)))
    wanted, first = rng.normal(size=(30, 3)), rng.normal(size=(8, 3))
    dense = matrix.toarray()
    right = np.linalg.solve(dense.T @ dense + 2.0 * np.eye(8), dense.T @ wanted + 2.0 * first)
    np.testing.assert_allclose(distil.fitted(matrix, wanted, first, 2.0), right, atol=1e-6)


def test_held_out_posts_and_a_language_left_out_teach_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The texts should hold no post that only measures, and none of a language that is to be judged unseen."""
    monkeypatch.setattr(distil, "_SETS", ())
    posts = distil.load_posts()
    own, licensed = distil.texts_of(Path("nowhere"), ("de",))
    assert licensed == []
    assert len(own) == sum(not distil.held_out(post.id) and post.language != "de" for post in posts)


def test_another_encoder_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing or another package should be named, with what to install."""
    monkeypatch.setattr(distil, "WEIGHTS_SHA256", "0" * 64)
    with pytest.raises(ModelError, match=r"not installed.*distil|sha256"):
        distil.Encoder()


class FakeEncoder:
    """Knows three directions: a text's vector is that of the first word it knows."""

    def vocabulary(self) -> list[tuple[str, float]]:
        """Two words and an ending."""
        return [("▁smoke", 1e-5), ("▁thanks", 1e-4), ("s", 1e-2)]

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """One unit vector of 200 numbers a text."""
        found = np.zeros((len(texts), 200), np.float32)
        for at, text in enumerate(texts):
            found[at, 0 if "smoke" in text else 1 if "thanks" in text else 2] = 1
        return found


def test_a_table_keeps_what_the_encoder_tells_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words that the encoder holds apart should be apart in the table, and the same run should give the same digest."""
    monkeypatch.setattr(distil, "texts_of", lambda data, without: (["smoke here", "thanks a lot", "words"], []))
    tables = [distil.distil(Path("nowhere"), FakeEncoder()) for _ in range(2)]  # type: ignore[arg-type]
    vectors = tables[0].vectors.astype(np.float64)[:2]
    cosine = vectors[0] @ vectors[1] / np.linalg.norm(vectors[0]) / np.linalg.norm(vectors[1])
    assert abs(cosine) < 0.2
    assert tables[0].digest == tables[1].digest
