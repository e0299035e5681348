"""One module a stage: settings in, the stage's shards out."""
