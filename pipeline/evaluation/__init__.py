"""Figures on labelled data: the burst detector and copies beside published ones, and what people get beside what a person would say."""

from pipeline.evaluation.counts import Scored, read_counts, score_counts
from pipeline.evaluation.judged import FACETS, Got, JudgedReport, Wanted, assess_judged, comparable, read_judged, wanted_of
from pipeline.evaluation.nab import assess_nab
from pipeline.evaluation.pairs import assess_pairs, read_pairs
from pipeline.evaluation.trial import Trial

__all__ = [
    "FACETS",
    "Got",
    "JudgedReport",
    "Scored",
    "Trial",
    "Wanted",
    "assess_judged",
    "assess_nab",
    "assess_pairs",
    "comparable",
    "read_counts",
    "read_judged",
    "read_pairs",
    "score_counts",
    "wanted_of",
]
