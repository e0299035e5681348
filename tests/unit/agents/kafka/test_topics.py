"""The topic table as a deployment wants it, and how a difference is judged, without a broker."""

import pytest

from agents.kafka import topics
from agents.settings import load_settings
from schemas.topics import STAGES, TOPICS

SETTINGS = load_settings(prefix="acme", partitions=6, replication=3)
SPEC = TOPICS["posts"]


def test_every_topic_team_and_state_is_wanted() -> None:
    """The table, one action topic a team, one changelog a stage; each with its own number of partitions or the deployment's."""
    found = topics.wanted(SETTINGS, ["support", "comms"])
    assert len(found) == len(TOPICS) + 2 + len(STAGES)
    assert found["acme.posts.v1"][1] == found["acme.act-state.v1"][1] == 6
    assert found["acme.actions.comms.v1"][1] == found["acme.models.v1"][1] == 1


@pytest.mark.parametrize(("replication", "insync"), [(1, "1"), (2, "1"), (3, "2"), (5, "4")])
def test_one_broker_may_be_missing(replication: int, insync: str) -> None:
    """Writes go on without one replica, and never wait for more than there are."""
    assert topics.configuration(SPEC, replication)["min.insync.replicas"] == insync


def _judged(partitions: int, replicas: int, **set_to: str) -> topics.Change:
    values = topics.configuration(SPEC, replicas) | {name.replace("_", "."): value for name, value in set_to.items()}
    return topics._compare("acme.posts.v1", SPEC, 6, SETTINGS, topics._Found(partitions, replicas), values)


def test_what_reorders_keys_or_needs_a_move_is_refused() -> None:
    """Other partitions, fewer replicas: never changed, with the reason; more replicas than asked for are welcome."""
    assert _judged(6, 3).verb == _judged(6, 5).verb == "keep"
    assert "`winnow topics grow posts 6`" in _judged(4, 3).detail
    keyed = topics._compare("acme.decisions.v1", TOPICS["decisions"], 6, SETTINGS, topics._Found(8, 3), {})
    assert "reorder keys" in keyed.detail
    assert "kafka-reassign-partitions" in _judged(6, 1).detail
    assert _judged(8, 3, retention_ms="1").verb == _judged(6, 1, retention_ms="1").verb == "refuse"


def test_a_difference_shows_both_values_and_only_it_is_set() -> None:
    """The diff says from what to what."""
    change = _judged(6, 3, retention_ms="1000", cleanup_policy="compact")
    assert change.verb == "change"
    assert change.detail == "cleanup.policy compact -> delete, retention.ms 1000 -> 604800000"
    assert change.sets == {"cleanup.policy": "delete", "retention.ms": "604800000"}
