"""What people get, counted: who was asked, who was woken, and what each share is of."""

import json

import pytest

from pipeline.evaluation import Got, assess_judged, comparable, read_judged
from pipeline.evaluation.judged import Share
from schemas.errors import WinnowError

ROW = {"text": "My bag is missing", "gate": "keep", "team": "support", "urgency": "high", "sentiment": "negative"}


def rows(*over: dict[str, object]) -> list[str]:
    """Lines of a file of judged posts."""
    return [json.dumps(ROW | one) for one in over]


def test_shares_are_of_the_right_posts() -> None:
    """Asked: of those to which a team should react. Right team: of those on which one was asked. Pages: both ways."""
    wanted = list(
        read_judged(rows({}, {"urgency": "low"}, {"team": "none", "urgency": "none"}, {"page": True}, {"gate": "spam", "team": "none"}))
    )
    got = [
        Got(kept=True, teams={"support"}, facets={"sentiment": "negative"}),
        Got(kept=True, teams={"product"}, facets={"sentiment": "neutral"}),
        Got(kept=True, teams={"comms"}, paged=True, facets={"sentiment": "negative"}),
        Got(kept=True, facets={"sentiment": "negative"}),
        Got(kept=True),
    ]
    shares = assess_judged(wanted, got).shares
    assert shares["asked, of posts to which a team should react"] == Share(1, 3)
    assert shares["asked, of the urgent ones"] == Share(1, 2)
    assert shares["right team, of posts on which one was asked"] == Share(1, 3)
    assert shares["deserved, of pages"] == Share(0, 1)
    assert shares["paged, of posts that deserve it"] == Share(0, 1)
    assert shares["undeserved pages, of all posts"] == Share(1, 5)
    assert shares["kept, of what concerns the organisation"] == Share(4, 4)
    assert shares["let through, of spam"] == Share(1, 1)
    assert shares["sentiment right"] == Share(3, 4)


def test_what_cannot_be_told_is_left_out() -> None:
    """A mere mention counts only where the text itself was addressed to the organisation; unsure rows only when asked for."""
    irrelevant = {"gate": "irrelevant", "team": "none", "urgency": "none"}
    wanted = list(read_judged(rows({}, {"sure": False}, irrelevant, {**irrelevant, "addressed": True})))
    assert [one.gate for one in comparable(wanted, sure_only=False)] == ["keep", "keep", "irrelevant"]
    assert [one.gate for one in comparable(wanted, sure_only=True)] == ["keep", "irrelevant"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "line 1 is no judged post"),
        ("[]", "line 1 is no judged post"),
        (json.dumps({key: ROW[key] for key in ROW if key != "team"}), "lacks 'team'"),
        (json.dumps(ROW | {"urgency": "soon"}), "urgency 'soon' is none of none, low, high, critical"),
        (json.dumps(ROW | {"text": None}), "text and team must be strings"),
    ],
)
def test_a_line_that_is_no_judged_post_is_named(line: str, said: str) -> None:
    """File, line, what is wrong, and the form."""
    with pytest.raises(WinnowError, match="Write each as") as refused:
        list(read_judged([line], "posts.jsonl"))
    assert "posts.jsonl" in str(refused.value)
    assert said in str(refused.value)


def test_intervals_are_wilsons() -> None:
    """As published for 8 of 10; nothing can be said of a share of nothing."""
    low, high = Share(8, 10).interval()
    assert (round(low, 3), round(high, 3)) == (0.490, 0.943)
    assert Share(0, 0).interval() == (0.0, 1.0)
    assert Share(0, 0).to_json()["share"] is None
