"""The frame of every stage: batches, merge, offsets, state, dead letters."""
