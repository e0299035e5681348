"""The trained model at work: one pass over all facets, and whether it drifts."""
