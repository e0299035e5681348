"""decode: what is refused, under which code, and what the reason says."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas.sources import MAX_BYTES, MAX_DEPTH, SOURCES, Malformed, decode
from schemas.sources.typed import TEXT_LIMIT

NATIVE = Path(__file__).parents[3] / "contract" / "golden" / "native"
Change = Callable[[Any], object]


def native(name: str) -> Any:
    """A golden native payload as Python objects."""
    return orjson.loads((NATIVE / f"{name}.json").read_bytes())


def refused(source: str, raw: bytes | None) -> Malformed:
    """The refusal of a record that must be refused."""
    found = decode(source, raw)
    assert isinstance(found, Malformed), found
    return found


def accepted(source: str, payload: Any) -> tuple[dict[str, Any], int]:
    """The Signal of a payload that must be read."""
    found = decode(source, orjson.dumps(payload))
    assert not isinstance(found, Malformed), found
    return found


@pytest.mark.parametrize(("asked", "told"), [("masto", "mastodon"), ("zendesk2", "zendesk"), ("q" * 60, "winnow source list")])
def test_an_unknown_source_is_told_with_what_comes_near(asked: str, told: str) -> None:
    """An operator who mistypes a source learns which it may have been, or where to look."""
    found = refused(asked, b"{}")
    assert found.code == "unknown_source"
    assert told in found.reason


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "empty"),
        (b" \n\t", "empty"),
        (b"{", "not_json"),
        (b"{'id': 1}", "not_json"),
        (b'{"id": NaN}', "missing_field"),
        (b'{"text": "\\ud800"}', "missing_field"),
        (b"\xef\xbb\xbf{}", "missing_field"),
        (b'{"id": "\xff"}', "not_utf8"),
        (b"7", "not_object"),
        (b'"text"', "not_object"),
        (b"null", "not_object"),
        (b" " * (MAX_BYTES + 1), "too_large"),
        (b'{"a":' * 5_000, "too_deep"),
        (b"[" * 100_000 + b"]" * 100_000, "too_deep"),
        (b'{"a":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1), "too_deep"),
        (b'{"a":' * MAX_DEPTH + b"1" + b"}" * MAX_DEPTH, "missing_field"),
        (b'{"a":[' + b",".join([b"[]"] * 500) + b"]}", "missing_field"),
    ],
    ids=lambda value: None if isinstance(value, bytes) else value,
)
def test_unreadable_bytes_have_a_code(raw: bytes | None, code: str) -> None:
    """Bytes that are no JSON object of reasonable size and depth are refused before any adapter sees them."""
    assert refused("signal", raw).code == code


@pytest.mark.parametrize("source", SOURCES)
def test_empty_object_is_refused_by_every_source(source: str) -> None:
    """No network has an event without any field."""
    assert refused(source, b"{}").code in {"missing_field", "unsupported", "not_mail"}


def put(*path: str | int, value: object) -> Change:
    """A change that sets the field at `path`."""

    def change(payload: Any) -> None:
        for step in path[:-1]:
            payload = payload[step]
        payload[path[-1]] = value

    return change


def drop(*path: str) -> Change:
    """A change that removes the field at `path`."""

    def change(payload: Any) -> None:
        for step in path[:-1]:
            payload = payload[step]
        del payload[path[-1]]

    return change


@pytest.mark.parametrize(
    ("name", "change", "code", "reason"),
    [
        ("x", drop("data"), "missing_field", "text"),
        ("x", put("data", value=7), "wrong_type", "data must be an object, found the number 7"),
        ("mastodon", drop("id"), "missing_field", "id"),
        ("mastodon", put("id", value=17), "wrong_type", "id must be text, found the number 17"),
        ("mastodon", put("id", value="7" * 513), "out_of_range", "id"),
        ("x", drop("data", "text"), "missing_field", "text"),
        ("mastodon", drop("created_at"), "missing_field", "created_at"),
        ("mastodon", put("created_at", value="Tue Feb 17 2026"), "bad_time", "created_at"),
        ("mastodon", put("created_at", value=[1771313765]), "wrong_type", "created_at"),
        ("mastodon", put("created_at", value="9999-12-31T23:59:59.000Z"), "out_of_range", "created_at"),
        ("mastodon", put("account", value="ada"), "wrong_type", "account"),
        ("mastodon", put("content", value=7), "wrong_type", "content"),
        ("bluesky", put("kind", value="party"), "unsupported", "kind 'party' is not read; only 'commit' or 'account' or 'identity' is"),
        ("bluesky", put("commit", value=None), "missing_field", "commit "),
        ("bluesky", put("did", value=""), "missing_field", "did "),
        ("bluesky", put("commit", "rkey", value=[7]), "wrong_type", "commit.rkey"),
        ("bluesky", put("commit", "record", value="post"), "wrong_type", "commit.record"),
        ("appstore", put("data", value=7), "wrong_type", "data"),
        ("appstore", put("data", "type", value="builds"), "unsupported", "'builds'"),
        ("appstore", drop("data", "attributes"), "missing_field", "attributes"),
        ("zendesk", put("ticket", value=1), "wrong_type", "ticket"),
        ("zendesk", put("ticket", "requester_id", value=None), "missing_field", "requester_id"),
        ("survey", put("type", value="stars"), "unsupported", "'stars'"),
        ("survey", drop("type"), "missing_field", "type"),
        ("airline-csv", drop("name"), "missing_field", "name"),
        ("signal", put("kind", value="rumour"), "out_of_range", "kind must be one of"),
        ("signal", put("kind", value=["post"]), "wrong_type", "kind"),
        ("signal", put("author", value="u-1"), "wrong_type", "author"),
        ("signal", put("author", "id", value=""), "missing_field", "author.id"),
        ("signal", put("source", value="s" * 65), "out_of_range", "source"),
    ],
)
def test_wrong_value_is_named(name: str, change: Change, code: str, reason: str) -> None:
    """A payload with one wrong value is refused with its code, and the reason names the field as the network calls it."""
    payload = native(name)
    change(payload)
    found = refused(name.split("_", maxsplit=1)[0], orjson.dumps(payload))
    assert found.code == code
    assert reason in found.reason


@pytest.mark.parametrize(
    ("name", "change", "field", "expected"),
    [
        ("x", put("data", "lang", value=3), "language", None),
        ("x", put("data", "public_metrics", value="none"), "reach.likes", None),
        ("x", put("data", "public_metrics", "like_count", value=-1), "reach.likes", None),
        ("x", put("data", "public_metrics", "like_count", value="3"), "reach.likes", None),
        ("x", put("data", "public_metrics", "like_count", value=True), "reach.likes", None),
        ("x", put("data", "note_tweet", value="x"), "text", native("x")["data"]["text"]),
        ("x", put("data", "note_tweet", value={"text": 7}), "text", native("x")["data"]["text"]),
        ("x_reply", put("data", "referenced_tweets", value={"id": "1"}), "in_reply_to", None),
        ("x_reply", put("data", "referenced_tweets", 0, value=7), "quote_of", "1800000000000000000"),
        ("x", put("data", "referenced_tweets", value=[{"type": "quoted", "id": 1}]), "quote_of", None),
        ("x", put("includes", value=[1]), "author.handle", None),
        ("x", put("includes", "users", value={"id": "7001"}), "author.handle", None),
        ("x", put("includes", "users", 0, value="7001"), "author.handle", "ada_example"),
        ("x", put("includes", "users", 1, "public_metrics", value=1), "author.followers", None),
        ("x", put("includes", "users", 1, "public_metrics", value=1), "author.handle", "ada_example"),
        ("x", put("includes", "users", 1, "affiliation", value=1), "author.affiliation", None),
        ("x", put("includes", "users", 1, "verified", value="yes"), "author.verified", False),
        ("x", put("includes", "users", 1, "verified", value=None), "author.verified", False),
        ("x", put("includes", "users", 1, "name", value="a\0b"), "author.name", "ab"),
        ("x_retweet", put("data", "text", value=7), "text", native("x_retweet")["includes"]["tweets"][0]["note_tweet"]["text"]),
        ("x_retweet", put("includes", "tweets", value=3), "text", native("x_retweet")["data"]["text"]),
        ("mastodon", put("account", "followers_count", value=-1), "author.followers", None),
        ("mastodon", put("reblog", value="yes"), "title", "travel rant"),
        ("mastodon", put("spoiler_text", value=0), "title", None),
        ("mastodon_reply", put("quote", value="113"), "quote_of", None),
        ("mastodon_reply", put("quote", "quoted_status", value="113"), "quote_of", None),
        ("bluesky", put("commit", "record", "langs", value="en"), "language", None),
        ("bluesky", put("commit", "record", "langs", value=[7, "en"]), "language", None),
        ("bluesky", put("commit", "record", "langs", value=[]), "language", None),
        ("bluesky", put("commit", "record", "embed", value="at://x"), "quote_of", None),
        ("appstore", put("data", "attributes", "rating", value=6), "rating", None),
        ("appstore", put("data", "attributes", "rating", value="5"), "rating", 1.0),
        ("appstore", put("data", "attributes", "rating", value="5 stars"), "rating", None),
        ("appstore", put("app_id", value=7), "subject", None),
        ("appstore", put("data", "attributes", "territory", value="XKS"), "country", "XK"),
        ("appstore", put("data", "attributes", "territory", value="Germany"), "country", None),
        ("appstore", put("data", "attributes", "territory", value=276), "country", None),
        ("x", put("data", "geo", value={"place_id": "p1"}), "country", None),
        ("survey", put("country", value="de"), "country", "DE"),
        ("survey", put("country", value=""), "country", None),
        ("signal", put("country", value="BR"), "country", "BR"),
        ("signal", put("country", value="QQ"), "country", None),
        ("zendesk", put("ticket", "satisfaction_rating", value="bad"), "rating", None),
        ("zendesk", put("ticket", "satisfaction_rating", "score", value="offered"), "rating", None),
        ("survey", put("score", value=11), "rating", None),
        ("survey", put("score", value=3.5), "rating", None),
        ("survey", put("score", value=True), "rating", None),
        ("survey", drop("score"), "rating", None),
        ("survey_csat", put("score", value=0), "rating", None),
        ("airline-csv", put("retweet_count", value="many"), "reach.reposts", None),
        ("airline-csv", put("retweet_count", value="-1"), "reach.reposts", None),
        ("airline-csv", put("retweet_count", value=-1), "reach.reposts", None),
        ("airline-csv", put("retweet_count", value=7), "reach.reposts", 7),
        ("signal", put("rating", value=1.5), "rating", None),
        ("signal", put("rating", value="1"), "rating", None),
        ("signal", put("author", "followers", value=1 << 60), "author.followers", None),
        ("signal", put("author", "followers", value=12.0), "author.followers", None),
        ("signal", put("author", "name", value="\0"), "author.name", ""),
        ("signal", put("reach", value=None), "reach.views", None),
        ("signal", put("reach", value={"likes": "5", "views": 3}), "reach.views", 3),
        ("signal", put("reach", value={"likes": "5", "views": 3}), "reach.likes", None),
        ("signal", put("accepted_answer", value=1), "accepted_answer", False),
        ("signal", put("url", value="https://" + "a" * 5_000), "url", None),
    ],
)
def test_odd_optional_field_is_unknown(name: str, change: Change, field: str, expected: object) -> None:
    """A signal is too valuable to be lost over a field that it can do without: what is odd there is unknown, all else is read."""
    payload = native(name)
    source = name.split("_", maxsplit=1)[0]
    plain, _ = accepted(source, payload)
    change(payload)
    signal, _ = accepted(source, payload)
    *outer, key = field.split(".")
    assert (signal[outer[0]] if outer else signal)[key] == expected
    assert (signal["id"], signal["author"]["id"], signal["created_at"]) == (plain["id"], plain["author"]["id"], plain["created_at"])


ENTRY = {"id": {"label": "1"}, "content": {"label": "It is late"}, "updated": {"label": "2026-03-01T10:00:00-07:00"}}


@pytest.mark.parametrize(
    ("source", "payload", "expected"),
    [
        ("appstore", {"feed": {"entry": [ENTRY]}, "country": "fr"}, "FR"),
        (
            "x",
            {"data": native("x")["data"] | {"geo": {"place_id": "p"}}, "includes": {"places": [{"id": "p", "country_code": "PT"}]}},
            "PT",
        ),
        (
            "x",
            {"id_str": "1", "text": "late", "user": {"id_str": "2"}, "created_at": "2026-03-01T10:00:00Z", "place": {"country_code": "BR"}},
            "BR",
        ),
        ("qualtrics", native("qualtrics") | {"values": native("qualtrics")["values"] | {"country": "AUT"}}, "AT"),
        ("delighted", native("delighted")["event_data"] | {"person_properties": {"country": "US"}}, "US"),
        ("typeform", native("typeform")["form_response"] | {"hidden": {"country": "nl"}}, "NL"),
        ("surveymonkey", native("surveymonkey") | {"custom_variables": {"country": "IE"}}, "IE"),
    ],
)
def test_a_country_is_read_where_the_network_tells_it(source: str, payload: dict[str, Any], expected: str) -> None:
    """The store's, the place's of a post, or what a survey was told of who answers: always as alpha-2 code."""
    signal, _ = accepted(source, payload)
    assert signal["country"] == expected


@pytest.mark.parametrize("name", ["googleplay", "mastodon", "zendesk"])
def test_a_language_is_no_country(name: str) -> None:
    """Who writes Portuguese may live anywhere: no country comes of what says none."""
    signal, _ = accepted(name, native(name))
    assert signal["country"] is None


@pytest.mark.parametrize(("name", "field"), [("appstore", "body"), ("zendesk", "description")])
@pytest.mark.parametrize("body", [None, 7, ["text"]])
def test_what_has_a_title_only_says_it_there(name: str, field: str, body: object) -> None:
    """A review without a body still says what its title says, once; without either it says nothing."""
    payload = native(name)
    holder = payload["data"]["attributes"] if name == "appstore" else payload["ticket"]
    title = holder["title" if name == "appstore" else "subject"]
    holder[field] = body
    signal, _ = accepted(name, payload)
    assert (signal["text"], signal["title"]) == (title, None)
    del holder["title" if name == "appstore" else "subject"]
    assert field in refused(name, orjson.dumps(payload)).reason


def test_silence_is_read_and_what_cannot_be_read_is_not_made_into_silence() -> None:
    """An answer without a comment says nothing; one with a comment of another type says something, and must be seen by somebody."""
    assert accepted("survey", native("survey") | {"comment": None})[0]["text"] == ""
    found = refused("survey", orjson.dumps(native("survey") | {"comment": {"en": "x"}}))
    assert (found.code, found.reason) == ("wrong_type", "comment must be text, found an object")


def test_who_cannot_be_named_is_anonymous() -> None:
    """A respondent that is absent or odd is an author of its own, so that two of them are never taken for one."""
    for odd in (None, "", 17, "r" * 600):
        assert accepted("survey", native("survey") | {"respondent_id": odd})[0]["author"]["id"] == "anonymous/answer-17"


@pytest.mark.parametrize("field", ["text", "created_at", "kind", "source"])
def test_reasons_hold_no_personal_text(field: str) -> None:
    """What a person wrote stays out of the reason, which ends in logs; only its length is told."""
    secret = "call me, Ada Example, at +44 20 7946 0000"
    payload = native("signal")
    payload[field] = [secret] if field == "text" else secret * 3
    found = refused("signal", orjson.dumps(payload))
    assert "Ada" not in found.reason
    assert "7946" not in found.reason


def test_an_escaped_backslash_is_no_null() -> None:
    r"""A text about "\u0000" (six characters, no NUL) is an ordinary text."""
    signal, _ = accepted("signal", native("signal") | {"text": r"it prints \u0000"})
    assert signal["text"] == r"it prints \u0000"


def test_a_null_byte_in_an_ignored_field_does_no_harm() -> None:
    """Only what becomes part of the Signal matters."""
    assert accepted("signal", native("signal") | {"extension": "\0"}) == accepted("signal", native("signal"))


def test_long_text_is_cut_not_refused() -> None:
    """A text beyond the limit keeps its beginning, counted in characters."""
    signal, _ = accepted("signal", native("signal") | {"text": "é" * (TEXT_LIMIT + 5), "title": "t" * (TEXT_LIMIT + 5)})
    assert signal["text"] == "é" * TEXT_LIMIT
    assert signal["title"] == "t" * TEXT_LIMIT


def test_zendesk_ids_may_be_numbers_or_text() -> None:
    """The API writes ticket ids as numbers, a trigger's webhook as text: it is the same ticket."""
    bare = native("zendesk")["ticket"]
    assert accepted("zendesk", bare | {"id": "35436"}) == accepted("zendesk", {"ticket": bare})


def test_bluesky_falls_back_on_the_relay_only_when_needed() -> None:
    """A nonsense clock gives way to the relay's; an honest one, earlier than the relay, is kept; without either there is none."""
    payload = native("bluesky")
    assert accepted("bluesky", payload)[1] == 1771313765987
    payload["commit"]["record"]["createdAt"] = "0001-01-01T00:00:00Z"
    assert accepted("bluesky", payload)[1] == 1771313766500
    del payload["time_us"]
    assert refused("bluesky", orjson.dumps(payload)).code == "out_of_range"


def test_airline_rows_get_ids_from_what_they_say() -> None:
    """The same row has the same id wherever it stands; another author, time or text another one."""
    row = native("airline-csv")
    ids = [accepted("airline-csv", row | change)[0]["id"] for change in ({}, {"name": "bob"}, {"text": "!"}, {"retweet_count": ""})]
    assert ids[0] == ids[3]
    assert len(set(ids)) == 3
