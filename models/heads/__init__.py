"""One module per facet: its estimator, and which rows, under which label mapping, teach it."""
