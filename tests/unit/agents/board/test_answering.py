"""Taking the next one: who was first is what the topic says, not what people are called."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from agents.board import answering
from agents.board.answering import AnswerDesk
from agents.board.page_queue import waiting
from pipeline.stream import Written
from schemas.errors import WinnowError
from schemas.messages import Outcome
from tests.unit.agents.board.world import NOW, World, flow, seen, surge, world

_FIRST = 1
"""Offset of the answer that another board wrote before ours."""


def overtaken(made: World, monkeypatch: pytest.MonkeyPatch, **other: Any) -> None:
    """Whatever this board writes comes behind an acknowledgement of the same name, by another board."""

    async def write(_settings: Any, said: Outcome, producer: Any = None) -> Written:
        mine = said.model_dump(mode="json")
        made.board.store.apply(seen("outcomes", [mine | other, mine], _FIRST), {("outcomes", 0): _FIRST + 2}, NOW)
        return Written("outcomes", 0, _FIRST + 1, _FIRST + 1)

    monkeypatch.setattr(answering, "write_answer", write)


def taken(made: World) -> str | None:
    """What the next one for support is."""
    return asyncio.run(made.board.desk.take_next(waiting(made.board, "support"), by="ana"))


def test_the_next_one_is_taken_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By whoever asks first; then there is none."""
    made = world(tmp_path, flow([surge()]), monkeypatch)
    assert taken(made) in made.actions("support")
    assert taken(made) is None
    assert len(made.written) == 1


@pytest.mark.parametrize("other", [{"at": "2026-01-01T00:00:00Z"}, {}], ids=["another moment", "the same millisecond"])
def test_the_same_name_on_another_board_was_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, other: dict[str, Any]) -> None:
    """Two boards of one machine have one name for all: the first acknowledgement on the topic is the other's, so we get nothing."""
    made = world(tmp_path, flow([surge()]), monkeypatch)
    overtaken(made, monkeypatch, **other)
    assert len(waiting(made.board, "support")) == 1
    assert taken(made) is None


class Producer:
    """Notes that it was stopped."""

    stopped = False

    async def stop(self) -> None:
        """The end of it."""
        self.stopped = True


def test_a_producer_that_failed_is_not_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The person is told, the action waits as before, and the next answer goes through a new one."""
    made = world(tmp_path, flow([surge()]), monkeypatch)
    action = made.board.desk.action(made.actions("support")[0])
    assert action is not None
    desk, producers, broken = made.board.desk, list[Producer](), True

    async def started(_: AnswerDesk) -> Producer:
        if desk._producer is None:
            producers.append(Producer())
            desk._producer = producers[-1]
        return producers[-1]

    written = answering.write_answer

    async def write(settings: Any, said: Outcome, producer: Any = None) -> Written | None:
        if broken:
            raise WinnowError("cannot write")
        return await written(settings, said, producer)

    monkeypatch.setattr(AnswerDesk, "_started", started)
    monkeypatch.setattr(answering, "write_answer", write)
    with pytest.raises(WinnowError, match="cannot write"):
        asyncio.run(desk.answer(action, "acknowledged", by="ana"))
    assert ([one.stopped for one in producers], desk.written) == ([True], 0)
    broken = False
    assert asyncio.run(desk.answer(action, "acknowledged", by="ana")).written
    assert ([one.stopped for one in producers], desk.written) == ([True, False], 1)
