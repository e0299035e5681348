"""Linear heads from features: the solver and the calibration of its scores."""

from models.fitting.calibrate import calibration_error, fit
from models.fitting.solver import Codes, Floats, learn

__all__ = ["Codes", "Floats", "calibration_error", "fit", "learn"]
