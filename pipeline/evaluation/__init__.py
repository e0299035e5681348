"""Figures of the burst detector and of copies on labelled data, comparable with published ones."""

from pipeline.evaluation.counts import Scored, read_counts, score_counts
from pipeline.evaluation.nab import assess_nab
from pipeline.evaluation.pairs import assess_pairs, read_pairs

__all__ = ["Scored", "assess_nab", "assess_pairs", "read_counts", "read_pairs", "score_counts"]
