"""Each network's other forms: pages, web hooks, edits, deletions, what is passed over. Golden payloads of the main ones are in contract."""

from typing import Any

import orjson
import pytest

from tests.unit.schemas.sources.readings import NOW, told

POST: dict[str, Any] = {
    "name": "t3_x",
    "title": "Parcels?",
    "selftext": "",
    "author": "ada",
    "created_utc": 1772359200.0,
    "edited": 1772359260.0,
}
COMMENT: dict[str, Any] = {"kind": "youtube#comment", "id": "c1", "snippet": {"textDisplay": "a", "publishedAt": "2026-03-01T10:00:00Z"}}
REVIEW: dict[str, Any] = {
    "reviewId": "r1",
    "starRating": "FIVE",
    "createTime": "2026-03-01T10:00:00Z",
    "updateTime": "2026-03-02T10:00:00Z",
}
ISSUE: dict[str, Any] = {"id": 1, "title": "T", "body": "", "created_at": "2026-03-01T10:00:00Z", "user": {"id": 2, "login": "ada"}}
GP: dict[str, Any] = {"reviewId": "g", "comments": [{"userComment": {"text": "bad", "lastModified": {"seconds": "1772359200"}}}]}
CHAT: dict[str, Any] = {"message_id": 5, "chat": {"id": 9, "type": "private"}, "from": {"id": 8}, "date": 1772359200}
SLACK: dict[str, Any] = {"type": "event_callback", "team_id": "T1"}
VIEW: dict[str, Any] = {
    "uri": "at://did:plc:a/app.bsky.feed.post/1",
    "author": {"did": "did:plc:a", "handle": "ada.example"},
    "record": {"$type": "app.bsky.feed.post", "text": "parcels", "createdAt": "2026-03-01T10:00:00Z"},
    "likeCount": 3,
}
TWEET: dict[str, Any] = {
    "id_str": "1948000000000000001",
    "created_at": "Sun Mar 01 10:00:00 +0000 2026",
    "text": "RT @a: it is…",
    "user": {"id_str": "31", "screen_name": "ada"},
    "retweeted_status": {"id_str": "7", "full_text": "it is &lt;late&gt;", "user": {"id_str": "30"}},
}
ENTRY: dict[str, Any] = {
    "id": {"label": "1"},
    "author": {"name": {"label": "Ada"}, "uri": {"label": "https://apps.example/id9"}},
    "updated": {"label": "2026-03-01T03:00:00-07:00"},
    "im:rating": {"label": "2"},
    "title": {"label": "Late"},
    "content": {"label": "It is late", "attributes": {"type": "text"}},
}


@pytest.mark.parametrize(
    ("source", "payload", "expected"),
    [
        ("x", {"data": [{"id": "1", "text": "a"}, {"id": "2", "text": "b"}], "meta": {"result_count": 2}}, ["create 1 a", "create 2 b"]),
        ("x", {"meta": {"result_count": 0}}, ["ignored empty_page"]),
        ("x", TWEET, ["create 1948000000000000001 it is <late>"]),
        ("x", {"for_user_id": "3", "tweet_create_events": [TWEET, TWEET | {"id_str": "8"}]},
         ["create 1948000000000000001 it is <late>", "create 8 it is <late>"]),
        ("x", {"for_user_id": "3", "direct_message_events": [{"type": "message_create", "id": "4", "created_timestamp": "1772359200000",
         "message_create": {"sender_id": "31", "target": {"recipient_id": "3"}, "message_data": {"text": "help"}}}]}, ["create 4 help"]),
        ("x", {"delete": {"status": {"id_str": "7", "user_id_str": "30"}, "timestamp_ms": "1772359200000"}}, ["delete 7"]),
        ("x", {"data": {"user_suspend": {"user": {"id": "31"}}}}, ["delete account 31"]),
        ("mastodon", {"event": "update", "payload": orjson.dumps({"id": "1", "created_at": "2026-03-01", "content": "<p>a</p>",
         "account": {"id": "9"}}).decode()}, ["create 1 a"]),
        ("mastodon", {"event": "update", "payload": "{half"}, ["malformed not_json"]),
        ("bluesky", VIEW, [f"create {VIEW['uri']} parcels"]),
        ("bluesky", {"feed": [{"post": VIEW}, {"post": VIEW, "reason": {}}], "cursor": "c"}, [f"create {VIEW['uri']} parcels"] * 2),
        ("bluesky", {"posts": [VIEW]}, [f"create {VIEW['uri']} parcels"]),
        ("bluesky", {"posts": []}, ["ignored empty_page"]),
        ("bluesky", {"thread": {"post": VIEW, "replies": [{"post": VIEW}]}}, [f"create {VIEW['uri']} parcels"] * 2),
        ("bluesky", {"did": "did:plc:a", "time_us": NOW * 1000, "type": "com", "commit": {"type": "c", "collection": "app.bsky.feed.post",
         "rkey": "1", "record": VIEW["record"]}}, [f"create {VIEW['uri']} parcels"]),
        ("bluesky", {"did": "did:plc:a", "time_us": NOW * 1000, "type": "com", "commit": {"type": "d", "collection": "app.bsky.feed.post",
         "rkey": "1"}}, [f"delete {VIEW['uri']}"]),
        ("bluesky", {"did": "did:plc:a", "time_us": NOW * 1000, "type": "id"}, ["ignored first_version_event"]),
        ("appstore", {"data": [{"type": "customerReviews", "id": "1", "attributes": {"body": "a", "createdDate": "2026-03-01"}}]},
         ["create 1 a"]),
        ("appstore", {"feed": {"entry": [ENTRY]}}, ["create 1 It is late"]),
        ("googleplay", {"reviews": [GP], "tokenPagination": {}}, ["update g bad"]),
        ("googleplay", {"tokenPagination": {"nextPageToken": "n"}}, ["ignored empty_page"]),
        ("zendesk", {"tickets": [{"id": 1, "description": "a", "created_at": "2026-03-01", "requester_id": 2}]}, ["create 1 a"]),
        ("zendesk", {"ticket_id": 1, "comments": [{"id": 3, "plain_body": "b", "author_id": 2, "created_at": "2026-03-01"}]},
         ["create 1/3 b"]),
        ("zendesk", {"type": "zen:event-type:ticket.soft_deleted", "zendesk_event_version": "v", "detail": {"id": "1"}},
         ["delete thread 1"]),
        ("intercom", {"topic": "conversation.user.replied", "app_id": "w", "data": {"item": {"id": "5", "conversation_parts": {
         "conversation_parts": [{"id": "p1", "body": "<p>still</p>", "created_at": 1772359200, "author": {"id": "u"}}]}}}},
         ["create p1 still"]),
        ("intercom", {"topic": "conversation.admin.closed", "data": {"item": {"id": "5"}}}, ["delete thread 5"]),
        ("intercom", {"topic": "contact.deleted", "data": {"item": {"id": "u"}}}, ["delete account u"]),
        ("intercom", {"topic": "conversation.read", "data": {"item": {"id": "5"}}}, ["ignored other_topic"]),
        ("freshdesk", {"id": 7, "ticket_id": 31, "incoming": True, "body_text": "still", "user_id": 4, "created_at": "2026-03-01"},
         ["create 31/7 still"]),
        ("freshdesk", {"id": 8, "ticket_id": 31, "incoming": False, "body_text": "hello", "user_id": 1}, ["ignored agent_reply"]),
        ("freshdesk", {"freshdesk_webhook": {"ticket_id": 31, "ticket_subject": "S", "ticket_description": "<div>late</div>",
         "ticket_contact_email": "a@example.org"}}, ["create 31 late"]),
        ("trustpilot", {"events": [{"eventName": "service-review-created", "eventData": {"id": "1", "stars": 1, "text": "bad",
         "createdAt": "2026-03-01", "consumer": {"id": "c"}}}, {"eventName": "service-review-deleted", "eventData": {"id": "1"}}]},
         ["create 1 bad", "delete 1"]),
        ("google-business", {"reviews": [REVIEW], "totalReviewCount": 1}, ["update r1"]),
        ("facebook", {"object": "page", "entry": [{"id": "5", "time": 1772359200, "changes": [
         {"field": "feed", "value": {"item": "comment", "verb": "edited", "comment_id": "c", "message": "late", "from": {"id": "8"}}},
         {"field": "feed", "value": {"item": "comment", "verb": "remove", "comment_id": "c", "from": {"id": "8"}}},
         {"field": "feed", "value": {"item": "reaction", "verb": "add"}}]}]}, ["update c late", "delete c", "ignored reaction"]),
        ("facebook", {"object": "page", "entry": [{"id": "5", "messaging": [{"sender": {"id": "8"}, "recipient": {"id": "5"},
         "timestamp": NOW, "message": {"mid": "m", "text": "help"}}, {"sender": {"id": "8"}, "read": {"watermark": 1}}]}]},
         ["create m help", "ignored message_event"]),
        ("facebook", {"data": [{"id": "c", "message": "late", "created_time": "2026-03-01T10:00:00+0000"}]}, ["create c late"]),
        ("instagram", {"object": "instagram", "entry": [{"id": "5", "time": 1772359200, "changes": [{"field": "comments",
         "value": {"id": "c", "text": "late", "from": {"id": "8"}}}]}]}, ["create c late"]),
        ("instagram", {"object": "instagram", "entry": [{"id": "5", "messaging": [{"sender": {"id": "8"}, "timestamp": NOW,
         "message": {"mid": "m", "is_deleted": True}}]}]}, ["delete m"]),
        ("threads", {"data": [{"id": "1", "timestamp": "2026-03-01T10:00:00+0000", "text": "a"}], "paging": {}}, ["create 1 a"]),
        ("threads", {"topic": "moderate", "values": {"value": {"id": "1", "timestamp": "2026-03-01T10:00:00+0000", "text": "a"}}},
         ["create 1 a"]),
        ("reddit", {"kind": "Listing", "data": {"children": [{"kind": "t3", "data": POST}, {"kind": "t3", "data": POST | {"author":
         "[deleted]"}}, {"kind": "more", "data": {"children": []}}]}}, ["update t3_x Parcels?", "delete t3_x", "ignored more_comments"]),
        ("reddit", {"kind": "t1", "data": {"name": "t1_x", "body": "[removed]", "author": "ada", "created_utc": 1772359200}},
         ["delete t1_x"]),
        ("youtube", {"items": [{"kind": "youtube#commentThread", "snippet": {"topLevelComment": COMMENT}, "replies": {"comments":
         [COMMENT | {"id": "c2"}]}}]}, ["create c1 a", "create c2 a"]),
        ("discourse", {"post": {"id": 4, "topic_id": 7, "deleted_at": "2026-03-01T10:00:00Z", "user_id": 9}}, ["delete 4"]),
        ("discourse", {"latest_posts": [{"id": 4, "topic_id": 7, "cooked": "<p>a</p>", "created_at": "2026-03-01", "user_id": 9}]},
         ["create 4 a"]),
        ("github", {"action": "created", "issue": ISSUE, "comment": {"id": 5, "body": "same here", "created_at": "2026-03-01",
         "user": {"id": 3, "type": "User"}}}, ["create comment/5 same here"]),
        ("github", {"action": "deleted", "issue": ISSUE, "comment": {"id": 5, "user": {"id": 3}}}, ["delete comment/5"]),
        ("github", {"action": "closed", "issue": ISSUE, "sender": {"type": "User"}}, ["delete thread 1"]),
        ("github", {"action": "opened", "issue": ISSUE | {"user": {"id": 2, "type": "Bot"}}, "sender": {"type": "Bot"}}, ["ignored bot"]),
        ("github", {"action": "labeled", "issue": ISSUE}, ["ignored other_action"]),
        ("telegram", {"update_id": 1, "message": CHAT | {"text": "help"}}, ["create 9/5 help"]),
        ("telegram", {"update_id": 1, "message": CHAT | {"caption": "see", "photo": []}}, ["create 9/5 see"]),
        ("telegram", {"update_id": 1, "edited_message": CHAT | {"text": "help!", "edit_date": 1772359300}}, ["update 9/5 help!"]),
        ("telegram", {"update_id": 1, "message": CHAT | {"new_chat_members": []}}, ["ignored service_message"]),
        ("telegram", {"update_id": 1, "channel_post": CHAT | {"text": "news"}}, ["create 9/5 news"]),
        ("discord", {"op": 0, "t": "MESSAGE_DELETE", "d": {"id": "5", "channel_id": "1"}}, ["delete 5"]),
        ("discord", {"op": 0, "t": "MESSAGE_DELETE_BULK", "d": {"ids": ["5", "6"]}}, ["delete 5", "delete 6"]),
        ("discord", {"op": 0, "t": "MESSAGE_CREATE", "d": {"id": "5", "content": "a", "author": {"id": "1", "bot": True}}},
         ["ignored bot"]),
        ("slack", SLACK | {"event": {"type": "message", "subtype": "message_changed", "channel": "C", "event_ts": "1772359300.1", "message":
         {"user": "U", "text": "b", "ts": "1772359200.1", "edited": {"ts": "1772359299.0"}}}}, ["update C/1772359200.1 b"]),
        ("slack", SLACK | {"event": {"type": "message", "subtype": "message_deleted", "channel": "C", "deleted_ts": "1772359200.1"}},
         ["delete C/1772359200.1"]),
        ("slack", SLACK | {"event": {"type": "message", "bot_id": "B", "text": "x"}}, ["ignored bot"]),
        ("steam", {"success": 1, "query_summary": {"num_reviews": 0}, "reviews": []}, ["ignored empty_page"]),
        ("typeform", {"items": [{"token": "t", "submitted_at": "2026-03-01T10:00:00Z", "answers": None}]}, ["create t"]),
        ("surveymonkey", {"data": [{"id": "r", "response_status": "partial"}]}, ["ignored unfinished"]),
        ("qualtrics", {"responses": [{"responseId": "R", "values": {"recordedDate": "2026-03-01T10:00:00Z", "QID3_TEXT": "c"}}]},
         ["create R c"]),
        ("qualtrics", {"result": {"responseId": "R", "values": {"endDate": "2026-03-01T10:00:00Z"}}}, ["create R"]),
        ("delighted", {"id": "1", "person": "99", "survey_type": "csat", "score": 2, "comment": None, "created_at": 1772359200},
         ["create 1"]),
        ("delighted", {"event_type": "unsubscribe.created", "event_data": {}}, ["ignored other_event"]),
        ("survey", {"id": "1", "type": "ces", "score": 7, "answered_at": "2026-03-01"}, ["create 1"]),
        ("email", b"From: a@example.org\r\nAuto-Submitted: auto-replied\r\nSubject: Away\r\n\r\nI am away", ["ignored automatic"]),
        ("email", b"From: a@example.org\r\nList-Id: <l.example>\r\nSubject: News\r\n\r\nNews", ["ignored list"]),
        ("email", b"From: a@example.org\r\nDate: Sun, 01 Mar 2026 10:00:00 GMT\r\nMessage-ID: <1@e>\r\nContent-Type: text/html\r\n\r\n"
         b"<p>late &amp; later</p>", ["create <1@e> late & later"]),
        ("email", b'{"id": 1}', ["malformed not_mail"]),
        ("signal", b"", ["malformed empty"]),
    ],
)  # fmt: skip
def test_a_form_is_read_as_what_it_is(source: str, payload: object, expected: list[str]) -> None:
    """Every signal in it, in order; what is about no post is named, and never called rejected."""
    assert told(source, payload) == expected
