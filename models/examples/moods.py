"""Everyday posts of our own about nobody in particular, in eight languages, each with the feeling it speaks of.

Posts to organisations say little of how people sound on an ordinary day, and a lexicon reads English only.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

MOODS: Final = "everyday posts of our own"
"""The source that cards name."""

_FILE = Path(__file__).with_name("moods.tsv")


def moods() -> Iterator[tuple[str, str]]:
    """(Text, sentiment) of each; a line of the file is a language, a sentiment and a text."""
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        _, mood, text = line.split("\t")
        yield text, mood
