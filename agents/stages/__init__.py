"""One module a stage: makes its shards from settings. `build` is the composition root."""
