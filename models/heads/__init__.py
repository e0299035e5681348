"""One module per facet: which rows, under which label mapping, teach it."""
