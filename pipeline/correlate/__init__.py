"""Information becomes situations (cases, surges, ideas), for the stage of that name; `winnow explain` and the benchmark use its parts."""

from pipeline.correlate.cases import CaseConfig
from pipeline.correlate.dispatch import Dispatcher
from pipeline.correlate.ideas import FACET
from pipeline.correlate.information import Piece, Taken, parse
from pipeline.correlate.series import AllSeries
from pipeline.correlate.shard import CorrelateConfig, CorrelateShard, warm_up
from pipeline.correlate.situation import CASE, IDEA, SURGE, OpenSituation, situation_id
from pipeline.correlate.withdrawals import Withdrawals

__all__ = [
    "CASE",
    "FACET",
    "IDEA",
    "SURGE",
    "AllSeries",
    "CaseConfig",
    "CorrelateConfig",
    "CorrelateShard",
    "Dispatcher",
    "OpenSituation",
    "Piece",
    "Taken",
    "Withdrawals",
    "parse",
    "situation_id",
    "warm_up",
]
