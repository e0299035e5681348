"""Answers of teams as outcomes: what counts, what is refused."""

import pytest

from agents.operate.answers import outcome_of
from schemas.errors import WinnowError

ACTION = {"action_id": "0" * 31 + "1", "team": "support", "kind": "reply", "revokes": None}
NOW = 1_800_000_000_000


def test_an_answer_is_of_the_actions_team_and_dated_now() -> None:
    """Team and id are the action's; what was not said is not written."""
    found = outcome_of(ACTION, "declined", reason="wrong_team", comment="it is a bill", by="mo", now_ms=NOW)
    assert found.model_dump(mode="json", exclude_none=True) == {
        "action_id": ACTION["action_id"], "team": "support", "status": "declined", "at": "2027-01-15T08:00:00.000Z",
        "reason": "wrong_team", "comment": "it is a bill", "by": "mo",
    }  # fmt: skip


@pytest.mark.parametrize("reason", ["noise", "not_noise", "duplicate", "intent=praise", "stakeholder=media"])
def test_reasons_that_are_known_count(reason: str) -> None:
    """The closed list, and corrections of facets."""
    assert outcome_of(ACTION, "declined", reason=reason, now_ms=NOW).reason == reason


@pytest.mark.parametrize(
    ("over", "status", "reason", "told"),
    [
        ({}, "received", None, "'received' is no answer"),
        ({}, "finished", None, "Answers: acknowledged, done, declined"),
        ({}, "declined", "because", "say anything else as the comment"),
        ({}, "done", "intent=prase", "'prase' is no intent"),
        ({}, "done", "mood=good", "'mood=good' is no reason"),
        ({"kind": "revoke", "revokes": "2"}, "done", None, "takes back action 2: nothing is left to answer"),
    ],
)
def test_what_would_not_count_is_refused(over: dict[str, str], status: str, reason: str | None, told: str) -> None:
    """With what would count instead."""
    with pytest.raises(WinnowError, match=told):
        outcome_of({**ACTION, **over}, status, reason=reason, now_ms=NOW)
