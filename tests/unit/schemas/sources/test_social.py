"""What networks and transports send beside the main form of a payload, and how each of it is read."""

import gzip
import io
from typing import Any

import orjson
import pytest

from agents.operate import tables
from agents.operate.tables import read_lines, read_table
from schemas.sources import Ignored, Malformed, SignalRecord, read_all
from tests.unit.schemas.sources.readings import NOW, told

AT = "2026-03-01T10:00:00Z"


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

POST = {"name": "t3_p", "title": "Parcels", "selftext": "you &amp; me", "author": "ada", "created_utc": NOW // 1000}
COMMENT = {"name": "t1_a", "body": "late", "author": "ada", "link_id": "t3_p", "parent_id": "t3_p", "created_utc": NOW // 1000}
ISSUE: dict[str, Any] = {"id": 1, "title": "T", "body": "late", "created_at": AT, "user": {"id": 2}}
REMARK: dict[str, Any] = {"id": 1, "body": "same", "created_at": AT, "user": {"id": 3, "type": "User"}}
CHAT: dict[str, Any] = {"message_id": 5, "chat": {"id": 9, "type": "group"}, "from": {"id": 8, "is_bot": False}, "date": NOW // 1000}
ENTRY = {
    "id": {"label": "1"},
    "author": {"name": {"label": "Ada"}, "uri": {"label": "https://apps.example/id9"}},
    "updated": {"label": AT},
    "im:rating": {"label": "2"},
    "title": {"label": "Late"},
    "content": {"label": "It is late"},
}
APP = {"im:name": {"label": "Parcels"}, "id": {"label": "https://apps.example/77"}, "title": {"label": "Parcels"}}
REMARKED: dict[str, Any] = {"kind": "youtube#comment", "id": "c1", "snippet": {"textDisplay": "late", "publishedAt": AT}}
MAIL = b"From: a@example.org\r\nDate: Sun, 01 Mar 2026 10:00:00 GMT\r\nMessage-ID: <1@e>\r\nSubject: S\r\n"


def listing(*things: dict[str, Any]) -> dict[str, Any]:
    """A listing of Reddit."""
    return {"kind": "Listing", "data": {"children": list(things)}}


def below(comment: dict[str, Any], *replies: dict[str, Any]) -> dict[str, Any]:
    """A comment with replies."""
    return {"kind": "t1", "data": comment | {"replies": listing(*replies)}}


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
        ("reddit", {"kind": "t1", "data": COMMENT | {"body": "[ Removed by Reddit ]"}}, ["delete t1_a"]),
        ("reddit", {"kind": "t3", "data": {"name": "t3_p", "title": "T", "selftext": "you &amp; me", "author": "ada", "created_utc": 1}},
         ["malformed out_of_range"]),
        ("reddit", {"kind": "t3", "data": POST}, ["create t3_p you & me"]),
        ("reddit", {"kind": "t3", "data": POST | {"selftext": ""}}, ["create t3_p Parcels"]),
        ("reddit", [{"kind": "Listing", "data": {"children": [{"kind": "t3", "data": POST}]}}, listing(below(COMMENT, below(
         COMMENT | {"name": "t1_b", "author": "[deleted]"}, {"kind": "t1", "data": COMMENT | {"name": "t1_c", "replies": ""}}),
         {"kind": "more", "data": {"children": []}}))],
         ["create t3_p you & me", "create t1_a late", "delete t1_b", "create t1_c late", "ignored more_comments"]),
        ("github", {"action": "created", "issue": ISSUE | {"pull_request": {"url": "u"}}, "comment": REMARK},
         ["ignored pull_request_comment"]),
        ("github", {"action": "deleted", "issue": ISSUE | {"pull_request": {"url": "u"}}, "comment": REMARK},
         ["ignored pull_request_comment"]),
        ("github", {"action": "created", "pull_request": {"id": 1}, "comment": REMARK}, ["ignored pull_request"]),
        ("github", {"action": "created", "comment": REMARK | {"commit_id": "c"}}, ["ignored other_action"]),
        ("github", {"action": "opened", "issue": ISSUE}, ["create 1 late"]),
        ("github", {"action": "created", "issue": ISSUE, "comment": REMARK}, ["create comment/1 same"]),
        ("github", {"action": "deleted", "issue": ISSUE, "comment": REMARK}, ["delete comment/1"]),
        ("github", {"zen": "Design for failure.", "hook_id": 1, "hook": {"type": "Repository"}}, ["ignored ping"]),
        ("telegram", {"ok": True, "result": [{"update_id": 1, "message": CHAT | {"text": "late"}},
         {"update_id": 2, "message": CHAT | {"text": "hello", "from": {"id": 7, "is_bot": True}}}]}, ["create 9/5 late", "ignored bot"]),
        ("telegram", {"ok": True, "result": []}, ["ignored empty_page"]),
        ("telegram", {"update_id": 1, "edited_message": CHAT | {"text": "hello", "from": {"id": 7, "is_bot": True}}}, ["ignored bare_bot"]),
        ("telegram", {"update_id": 1, "message": CHAT | {"caption": "see", "from": {"id": 7, "is_bot": True}}}, ["ignored bot"]),
        ("appstore", {"feed": {"entry": ENTRY}}, ["create 1 It is late"]),
        ("appstore", {"feed": {"entry": [ENTRY, ENTRY | {"id": {"label": "2"}}]}}, ["create 1 It is late", "create 2 It is late"]),
        ("appstore", {"feed": {"entry": APP}}, ["ignored app_alone"]),
        ("appstore", {"feed": {"entry": [APP, ENTRY]}}, ["ignored app_itself", "create 1 It is late"]),
        ("appstore", {"feed": {"entry": [APP, ENTRY]}, "app_id": "77"}, ["malformed missing_field", "create 1 It is late"]),
        ("appstore", {"data": {"type": "customerReviewResponses", "id": "5", "attributes": {"responseBody": "sorry"}}},
         ["ignored response"]),
        ("youtube", REMARKED | {"snippet": REMARKED["snippet"] | {"moderationStatus": "rejected"}}, ["ignored rejected_by_moderator"]),
        ("youtube", REMARKED | {"snippet": REMARKED["snippet"] | {"moderationStatus": "published"}}, ["create c1 late"]),
        ("email", MAIL + b"Content-Type: text/plain; charset=x-odd\r\n\r\nsp\xc3\xa4t \xff", ["create <1@e> sp\u00e4t \ufffd"]),
        ("email", MAIL + b"Return-Path: <>\r\n\r\nnot delivered", ["ignored bounce"]),
        ("email", MAIL + b"Return-Path: <a@example.org>\r\n\r\nlate", ["create <1@e> late"]),
        ("email", MAIL + b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n--b\r\n\r\nno\r\n--b--',
         ["ignored delivery_report"]),
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


def test_replies_are_read_as_deep_as_reddit_shows_them() -> None:
    """Ten of them below each other; deeper ones are refused aloud."""
    tree = below(COMMENT)
    for _ in range(9):
        tree = below(COMMENT, tree)
    assert told("reddit", [listing(), listing(tree)]) == ["ignored empty_page", *["create t1_a late"] * 10]
    for _ in range(10):
        tree = below(COMMENT, tree)
    assert told("reddit", listing(tree)) == ["malformed too_deep"]


def test_a_user_of_github_who_is_gone_is_unknown() -> None:
    """An issue and a comment are no worse for it."""
    issue = ISSUE | {"user": None}
    assert signal_of("github", {"action": "opened", "issue": issue}).author.id == "unknown/1"
    assert signal_of("github", {"action": "created", "issue": issue, "comment": REMARK | {"user": None}}).author.id == "unknown/comment/1"
    assert signal_of("github", issue | {"number": 4}).author.id == "unknown/1"


def test_who_writes_on_behalf_of_a_chat_is_that_chat() -> None:
    """Telegram puts a bot of its own in the place of the author."""
    message = CHAT | {"text": "late", "from": {"id": 1_087_968_824, "is_bot": True}, "sender_chat": {"id": -100, "title": "Parcels"}}
    found = signal_of("telegram", {"update_id": 1, "message": message})
    assert (found.author.id, found.author.name, found.author.handle) == ("-100", "Parcels", None)


def test_what_is_forwarded_from_a_channel_repeats_its_post() -> None:
    """Of other forwards Telegram does not say which message it was."""
    channel = {"type": "channel", "chat": {"id": -100, "type": "channel"}, "message_id": 3, "date": NOW // 1000}
    found = signal_of("telegram", {"update_id": 1, "message": CHAT | {"text": "late", "forward_origin": channel}})
    assert (found.repost_of, found.repost_of_author) == ("-100/3", "-100")
    user = {"type": "user", "sender_user": {"id": 4}, "date": NOW // 1000}
    assert signal_of("telegram", {"update_id": 1, "message": CHAT | {"text": "late", "forward_origin": user}}).repost_of is None


def test_the_only_review_of_a_feed_has_all_that_others_have() -> None:
    """A feed of one has an object where others have a list."""
    several = read_all("appstore", orjson.dumps({"feed": {"entry": [ENTRY]}, "app_id": "77", "country": "de"}), NOW)
    assert [signal_of("appstore", {"feed": {"entry": ENTRY}, "app_id": "77", "country": "de"})] == [
        one[0] for one in several if not isinstance(one, Malformed | Ignored)
    ]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-02-28T24:00:00Z", "2026-03-01T00:00:00.000Z"),
        ("2026-02-28T24:00:00.000+01:00", "2026-02-28T23:00:00.000Z"),
        ("2026-02-28 24:00", "2026-03-01T00:00:00.000Z"),
        ("Sun, 01 Mar 2026 05:00:00 EST", "2026-03-01T10:00:00.000Z"),
        ("Sun, 01 Mar 2026 03:00:00 PDT", "2026-03-01T10:00:00.000Z"),
        ("", "2026-03-01T10:00:00.000Z"),
        (" ", "2026-03-01T10:00:00.000Z"),
    ],
)
def test_an_instant_is_read_in_another_way_of_writing(written: str, expected: str) -> None:
    """The end of a day is the next one's beginning, zones may have names; what is empty is absent, and the arrival counts."""
    assert signal_of("signal", plain(1, created_at=written)).created_at == expected


@pytest.mark.parametrize("written", ["2026-02-28T24:00:01Z", "2026-02-28T24:30:00Z", "Sun, 01 Mar 2026 05:00:00 XYZ"])
def test_what_is_no_instant_is_still_refused(written: str) -> None:
    """There is nothing behind the end of a day."""
    assert told("signal", plain(1, created_at=written)) == ["malformed bad_time"]


# -- files -----------------------------------------------------------------------------------------------------------------

ROWS = [{"id": "1", "text": "late"}, {"id": "2", "text": "later"}]


@pytest.mark.parametrize(
    "content",
    [
        b"id,text\r1,late\r2,later\r",
        b"id,text\r\n1,late\r\n2,later\r\n",
        b"sep=,\r\nid,text\r\n1,late\r\n2,later\r\n",
        b'"sep=;"\nid;text\n1;late\n2;later\n',
        b"\xef\xbb\xbfsep=\t\nid\ttext\n1\tlate\n2\tlater\n",
        b" id , text\n1,late\n2,later",
    ],
)
def test_a_table_is_read_however_a_spreadsheet_writes_it(content: bytes) -> None:
    """Line ends of old Macs, a line that says what parts the cells, spaces around names."""
    assert [orjson.loads(row) for row in read_table(io.BytesIO(content), "t.csv", lambda _: None)] == ROWS


@pytest.mark.parametrize(
    ("content", "records", "said"),
    [
        (orjson.dumps(ROWS, option=orjson.OPT_INDENT_2), ROWS, ["f.json: read as one JSON document with 2 records"]),
        (b"[" + b",\n".join(map(orjson.dumps, ROWS)) + b"]\n", ROWS, ["f.json: read as one JSON document with 2 records"]),
        (orjson.dumps(ROWS[0], option=orjson.OPT_INDENT_2), ROWS[:1], ["f.json: read as one JSON document with 1 record"]),
        (orjson.dumps(ROWS, option=orjson.OPT_INDENT_2).decode().encode("utf-16"), ROWS,
         ["f.json: read as utf-16", "f.json: read as one JSON document with 2 records"]),
        (b"\n".join(map(orjson.dumps, ROWS)), ROWS, []),
        (b"", [], []),
    ],
)  # fmt: skip
def test_a_document_over_several_lines_is_one(content: bytes, records: list[Any], said: list[str]) -> None:
    """It is told, and each entry of a list is a record."""
    told_of: list[str] = []
    found = list(read_lines(io.BytesIO(content), "f.json", told_of.append))
    assert ([orjson.loads(line) for _, line in found], told_of) == (records, said)
    assert [number for number, _ in found] == list(range(1, len(records) + 1))


def test_what_only_begins_like_a_document_is_read_by_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line once and under its number: a broken document, and one that is too large to be held."""
    broken = b"[\n" + orjson.dumps(ROWS[0]) + b"\n" + orjson.dumps(ROWS[1])
    by_lines = list(enumerate(broken.split(b"\n"), 1))
    assert list(read_lines(io.BytesIO(broken), "f.json", lambda _: None)) == by_lines
    monkeypatch.setattr(tables, "DOCUMENT_BYTES", 10)
    assert list(read_lines(io.BytesIO(broken), "f.json", lambda _: None)) == by_lines
