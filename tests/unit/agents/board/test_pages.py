"""What pages show of what is in the database."""

from pathlib import Path

import pytest

from tests.unit.agents.board.world import flow, seen, world
from tests.unit.pipeline.act.test_shard import LINES
from tests.unit.pipeline.decide.world import HOUR, START, digest, situation


def test_a_case_shows_what_its_action_says_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The text is kept once, on the action: the story takes it from there, without what names people."""
    made = world(tmp_path, flow([situation("c", severity=0.8, text="my bag is lost @jane_doe")]), monkeypatch)
    assert "bag" not in made.board.store.value("SELECT evidence FROM situations")
    page = made.ask("GET", f"/situation/{digest('c')}")[2]
    assert '<blockquote dir="auto">my bag is lost [handle]</blockquote>' in page
    assert "No team was sent its words" not in page


def test_a_case_that_only_a_digest_tells_of_shows_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the digest's first one, and in whatever order the topics are read: its excerpt, and that the team was told."""
    records = flow([situation(f"c{n}", at_ms=START + n, text=f"my bag {'abc'[n]} is lost") for n in range(3)], LINES, until=START + HOUR)
    for folder, order in (("a", records), ("b", records[::-1])):
        made = world(tmp_path / folder, order, monkeypatch)
        assert [row["kind"] for row in made.board.store.rows("SELECT kind FROM actions")] == ["digest"]
        for name, word in (("c0", "bag a"), ("c1", "bag b"), ("c2", "bag c")):
            page = made.ask("GET", f"/situation/{digest(name)}")[2]
            assert f"my {word} is lost</blockquote>" in page, name
            assert "support was told, in a digest of 3" in page, name
            assert "Nobody was asked" not in page, name


def test_a_case_that_nobody_was_told_of_says_where_its_words_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No action, no words in the database: the books have its post."""
    made = world(tmp_path, seen("situations", [situation("c", text="my bag is lost")]), monkeypatch)
    page = made.ask("GET", f"/situation/{digest('c')}")[2]
    assert "bag is lost" not in page
    assert "No team was sent its words" in page
    assert 'href="/why?what=posts%3A0%3A1"' in page
