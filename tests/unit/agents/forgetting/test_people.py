"""Who is meant by a command, and by which bytes topics know them."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from agents.forgetting.people import Needles, Realm, Sought, read_ids, signals, sought
from pipeline.privacy import pseudonym
from pipeline.sift import author_hash, post_id
from schemas.errors import WinnowError

KEY = b"a key of sixteen bytes or more"


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (b'{"author":{"id":"4711"}}', {"author 4711"}),
        (b'{"url":"https://x.example/u/4711/posts"}', {"author 4711"}),
        (b'{"user_id":4711,"x":1}', {"author 4711"}),
        (b'{"user_id":"47110"}', set()),
        (b'{"user_id":"a4711"}', set()),
        (b"J\xc3\xb6rg says: the wings fell off", {"author Jörg", "text the wing…"}),
        (b'{"name":"J\\u00f6rg"}', {"author Jörg"}),
        (None, set()),
        (b"", set()),
    ],
)
def test_ids_are_found_as_whole_words_in_any_encoding_of_json(value: bytes | None, found: set[str]) -> None:
    """Also as numbers of native payloads; texts as they stand."""
    assert Needles(Sought(("4711", "Jörg"), (), (), ("the wings fell off",)), KEY).find(value) == found


def test_numbers_of_our_own_messages_are_no_ids() -> None:
    """An offset is nobody; a text or a path with the number in it may be."""
    needles = Needles(Sought(("4711",)), KEY)
    assert needles.find(b'{"lineage":{"offset":4711},"clocks":[1,4711]}', numbers=False) == set()
    assert needles.find(b'{"reply_to":"4711"}', numbers=False) == {"author 4711"}


def test_hashes_are_looked_for_where_the_realm_is_known() -> None:
    """The author's keyed hash and pseudonym, per realm."""
    asked = Sought(("4711",), (), (Realm("mastodon", "a.example"),))
    hashed = author_hash(KEY, "mastodon\0a.example", "4711")
    needles = Needles(asked, KEY)
    assert needles.find(f'{{"author":"{hashed}"}}'.encode()) == {"hash of author 4711"}
    assert needles.find(f'{{"author":"{pseudonym(hashed, KEY)}"}}'.encode()) == {"pseudonym of author 4711"}
    assert needles.find(author_hash(KEY, "mastodon", "4711").encode()) == set()
    assert Sought((), ("1",), (Realm("x"),)).pieces() == {post_id("x", "1").hex()}


def test_a_file_of_ids(tmp_path: Path) -> None:
    """A line each: kind and id, or an author's id alone; remarks and empty lines count for nothing."""
    file = tmp_path / "ids"
    file.write_text("# asked on Monday\n4711\nauthor 12\n\npost 99\n  post a/b \n")
    assert read_ids(file) == (["4711", "12"], ["99", "a/b"])
    file.write_text("account 12\n")
    with pytest.raises(WinnowError, match="'account 12' is no id"):
        read_ids(file)
    with pytest.raises(WinnowError, match="cannot read"):
        read_ids(tmp_path / "none")


def test_what_makes_no_sense_is_refused(tmp_path: Path) -> None:
    """Nobody, a namespace without its source, a text that everybody writes."""
    with pytest.raises(WinnowError, match="nobody was named"):
        sought([], [], None, None)
    with pytest.raises(WinnowError, match="a namespace is one of a source"):
        sought(["1"], [], None, "a.example")
    texts = tmp_path / "texts"
    texts.write_text("\nthe wings fell off\n")
    assert sought(["1", "1"], ["2"], "x", None, texts) == Sought(("1",), ("2",), (Realm("x"),), ("the wings fell off",))
    texts.write_text("ok\n")
    with pytest.raises(WinnowError, match="'ok' is too short"):
        sought(["1"], [], "x", None, texts)


def record(value: Any, **headers: bytes) -> Any:
    """A record as the client hands it out."""
    return SimpleNamespace(value=orjson.dumps(value), key=None, timestamp=1_800_000_000_000, headers=list(headers.items()))


def test_signals_are_read_as_sift_reads_them() -> None:
    """By the header of the source, the installation too; what is none is passed over."""
    post = {"id": "1", "source": "forum", "kind": "post", "author": {"id": "4711"}, "text": "late", "created_at": "2026-01-01T00:00:00Z"}
    (found,) = signals(record(post, source=b'"signal"', namespace=b"a.example"))
    assert (found.source, found.namespace, found.author.id) == ("forum", "a.example", "4711")
    assert [one.namespace for one in signals(record(post))] == [None]
    assert signals(record({"id": 1})) == []
