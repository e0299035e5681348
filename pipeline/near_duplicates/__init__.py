"""Texts folded into what they copy."""

from pipeline.near_duplicates.index import REDELIVERED, Duplicates, DuplicatesConfig, Folded, Text, reference

__all__ = ["REDELIVERED", "Duplicates", "DuplicatesConfig", "Folded", "Text", "reference"]
