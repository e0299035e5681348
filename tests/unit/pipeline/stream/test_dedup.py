"""The memory of a partition: what was seen, for how long, and how it comes back."""

import pytest

from pipeline.stream.dedup import Copy, Dedup, hash_texts
from pipeline.stream.generations import CHUNK_ENTRIES


def name(number: int) -> bytes:
    """The id of an event."""
    return number.to_bytes(16, "big")


def filled(count: int, **over: int) -> tuple[Dedup, dict[bytes, bytes]]:
    """A memory of ``count`` events a millisecond apart, and its state as a changelog would keep it."""
    seen, kept = Dedup(**{"window_ms": 10_000_000, "entries": 4_000, **over}), {}
    for number in range(count):
        seen.add(name(number), number + 1, number)
        if number % 97 == 0 or number == count - 1:
            write(kept, seen)
    return seen, kept


def write(kept: dict[bytes, bytes], seen: Dedup) -> None:
    """One batch's changes into the changelog."""
    for key, value in seen.changes().items():
        if value is None:
            del kept[key]
        else:
            kept[key] = value


def test_the_first_of_a_text_is_remembered() -> None:
    """Copies name the first event and count; a text of 0 is nobody's copy."""
    seen = Dedup(window_ms=1_000, entries=1_000)
    assert seen.add(name(1), 7, 0) == Copy(name(1), 1)
    assert seen.add(name(2), 7, 0) == Copy(name(1), 2)
    assert seen.add(name(3), 0, 0) == Copy(name(3), 1)
    assert seen.add(name(4), 0, 0) == Copy(name(4), 1)
    assert [seen.has(name(number)) for number in (1, 4, 5)] == [True, True, False]


def test_everything_is_remembered_for_half_of_the_window() -> None:
    """Within half of the window nothing is forgotten; behind one and a half everything is, with its copies."""
    seen = Dedup(window_ms=1_000, entries=10_000)
    seen.add(name(1), 7, 0)
    for clock in (100, 499, 500, 999):
        seen.add(name(clock), 0, clock)
        assert seen.has(name(1)), clock
    seen.add(name(1_000), 0, 1_000)
    assert not seen.has(name(1))
    assert seen.has(name(999))
    assert seen.add(name(2), 7, 1_001) == Copy(name(2), 1)


def test_a_copy_is_counted_across_generations() -> None:
    """Copies on both sides of a turn count together, and the first stays the first."""
    seen = Dedup(window_ms=1_000, entries=10_000)
    seen.add(name(1), 7, 0)
    assert seen.add(name(2), 7, 600) == Copy(name(1), 2)
    assert seen.add(name(3), 7, 700) == Copy(name(1), 3)


def test_entries_are_bounded() -> None:
    """However many events come, no more than asked for are kept, in memory and in the state."""
    seen, kept = filled(10_000, entries=2_000)
    assert 1_000 <= len(seen) <= 2_000
    assert len(kept) <= 2_000 // CHUNK_ENTRIES + 2
    assert seen.has(name(9_999))
    assert not seen.has(name(7_000))


@pytest.mark.parametrize("count", [0, 1, CHUNK_ENTRIES - 1, CHUNK_ENTRIES, CHUNK_ENTRIES + 1, 2_000, 2_001, 5_003])
def test_a_restored_memory_is_the_same(count: int) -> None:
    """Whatever chunk was open: the restored one remembers, turns and writes as the other does."""
    seen, kept = filled(count)
    again = Dedup(window_ms=10_000_000, entries=4_000)
    again.restore(kept)
    assert len(again) == len(seen)
    for number in (*range(0, count, 53), count + 1):
        assert again.has(name(number)) == seen.has(name(number))
    for memory in (seen, again):
        memory.changes()
    for number in range(count, count + 700):
        assert again.add(name(number), number % 50, number) == seen.add(name(number), number % 50, number)
    assert again.changes() == seen.changes()


def test_foreign_state_is_refused() -> None:
    """A key that is no chunk's is an error, not a guess."""
    with pytest.raises(ValueError, match="invalid literal"):
        Dedup(window_ms=1, entries=1).restore({b"open/17": b""})


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Aurora Air lost my bag", "aurora   air, LOST my bag!!", True),
        ("Aurora Air lost my bag", "aurora air lost my bags", False),
        ("die Straße nach Köln ist zu", "die Straße nach Köln ist zu.", True),
        ("ab c d e", "a bc d e", False),
        ("1 2 3 4", "12 3 4 5", False),
    ],
)
def test_texts_are_compared_word_by_word(one: str, other: str, same: bool) -> None:
    """Case of ASCII, spaces and ASCII punctuation do not count, word boundaries and everything else do."""
    first, second = hash_texts([one, other])
    assert (first == second) is same
    assert 0 not in (first, second)


def test_texts_of_few_words_have_no_hash() -> None:
    """What everybody says is 0; no text, an empty one and a lone surrogate are no errors; neighbours do not matter."""
    texts = ["", "so true", "three words only", "four words are enough", "\ud800 a b c d"]
    hashes = hash_texts(texts)
    assert [bool(found) for found in hashes] == [False, False, False, True, True]
    assert hash_texts([]) == []
    assert [hash_texts([text])[0] for text in texts] == hashes


def test_a_memory_is_empty_until_something_is_in_it() -> None:
    """And not because its present generation has just begun."""
    seen = Dedup(window_ms=1_000, entries=4_000)
    assert seen.is_empty
    seen.add(name(1), 1, 0)
    assert not seen.is_empty
    seen.add(name(2), 2, 600)
    assert not seen.is_empty
