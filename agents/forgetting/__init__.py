"""The right to be forgotten, and to know what is held: erasures into the flow, what is left of them, all about one person."""

from agents.forgetting.erasure import Erasure, Remains, as_json, remains, write_erasures
from agents.forgetting.holdings import holdings
from agents.forgetting.people import Realm, Sought, known_of, read_ids, sought
from agents.forgetting.traces import Trace, board_files, traces

__all__ = [
    "Erasure",
    "Realm",
    "Remains",
    "Sought",
    "Trace",
    "as_json",
    "board_files",
    "holdings",
    "known_of",
    "read_ids",
    "remains",
    "sought",
    "traces",
    "write_erasures",
]
