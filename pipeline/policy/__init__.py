"""The policy file: model, conditions, evaluation, snapshots, edits."""
