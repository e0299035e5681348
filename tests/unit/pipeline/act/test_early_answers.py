"""Answers that come before their action wait for it, but not without bounds."""

from typing import Any

import pytest

from pipeline.act import early_answers
from pipeline.act.early_answers import DAY_MS, LONGEST_NAME, MOST_OF_ACTION, EarlyAnswers
from pipeline.act.outcomes import OutcomeRead

State = dict[str, list[list[Any]]]


def told(action_id: str, status: str = "done", team: str = "support") -> OutcomeRead:
    """An answer."""
    return OutcomeRead(team, action_id, team, status, 5, "because", {}, ())


class Kept:
    """Early answers, and their state as a changelog keeps it."""

    def __init__(self) -> None:
        self.answers = EarlyAnswers()
        self.state: State = {}
        self._offset = 0

    def keep(self, action_id: str, at_ms: int = 0, **over: str) -> bool:
        """Whether the next answer of the partition is kept."""
        self._offset += 1
        kept = self.answers.keep(told(action_id, **over), f"outcomes/0/{self._offset}", at_ms)
        self.save()
        return kept

    def save(self) -> None:
        """A step is durable."""
        for action_id in self.answers.take_changed():
            dumped = self.answers.dump(action_id)
            if dumped is None:
                self.state.pop(action_id, None)
            else:
                self.state[action_id] = list(dumped)

    def restart(self) -> None:
        """Another process takes over; the changelog gives keys in an order of its own."""
        self.answers = EarlyAnswers()
        self.answers.load(dict(sorted(self.state.items())))
        assert self.answers.take_changed() == set()


def test_answers_come_back_once_in_their_order() -> None:
    """With all that they said and where they came from."""
    kept = Kept()
    assert kept.keep("a", status="acknowledged")
    assert kept.keep("b")
    assert kept.keep("a", status="done")
    kept.restart()
    assert [(one.status, one.team, one.reason, place) for one, place in kept.answers.take("a")] == [
        ("acknowledged", "support", "because", "outcomes/0/1"),
        ("done", "support", "because", "outcomes/0/3"),
    ]
    kept.save()
    assert list(kept.answers.take("a")) == []
    assert list(kept.state) == ["b"]


def test_one_action_has_so_many() -> None:
    """Those that came first; when they are a day old there is room again, and what is refused keeps nothing alive."""
    kept = Kept()
    assert [kept.keep("a", at_ms) for at_ms in range(MOST_OF_ACTION + 3)] == [True] * MOST_OF_ACTION + [False] * 3
    assert not kept.keep("a", DAY_MS - 1)
    assert kept.keep("a", DAY_MS + 3)
    assert [entry[-1] for entry in kept.state["a"]] == [at_ms + DAY_MS for at_ms in [*range(4, MOST_OF_ACTION), DAY_MS + 3]]


def test_all_actions_together_have_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """The action that was answered longest ago is given up, with or without a restart in between."""
    monkeypatch.setattr(early_answers, "MOST", 4)
    for restarts in (False, True):
        kept = Kept()
        for action_id in ("z", "y", "x", "z"):
            assert kept.keep(action_id)
        if restarts:
            kept.restart()
        assert kept.keep("w")
        assert sorted(kept.state) == ["w", "x", "z"], "z was answered after y"
        assert kept.keep("w")
        assert sorted(kept.state) == ["w", "z"]
        assert kept.keep("v")
        assert sorted(kept.state) == ["v", "w"], "both of z are given up"


def test_a_day_is_the_longest() -> None:
    """As long as outcomes come, whatever they answer."""
    kept = Kept()
    kept.keep("a", 1_000)
    kept.restart()
    kept.answers.expire(1_000 + DAY_MS - 1)
    kept.save()
    assert list(kept.state) == ["a"]
    kept.answers.expire(1_000 + DAY_MS)
    kept.save()
    assert kept.state == {}


@pytest.mark.parametrize("over", [{"team": "t" * (LONGEST_NAME + 1)}, {"action_id": "a" * (LONGEST_NAME + 1)}])
def test_names_that_cannot_be_ours_are_not_kept(over: dict[str, str]) -> None:
    """A key of state is as long as they are."""
    kept = Kept()
    assert not kept.keep(**{"action_id": "a", **over})
    assert kept.state == {}
