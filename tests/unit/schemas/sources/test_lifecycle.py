"""What networks say of edits, deletions, who may read, and events about no post."""

from typing import Any

import orjson
import pytest

from schemas.sources import Ignored, Malformed, SignalRecord, read


def signal(source: str, payload: object, arrived_ms: int | None = None) -> SignalRecord:
    """The signal of a payload that must be read."""
    found = read(source, orjson.dumps(payload), arrived_ms)
    assert not isinstance(found, Malformed | Ignored), found
    return found[0]


X_POST: dict[str, Any] = {"id": "1948000000000000001", "text": "my parcel is gone", "author_id": "31", "created_at": "2026-03-01T10:00:00Z"}
TOOT: dict[str, Any] = {
    "id": "115",
    "created_at": "2026-03-01T10:00:00.000Z",
    "content": "<p>my parcel is gone</p>",
    "uri": "https://Tooting.example/users/ada/statuses/115",
    "account": {"id": "9", "acct": "ada"},
}
COMMIT: dict[str, Any] = {
    "did": "did:plc:someone",
    "time_us": 1772359200000000,
    "kind": "commit",
    "commit": {
        "operation": "create",
        "collection": "app.bsky.feed.post",
        "rkey": "3k",
        "record": {"createdAt": "2026-03-01T10:00:00.000Z", "text": "my parcel is gone"},
    },
}
TICKET_EVENT: dict[str, Any] = {
    "type": "zen:event-type:ticket.created",
    "zendesk_event_version": "2022-11-06",
    "time": "2026-03-01T10:00:00Z",
    "detail": {"id": "71", "subject": "Parcel", "description": "It is gone", "requester_id": "5", "created_at": "2026-03-01T10:00:00Z"},
    "event": {},
}


@pytest.mark.parametrize(
    ("source", "payload", "gone", "scope", "author"),
    [
        ("x", {"data": {"delete": {"tweet": {"id": "5", "author_id": "31"}, "event_at": "2026-03-01T10:00:00Z"}}}, "5", "post", "31"),
        ("x", {"data": {"withheld": {"tweet": {"id": "5", "author_id": "31"}, "withheld_in_countries": ["DE"]}}}, "5", "post", "31"),
        ("x", {"data": {"user_delete": {"user": {"id": "31"}, "event_at": "2026-03-01T10:00:00Z"}}}, "31", "account", "31"),
        ("x", {"for_user_id": "1", "tweet_delete_events": [{"status": {"id": "5", "user_id": "31"}, "timestamp_ms": "1772359200000"}]},
         "5", "post", "31"),
        ("mastodon", {"event": "delete", "payload": "115"}, "115", "post", "unknown/115"),
        ("bluesky", COMMIT | {"commit": {"operation": "delete", "collection": "app.bsky.feed.post", "rkey": "3k"}},
         "at://did:plc:someone/app.bsky.feed.post/3k", "post", "did:plc:someone"),
        ("bluesky", {"did": "did:plc:someone", "time_us": 1772359200000000, "kind": "account", "account": {"active": False}},
         "did:plc:someone", "account", "did:plc:someone"),
        ("zendesk", TICKET_EVENT | {"type": "zen:event-type:ticket.status_changed", "event": {"current": "SOLVED"}}, "71", "thread", "5"),
        ("signal", {"id": "5", "source": "forum", "operation": "delete"}, "5", "post", "unknown/5"),
    ],
)  # fmt: skip
def test_a_deletion_says_what_is_gone(source: str, payload: object, gone: str, scope: str, author: str) -> None:
    """No text is needed, nor an author; a time that nobody says is the record's own."""
    found = signal(source, payload, 1772359200000)
    assert (found.operation, found.id, found.scope, found.author.id, found.text) == ("delete", gone, scope, author, "")
    assert found.created_at == "2026-03-01T10:00:00.000Z"


@pytest.mark.parametrize(
    ("source", "first", "later"),
    [
        ("x", {"data": X_POST}, {"data": X_POST | {"id": "1948000000000000002",
         "edit_history_tweet_ids": ["1948000000000000001", "1948000000000000002"]}}),
        ("mastodon", TOOT, TOOT | {"edited_at": "2026-03-01T10:05:00.000Z"}),
        ("bluesky", COMMIT, COMMIT | {"commit": COMMIT["commit"] | {"operation": "update"}, "time_us": 1772359300000000}),
        ("zendesk", TICKET_EVENT["detail"], TICKET_EVENT["detail"] | {"updated_at": "2026-03-01T11:00:00Z"}),
    ],
)  # fmt: skip
def test_an_edit_is_a_later_version_of_the_same_post(source: str, first: object, later: object) -> None:
    """It has the same id, and a revision above that of the first version, which has 0."""
    before, after = signal(source, first), signal(source, later)
    assert (before.operation, before.revision, after.operation) == ("create", 0, "update")
    assert after.revision > 0
    assert after.id == before.id


@pytest.mark.parametrize(
    ("native", "visibility", "kind"),
    [("public", "public", "post"), ("unlisted", "unlisted", "post"), ("private", "followers", "message"), ("direct", "direct", "message"),
     ("new", "followers", "message")],
)  # fmt: skip
def test_mastodon_says_who_may_read(native: str, visibility: str | None, kind: str) -> None:
    """What is not for everybody is a message."""
    found = signal("mastodon", TOOT | {"visibility": native})
    assert (found.visibility, found.kind, found.namespace) == (visibility, kind, "tooting.example")


@pytest.mark.parametrize(
    ("source", "payload", "name"),
    [
        ("bluesky", COMMIT | {"commit": {"operation": "create", "collection": "app.bsky.feed.like", "rkey": "l"}}, "like"),
        ("bluesky", COMMIT | {"commit": {"operation": "delete", "collection": "app.bsky.graph.follow", "rkey": "l"}}, "follow"),
        ("bluesky", {"did": "did:plc:someone", "time_us": 1, "kind": "identity"}, "identity"),
        ("bluesky", {"did": "did:plc:someone", "time_us": 1, "kind": "account", "account": {"active": True}}, "account"),
        ("x", {"for_user_id": "1", "favorite_events": [{"id": "2"}]}, "like"),
        ("mastodon", {"event": "notification", "payload": "{}"}, "notification"),
        ("zendesk", TICKET_EVENT | {"type": "zen:event-type:ticket.priority_changed"}, "other_event"),
        ("zendesk", TICKET_EVENT | {"type": "zen:event-type:ticket.comment_added",
         "event": {"comment": {"id": "3", "body": "We look into it", "author": {"id": "1", "is_staff": True}}}}, "staff_comment"),
    ],
)  # fmt: skip
def test_what_is_about_no_post_is_ignored_by_name(source: str, payload: object, name: str) -> None:
    """It is neither a signal nor rejected."""
    found = read(source, orjson.dumps(payload))
    assert isinstance(found, Ignored), found
    assert found.code == name


def test_an_x_post_without_fields_asked_for_is_read() -> None:
    """X's default is id and text: the time is in the id, the author unknown, and two such authors are not one."""
    found = signal("x", {"data": {"id": "1948000000000000001", "text": "my parcel is gone"}})
    assert (found.created_at[:10], found.author.id) == ("2025-07-23", "unknown/1948000000000000001")


def test_the_time_of_a_record_stands_in_for_none_but_not_for_nonsense() -> None:
    """What a network says wrongly is refused rather than made up."""
    assert signal("mastodon", {key: value for key, value in TOOT.items() if key != "created_at"}, 1772359200000).created_at[:4] == "2026"
    found = read("mastodon", orjson.dumps(TOOT | {"created_at": "a while ago"}), 1772359200000)
    assert isinstance(found, Malformed)
    assert found.code == "bad_time"


@pytest.mark.parametrize(
    ("payload", "versions", "revision"),
    [
        ({"data": X_POST | {"id": "3", "edit_history_tweet_ids": ["1", "2", "3"]}}, ["1", "2", "3"], 2),
        ({"data": [X_POST | {"id": "2", "edit_history_tweet_ids": ["1", "2"]}]}, ["1", "2"], 1),
        ({"data": X_POST | {"id": "2", "edit_history_tweet_ids": ["1", 7, "2", ""]}}, ["1", "2"], 3),
        ({"data": X_POST | {"id": "1", "edit_history_tweet_ids": [str(number) for number in range(1, 300)]}},
         [str(number) for number in range(1, 101)], 298),
        ({"data": X_POST | {"id": "1", "edit_history_tweet_ids": ["1"]}}, None, 0),
        ({"data": X_POST}, None, 0),
    ],
)  # fmt: skip
def test_x_names_all_versions_of_an_edited_post(payload: object, versions: list[str] | None, revision: int) -> None:
    """Each is a post of its own to who deletes it; what is no id is left out, and of one that was not edited there is nothing to say."""
    found = signal("x", payload)
    assert (found.versions, found.revision) == (versions, revision)


def test_a_producer_names_versions_in_a_list() -> None:
    """Under the canonical name, quickly as well as closely."""
    plain: dict[str, Any] = {"id": "1", "source": "forum", "kind": "post", "author": {"id": "2"}, "text": "late", "versions": ["1", "5"],
                             "created_at": "2026-03-01T10:00:00Z", "revision": 1, "operation": "update"}  # fmt: skip
    assert signal("signal", plain).versions == signal("signal", plain | {"url": 7}).versions == ["1", "5"]
    assert signal("signal", plain | {"versions": "5"}).versions is None


CLASSIC: dict[str, Any] = {"id_str": "7", "text": "my parcel is gone", "user": {"id_str": "31"}, "created_at": "2026-03-01T10:00:00Z"}
HISTORY = {"edit_history": {"initial_tweet_id": "5", "edit_tweet_ids": ["5", "7"]}}


@pytest.mark.parametrize(
    ("over", "operation", "names"),
    [({}, "create", ("7", None)), (HISTORY, "update", ("5", ["5", "7"])),
     ({"edit_history": {"initial_tweet_id": "7", "edit_tweet_ids": ["7"]}}, "create", ("7", None))],
)  # fmt: skip
def test_an_edit_of_the_classic_api_is_one_too(over: dict[str, Any], operation: str, names: tuple[str, list[str] | None]) -> None:
    """As the enterprise streams say it; most say nothing."""
    found = signal("x", CLASSIC | over)
    assert (found.operation, found.id, found.versions) == (operation, *names)


@pytest.mark.parametrize(
    ("kind", "field"), [("retweeted", "repost_of"), ("quoted", "quote_of"), ("replied_to", "in_reply_to")]
)  # fmt: skip
def test_what_refers_to_a_later_version_names_the_post(kind: str, field: str) -> None:
    """Its first id, as what was told of it has; the one that is there where nothing else is said of what is referred to."""
    referring = X_POST | {"referenced_tweets": [{"type": kind, "id": "7"}]}
    included = {"id": "7", "text": "my parcel", "edit_history_tweet_ids": ["5", "7"]}
    assert getattr(signal("x", {"data": referring, "includes": {"tweets": [included]}}), field) == "5"
    assert getattr(signal("x", {"data": referring}), field) == "7"


def test_a_classic_share_of_a_later_version_names_the_post() -> None:
    """Whether it is passed on or quoted."""
    found = signal("x", CLASSIC | {"retweeted_status": CLASSIC | HISTORY, "quoted_status_id_str": "7", "quoted_status": CLASSIC | HISTORY})
    assert (found.repost_of, found.quote_of) == ("5", "5")
