"""In: bytes of a trained artefact. Out: its verified arrays and description, and back.

One .npz: `table` (ROWS, 16) int8, `scale` (2, 15) float32, `bias` (15) float32 and `meta`, a JSON text as bytes. No pickle.
The content hash covers the arrays and the description, not the zip around them.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError
from models.facets import FACETS
from models.features import LANES, LAYOUT, OUTPUTS, ROWS

FORMAT = 1
MAX_BYTES = 8 * 1024 * 1024
_MAX_INFLATED = 2 * ROWS * LANES
_RETRAIN = "train it again with `winnow train`, or install the release that it belongs to"


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
    """What a bundle judges with. `table`'s last lane is the idf in tenths, the others are weights in steps of `scale`."""

    table: NDArray[np.int8]
    scale: NDArray[np.float32]
    bias: NDArray[np.float32]
    heads: dict[str, Head]
    content_hash: str


def _meta(heads: dict[str, Head]) -> bytes:
    described = {facet: {"classes": list(head.classes), "first": head.first} for facet, head in sorted(heads.items())}
    return json.dumps({"format": FORMAT, "layout": LAYOUT, "heads": described}, sort_keys=True).encode()


def _content_hash(table: NDArray[Any], scale: NDArray[Any], bias: NDArray[Any], meta: bytes) -> str:
    digest = hashlib.sha256(meta)
    for array in (table, scale, bias):
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def make(table: NDArray[np.int8], scale: NDArray[np.float32], bias: NDArray[np.float32], heads: dict[str, Head]) -> Artefact:
    """Put an artefact together and name it by its content."""
    return Artefact(table, scale, bias, heads, _content_hash(table, scale, bias, _meta(heads)))


def to_bytes(artefact: Artefact) -> bytes:
    """The artefact as one compressed .npz that `from_bytes` verifies; equal artefacts give equal bytes."""
    buffer = io.BytesIO()
    meta = np.frombuffer(_meta(artefact.heads), np.uint8)
    digest = np.frombuffer(artefact.content_hash.encode(), np.uint8)
    np.savez_compressed(
        buffer, table=artefact.table, scale=artefact.scale, bias=artefact.bias, meta=meta, digest=digest, allow_pickle=False
    )
    return buffer.getvalue()


def from_bytes(content: bytes, name: str = "model bytes") -> Artefact:
    """Read and verify; raises ModelError, naming `name`, on damage, another format, layout or hash."""
    arrays = _arrays(content, name)
    meta_bytes = arrays["meta"].tobytes()
    try:
        meta = json.loads(meta_bytes)
        heads = {facet: Head(tuple(head["classes"]), int(head["first"])) for facet, head in meta["heads"].items()}
        version, layout = meta["format"], meta["layout"]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{name}: its description cannot be read ({error!r})", hint=_RETRAIN) from error
    if version != FORMAT:
        raise ModelError(f"{name}: artefact format {version}, this release reads {FORMAT}", hint=_RETRAIN)
    if layout != LAYOUT:
        raise ModelError(f"{name}: trained on feature layout {layout}, this release computes {LAYOUT}", hint=_RETRAIN)
    table, scale, bias = arrays["table"], arrays["scale"], arrays["bias"]
    found = _content_hash(table, scale, bias, meta_bytes)
    if found != arrays["digest"].tobytes().decode("ascii", "replace"):
        raise ModelError(f"{name}: content hash {found[:12]} is not the one it was saved under", hint="fetch the file again")
    _check_shapes(table, scale, bias, heads, name)
    return Artefact(table, scale, bias, heads, found)


def _arrays(content: bytes, name: str) -> dict[str, NDArray[Any]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as members:
            inflated = sum(member.file_size for member in members.infolist())
        if inflated > _MAX_INFLATED:
            raise ModelError(f"{name}: inflates to {inflated} bytes, more than any artefact", hint="fetch the file again")
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            return {key: archive[key] for key in ("table", "scale", "bias", "meta", "digest")}
    except (zipfile.BadZipFile, ValueError, KeyError, OSError, EOFError, NotImplementedError) as error:
        raise ModelError(f"{name}: not a model artefact, or damaged ({error})", hint="fetch the file again") from error


def _check_shapes(table: NDArray[Any], scale: NDArray[Any], bias: NDArray[Any], heads: dict[str, Head], name: str) -> None:
    wanted = [((ROWS, LANES), np.int8), ((2, OUTPUTS), np.float32), ((OUTPUTS,), np.float32)]
    shaped = all(array.shape == shape and array.dtype == kind for array, (shape, kind) in zip((table, scale, bias), wanted, strict=True))
    known = heads.keys() == FACETS.keys() and all(set(head.classes) <= set(FACETS[facet]) for facet, head in heads.items())
    if not shaped or not known:
        raise ModelError(f"{name}: arrays or facets are not those this release judges with", hint=_RETRAIN)
    if bool((table[:, -1] < 0).any()):
        raise ModelError(f"{name}: negative idf", hint=_RETRAIN)
    if not all(head.first >= 0 and head.outputs.stop <= OUTPUTS for head in heads.values()):
        raise ModelError(f"{name}: a facet's outputs lie outside a row", hint=_RETRAIN)
