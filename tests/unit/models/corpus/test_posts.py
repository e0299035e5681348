"""Corpus files in, checked posts out; and what must hold of the corpus that ships."""

import csv
import gzip
import json
from collections import Counter
from pathlib import Path

import pytest

from models.corpus import LANGUAGES, JudgedPost, held_out, load_posts, read_posts
from models.errors import ModelError

POST = {
    "id": "en-1", "language": "en", "network": "x", "trade": "rail", "kind": "complaint", "text": "late again", "gate": "keep",
    "sentiment": "negative", "intent": "complaint", "stakeholder": "customer", "urgency": "low", "team": "support",
    "page": False, "sure": True,
}  # fmt: skip


def grams(text: str) -> set[str]:
    """The five-letter windows of a text, by which near-duplicates are told."""
    plain = " ".join(text.lower().split())
    return {plain[at : at + 5] for at in range(max(1, len(plain) - 4))}


def test_every_language_has_posts_with_ids_of_their_own() -> None:
    """All sixteen languages should be there, each with at least 200 posts, and no id twice."""
    posts = load_posts()
    assert set(Counter(post.language for post in posts)) == set(LANGUAGES)
    assert min(Counter(post.language for post in posts).values()) >= 200
    assert len({post.id for post in posts}) == len(posts)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_posts_say_nearly_the_same(language: str) -> None:
    """No post should share more than half of its five-letter windows with an earlier one of its language."""
    windows: list[set[str]] = []
    where: dict[str, list[int]] = {}
    for post in (post for post in load_posts() if post.language == language):
        own = grams(post.text)
        shared = Counter(at for window in own for at in where.get(window, ()))
        for at, common in shared.most_common(1):
            assert common / len(own | windows[at]) <= 0.5, post.id
        for window in own:
            where.setdefault(window, []).append(len(windows))
        windows.append(own)


def test_a_fixed_share_is_held_out_by_id() -> None:
    """About 15 % of each language should only measure, and growing the corpus should move no post to the other side."""
    posts = load_posts()
    assert 0.13 < sum(held_out(post.id) for post in posts) / len(posts) < 0.17
    assert [held_out(f"de-{number:04}") for number in range(1, 9)] == [False] * 5 + [True, True, False]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"intent": "rant"}, "intent is 'rant'"),
        ({"page": 1}, "page or sure is neither true nor false"),
        ({"text": " "}, "its text is empty"),
        ({"gate": "spam"}, "a post that is not kept asks for nobody"),
        ({"page": True}, "only what is critical wakes somebody"),
        ({"note": "x"}, "has the fields"),
    ],
)
def test_a_row_that_is_not_valid_is_named(tmp_path: Path, change: dict[str, object], told: str) -> None:
    """A broken row should be refused with its file, its line and what is wrong."""
    path = tmp_path / "en.jsonl"
    path.write_text(json.dumps(POST) + "\n" + json.dumps(POST | {"id": "en-2"} | change) + "\n", encoding="utf-8")
    with pytest.raises(ModelError, match=rf"en\.jsonl:2: .*{told}"):
        read_posts(path)


def test_a_valid_row_is_read_as_it_is(tmp_path: Path) -> None:
    """Every field of a row should come back."""
    path = tmp_path / "en.jsonl"
    path.write_text(json.dumps(POST) + "\n", encoding="utf-8")
    assert read_posts(path) == [JudgedPost(**POST)]  # type: ignore[arg-type]  # a dict of JSON values, checked at run time


def test_no_post_is_a_row_of_a_measuring_set(data: Path) -> None:
    """What is measured on must not have been learned from."""
    measured = {json.loads(line)["text"] for line in (data / "judged_dev.jsonl").read_text(encoding="utf-8").splitlines()}
    with gzip.open(data / "umsab_val.jsonl.gz", "rt", encoding="utf-8") as lines:
        measured |= {json.loads(line)["text"] for line in lines}
    for name in ("airline_tweets", "brand_emotion", "tweeteval_sentiment_val"):
        with gzip.open(data / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as lines:
            measured |= {row["text"] for row in csv.DictReader(lines)}
    plain = {" ".join(text.lower().split()) for text in measured}
    # "thank you" may be written by two people; anything longer may not
    assert not [post.id for post in load_posts() if len(post.text) > 25 and " ".join(post.text.lower().split()) in plain]
