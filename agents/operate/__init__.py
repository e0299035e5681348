"""Commands that change a running flow: replay, models, policy files."""

from agents.operate.answers import answer_action, find_action, outcome_of, write_answer
from agents.operate.models import give_label, promote, read_board, roll_back
from agents.operate.policy_files import add_silence, expire_silence, lasting, own_policy, write_whole
from agents.operate.recordings import read_arrivals
from agents.operate.replay import run_replay
from agents.operate.situations import recorded_situations

__all__ = [
    "add_silence",
    "answer_action",
    "expire_silence",
    "find_action",
    "give_label",
    "lasting",
    "outcome_of",
    "own_policy",
    "promote",
    "read_arrivals",
    "read_board",
    "recorded_situations",
    "roll_back",
    "run_replay",
    "write_answer",
    "write_whole",
]
