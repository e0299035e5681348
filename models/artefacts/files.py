"""An artefact as verified files, one a facet beside the features they share, and back; no pickle.

`features.npz`: `idf` (ROWS) int8. `<facet>.npz`: `weights` (k, ROWS) int8, `scale` (k, blocks) float32, `bias` (k) float32. Each also has
`meta`, a JSON text as bytes, and `digest`, the hash of all that; the zip around them is not hashed. A facet's description names the
features that its weights were learned on, so parts of different trainings are told apart.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.artefacts.artefact import FORMAT, RETRAIN, Arrays, Artefact, Part, digest_of, features_meta, fuse, part_meta
from models.artefacts.reference import Reference
from models.errors import ModelError
from models.features import LANES, LAYOUT, N_BLOCKS, ROWS

FEATURES = "features"
MAX_BYTES = 10 * 1024 * 1024
"""Of all files together."""

_MAX_INFLATED = 2 * ROWS * LANES
_FETCH = "fetch it again"


def to_files(artefact: Artefact) -> dict[str, bytes]:
    """Every file of the artefact by its name; equal artefacts give equal bytes."""
    shared = _npz(_features_arrays(artefact.idf, artefact.reference))
    return {f"{FEATURES}.npz": shared} | {f"{facet}.npz": _npz(_part_arrays(part)) for facet, part in artefact.parts.items()}


def to_bytes(artefact: Artefact) -> bytes:
    """The same members in one .npz, their file's name before each: what travels as one."""
    members = {f"{FEATURES}/{name}": array for name, array in _features_arrays(artefact.idf, artefact.reference).items()}
    for facet, part in artefact.parts.items():
        members |= {f"{facet}/{name}": array for name, array in _part_arrays(part).items()}
    return _npz(members)


def from_files(files: Mapping[str, bytes], where: str) -> Artefact:
    """Read and verify the files of a folder by their names; raises ModelError naming the file that is damaged or does not belong."""
    groups = {name.removesuffix(".npz"): (_arrays(content, f"{where}/{name}"), f"{where}/{name}") for name, content in files.items()}
    return _from_groups(groups, where)


def from_bytes(content: bytes, name: str = "model bytes") -> Artefact:
    """Read and verify what `to_bytes` wrote; raises ModelError, naming `name`, on damage, another format, layout or hash."""
    groups: dict[str, tuple[dict[str, NDArray[Any]], str]] = {}
    for member, array in _arrays(content, name).items():
        group, _, inner = member.rpartition("/")
        groups.setdefault(group, ({}, f"{name}: {group}" if group else name))[0][inner] = array
    return _from_groups(groups, name)


def _from_groups(groups: Mapping[str, tuple[Arrays, str]], where: str) -> Artefact:
    if FEATURES not in groups:
        raise ModelError(f"{where}: not a model artefact, it has no {FEATURES}", hint=_FETCH)
    arrays, name = groups[FEATURES]
    meta = _verified(arrays, ("idf",), name)
    idf = arrays["idf"]
    if idf.shape != (ROWS,) or idf.dtype != np.int8 or bool((idf < 0).any()):
        raise ModelError(f"{name}: its idf is not that of {LAYOUT}", hint=RETRAIN)
    reference = {key: _reference(value, name) for key, value in dict(meta.get("reference", {})).items()}
    parts = {facet: _part(facet, *groups[facet]) for facet in sorted(groups, key=list(groups).index) if facet != FEATURES}
    return fuse(idf, parts, reference)


def _part(facet: str, arrays: Arrays, name: str) -> Part:
    meta = _verified(arrays, ("weights", "scale", "bias"), name)
    try:
        found = Part(
            str(meta["facet"]), tuple(map(str, meta["classes"])), float(meta["threshold"]), arrays["weights"], arrays["scale"],
            arrays["bias"], str(meta["features"]), float(meta["temperature"]), _reference(meta["reference"], name),
        )  # fmt: skip
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{name}: its description cannot be read ({error!r})", hint=RETRAIN) from error
    if found.facet != facet:
        raise ModelError(f"{name}: holds facet {found.facet!r} under the name of another", hint=_FETCH)
    outputs = len(found.bias) if found.bias.ndim == 1 else -1
    shaped = (
        (found.weights.shape, found.scale.shape, found.bias.shape) == ((outputs, ROWS), (outputs, N_BLOCKS), (outputs,))
        and found.weights.dtype == np.int8
        and found.scale.dtype == found.bias.dtype == np.float32
    )
    finite = shaped and bool(np.isfinite(found.scale).all() and np.isfinite(found.bias).all()) and 0 <= found.threshold <= 1
    if not finite or outputs not in (0, len(found.classes) - 1):
        raise ModelError(f"{name}: its arrays do not fit its {len(found.classes)} classes", hint=RETRAIN)
    return found


def _verified(arrays: Arrays, wanted: tuple[str, ...], name: str) -> dict[str, Any]:
    """The description, once format, layout and hash are right."""
    missing = [key for key in (*wanted, "meta", "digest") if key not in arrays]
    if missing:
        raise ModelError(f"{name}: not a model artefact, it has no {missing[0]}", hint=_FETCH)
    text = arrays["meta"].tobytes()
    try:
        meta: dict[str, Any] = dict(json.loads(text))
        version, layout = meta["format"], meta["layout"]
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{name}: its description cannot be read ({error!r})", hint=RETRAIN) from error
    if version != FORMAT:
        raise ModelError(f"{name}: artefact format {version}, this release reads {FORMAT}", hint=RETRAIN)
    if layout != LAYOUT:
        raise ModelError(f"{name}: trained on feature layout {layout}, this release computes {LAYOUT}", hint=RETRAIN)
    found = digest_of(text, {key: arrays[key] for key in wanted})
    if found != arrays["digest"].tobytes().decode("ascii", "replace"):
        raise ModelError(f"{name}: content hash {found[:12]} is not the one it was saved under", hint=_FETCH)
    return meta


def _reference(value: Any, name: str) -> Reference:
    try:
        return Reference.from_json(value)
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{name}: its reference for drift cannot be read ({error!r})", hint=RETRAIN) from error


def _part_arrays(part: Part) -> dict[str, NDArray[Any]]:
    return _signed(part_meta(part), {"weights": part.weights, "scale": part.scale, "bias": part.bias})


def _features_arrays(idf: NDArray[np.int8], reference: Mapping[str, Reference]) -> dict[str, NDArray[Any]]:
    return _signed(features_meta(reference), {"idf": np.ascontiguousarray(idf)})


def _signed(meta: bytes, arrays: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    digest = np.frombuffer(digest_of(meta, arrays).encode(), np.uint8)
    return {**arrays, "meta": np.frombuffer(meta, np.uint8), "digest": digest}


def _npz(members: Arrays) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **members)
    return buffer.getvalue()


def _arrays(content: bytes, name: str) -> dict[str, NDArray[Any]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as members:
            inflated = sum(member.file_size for member in members.infolist())
        if inflated > _MAX_INFLATED:
            raise ModelError(f"{name}: inflates to {inflated} bytes, more than any artefact", hint=_FETCH)
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            return {key: archive[key] for key in archive.files}
    except (zipfile.BadZipFile, ValueError, KeyError, OSError, EOFError, NotImplementedError) as error:
        raise ModelError(f"{name}: not a model artefact, or damaged ({error})", hint=_FETCH) from error
