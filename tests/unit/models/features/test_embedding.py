"""What is learned of dense numbers must score the same as the weights of pieces that it is turned into."""

import numpy as np

from models.features import PIECE_FIRST, ROWS, embedded, features_csr, unembedded
from models.features.vectorise import idf_tenths

TEXTS = ["Merci, votre service est formidable", "Dank u, geweldig geholpen", "車両に煙が出ています", "smoke in the carriage", ""]


def test_weights_of_numbers_and_of_pieces_score_alike() -> None:
    """A head's scores should not change when what it learned is written as one weight a piece."""
    matrix = features_csr(TEXTS, idf_tenths(TEXTS))
    dense = embedded(matrix)
    weights = np.random.default_rng(1).normal(size=(2, dense.shape[1]))
    pieces = unembedded(weights)
    assert pieces.shape == (2, ROWS)
    np.testing.assert_allclose(matrix @ pieces.T, dense @ weights.T, atol=1e-3)


def test_texts_that_mean_alike_are_near_whatever_their_language() -> None:
    """Smoke in a carriage should be nearer to itself in other languages than to thanks, by the pieces alone."""
    smoke = ["There is smoke in the carriage", "Il y a de la fumée dans le wagon", "車両に煙が出ています", "Im Wagen ist Rauch"]
    texts = [*smoke, "Thank you, great service"]
    numbers = embedded(features_csr(texts, idf_tenths(texts)))[:, PIECE_FIRST:].toarray()
    unit = numbers / np.linalg.norm(numbers, axis=1, keepdims=True)
    likeness = unit @ unit[0]
    assert likeness[1:4].min() > likeness[4] + 0.1
