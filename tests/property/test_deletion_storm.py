"""Posts that are edited and deleted, before they come and after, across crashes: what is left is as if the deleted had never been."""

import os
import re
from collections import Counter
from collections.abc import Iterable
from random import Random
from typing import Any

import orjson
import pytest

from pipeline.stream.stage import Output
from schemas.times import to_milliseconds
from tests.property.storm import HOUR, START, Storm, run, storm

POSTS = int(os.environ.get("STORM_POSTS", "1500"))
"""As many as `make storm` asks for, or a few."""
COUNTED = (
    "kind", "subject", "facet", "events", "copies", "authors", "reach", "sentiment", "intents", "stakeholders", "sources", "severity",
    "urgency", "origin", "self_resolved", "dual_hat", "opened_at",
)  # fmt: skip
EXACT = 256
"""People who are counted one by one; a crowd beyond is estimated, and whose reach was counted already with it."""
ESTIMATED = ("authors", "reach", "severity")
ROUGHLY = 0.02
ASKED = ("team", "role", "kind", "owner", "subject", "situation_kind")
SECRET = re.compile(rb"x[0-9a-f]{15}x")


def last_told(outputs: Iterable[Output]) -> list[dict[str, Any]]:
    """How each case and idea ended that was not withdrawn. (A surge is told from the minute in which it is recognised, which is another one
    with more posts.)
    """
    found = {message["id"]: message for output in outputs if output.noun == "situations" for message in [orjson.loads(output.value)]}
    return [message for message in found.values() if message["status"] != "withdrawn" and message["kind"] != "surge"]


def as_counted(situation: dict[str, Any]) -> tuple[bytes, ...]:
    """What a situation says but for its id and how often it was told, and, of a crowd beyond `EXACT`, for what is estimated."""
    shown = sorted((piece["information"], piece["text"]) for piece in situation["evidence"])
    names = [name for name in COUNTED if situation["authors"] <= EXACT or name not in ESTIMATED]
    return (*(orjson.dumps(situation[name], option=orjson.OPT_SORT_KEYS) for name in names), orjson.dumps(shown))


def differ_most(ones: list[dict[str, Any]], others: list[dict[str, Any]]) -> float:
    """The greatest relative difference in what is estimated, between situations that are the same otherwise."""
    pairs = {as_counted(other): other for other in others}
    return max((abs(one[name] / max(pairs[as_counted(one)][name], 1e-9) - 1) for one in ones for name in ESTIMATED), default=0.0)


def standing(outputs: Iterable[Output]) -> Counter[tuple[str, ...]]:
    """What teams are asked for at the end about open situations: by which posts these are known, not by when it was asked."""
    outputs = list(outputs)
    about = {message["id"]: message for message in last_told(outputs)}
    asked: dict[str, dict[str, Any]] = {}
    for output in outputs:
        if output.noun.startswith("actions."):
            action = orjson.loads(output.value)
            asked[action["action_id"]] = action
            for over in (action["supersedes"], action["revokes"]):
                asked.pop(over, None)
    return Counter(
        (*(str(action[name]) for name in ASKED), str(as_counted(about[action["situation"]])))
        for action in asked.values()
        if action["situation"] in about and action["kind"] not in ("revoke", "digest")
    )


def too_late(stream: Storm, outputs: Iterable[Output]) -> list[tuple[str, str]]:
    """(secret, action) of deleted posts of which an action tells that was decided on after they were deleted."""
    gone = {one.secret.encode(): stream.deleted[one.post] for one in stream.said if one.post in stream.deleted}
    found = []
    for output in outputs:
        if output.noun.startswith("actions."):
            at_ms = to_milliseconds(orjson.loads(output.value)["created_at"])
            found += [(mark.decode(), output.id) for mark in set(SECRET.findall(output.value)) if gone.get(mark, at_ms) < at_ms]
    return found


@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_left_is_as_if_the_deleted_had_never_been(seed: int) -> None:
    """Situations and what teams are asked for equal those of a stream without the deleted posts; the ledger has every offset once."""
    stream = storm(seed, POSTS)
    outputs, flow, made = run(stream.arrivals(), Random(seed), 61)
    spared, _, _ = run(stream.arrivals(spared=True), None, 1_000)
    assert len(stream.deleted) > POSTS // 7
    assert {message["kind"] for message in last_told(spared)} >= {"case", "idea"}
    left, meant = last_told(outputs), last_told(spared)
    assert Counter(map(as_counted, left)) == Counter(map(as_counted, meant))
    assert differ_most([one for one in left if one["authors"] > EXACT], meant) <= ROUGHLY
    assert standing(outputs) == standing(spared)
    assert flow.book.conflicts == []
    assert flow.book.gaps() == []
    told = flow.book.counts()["sift"]
    assert sum(told.values()) == len(stream.said)
    assert told["withdrawn"] >= len(stream.deleted)
    assert "rejected" not in told
    assert sum(shard.crashes for shard in made) > POSTS // 200


def test_no_later_action_tells_of_what_was_deleted() -> None:
    """Neither actions, digests nor escalations that come after a deletion hold what the post said; nor does what act remembers."""
    stream = storm(3, POSTS, ends=False)
    outputs, flow, made = run(stream.arrivals(), Random(3), 61)
    assert sum(bool(SECRET.search(output.value)) for output in outputs if output.noun.startswith("actions.")) > POSTS // 4
    assert too_late(stream, outputs) == []
    escalated = list(flow.tick(START + 24 * HOUR))
    assert any(b'"kind":"escalate"' in output.value for output in [*outputs, *escalated])
    assert too_late(stream, escalated) == []
    gone = {one.secret.encode() for one in stream.said if one.post in stream.deleted}
    kept = b"".join(shard.texts() for shard in made)
    assert gone.isdisjoint(SECRET.findall(kept))
