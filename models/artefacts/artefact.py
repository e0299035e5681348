"""One table of all that facets have learned, which judges them in one pass; named by its content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.artefacts.reference import Reference
from models.errors import ModelError
from models.features import IDF_LANE, LANES, LAYOUT, N_BLOCKS, OUTPUTS, ROWS

FORMAT = 2

RETRAIN = "train it again with `winnow train`, or install the release that it belongs to"

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Part:
    """What one facet has learned: k outputs over the shared features, one less than classes (the first class is the zero), or none.

    `features`: hash of the features that the weights belong to. `temperature` divides the margins of a facet that brings its own.
    """

    facet: str
    classes: tuple[str, ...]
    threshold: float
    weights: NDArray[np.int8]
    scale: NDArray[np.float32]
    bias: NDArray[np.float32]
    features: str
    temperature: float = 1.0
    reference: Reference = field(default_factory=Reference)

    @property
    def digest(self) -> str:
        """Hash of everything in it."""
        return digest_of(part_meta(self), {"weights": self.weights, "scale": self.scale, "bias": self.bias})


@dataclass(frozen=True, slots=True)
class Head:
    """Where a facet's outputs lie in a row (`first` .. `first + len(classes) - 1`), and its classes, the zero one first."""

    classes: tuple[str, ...]
    first: int

    @property
    def outputs(self) -> slice:
        """The facet's columns among the outputs."""
        return slice(self.first, self.first + len(self.classes) - 1)


@dataclass(frozen=True, slots=True)
class Artefact:
    """What a bundle judges with: the parts, and all of them side by side in `table` (ROWS, LANES), whose last lane is the idf in tenths.

    `scale` (N_BLOCKS, OUTPUTS) is the step of each output's bytes in each block of rows, `bias` (OUTPUTS) is added.
    """

    parts: dict[str, Part]
    table: NDArray[np.int8]
    scale: NDArray[np.float32]
    bias: NDArray[np.float32]
    heads: dict[str, Head]
    content_hash: str
    reference: dict[str, Reference]

    @property
    def idf(self) -> NDArray[np.int8]:
        """Of each row, in tenths."""
        return self.table[:, IDF_LANE]


def fuse(idf: NDArray[np.int8], parts: Mapping[str, Part], reference: Mapping[str, Reference] | None = None) -> Artefact:
    """Lay the parts side by side for one pass over a batch, and name the whole by its content.

    Raises ModelError where a part belongs to other features, or where the parts have more outputs than a row has room.
    """
    shared = features_digest(idf)
    outputs = sum(len(part.bias) for part in parts.values())
    if outputs > OUTPUTS:
        raise ModelError(
            f"the facets have {outputs} outputs, a row has room for {OUTPUTS}",
            hint="a wider row needs more LANES and another word in sum_rows, in models/features/row_sums.py, and costs judging time",
        )
    table = np.zeros((ROWS, LANES), np.int8)
    table[:, IDF_LANE] = idf
    scale, bias = np.ones((N_BLOCKS, OUTPUTS), np.float32), np.zeros(OUTPUTS, np.float32)
    heads: dict[str, Head] = {}
    lane = 0
    for facet, part in parts.items():
        if not len(part.bias):
            continue
        if part.features != shared:
            raise ModelError(f"{facet} was trained on features {part.features[:12]}, the others on {shared[:12]}", hint=RETRAIN)
        heads[facet] = Head(part.classes, lane)
        columns = heads[facet].outputs
        table[:, columns], scale[:, columns], bias[columns] = part.weights.T, part.scale.T, part.bias
        lane = columns.stop
    digest = hashlib.sha256(digest_of(features_meta(reference or {}), {"idf": idf}).encode())
    for facet in sorted(parts):
        digest.update(parts[facet].digest.encode())
    return Artefact(dict(parts), table, scale, bias, heads, digest.hexdigest(), dict(reference or {}))


def features_digest(idf: NDArray[np.int8]) -> str:
    """Names the features that weights belong to: their layout and each row's idf."""
    return digest_of(LAYOUT.encode(), {"idf": idf})


def part_meta(part: Part) -> bytes:
    """A part's description, as its file keeps it."""
    described = {
        "format": FORMAT, "layout": LAYOUT, "facet": part.facet, "classes": list(part.classes), "threshold": part.threshold,
        "features": part.features, "temperature": part.temperature, "reference": part.reference.to_json(),
    }  # fmt: skip
    return json.dumps(described, sort_keys=True).encode()


def features_meta(reference: Mapping[str, Reference]) -> bytes:
    """The description of shared features: what the texts they were counted on looked like."""
    described = {"format": FORMAT, "layout": LAYOUT, "reference": {name: found.to_json() for name, found in reference.items()}}
    return json.dumps(described, sort_keys=True).encode()


def digest_of(meta: bytes, arrays: Arrays) -> str:
    """Hash of a description and arrays, whatever zip is around them."""
    digest = hashlib.sha256(meta)
    for name, array in arrays.items():
        digest.update(f"{name}{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
