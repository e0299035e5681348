"""The parts of the simulator: who speaks, what they say, when, in which native shape, and what goes wrong."""

from pipeline.simulation.stream import EnvelopeError, Mix, Scenario, Simulated, describe, envelope, read_envelope, simulate, truth_line

__all__ = ["EnvelopeError", "Mix", "Scenario", "Simulated", "describe", "envelope", "read_envelope", "simulate", "truth_line"]
