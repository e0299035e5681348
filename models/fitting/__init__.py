"""Linear heads from features: the solver and the calibration of its scores."""
