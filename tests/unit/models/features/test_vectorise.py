"""Texts in, features out: normalisation, hashing, and the fused scores against their training twin."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import Bundle
from models.features import vectorise as features
from schemas.text import MAX_TEXT_BYTES, pack
from schemas.text.model_input import MAX_CHARACTERS, MAX_WORDS, SHAPE, read

TEXTS = st.lists(st.text(st.characters(codec=None), max_size=80), max_size=8)


def normalised(text: str) -> tuple[bytes, list[int]]:
    """The character block's bytes and the word block's hashes."""
    out, words = np.zeros(MAX_CHARACTERS, np.uint8), np.zeros(MAX_WORDS, np.uint64)
    size, count = read(pack([text]).data, out, words, np.zeros(SHAPE, np.int64))
    return bytes(out[:size]), [int(word) for word in words[:count]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Late  AGAIN", b" late again "),
        ("call 0900-123", b" call 0000-000 "),
        ("see HTTPS://t.co/aB1 now", b" see http now "),
        ("www.acme.com!", b" http "),
        ("@Delta why", b" @ why "),
        ("mail me@home", b" mail me@home "),
        ("sooooo", b" sooo "),
        ("a\n\tb", b" a b "),
        ("don\u2019t", b" don't "),
        ("ÀÉ ΑΩ ЯЖ Ђ", " àé αω яж ђ ".encode()),
        ("", b" "),
    ],
)
def test_characters_are_normalised(text: str, expected: bytes) -> None:
    """Case, digits, links, handles, runs and white space should fold so that alike texts share n-grams."""
    assert normalised(text)[0] == expected


@pytest.mark.parametrize(
    ("one", "other"), [("Don't stop!!!", "dont STOP!"), ("@Acme hi", "@ACME hi"), ("ЯЖ", "яж"), ("9 lives", "7 lives")]
)
def test_words_that_differ_in_form_only_are_one_word(one: str, other: str) -> None:
    """Word hashes should not depend on case, apostrophes, digits or the length of a run of exclamation marks."""
    assert normalised(one)[1] == normalised(other)[1]


def test_a_handle_is_a_word_of_its_own() -> None:
    """The word block should tell handles apart, and a handle from the word it is made of."""
    assert len({tuple(normalised(text)[1]) for text in ("@acme", "@other", "acme")}) == 3


@settings(deadline=None, max_examples=60)
@given(texts=TEXTS)
def test_fused_scores_equal_features_times_weights(bundle: Bundle, texts: list[str]) -> None:
    """The fused kernel should score exactly what the training features and the dequantised weights say."""
    artefact = bundle.artefact
    steps = np.repeat(artefact.scale.astype(np.float64), [block.stop - block.start for block in features.BLOCKS], axis=0)
    idf = np.maximum(artefact.table[:, features.IDF_LANE :].astype(np.float64), 1)
    weights = artefact.table[:, : features.OUTPUTS] * steps / np.sqrt(idf)
    expected = bundle.features_csr(texts) @ weights + artefact.bias
    np.testing.assert_allclose(bundle.logits(texts), expected, atol=1e-4)


@settings(deadline=None, max_examples=60)
@given(texts=TEXTS)
def test_batches_make_no_difference(bundle: Bundle, texts: list[str]) -> None:
    """A text should get the same scores, bit for bit, alone and in any batch."""
    together = bundle.logits(texts)
    alone = [bundle.logits([text])[0] for text in texts]
    assert np.array_equal(together, np.array(alone).reshape(together.shape))


@settings(deadline=None, max_examples=60)
@given(texts=TEXTS)
def test_blocks_have_unit_length(bundle: Bundle, texts: list[str]) -> None:
    """Each text's squared feature values should sum to one for each block that holds a known n-gram."""
    matrix = bundle.features_csr(texts)
    sums = np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel()
    assert np.allclose(sums, np.rint(sums), atol=1e-4)
    assert set(np.rint(sums)) <= {0.0, 1.0, 2.0, 3.0, 4.0}


def test_idf_is_smallest_for_what_every_text_holds() -> None:
    """A row in every text should weigh 10 tenths, a rarer one more, an unseen one nothing."""
    idf = features.idf_tenths(["alpha beta", "alpha gamma", "alpha delta"])
    everywhere, _ = features.rows_of(["alpha"])
    once, _ = features.rows_of(["gamma"])
    assert idf[everywhere[everywhere < features.FORM_FIRST]].min() == 10
    assert idf[once].max() > 10
    assert (idf == 0).sum() > features.PIECE_FIRST - 200


def test_a_huge_text_is_cut_not_refused(bundle: Bundle) -> None:
    """What follows the first MAX_TEXT_BYTES bytes should not be read."""
    head = "late again " * (MAX_TEXT_BYTES // 11 + 1)
    assert np.array_equal(bundle.logits([head[:MAX_TEXT_BYTES]]), bundle.logits([head[:MAX_TEXT_BYTES] + "x" * 1_000_000]))


@pytest.mark.parametrize("text", ["!a" * 3000, "@a" * 3000, "www. " * 2000, "é" * 4000, "\ud83d", "\x00" * 5000])
def test_adversarial_texts_stay_inside_the_buffers(bundle: Bundle, text: str) -> None:
    """Texts that maximise words, handles, links or bytes should be judged like any other."""
    assert np.isfinite(bundle.logits([text, "after"])).all()
    assert np.array_equal(bundle.logits([text, "after"])[1], bundle.logits(["after"])[0])
