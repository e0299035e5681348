"""Texts as rows of one feature table: hashed characters and words, form, valence."""
