"""The database: positions and rows together, thrown away when it is another one's, bounded."""

import sqlite3
from pathlib import Path

import pytest

from agents.board import store as store_module
from agents.board.store import DAY_MS, HOUR_MS, Store
from schemas.errors import WinnowError
from tests.unit.agents.board.test_projection import everything, messages
from tests.unit.agents.board.world import NOW, flow, seen
from tests.unit.pipeline.decide.world import situation


def test_positions_and_rows_are_kept_together_or_not_at_all(tmp_path: Path) -> None:
    """A transaction that dies leaves neither."""
    store = Store(tmp_path / "b.sqlite", "test")
    records = messages()

    def dying() -> object:
        yield from records[:5]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.apply(dying(), {("actions.comms", 0): 5}, NOW)  # type: ignore[arg-type]  # a generator that dies
    assert store.positions() == {}
    assert all(rows == [] for rows in everything(store).values())
    store.apply(records, {}, NOW)
    assert store.value("SELECT sum(actions) FROM tally") == store.value("SELECT count(*) FROM actions")


def test_a_database_survives_a_restart(tmp_path: Path) -> None:
    """The same deployment and version: it goes on where it was."""
    first = Store(tmp_path / "b.sqlite", "broker:1 winnow")
    first.apply(messages(), {("outcomes", 3): 17}, NOW)
    before = everything(first)
    first.close()
    second = Store(tmp_path / "b.sqlite", "broker:1 winnow")
    assert second.positions() == {("outcomes", 3): 17}
    assert everything(second) == before


@pytest.mark.parametrize("how", ["version", "deployment", "torn", "foreign"])
def test_another_database_is_thrown_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    """Of another version, another deployment, half a file, or none of ours: filled anew from the topics, never migrated."""
    path = tmp_path / "b.sqlite"
    first = Store(path, "a")
    first.apply(messages(), {("outcomes", 0): 9}, NOW)
    first.close()
    if how == "version":
        monkeypatch.setattr(store_module, "VERSION", 99)
    elif how == "torn":
        path.write_bytes(b"SQLite format 3\0" + b"\0" * 500)
    elif how == "foreign":
        path.unlink()
        with sqlite3.connect(path) as other:
            other.execute("CREATE TABLE holiday (photo)")
    second = Store(path, "b" if how == "deployment" else "a")
    assert second.positions() == {}
    assert everything(second)["actions"] == []
    second.apply(messages(), {}, NOW)
    assert len(everything(second)["actions"]) >= 4


def test_it_is_bounded_in_number_and_in_time(tmp_path: Path) -> None:
    """The oldest actions go first, out of the search as well; what is older than thirty days goes."""
    store = Store(tmp_path / "b.sqlite", "test", most_actions=5)
    for number in range(12):
        records = flow([situation(f"c{number}", severity=0.5, text=f"word{number} is lost")])
        store.apply([one._replace(seen_ms=NOW + number) for one in records], {}, NOW)
    with store._transaction():
        store.trim(NOW)
    assert store.value("SELECT count(*) FROM actions") == store.value("SELECT sum(actions) FROM tally") == 5
    assert store.value("SELECT count(*) FROM found WHERE found MATCH 'word3'") == 0
    assert store.value("SELECT count(*) FROM found WHERE found MATCH 'word11'") == 1
    with store._transaction():
        store.trim(NOW + 31 * DAY_MS)
    assert {table: len(rows) for table, rows in everything(store).items() if rows} == {}


def test_what_is_too_old_goes_within_an_hour_where_little_comes(tmp_path: Path) -> None:
    """Without many records to push it out: lists of thirty days and their counts hold no more than that."""
    store = Store(tmp_path / "b.sqlite", "test")
    store.apply(messages(), {}, NOW)
    store.apply([], {}, NOW + 30 * DAY_MS - HOUR_MS)
    assert everything(store)["actions"] != []
    store.apply([], {}, NOW + 30 * DAY_MS + HOUR_MS)
    assert everything(store)["actions"] == everything(store)["tally"] == []


def test_topics_that_were_made_anew_empty_it(tmp_path: Path) -> None:
    """All tables, the search too."""
    store = Store(tmp_path / "b.sqlite", "test")
    store.apply(messages(), {("outcomes", 0): 9}, NOW)
    store.forget()
    assert store.positions() == {}
    assert all(rows == [] for rows in everything(store).values())
    assert store.value("SELECT count(*) FROM found WHERE found MATCH 'bag'") == 0
    store.apply(seen("situations", [situation("n")]), {}, NOW)


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    """What is wrong, where, what to do."""
    (tmp_path / "file").write_text("")
    with pytest.raises(WinnowError, match="WINNOW_BOARD_FOLDER"):
        Store(tmp_path / "file" / "b.sqlite", "test")
