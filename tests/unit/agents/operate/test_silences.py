"""Silences as somebody drafts and ends them: what is written, what is refused."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agents.operate.silences import EVERYTHING, draft_silence, ended_early
from pipeline.policy.silence_record import silence_of
from schemas.errors import WinnowError
from schemas.messages import SilenceRecord, SilenceWindow

NOW = 1_800_000_000_000
AT = datetime.fromtimestamp(NOW / 1000, UTC)
LATER = AT + timedelta(hours=4)
NIGHT = SilenceWindow(start="22:00", end="06:00", days=("mon",), time_zone="Europe/Berlin")


def draft(**over: Any) -> SilenceRecord:
    """A silence, some of it given."""
    values: dict[str, Any] = {"name": "strike", "when": "situation.facet == 'strike'", "author": "jo", "reason": "known", "until": LATER}
    return draft_silence(**{**values, **over}, now_ms=NOW)


def test_a_silence_holds_from_now_on() -> None:
    """What was written is what a policy takes up."""
    found = silence_of(draft())
    assert (found.name, found.when, found.author, found.reason) == ("strike", "situation.facet == 'strike'", "jo", "known")
    assert [found.holds_to(NOW - 1), found.holds_to(NOW), found.holds_to(NOW + 4 * 3_600_000)] == [None, NOW + 4 * 3_600_000, None]


def test_a_silence_may_begin_later_and_come_again() -> None:
    """Friday 2027-01-15: on Monday, from ten in the evening in Berlin."""
    found = silence_of(draft(starts=LATER, until=AT + timedelta(days=7), only=NIGHT))
    monday = int(datetime(2027, 1, 18, 21, 0, tzinfo=UTC).timestamp() * 1000)
    assert [found.holds_to(at) for at in (NOW, monday - 1, monday)] == [None, None, monday + 8 * 3_600_000]


def test_equal_names_do_not_replace_each_other() -> None:
    """Two people who silence at once are both heard; the same said twice is one."""
    assert draft().id == draft().id
    assert len({draft().id, draft(author="mo").id, draft(when="situation.facet == 'delay'").id, draft(only=NIGHT).id}) == 4


@pytest.mark.parametrize(
    ("over", "told"),
    [
        ({"when": None}, "--everything"),
        ({"when": "true"}, "no fact"),
        ({"when": "situation.events >= 0"}, "would match everything"),
        ({"when": "situation.severity >= 0.0 && hour >= 0"}, "would match everything"),
        ({"when": "hours > 4"}, "unknown name"),
        ({"name": "Strike"}, "name"),
        ({"reason": ""}, "reason"),
        ({"author": ""}, "author"),
        ({"until": AT}, "would end before it holds"),
        ({"starts": LATER}, "would end before it holds"),
        ({"only": NIGHT.model_copy(update={"time_zone": "localtime"})}, "localtime"),
    ],
)
def test_what_is_no_silence_is_refused(over: dict[str, Any], told: str) -> None:
    """With why."""
    with pytest.raises(WinnowError, match=told):
        draft(**over)


def test_everything_is_silenced_when_that_is_said() -> None:
    """By its word alone, or with a condition."""
    assert draft(when=None, everything=True).when == EVERYTHING
    assert draft(when="situation.events >= 0", everything=True).when == "situation.events >= 0"


def test_who_ends_a_silence_early_is_written_down() -> None:
    """Author and reason of the silence stay; one that has ended is not ended again."""
    found = ended_early(draft(), "mo", "it is over", NOW + 1_000)
    assert (found.id, found.author, found.reason, found.ended_by, found.ended_because) == (draft().id, "jo", "known", "mo", "it is over")
    assert silence_of(found).holds_to(NOW + 1_000) is None
    with pytest.raises(WinnowError, match="has ended already"):
        ended_early(found, "mo", None, NOW + 1_000)
