"""Faults of `tests.tools.mutations` that change nothing anybody could see, by name, each with the reason."""

_ORDERED = "pipeline/stream/ordered.py OrderedShard"
_SOURCE = "pipeline/stream/merge.py MergeSource"
_CONSUMER = "agents/runtime/transport.py BatchConsumer"
_REHEARSAL = "agents/runtime/rehearsal.py"

_AT_THE_POSITION = "a word at the position itself is the first that is read again: nothing older comes, known or not"
_NO_POSITION = "no position is below 0, so this stands for none as well as that"

EQUIVALENTS = {
    f"{_ORDERED}._note_word: offset > self._heard.get(source, -1) -> offset >= self._heard.get(source, -1)": (
        "an equal offset is written over itself"
    ),
    f"{_ORDERED}.dump_position: offset >= position -> offset > position": _AT_THE_POSITION,
    f"{_ORDERED}.dump_position: 0 -> 1": _AT_THE_POSITION,
    f"{_SOURCE}.__init__: 0 -> 1": "the grace of the last promise is read behind a promise only, which sets it",
    f"{_SOURCE}.__init__: self.last_grace_ms = 0 -> pass": "the same",
    "pipeline/stream/decode.py _read: 200 -> 201": "what orjson has to say is shorter than either",
    "pipeline/stream/merge.py module: 0 -> 1": "no head has the clock of what holds nobody back, so its number is never looked at",
    "pipeline/stream/merge.py Merge.ready: 2 -> 3": "the end of time, which every grace is before",
    "pipeline/stream/partitioner.py murmur2: 4 -> 5 #2": "a fifth byte is beyond the 32 bits that are kept",
    "pipeline/stream/ttl.py Expiry.discard: len(self._heap) > 2 * len(self._at) + SLACK -> len(self._heap) >= 2 * len(self._at) + SLACK": (
        "the heap is made anew one discarded key earlier, and yields the same"
    ),
    "pipeline/stream/unordered.py _deferred: 0 -> 1 #2": "behind an empty batch neither reaches the limit",
    f"{_CONSUMER}.settle: position > self._settled.get(tp, -1) -> position >= self._settled.get(tp, -1)": (
        "an equal position is written over itself"
    ),
    f"{_CONSUMER}.settle: 1 -> 2": _NO_POSITION,
    f"{_CONSUMER}.lag: 1 -> 2": _NO_POSITION,
    f"{_CONSUMER}.lag: 1 -> 2 #2": _NO_POSITION,
    f"{_CONSUMER}.trailing: 1 -> 2": _NO_POSITION,
    "agents/runtime/model_registry.py _content: 1 -> 2": "two bytes more than a model may have are too many like one",
    f"{_REHEARSAL} module: 4_096 -> 4097": "two lines are looked at, which are shorter together than either",
    f"{_REHEARSAL} _watch: 65_536 -> 65537": "what is read at once is joined with what was read before",
}
