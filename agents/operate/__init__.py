"""Commands that change a running flow: replay, models, policy files."""

from agents.operate.action_list import ActionStanding, read_standings, standings
from agents.operate.answers import DIGITS, answer_action, find_action, outcome_of, write_answer
from agents.operate.models import give_label, promote, read_board, roll_back
from agents.operate.own_records import own_record, write_records
from agents.operate.policy_files import lasting, own_policy, write_whole
from agents.operate.recordings import Position, read_arrivals, read_records
from agents.operate.replay import run_replay
from agents.operate.roster import roster
from agents.operate.silences import draft_silence, end_silences, ended_early, move_silences, read_silences, remove_ended, write_silence
from agents.operate.situations import recorded_situations

__all__ = [
    "DIGITS",
    "ActionStanding",
    "Position",
    "answer_action",
    "draft_silence",
    "end_silences",
    "ended_early",
    "find_action",
    "give_label",
    "lasting",
    "move_silences",
    "outcome_of",
    "own_policy",
    "own_record",
    "promote",
    "read_arrivals",
    "read_board",
    "read_records",
    "read_silences",
    "read_standings",
    "recorded_situations",
    "remove_ended",
    "roll_back",
    "roster",
    "run_replay",
    "standings",
    "write_answer",
    "write_records",
    "write_silence",
    "write_whole",
]
