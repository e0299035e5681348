"""What a stage wrote and the next one never got: told with its offsets, and told apart from what was never written."""

import pytest

from agents.runtime.ledger_writer import entry
from pipeline.ledger.book import Book, Entry
from pipeline.ledger.losses import Loss, ReaderPosition, losses
from pipeline.stream import Deleted, Span, Unreadable, Written
from schemas.topics import DISPOSITIONS
from tests.unit.pipeline.ledger.test_audit import NOW, World

FAR = 10**9


def span(stage: str, topic: str, first: int, *names: str, times: int = 1) -> Span:
    """How offsets of partition 0 ended."""
    return Span(topic, 0, first, bytes(DISPOSITIONS[stage].index(name) for name in names), times)


def wrote(book: Book, *written: Written, offset: int = 0) -> None:
    """An entry of sift that says where it wrote."""
    read = book.read(entry("sift", span("sift", "posts", offset, "information"), "w/1", NOW, written).value)
    assert isinstance(read, Entry)


def found(book: Book, stage: str = "correlate", begin: int = 0, committed: int | None = None, *, truncated: bool = False) -> list[Loss]:
    """What is lost of partition 0 of information."""
    return list(losses(book, ReaderPosition(stage, "information", 0, begin, committed), ledger_truncated=truncated))


def lost(first: int, last: int, *, stage: str = "correlate", deleted: bool = True) -> Loss:
    """A loss in partition 0 of information."""
    return Loss(stage, "information", 0, first, last, deleted)


def test_what_was_read_is_not_lost() -> None:
    """Neither while the topic has it, nor when retention has taken it since; and what waits to be read is not lost yet."""
    book = Book()
    wrote(book, Written("information", 0, 0, 9))
    book.add_span("correlate", span("correlate", "information", 0, *["case"] * 6))
    assert found(book, committed=6) == found(book, begin=6, committed=6) == []


def test_records_that_were_deleted_unread_are_lost() -> None:
    """The log has moved past offsets that the reader had not come to: those that a stage wrote are lost, markers among them are not."""
    book = Book()
    wrote(book, Written("information", 0, 0, 4), Written("information", 0, 6, 9), Written("information", 1, 0, 99))
    book.add_span("correlate", span("correlate", "information", 0, "case", "case"))
    assert found(book, begin=8, committed=2) == [lost(2, 4), lost(6, 7)]


def test_absent_offsets_that_were_written_are_lost() -> None:
    """As bytes among others or as a long gap: the reader went on behind them, and its own account says that it never got them."""
    book = Book()
    wrote(book, Written("information", 0, 0, 3), Written("information", 0, 4, 5), Written("information", 0, 100, FAR))
    book.add_span("correlate", span("correlate", "information", 0, "case", "absent", "absent", "watermark", "absent", "case"))
    book.add_span("correlate", span("correlate", "information", 6, "absent", times=2 * FAR))
    assert found(book, begin=2 * FAR) == [lost(1, 2), lost(4, 4), lost(100, FAR)]


def test_absent_offsets_that_nobody_wrote_are_no_loss() -> None:
    """Markers and aborted records: of strangers, as no stage of ours writes in transactions."""
    book = Book()
    wrote(book, Written("information", 0, 2, 2))
    book.add_span("correlate", span("correlate", "information", 0, "absent", "absent", "case", "absent"))
    assert found(book) == found(book, begin=4) == []


def test_what_is_gone_from_the_middle_is_told_apart() -> None:
    """The log reaches back to it and does not have it: compaction or an unclean election, not retention."""
    book = Book()
    wrote(book, Written("information", 0, 0, 9))
    book.add_span("correlate", span("correlate", "information", 0, *["absent"] * 8, "case", "case"))
    assert found(book, begin=3) == [lost(0, 2), lost(3, 7, deleted=False)]


@pytest.mark.parametrize(("stage", "amount"), [("correlate", 5), ("learn", 0)])
def test_who_merges_must_read_from_the_beginning(stage: str, amount: int) -> None:
    """What correlate's first worker comes too late for is lost; monitor and learn may be deployed later, or never."""
    book = Book()
    wrote(book, Written("information", 0, 0, 9))
    assert sum(loss.amount for loss in found(book, stage, begin=5)) == amount
    assert sum(loss.amount for loss in found(book, stage, begin=5, committed=5)) == amount, "it has begun there, and ended nothing yet"
    book.add_span(stage, span(stage, "information", 5, "watermark"))
    assert sum(loss.amount for loss in found(book, stage, begin=5)) == amount


def test_a_ledger_without_its_beginning_says_nothing_of_the_front() -> None:
    """Entries that told of the reading may be gone with it; what is absent behind them is still lost."""
    book = Book()
    wrote(book, Written("information", 0, 0, 9))
    assert found(book, begin=7, committed=7, truncated=True) == []
    book.add_span("correlate", span("correlate", "information", 5, "case", "absent"))
    assert found(book, begin=7, truncated=True) == [lost(6, 6)]


def test_records_written_twice_are_lost_once() -> None:
    """A restart tells its last entry again, and runs may touch or overlap: each record counts once."""
    book = Book()
    for at, run in enumerate([(0, 4), (0, 4), (3, 6), (7, 7), (2, 2)]):
        wrote(book, Written("information", 0, *run), offset=at)
    book.add_span("correlate", span("correlate", "information", 0, *["absent"] * 10))
    assert found(book, begin=10) == [lost(0, 7)]


def sifted(book: Book, *deleted: Deleted, offset: int = 0) -> None:
    """An entry of sift that says what was deleted before it came there."""
    read = book.read(entry("sift", span("sift", "posts", offset, "information"), "w/1", NOW, (), deleted).value)
    assert isinstance(read, Entry)


def posts_lost(book: Book, begin: int, committed: int | None = None, *, truncated: bool = False) -> list[tuple[int, int]]:
    """First and last offsets of what is lost of partition 0 of posts."""
    found = losses(book, ReaderPosition("sift", "posts", 0, begin, committed), ledger_truncated=truncated)
    return [(loss.first, loss.last) for loss in found if loss.deleted]


def test_posts_that_were_deleted_unread_are_lost() -> None:
    """Nobody says what was written there, but sift says what it found deleted; a marker that it was not handed is no loss."""
    book = Book()
    book.add_span("sift", span("sift", "posts", 0, "information", "absent", "information"))
    book.add_span("sift", span("sift", "posts", 3, "absent", times=2_000))
    sifted(book, Deleted("posts", 0, 3, 1_902), Deleted("posts", 1, 0, 99), offset=2_003)
    sifted(book, Deleted("posts", 0, 3, 1_902), offset=2_004)
    assert posts_lost(book, begin=2_100, committed=2_100) == [(3, 1_902)]
    assert posts_lost(book, begin=1_903) == [(3, 1_902)], "the marker behind it was there to be deleted too, but was not"


def test_posts_that_are_gone_before_sift_came_back_are_lost() -> None:
    """The log begins behind where it stands: it will find that out when it runs again, and audit says so at once."""
    book = Book()
    sifted(book)
    assert posts_lost(book, begin=41, committed=1) == [(1, 40)]
    assert posts_lost(book, begin=41) == [(1, 40)]
    assert posts_lost(Book(), begin=41, committed=1, truncated=True) == [(1, 40)], "the ledger has forgotten, the commit has not"
    assert posts_lost(book, begin=41, committed=41) == [], "a commit that nothing accounts for is a gap, which is told as one"


def test_posts_of_before_sift_came_are_nobodys() -> None:
    """A topic of others that has a past; and what was worked before it was deleted."""
    book = Book()
    assert posts_lost(book, begin=500) == []
    book.add_span("sift", span("sift", "posts", 500, *["information"] * 40))
    assert posts_lost(book, begin=500, committed=540) == []
    assert posts_lost(book, begin=540, committed=540) == []


def test_entries_of_before_know_of_nothing() -> None:
    """Where no entry says what was written nothing can be called lost."""
    book = Book()
    wrote(book)
    book.add_span("correlate", span("correlate", "information", 0, "absent", "case"))
    assert found(book, begin=2) == []


@pytest.mark.parametrize(
    "told", [("posters", 0, 0, 1), ("information", -1, 0, 1), ("information", 0, 2, 1), ("information", 0, 0, 1 << 62)]
)
def test_an_entry_that_says_nonsense_is_unreadable(told: tuple[str, int, int, int]) -> None:
    """Topics that no stage reads, and what are no offsets."""
    value = entry("sift", span("sift", "posts", 0, "information"), "w/1", NOW, [Written(*told)]).value
    assert isinstance(Book().read(value), Unreadable)
    place = ("posts" if told[0] == "information" else "information", *told[1:])
    value = entry("sift", span("sift", "posts", 0, "information"), "w/1", NOW, (), [Deleted(*place)]).value
    assert isinstance(Book().read(value), Unreadable)


def test_a_loss_is_an_imbalance_that_says_what_to_do() -> None:
    """Its number, stage, topic, partition and offsets in one line and in JSON, and nothing else is wrong."""
    world = World()
    wrote(world.book, Written("information", 0, 4, 1458))
    world.edges["correlate", "information"].begin = world.edges["correlate", "information"].end = 1459
    report = world.judge()
    assert not report.balanced
    assert [name for name, amount in report.totals().items() if amount] == ["losses"]
    assert any("correlate never got 1,455 records of information/0/4..1458, deleted before" in line for line in report.lines())
    assert report.to_json()["losses"] == [
        {"stage": "correlate", "topic": "information", "partition": 0, "first": 4, "last": 1458, "deleted": True, "amount": 1455}
    ]
    assert report.pending["correlate"] == 0, "what is gone is not waited for"


def test_a_lost_post_is_an_imbalance() -> None:
    """Its line says that markers may be among the number."""
    world = World()
    world.edges["sift", "posts"].begin = world.edges["sift", "posts"].end = 46
    report = world.judge()
    assert not report.balanced
    assert [name for name, amount in report.totals().items() if amount] == ["losses"]
    assert any("sift never got up to 40 records of posts/0/6..45, deleted before" in line for line in report.lines())


def test_committed_work_is_not_pending() -> None:
    """Neither when retention has passed it, nor when the ledger's own entries of it have gone the same way."""
    world = World()
    edge = world.edges["sift", "posts"]
    edge.begin = edge.end = edge.committed = 500
    assert world.judge(ledger_truncated=True).pending["sift"] == 0
    del world.book.accounts["sift", "posts", 0]
    edge.begin, edge.end = 0, 600
    assert world.judge(ledger_truncated=True).pending["sift"] == 100
