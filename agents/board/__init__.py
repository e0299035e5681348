"""The board: where people see the flow and answer actions. Needs the extra `board`; `winnow board` runs it."""

from agents.board.people import new_token
from agents.board.run import run_board

__all__ = ["new_token", "run_board"]
