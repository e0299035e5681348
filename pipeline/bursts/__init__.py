"""A series of counts to alarms: when more people speak than its past explains."""

from pipeline.bursts.coverage import Coverage
from pipeline.bursts.detector import Alarm, PulseConfig, Series
from pipeline.bursts.negative_binomial import least_count
from pipeline.bursts.scores import ALARM_SCORE, Scorer

__all__ = ["ALARM_SCORE", "Alarm", "Coverage", "PulseConfig", "Scorer", "Series", "least_count"]
