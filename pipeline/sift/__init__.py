"""Native payloads to judged information."""

from pipeline.sift.drift import SAMPLED, Drift
from pipeline.sift.events import SiftConfig
from pipeline.sift.lifecycle import ERASURE, realm_name
from pipeline.sift.messages import Judge
from pipeline.sift.post_memory import post_id
from pipeline.sift.shard import SiftShard
from pipeline.sift.speakers import author_hash
from pipeline.sift.subject_file import SubjectFile
from pipeline.sift.subjects import Subjects, invented_subjects, join, parse_subjects

__all__ = [
    "ERASURE",
    "SAMPLED",
    "Drift",
    "Judge",
    "SiftConfig",
    "SiftShard",
    "SubjectFile",
    "Subjects",
    "author_hash",
    "invented_subjects",
    "join",
    "parse_subjects",
    "post_id",
    "realm_name",
]
