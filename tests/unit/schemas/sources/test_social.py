"""What networks and transports send beside the main form of a payload, and how each of it is read."""

import gzip
from typing import Any

import orjson
import pytest

from schemas.sources import Ignored, Malformed, SignalRecord, read_all

NOW = 1_772_359_200_000
AT = "2026-03-01T10:00:00Z"


def told(source: str, payload: object) -> list[str]:
    """Each reading in a word: `operation id text`, or the name of what is ignored, or the code of a refusal."""
    raw = payload if isinstance(payload, bytes) else orjson.dumps(payload)
    found = []
    for reading in read_all(source, raw, NOW, b"k-1"):
        if isinstance(reading, Malformed | Ignored):
            found.append(f"{type(reading).__name__.lower()} {reading.code}")
        else:
            signal = reading[0]
            of = "" if signal.scope == "post" else f" {signal.scope}"
            found.append(f"{signal.operation}{of} {signal.id} {signal.text}".strip())
    return found


def signal_of(source: str, payload: object) -> SignalRecord:
    """The one signal of a payload that must be read."""
    (reading,) = read_all(source, payload if isinstance(payload, bytes) else orjson.dumps(payload), NOW)
    assert not isinstance(reading, Malformed | Ignored), reading
    return reading[0]


# -- transports ------------------------------------------------------------------------------------------------------------


def plain(number: int, **more: object) -> dict[str, Any]:
    """A payload of Winnow's own form."""
    return {"id": str(number), "source": "signal", "kind": "post", "author": {"id": "a"}, "text": "late", "created_at": AT, **more}


def line(number: int) -> bytes:
    """The same as a line."""
    return orjson.dumps(plain(number))


ROW = {"before": None, "after": plain(1), "source": {"connector": "postgresql", "table": "posts"}, "op": "c", "ts_ms": NOW}
SOME = [f"create {number} late" for number in (1, 2, 3)]


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (gzip.compress(line(1) + b"\n") + gzip.compress(line(2) + b"\n") + gzip.compress(line(3)), SOME),
        (gzip.compress(line(1)) + b"\0" * 5_000, SOME[:1]),
        (gzip.compress(line(1)) + b"\n", SOME[:1]),
        (gzip.compress(line(1)) + gzip.compress(b"") * 20_000, SOME[:1]),
        (gzip.compress(line(1) + b"\n") + gzip.compress(line(2))[:-4], ["malformed compressed"]),
        (gzip.compress(line(1)) + b"rest", ["malformed compressed"]),
        (gzip.compress(b" " * 2_000_000) * 2, ["malformed too_large"]),
        (ROW, SOME[:1]),
        (ROW | {"op": "u", "before": plain(0)}, SOME[:1]),
        (ROW | {"after": line(1).decode()}, SOME[:1]),
        ({"schema": {"type": "struct"}, "payload": ROW}, SOME[:1]),
        (ROW | {"op": "d", "before": plain(1), "after": None}, ["ignored deleted_row"]),
        ({"schema": None, "payload": None}, ["ignored tombstone"]),
        (line(1) + b"\n" + line(2)[:-9] + b"\n" + line(3), [SOME[0], "malformed not_json", SOME[2]]),
        (line(1)[9:] + b"\n" + line(2) + b"\n" + line(3), ["malformed not_json", *SOME[1:]]),
        (line(1) + b"\n" + line(2)[:-9], [SOME[0], "malformed not_json"]),
        (b'{\n "id": "1",\n "data": [\n  {"id": "2"}\n ],,\n}', ["malformed not_json"]),
        (line(1)[:-1] + b', "rating": NaN, "reach": {"likes": -Infinity}}', SOME[:1]),
        (line(1).replace(b"late", rb"NaN \" Infinity")[:-1] + b', "rating": Infinity}', ['create 1 NaN " Infinity']),
        (b'{"id": NaN, "text": "' + rb"\"" * 100_000, ["malformed not_json"]),
        (b"[]", ["ignored empty_list"]),
        (b"[[], " + line(1) + b"]", ["ignored empty_list", SOME[0]]),
    ],
)  # fmt: skip
def test_what_a_transport_adds_is_taken_off(payload: object, expected: list[str]) -> None:
    """Nothing behind a first part is lost, and of what is broken only that."""
    assert told("signal", payload) == expected


def test_a_broken_line_is_told_by_its_number() -> None:
    """Among lines that are read."""
    _, broken = read_all("signal", line(1) + b"\n" + line(2)[:-9], NOW)
    assert isinstance(broken, Malformed)
    assert broken.reason.startswith("line 2 of 2: the record is not JSON")


# -- networks --------------------------------------------------------------------------------------------------------------

DM = {"id": "7", "event_type": "MessageCreate", "text": "it &amp; me", "sender_id": "5", "dm_conversation_id": "1-2", "created_at": AT}
TWEET = {"id_str": "11", "created_at": "Sun Mar 01 10:00:00 +0000 2026", "text": "late", "user": {"id_str": "31"}}
GONE = {"status": {"id": "12", "user_id": "31"}, "timestamp_ms": str(NOW)}
STATUS: dict[str, Any] = {"id": "1", "created_at": AT, "content": "<p>late</p>", "visibility": "public", "account": {"id": "9"}}
ACCOUNT = {"did": "did:plc:a", "time_us": NOW * 1000, "kind": "account"}


@pytest.mark.parametrize(
    ("source", "payload", "expected"),
    [
        ("x", {"data": DM}, ["create 7 it & me"]),
        ("x", {"data": [DM, {"id": "8", "event_type": "ParticipantsJoin", "participant_ids": ["5"]}], "meta": {"result_count": 2}},
         ["create 7 it & me", "ignored participants_entry"]),
        ("x", {"data": {"id": "8", "event_type": "ParticipantsLeave"}}, ["ignored participants"]),
        ("x", {"status_withheld": {"id": 17, "user_id": 31, "withheld_in_countries": ["DE"]}}, ["delete 17"]),
        ("x", {"user_withheld": {"id": 31, "withheld_in_countries": ["DE"]}}, ["ignored classic_account_withheld"]),
        ("x", {"data": {"user_withheld": {"user": {"id": "31"}, "withheld_in_countries": ["DE"]}}}, ["ignored account_withheld"]),
        ("x", {"scrub_geo": {"user_id": 31, "up_to_status_id": 17}}, ["ignored classic_location_scrubbed"]),
        ("x", {"disconnect": {"code": 4, "reason": "", "stream_name": "s"}}, ["ignored disconnect_notice"]),
        ("x", {"warning": {"code": "FALLING_BEHIND", "percent_full": 60}}, ["ignored stream_warning"]),
        ("x", {"limit": {"track": 1234}}, ["ignored limit_notice"]),
        ("x", {"errors": [{"title": "operational-disconnect", "disconnect_type": "UpstreamOperationalDisconnect"}]},
         ["ignored stream_ended"]),
        ("x", {"user_event": {}}, ["ignored user_event"]),
        ("x", {"for_user_id": "3", "tweet_create_events": [TWEET], "tweet_delete_events": [GONE]}, ["create 11 late", "delete 12"]),
        ("x", {"for_user_id": "3", "tweet_delete_events": [GONE]}, ["delete 12"]),
        ("mastodon", {"event": "status.created", "created_at": AT, "object": STATUS}, ["create 1 late"]),
        ("mastodon", {"event": "status.updated", "created_at": AT, "object": STATUS | {"edited_at": AT}}, ["update 1 late"]),
        ("mastodon", {"event": "account.created", "created_at": AT, "object": {"id": "9"}}, ["ignored account_hook"]),
        ("mastodon", {"event": "report.created", "created_at": AT, "object": {"id": "9"}}, ["ignored report_hook"]),
        ("bluesky", ACCOUNT | {"account": {"active": False, "status": "throttled"}}, ["ignored account"]),
        ("bluesky", ACCOUNT | {"account": {"active": False, "status": "desynchronized"}}, ["ignored account"]),
        ("bluesky", ACCOUNT | {"account": {"active": False, "status": "takendown"}}, ["delete account did:plc:a"]),
        ("bluesky", ACCOUNT | {"account": {"active": False}}, ["delete account did:plc:a"]),
        ("bluesky", ACCOUNT | {"account": {"active": True}}, ["ignored account"]),
        ("bluesky", {"did": "did:plc:a", "time_us": NOW * 1000, "type": "acc", "account": {"active": False, "status": "deleted"}},
         ["delete account did:plc:a"]),
        ("bluesky", {"did": "did:plc:a", "time_us": NOW * 1000, "type": "acc", "account": {"active": False, "status": "throttled"}},
         ["ignored first_version_event"]),
    ],
)  # fmt: skip
def test_a_network_is_read_as_it_is_documented(source: str, payload: object, expected: list[str]) -> None:
    """Every signal in it, in order; what is about no post is named, and never called rejected."""
    assert told(source, payload) == expected


def test_a_direct_message_of_x_is_no_public_post() -> None:
    """It is a message, of its sender, to those who take part."""
    found = signal_of("x", {"data": DM})
    assert (found.kind, found.author.id, found.visibility, found.thread) == ("message", "5", "direct", "1-2")


@pytest.mark.parametrize(
    ("word", "kind", "visibility"),
    [("public", "post", "public"), ("unlisted", "post", "unlisted"), ("private", "message", "followers"), ("direct", "message", "direct"),
     ("limited", "message", "followers"), ("local", "message", "followers"), ("list", "message", "followers"), (None, "post", None)],
)  # fmt: skip
def test_an_unknown_visibility_of_mastodon_is_not_public(word: str | None, kind: str, visibility: str | None) -> None:
    """Whatever a server calls it: who may see it is not known, so it is not for everybody."""
    found = signal_of("mastodon", STATUS | {"visibility": word})
    assert (found.kind, found.visibility) == (kind, visibility)


def test_a_boost_has_the_reach_of_what_it_boosts() -> None:
    """Mastodon counts nothing for the boost itself."""
    counts = {"favourites_count": 3, "reblogs_count": 2, "replies_count": 1}
    none = dict.fromkeys(counts, 0)
    boost = signal_of("mastodon", STATUS | none | {"content": "", "reblog": STATUS | counts | {"id": "0"}}).reach
    assert (boost.likes, boost.reposts, boost.replies) == (3, 2, 1)
    own = signal_of("mastodon", STATUS | counts | {"reblog": None}).reach
    assert (own.likes, own.reposts, own.replies) == (3, 2, 1)
