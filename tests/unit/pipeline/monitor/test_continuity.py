"""Where accounts stand: forward only, whatever entry is written again."""

from pipeline.monitor.continuity import Accounted, Continuity, read_entry
from schemas.messages import LedgerEntry
from tests.unit.pipeline.stream.world import ledger_record


def entry(first: int, amount: int) -> LedgerEntry:
    """What act says of so many decisions."""
    found = read_entry(ledger_record(0, "act", "decisions", first, ["acted"] * amount).value)
    assert isinstance(found, LedgerEntry)
    return found


def test_an_entry_that_is_written_again_moves_nothing_back() -> None:
    """After a restart the last entry comes again: the next one follows what was known, it makes no gap and is counted once."""
    known = Continuity()
    assert known.follow(entry(0, 5)) == Accounted({"acted": 5}, 0)
    assert known.follow(entry(5, 5)) == Accounted({"acted": 5}, 0)
    assert known.follow(entry(0, 5)) == Accounted({}, 0)
    assert list(known.changes().values()) == [b"10"]
    assert known.follow(entry(10, 2)) == Accounted({"acted": 2}, 0)
    assert known.follow(entry(11, 3)) == Accounted({"acted": 2}, 0), "one that overlaps counts for what is new"
    assert known.follow(entry(20, 1)) == Accounted({"acted": 1}, 6), "and a gap is seen"
