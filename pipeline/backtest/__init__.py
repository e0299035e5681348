"""Policies tried on recorded situations, for `winnow policy test`, `diff` and `lint`: cases, differences, unused silences."""

from pipeline.backtest.cases import CaseFile, try_cases, uncovered
from pipeline.backtest.diff import compare
from pipeline.backtest.diff_report import as_json, lines
from pipeline.backtest.run import RecordedSituation
from pipeline.backtest.silence_hits import matches
from pipeline.backtest.silence_preview import Preview, preview

__all__ = ["CaseFile", "Preview", "RecordedSituation", "as_json", "compare", "lines", "matches", "preview", "try_cases", "uncovered"]
