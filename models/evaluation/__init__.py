"""How well the models judge: labelled files, cross-validation, published sets."""

from models.evaluation import card_figures
from models.evaluation.benchmarks import measure
from models.evaluation.card_figures import microseconds_per_event
from models.evaluation.labelled import read_rows
from models.evaluation.plot import draw
from models.evaluation.report import evaluate, evaluate_trained

__all__ = ["card_figures", "draw", "evaluate", "evaluate_trained", "measure", "microseconds_per_event", "read_rows"]
