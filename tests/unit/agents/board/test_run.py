"""A board runs until it is told to stop, or cannot follow the topics any more."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from agents.board import run
from agents.board.follow import TopicFollower
from agents.settings import load_settings


async def test_a_board_that_cannot_follow_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what it failed of, and not only once somebody stops it: its pages would show what was, and nobody would know."""

    async def full(_: TopicFollower) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(TopicFollower, "run", full)
    ending: list[str] = []
    settings = load_settings(board_port=0, board_folder=tmp_path)
    with pytest.raises(sqlite3.OperationalError, match="disk is full"):
        await asyncio.wait_for(run.run_board(settings, ending=lambda: ending.append("told")), 30)
    assert ending == ["told"]
