"""Tools of customer care and forums: whose words they are, who may read them, what is gone, and what is none of it."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas.errors import WinnowError
from schemas.sources import SOURCES, Ignored, Malformed, SignalRecord, Source, load_source, read_all, trace

NOW = 1_772_359_200_000
AT, LATER = "2026-03-01T10:00:00Z", "2026-03-01T10:05:00Z"
TICKET: dict[str, Any] = {"id": 2, "subject": "Bag", "description": "where is it", "created_at": AT, "updated_at": LATER, "requester_id": 5}
ADDED: dict[str, Any] = {"zendesk_event_version": "v", "type": "zen:event-type:ticket.comment_added", "time": AT,
                         "detail": {"id": "7", "requester_id": "5"}}  # fmt: skip
REPLY: dict[str, Any] = {"id": "p1", "body": "<p>still</p>", "created_at": 1772359200, "author": {"type": "user", "id": "u"}}
FRESH: dict[str, Any] = {"id": 3, "requester_id": 5, "subject": "Bag", "description_text": "lost", "created_at": AT, "updated_at": LATER}
CORD: dict[str, Any] = {"id": "5", "channel_id": "1", "content": "it crashes", "author": {"id": "3"}, "timestamp": AT}
FORWARD: dict[str, Any] = {"content": "", "message_reference": {"type": 1, "message_id": "9"},
                           "message_snapshots": [{"message": {"content": "it burns"}}]}  # fmt: skip
POST: dict[str, Any] = {"id": 4, "topic_id": 7, "cooked": "<p>late</p>", "created_at": AT, "updated_at": LATER, "user_id": 9}
ANSWERED: dict[str, Any] = {"token": "t", "submitted_at": AT, "answers": [{"type": "text", "text": "slow"}]}
SLACK: dict[str, Any] = {"type": "event_callback", "team_id": "T1"}
SAID: dict[str, Any] = {"type": "message", "channel": "D1", "channel_type": "im", "user": "U", "text": "help", "ts": "1772359200.1"}
EDITED: dict[str, Any] = {"type": "message", "subtype": "message_changed", "channel": "D1", "channel_type": "im",
                          "event_ts": "1772359300.1", "message": {"user": "U", "text": "help!", "ts": "1772359200.1"}}  # fmt: skip
STONE: dict[str, Any] = EDITED | {"message": {"subtype": "tombstone", "user": "USLACKBOT", "text": "gone", "ts": "1772359200.1"}}
FEED: dict[str, Any] = {"field": "feed", "value": {"item": "comment", "verb": "add", "comment_id": "c", "post_id": "p", "message": "late",
                                                   "created_time": 1772359200}}  # fmt: skip
ON_PHOTO: dict[str, Any] = {"field": "comments", "value": {"id": "c", "text": "late"}}
CHAT: dict[str, Any] = {"sender": {"id": "8"}, "recipient": {"id": "5"}, "timestamp": NOW, "message": {"mid": "m", "text": "help"}}


def commented(**comment: object) -> dict[str, Any]:
    """What a trigger sends of a ticket when somebody comments on it."""
    return {"ticket": TICKET | {"comment": comment}}


def added(comment: dict[str, Any]) -> dict[str, Any]:
    """What a webhook is told of a comment."""
    return ADDED | {"event": {"comment": {"id": "3", "body": "and now?", "author": {"id": "5"}} | comment}}


def parts(topic: str, *found: dict[str, Any]) -> dict[str, Any]:
    """A notification of Intercom about parts of a conversation."""
    item = {"id": "5", "conversation_parts": {"conversation_parts": list(found)}}
    return {"topic": topic, "app_id": "w", "created_at": 1772359260, "data": {"item": item}}


def gateway(**message: object) -> dict[str, Any]:
    """A message as Discord's gateway dispatches it."""
    return {"op": 0, "t": "MESSAGE_CREATE", "d": CORD | message}


def signals(source: str, raw: bytes) -> list[SignalRecord]:
    """What was read, all of it signals."""
    readings = read_all(source, raw, NOW)
    found = [reading[0] for reading in readings if not isinstance(reading, Malformed | Ignored)]
    assert len(found) == len(readings), readings
    return found


def told(source: str, payload: object) -> list[str]:
    """Each reading in a word: `operation author: text`, `delete scope id`, the name of what is ignored, or the code of a refusal."""
    raw = orjson.dumps(payload)
    readings = read_all(source, raw, NOW)
    assert SOURCES[source].read_closely(raw, NOW) == readings[0]
    found = []
    for reading in readings:
        if isinstance(reading, Malformed | Ignored):
            found.append(f"{type(reading).__name__.lower()} {reading.code}")
        elif reading[0].operation == "delete":
            found.append(f"delete {reading[0].scope} {reading[0].id}")
        else:
            found.append(f"{reading[0].operation} {reading[0].author.id}: {reading[0].text}")
    return found


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"ticket": TICKET}, ["update 5: where is it"]),
        (commented(body="and now?", public=True, author_id="5"), ["update 5: and now?"]),
        (commented(body="a liar", public=False, author_id=99), ["create 5: where is it"]),
        (commented(body="a liar", public="false", author_id=5), ["create 5: where is it"]),
        (commented(body="we are sorry", public=True, author_id=99), ["create 5: where is it"]),
        (commented(body="who said it?"), ["create 5: where is it"]),
        ({"ticket": TICKET | {"status": "deleted"}}, ["delete thread 2"]),
        ({"ticket": TICKET | {"description": ""}}, ["update 5: Bag"]),
        ({"ticket_requester_id": 5, "ticket_id": 2, "comments": [
            {"id": 7, "author_id": 5, "public": False, "body": "note", "created_at": AT},
            {"id": 8, "author_id": 99, "public": True, "body": "we are sorry", "created_at": AT},
            {"id": 9, "author_id": 5, "public": True, "body": "and now?", "created_at": AT}]},
         ["ignored internal_note", "ignored comment_of_others", "create 5: and now?"]),
        (added({"is_public": True}), ["create 5: and now?"]),
        (added({"is_public": False}), ["ignored internal_note"]),
        (added({"is_public": False, "author": {"id": "1", "is_staff": None}}), ["ignored internal_note"]),
        (added({"is_public": True, "author": {"id": "1", "is_staff": True}}), ["ignored staff_comment"]),
    ],
)  # fmt: skip
def test_words_of_a_ticket_are_its_customers(payload: object, expected: list[str]) -> None:
    """An agent's note or answer is never the customer's word, nor a later version of the ticket; what is deleted is gone."""
    assert told("zendesk", payload) == expected


def test_a_comment_has_an_id_of_its_own() -> None:
    """Zendesk counts comments and tickets apart: without its ticket a comment says that it is one."""
    (signal,) = signals("zendesk", orjson.dumps({"comments": [{"id": 2, "author_id": 5, "body": "a", "created_at": AT}]}))
    assert signal.id == "comment/2"


@pytest.mark.parametrize(
    ("source", "payload", "expected"),
    [
        ("intercom", parts("conversation.user.replied", REPLY, REPLY | {"author": {"type": "admin", "id": "1"}}, REPLY | {"body": None}),
         ["create u: still", "ignored staff_reply", "ignored wordless"]),
        ("intercom", parts("conversation_part.redacted", REPLY, REPLY | {"redacted": True, "body": ""}),
         ["ignored part_that_stays", "delete post p1"]),
        ("freshdesk", FRESH | {"deleted": False, "spam": False}, ["update 5: lost"]),
        ("freshdesk", FRESH | {"deleted": True}, ["delete thread 3"]),
        ("freshdesk", FRESH | {"spam": True}, ["delete thread 3"]),
        ("freshdesk", FRESH | {"description_text": "", "description": ""}, ["update 5: Bag"]),
        ("freshdesk", {"freshdesk_webhook": {"ticket_id": 3, "ticket_subject": "Bag", "ticket_description": "<div>lost</div>",
         "ticket_latest_public_comment": "we are sorry", "ticket_contact_email": "a@example.org"}}, ["create a@example.org: lost"]),
        ("surveymonkey", {"event_type": "response_deleted", "object_type": "response", "object_id": "1", "event_datetime": AT,
         "resources": {"survey_id": "9"}}, ["delete post 1"]),
        ("surveymonkey", {"event_type": "response_completed", "object_id": "1"}, ["ignored notification"]),
        ("typeform", {"event_type": "form_response_partial", "form_response": ANSWERED | {"answers": []}}, ["ignored partial"]),
        ("typeform", {"event_type": "form_response", "form_response": ANSWERED}, ["create anonymous/t: slow"]),
    ],
)  # fmt: skip
def test_care_tools_and_surveys(source: str, payload: object, expected: list[str]) -> None:
    """Staff and half answers are passed over, and what is gone is gone."""
    assert told(source, payload) == expected


@pytest.mark.parametrize(
    ("source", "payload", "expected"),
    [
        ("discord", gateway(guild_id="8", **FORWARD), ["create 3: it burns"]),
        ("discord", gateway(guild_id="8", content=""), ["create 3: "]),
        ("discord", {"op": 11, "d": None, "s": None, "t": None}, ["ignored gateway_operation"]),
        ("discord", {"op": 10, "d": {"heartbeat_interval": 41250}, "s": None, "t": None}, ["ignored gateway_operation"]),
        ("discord", {"op": 1, "d": 251, "s": None, "t": None}, ["ignored gateway_operation"]),
        ("discourse", {"post": POST | {"post_type": 1, "user_deleted": False}}, ["update 9: late"]),
        ("discourse", {"post": POST | {"user_deleted": True}}, ["delete post 4"]),
        ("discourse", {"latest_posts": [POST | {"user_deleted": True}, POST | {"post_type": 4}, POST | {"post_type": 3}]},
         ["delete post 4", "ignored listed_whisper", "ignored listed_action"]),
        ("discourse", {"post": POST | {"post_type": 4}}, ["ignored whisper"]),
        ("discourse", {"post": POST | {"post_type": 3, "deleted_at": AT}}, ["ignored small_action"]),
        ("discourse", {"ping": "OK"}, ["ignored ping"]),
        ("slack", SLACK | {"event": STONE}, ["delete post D1/1772359200.1"]),
        ("slack", {"type": "app_rate_limited", "team_id": "T1", "minute_rate_limited": 1772359200}, ["ignored rate_limited"]),
        ("slack", {"envelope_id": "e", "type": "events_api", "payload": SLACK | {"event": SAID}}, ["create U: help"]),
    ],
)  # fmt: skip
def test_forums_and_chats(source: str, payload: object, expected: list[str]) -> None:
    """What moves a gateway or moderates a forum is no post; what is gone is gone."""
    assert told(source, payload) == expected


@pytest.mark.parametrize(
    ("source", "payload", "expected"),
    [
        ("threads", {"topic": "moderate", "time": 1772359300, "values": {"field": "delete", "value": {
         "id": "8", "username": "ada", "deleted_at": LATER, "timestamp": AT}}}, ["delete post 8"]),
        ("facebook", {"object": "page", "entry": [{"id": "5", "messaging": [CHAT]}, {"id": "5", "changes": [FEED]}]},
         ["create 8: help", "create unknown/c: late"]),
        ("facebook", {"object": "page", "entry": [{"id": "5", "messaging": [], "changes": [FEED]}]}, ["create unknown/c: late"]),
        ("facebook", FEED | {"value": FEED["value"] | {"message": None, "photo": "https://a.example/1"}}, ["ignored wordless"]),
        ("facebook", {"id": "c", "created_time": AT, "from": {"id": "8"}}, ["ignored wordless_comment"]),
        ("instagram", {"object": "instagram", "entry": [{"id": "5", "time": 1772359200, "messaging": []},
         {"id": "5", "time": 1772359200, "changes": [ON_PHOTO]}, {"id": "5", "messaging": [CHAT]}]},
         ["create 8: help", "create unknown/c: late"]),
        ("instagram", {"field": "comments", "value": {"id": "c", "from": {"id": "8"}}}, ["ignored wordless"]),
    ],
)  # fmt: skip
def test_networks_of_meta(source: str, payload: object, expected: list[str]) -> None:
    """Nothing is lost that lies beside something of another kind, and a comment whose author nobody names is a stranger's."""
    assert told(source, payload) == expected


@pytest.mark.parametrize(
    ("source", "payload", "kind", "visibility"),
    [
        ("discord", gateway(), "message", "direct"),
        ("discord", CORD, "message", None),
        ("discord", gateway(guild_id="8"), "post", None),
        ("discourse", {"post": POST | {"topic_archetype": "private_message"}}, "post", "direct"),
        ("discourse", {"post": POST | {"topic_archetype": "regular"}}, "post", "public"),
        ("slack", SLACK | {"event": EDITED}, "message", "direct"),
    ],
)
def test_what_is_private_stays_private(source: str, payload: object, kind: str, visibility: str | None) -> None:
    """A private message is direct, and is nothing that everybody can read where the payload does not say who can."""
    (signal,) = signals(source, orjson.dumps(payload))
    assert (signal.kind, signal.visibility) == (kind, visibility)


def test_a_forwarded_message_repeats_another_and_answers_none() -> None:
    """So it is with a repost of other networks; an answer points to what it answers."""
    (forward,) = signals("discord", orjson.dumps(gateway(**FORWARD)))
    (answer,) = signals("discord", orjson.dumps(gateway(message_reference={"message_id": "9"})))
    assert (forward.repost_of, forward.in_reply_to, forward.thread) == ("9", None, "5")
    assert (answer.repost_of, answer.in_reply_to, answer.thread) == (None, "9", "9")


@pytest.mark.parametrize(("stars", "rating"), [(5, 1.0), (5.0, 1.0), ("5", 1.0), (4.5, None), (9.0, None), (1e300, None), (2**70, None)])
def test_a_rating_may_be_written_with_a_point(stars: float | str, rating: float | None) -> None:
    """5.0 is five stars; what is no whole number of the scale is unknown."""
    for source, payload in (
        ("trustpilot", {"id": "1", "stars": stars, "text": "bad", "createdAt": AT}),
        ("delighted", {"id": "1", "survey_type": "csat", "score": stars, "created_at": AT}),
    ):
        (signal,) = signals(source, orjson.dumps(payload) if stars != 2**70 else _big(payload))
        assert signal.rating == rating


def _big(payload: dict[str, Any]) -> bytes:
    """A whole number beyond what orjson writes."""
    key = "stars" if "stars" in payload else "score"
    return orjson.dumps(payload | {key: 0}).replace(f'"{key}":0'.encode(), f'"{key}":{2**70}'.encode())


# -- what a file may say of them ---------------------------------------------------------------------------------------

FORUM = """\
name: forum
title: Forum
topic: posts
kind: post
envelope: post
only:
  author: {same_as: $.owner}
  level: {not: [3, 4]}
fields:
  id: id
  text: {first_of: [{path: edit, when: {editor: {other_than: author}}}, {path: html, as: html_to_some_text}, title]}
  created_at: at
  author.id: {path: author, as: id_from_number}
forms:
  page:
    only: {posts: list, level: [1, null]}
    each: "posts[]"
    ignore:
      strange: {author: {other_than: $.owner}}
    fields: {id: id, text: title, created_at: at, author.id: {path: author, as: id_from_number}}
"""
OWN: dict[str, Any] = {"id": "1", "title": "T", "at": AT, "author": 7}


def forum(folder: Path, old: str = "", new: str = "") -> Source:
    """The source above, read from a file, with some of it written otherwise."""
    assert old in FORUM
    (folder / "forum.yaml").write_text(FORUM.replace(old, new) if old else FORUM, encoding="utf-8")
    return load_source(folder / "forum.yaml")


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"owner": 7, "post": OWN}, ["T"]),
        ({"owner": "7", "post": OWN}, ["T"]),
        ({"owner": "7", "post": OWN | {"html": "<p>H</p>"}}, ["H"]),
        ({"owner": "7", "post": OWN | {"html": "<p></p>"}}, ["T"]),
        ({"owner": 7, "post": OWN | {"edit": "E", "editor": 7}}, ["T"]),
        ({"owner": 7, "post": OWN | {"edit": "E", "editor": "8"}}, ["E"]),
        ({"owner": 7, "post": OWN | {"edit": "E"}}, ["T"]),
        ({"owner": 8, "post": OWN}, ["author the number 7 is not read"]),
        ({"post": OWN}, ["author the number 7 is not read"]),
        ({"owner": 7, "post": OWN | {"level": 3}}, ["level the number 3 is not read"]),
        ({"owner": 7, "post": OWN | {"level": "3"}}, ["T"]),
        ({"owner": 7, "level": 1, "posts": [OWN, OWN | {"author": 8}]}, ["T", "strange"]),
        ({"level": 1, "posts": [OWN | {"author": 8}]}, ["T"]),
        ({"level": True, "posts": [OWN]}, ["level a boolean is not read; only 1 is"]),
    ],
)
def test_a_condition_may_compare_and_count(tmp_path: Path, payload: object, expected: list[str]) -> None:
    """Two values are the same whether they are written as numbers or text; of what is not there neither is known; true is no 1."""
    source, raw = forum(tmp_path), orjson.dumps(payload)
    found = source.read_all(raw, NOW)
    assert source.read_closely(raw, NOW) == found[0]
    words = [one.code if isinstance(one, Ignored) else one.reason if isinstance(one, Malformed) else one[0].text for one in found]
    assert words == expected


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("{same_as: $.owner}", "exists", "'exists' is none of present, absent, list, object, nor a list of words"),
        ("{same_as: $.owner}", "{same_as: a, not: [b]}", "one of not (words), same_as, other_than"),
        ("{same_as: $.owner}", "{like: a}", "like is no key here; allowed: not, same_as, other_than"),
        ("[3, 4]", "[3, null]", "must be words"),
        ("html_to_some_text", "html", "'html' is not one of those allowed: html_to_text, html_to_some_text"),
        ("  created_at: at\n  author", "  visibility: {path: v, map: {all: everybody}}\n  created_at: at\n  author",
         "map.all is no visibility; allowed: direct, followers, public, unlisted"),
        ('    each: "posts[]"\n', "", "page.ignore in a form goes with each"),
        ("      strange", "      So", "is no name of what is ignored"),
    ],
)  # fmt: skip
def test_errors_say_what_may_stand_there(tmp_path: Path, old: str, new: str, message: str) -> None:
    """Who writes a file learns the words that are allowed, and which one is not."""
    with pytest.raises(WinnowError) as refused:
        forum(tmp_path, old, new)
    assert message in str(refused.value)


def test_a_trace_tells_what_was_compared(tmp_path: Path) -> None:
    """Who wonders why a form does not read a payload sees both values, and the same of a condition beside an option."""
    source = forum(tmp_path)
    (strange,) = trace(source, orjson.dumps({"owner": 8, "post": OWN}), NOW)
    assert strange.misfits[0] == ("main", "line 7: author is 7, must be the same as owner, which is 8")
    (read,) = trace(source, orjson.dumps({"owner": 7, "post": OWN | {"edit": "E", "editor": 7}}), NOW)
    (text,) = (one for one in read.fields if one.name == "text")
    assert (text.value, text.looked[0][1:]) == ("T", ("when editor", "does not hold: 7"))
