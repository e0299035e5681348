"""Faults of `tests.tools.mutations` that change nothing anybody could see, by name, each with the reason."""

_ORDERED = "pipeline/stream/ordered.py OrderedShard"

EQUIVALENTS = {
    f"{_ORDERED}._note_word: offset > self._heard.get(source, -1) -> offset >= self._heard.get(source, -1)": (
        "an equal offset is written over itself"
    ),
    f"{_ORDERED}.dump_position: offset >= position -> offset > position": (
        "a word at the position itself is the first that is read again: nothing older comes, known or not"
    ),
}
