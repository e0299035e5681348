"""How well the models judge: labelled files, cross-validation, published sets."""
