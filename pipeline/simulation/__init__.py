"""The parts of the simulator: who speaks, what they say, when, in which native shape, and what goes wrong."""
