"""What training leaves and judging loads: arrays, their files, the first events' histograms."""

from models.artefacts.artefact import Artefact, Part, features_digest, fuse
from models.artefacts.files import FEATURES, MAX_BYTES, from_bytes, from_files, to_bytes, to_files
from models.artefacts.reference import Counts, Reference, count, measure_texts, reference_of, references_of_texts

__all__ = [
    "FEATURES",
    "MAX_BYTES",
    "Artefact",
    "Counts",
    "Part",
    "Reference",
    "count",
    "features_digest",
    "from_bytes",
    "from_files",
    "fuse",
    "measure_texts",
    "reference_of",
    "references_of_texts",
    "to_bytes",
    "to_files",
]
