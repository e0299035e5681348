"""load_source: sources that operators describe themselves, and what they are told when a file is wrong."""

from importlib.resources import files
from pathlib import Path
from textwrap import dedent
from typing import Any

import msgspec
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import schemas.sources
from schemas.errors import WinnowError
from schemas.messages import Kind, Signal
from schemas.sources import SOURCES, Malformed, Source, load_source
from schemas.sources.parsing import TOPICS
from schemas.sources.shapes import ESSENTIAL
from schemas.sources.transforms import EPOCHS, TRANSFORMS

FORUM = """\
name: forum
title: Our forum
topic: posts
envelope: data
only:
  $.event: [created]
lookups:
  user: {list: $.users, where: login, equals: author}
fields:
  id: {path: number, as: id_from_number}
  kind: {path: sort, map: {question: post, note: message}}
  text: {first_of: [{path: html, as: html_to_text}, body, {field: title}]}
  created_at: {first_of: [{path: posted, epoch: seconds}, written]}
  title: headline
  rating: {path: stars, scale: [1, 5]}
  url: {template: "https://forum.example/{number}/{tags.1.name}"}
  accepted_answer: {path: state, map: {solved: true}}
  language: {path: lang, except: ["??"]}
  author.id: author
  author.name: user.names.0
  author.verified: user.staff
  reach.views: {path: views, as: number_from_digits}
"""
POST: dict[str, Any] = {
    "event": "created",
    "users": [{"login": "bob", "names": ["Bob"]}, {"login": "ada", "names": ["Ada", "A."], "staff": True}],
    "data": {
        "number": 7,
        "sort": "note",
        "html": "<p>It broke &amp; burnt</p>",
        "posted": 1771313765,
        "headline": "Broken",
        "stars": 2,
        "tags": [{"name": "a"}, {"name": "b"}],
        "state": "solved",
        "lang": "??",
        "author": "ada",
        "views": "12",
    },
}


@pytest.fixture
def forum(tmp_path: Path) -> Source:
    """The source above, as an operator has it."""
    return _load(tmp_path, FORUM)


def _load(folder: Path, text: str) -> Source:
    path = folder / "forum.yaml"
    path.write_text(text, encoding="utf-8")
    return load_source(path)


def _read(source: Source, payload: object) -> Any:
    found = source.read(orjson.dumps(payload))
    assert not isinstance(found, Malformed), found
    return found[0]


def test_a_file_of_ones_own_is_read_like_a_shipped_one(forum: Source) -> None:
    """Everything that the description says arrives where it says, in a valid Signal."""
    signal, created_ms = forum.read(orjson.dumps(POST))
    assert (forum.name, forum.title, forum.topic) == ("forum", "Our forum", "posts")
    assert (signal.id, signal.source, signal.kind, signal.text, signal.title) == ("7", "forum", "message", "It broke & burnt", "Broken")
    assert (signal.created_at, created_ms) == ("2026-02-17T07:36:05.000Z", 1771313765000)
    assert (signal.rating, signal.url, signal.accepted_answer, signal.language) == (0.25, "https://forum.example/7/b", True, None)
    assert (signal.author.id, signal.author.name, signal.author.verified, signal.reach.views) == ("ada", "Ada", True, 12)
    assert signal.thread is None
    assert Signal.model_validate_json(msgspec.json.encode(signal)).id == "7"


@pytest.mark.parametrize(
    ("change", "field", "expected"),
    [
        ({"html": None, "body": "plain"}, "text", "plain"),
        ({"html": 5, "body": "plain"}, "text", "plain"),
        ({"html": None}, "text", "Broken"),
        ({"posted": "soon", "written": "2026-02-17"}, "created_at", "2026-02-17T00:00:00.000Z"),
        ({"posted": 1, "written": "2026-02-17"}, "created_at", "2026-02-17T00:00:00.000Z"),
        ({"stars": 9}, "rating", None),
        ({"tags": [{"name": "a"}]}, "url", None),
        ({"tags": [3, {"name": "c"}]}, "url", "https://forum.example/7/c"),
        ({"state": "open"}, "accepted_answer", False),
        ({"lang": "en"}, "language", "en"),
    ],
)
def test_what_is_absent_or_odd_gives_way(forum: Source, change: dict[str, object], field: str, expected: object) -> None:
    """The next option is taken, or the field is unknown; the record is read."""
    assert getattr(_read(forum, POST | {"data": POST["data"] | change}), field) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [("country: land", "DE"), ("country: {path: region, map: {emea: GB}}", "GB"), ("country: {first_of: [region, {is: CH}]}", "CH")],
)
def test_a_country_is_told_in_one_way(tmp_path: Path, said: str, expected: str) -> None:
    """As a code of two letters, however the payload writes it; what is none is unknown."""
    forum = _load(tmp_path, f"{FORUM}  {said}\n")
    assert _read(forum, POST | {"data": POST["data"] | {"land": "deu", "region": "emea"}}).country == expected


@pytest.mark.parametrize("said", ["{is: Germany}", "{is: de}", "{path: land, map: {d: Deutschland}}"])
def test_a_constant_that_is_no_country_is_refused(tmp_path: Path, said: str) -> None:
    """An operator hears of it when the file is read, not when no rule ever matches."""
    with pytest.raises(WinnowError, match="is no country"):
        _load(tmp_path, f"{FORUM}  country: {said}\n")


def test_the_record_may_stand_without_its_envelope(forum: Source) -> None:
    """Bare, what is around the envelope is in the record itself."""
    bare = POST["data"] | {"event": "created", "users": POST["users"]}
    assert _read(forum, bare) == _read(forum, POST)


@pytest.mark.parametrize(
    ("payload", "code", "reason"),
    [
        (POST | {"event": "deleted"}, "unsupported", "event 'deleted' is not read; only 'created' is"),
        ({"data": POST["data"]}, "missing_field", "event is missing"),
        (POST | {"data": 3}, "wrong_type", "data must be an object, found the number 3"),
        (POST | {"data": POST["data"] | {"number": None}}, "missing_field", "number is missing"),
        (POST | {"data": POST["data"] | {"number": True}}, "wrong_type", "number must be text or a whole number, found a boolean"),
        (POST | {"data": POST["data"] | {"sort": "rant"}}, "missing_field", "sort"),
        (POST | {"data": POST["data"] | {"posted": "soon"}}, "wrong_type", "posted must be a whole number"),
        (POST | {"data": POST["data"] | {"posted": 1}}, "out_of_range", "posted must be an instant from 1990 to 2099"),
        (POST | {"data": POST["data"] | {"html": None, "headline": 4}}, "wrong_type", "headline must be text, found the number 4"),
    ],
)
def test_refusals_name_the_field_as_the_network_calls_it(forum: Source, payload: object, code: str, reason: str) -> None:
    """Only id, kind, author, text and time can refuse a record; the reason names the path and what was found there."""
    found = forum.read(orjson.dumps(payload))
    assert isinstance(found, Malformed), found
    assert found.code == code
    assert reason in found.reason


def test_ids_are_never_empty_and_never_too_long(tmp_path: Path) -> None:
    """What a transform or a template makes of native values keeps the limits of ids, too."""
    source = _load(tmp_path, _with("{path: number, as: id_from_number}", "{path: number, as: html_to_text}"))
    found = source.read(orjson.dumps(POST | {"data": POST["data"] | {"number": "<p></p>"}}))
    assert found == Malformed("missing_field", "number is missing or empty; it is required")
    source = _load(tmp_path, _with("{path: number, as: id_from_number}", '{template: "{author}/{number}"}'))
    assert _read(source, POST).id == "ada/7"
    found = source.read(orjson.dumps(POST | {"data": POST["data"] | {"number": "7" * 510}}))
    assert found == Malformed("out_of_range", "id would have more than 512 characters")


def test_a_text_may_be_nothing_but_the_title(tmp_path: Path) -> None:
    """Then there is no title beside it."""
    signal = _read(_load(tmp_path, _with("{first_of: [{path: html, as: html_to_text}, body, {field: title}]}", "{field: title}")), POST)
    assert (signal.text, signal.title) == ("Broken", None)


junk = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 1 << 62) | st.floats(allow_nan=False, allow_infinity=False) | st.text("ab\0", max_size=5),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.sampled_from(["name", "login", "data"]), children, max_size=3),
    max_leaves=5,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from([*POST["data"], "body", "written"]), junk, max_size=4), junk)
def test_quick_and_close_reading_agree(forum: Source, inner: dict[str, object], users: object) -> None:
    """Whatever stands in the fields: what is read quickly is what a close look reads, and nothing ever raises."""
    raw = orjson.dumps(POST | {"users": users, "data": POST["data"] | inner})
    quickly, closely = forum.read_quickly(raw), forum.read_closely(raw)
    assert quickly is None or quickly == closely
    if not isinstance(closely, Malformed):
        Signal.model_validate_json(msgspec.json.encode(closely[0]))


def _with(line: str, instead: str) -> str:
    assert line in FORUM
    return FORUM.replace(line, instead)


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("", 1, ("is empty", "fields")),
        ("[a]", 1, ("must hold keys and values", "lookups")),
        ("name: a\nname: b", 2, ("name stands there twice",)),
        ("name: a", 1, ("title is missing",)),
        (_with("name: forum", "name: My Forum"), 1, ("name", "lower-case")),
        (_with("topic: posts", "topic: tweets"), 3, ("topic", "allowed: posts, feedback")),
        (_with("envelope: data", "envelop: data"), 4, ("envelop is no key here", "envelope")),
        (_with("  $.event: [created]", "  $.event: created"), 6, ("only.$.event", "list")),
        (_with("  $.event: [created]", "  user.event: [created]"), 6, ()),
        (_with(", equals: author", ""), 8, ("lookups.user", "equals", "is")),
        (_with("  title: headline", "  headline: headline"), 14, ("fields.headline is no key here", "accepted_answer")),
        (_with("  author.id: author\n", ""), 9, ("fields", "author.id")),
        (_with("  author.id: author", "  author.id: [author]"), 19, ("fields.author.id", "path", "first_of")),
        (_with("  author.id: author", "  author.id: a..b"), 19, ("'a..b' is no path",)),
        (_with("  author.id: author", "  author.id: author.id"), 19, ("author", "single value")),
        (_with("as: id_from_number", "as: os.system"), 10, ("fields.id.as", "html_to_text", "id_from_number")),
        (_with("scale: [1, 5]", "scale: [5, 1]"), 15, ("fields.rating.scale", "[lowest, highest]")),
        (_with("scale: [1, 5]", "as: html_to_text"), 15, ("gives text", "rating is number")),
        (_with("solved: true", "solved: perhaps"), 17, ("fields.accepted_answer.map.solved", "is no accepted_answer")),
        (_with("question: post", "question: rumour"), 11, ("fields.kind.map.question", "is no kind")),
        (_with("epoch: seconds", "epoch: days"), 13, ("seconds, milliseconds, microseconds",)),
        (_with("title: headline", "title: {path: headline, epoch: seconds}"), 14, ("only for created_at",)),
        (_with("/{number}/{tags.1.name}", "/{}"), 16, ("is no path",)),
        (_with("/{number}/{tags.1.name}", "/7"), 16, ("paths in braces",)),
        (_with("{field: title}", "{field: id}"), 12, ("allowed: title",)),
        (_with("author.name: user.names.0", "author.name: user.staff"), 21, ("flag", "text")),
        (_with("title: headline", "title: headline\n  thread: *x"), 15, ()),
        ("name: &a forum\ntitle: *a", 2, ("no aliases",)),
        ("name: [" + "[" * 60_000, 1, ()),
        ("name: {a: b", 2, ("is not YAML",)),
        ("name: \x07", 0, ("is not YAML",)),
        ("#" * 70_000, 0, ("64000 characters",)),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(tmp_path: Path, text: str, line: int, told: tuple[str, ...]) -> None:
    """File, line and key are named, and what is allowed there; nothing else is ever raised."""
    with pytest.raises(WinnowError) as error:
        _load(tmp_path, text)
    assert str(tmp_path / "forum.yaml") + (f":{line}:" if line else "") in str(error.value)
    assert all(part in str(error.value) for part in told), error.value


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """The operator reads which path was tried."""
    with pytest.raises(WinnowError, match=r"nowhere\.yaml"):
        load_source(tmp_path / "nowhere.yaml")


def test_the_documented_example_is_a_source(tmp_path: Path) -> None:
    """What the package's docstring shows can be copied, and it names every transform and unit there is."""
    document = schemas.sources.__doc__ or ""
    example = dedent(document.split("::\n", 1)[1].split("An option is", 1)[0])
    source = _load(tmp_path, example)
    post = {"number": 7, "author_id": "u", "body": "It broke", "posted": 1771313765, "stars": 1}
    assert (source.name, _read(source, post).url, _read(source, post).rating) == ("forum", "https://forum.example/7", 0.0)
    assert all(name in document for name in (*TRANSFORMS, *EPOCHS, *TOPICS, *ESSENTIAL, *Kind))


def test_shipped_files_bear_the_names_of_their_sources() -> None:
    """The header `source` leads to the file, and two files never describe one source."""
    assert {file.name.removesuffix(".yaml") for file in files("schemas.sources").iterdir() if file.name.endswith(".yaml")} == SOURCES.keys()


def test_nothing_in_a_file_becomes_code(tmp_path: Path) -> None:
    """Keys that look like Python are keys."""
    odd = _with("author.id: author", "author.id: __class__").replace("equals: author", "equals: __class__")
    source = _load(tmp_path, odd.replace("path: number", "path: 'f0);import'"))
    assert _read(source, POST | {"data": POST["data"] | {"__class__": "ada", "f0);import": "9"}}).id == "9"


def test_what_a_source_is_read_for_and_by_what_right(tmp_path: Path) -> None:
    """Notes for people, nothing where the file says nothing; they are texts."""
    file = tmp_path / "forum.yaml"
    file.write_text(f"{FORUM}purpose: help in public\nlegal_basis: legitimate interest (GDPR art. 6 (1) f)\n", encoding="utf-8")
    found = load_source(file)
    assert (found.purpose, found.legal_basis) == ("help in public", "legitimate interest (GDPR art. 6 (1) f)")
    assert (SOURCES["x"].purpose, SOURCES["x"].legal_basis) == ("", "")
    file.write_text(f"{FORUM}purpose: [a, b]\n", encoding="utf-8")
    with pytest.raises(WinnowError, match="purpose"):
        load_source(file)
