"""Keys go at the time that was set last, and what is discarded does not pile up."""

from pipeline.stream.ttl import SLACK, Expiry


def test_keys_go_when_they_are_due() -> None:
    """At the time that was set last, once, and never when they were discarded."""
    expiry = Expiry()
    for key, at in (("a", 5), ("b", 6), ("c", 7), ("a", 9)):
        expiry.set(key, at)
    expiry.discard("b")
    assert list(expiry.due(8)) == ["c"]
    assert list(expiry.due(9)) == ["a"]
    assert list(expiry.due(100)) == []


def test_discarded_keys_do_not_pile_up() -> None:
    """A flood of keys that are set and discarded leaves no more behind than a bound; those that stay go at their time."""
    expiry = Expiry()
    for number in range(10):
        expiry.set(f"stays {number}", 500 + number)
    for number in range(20 * SLACK):
        expiry.set(f"flood {number}", 1_000)
        expiry.discard(f"flood {number}")
    assert len(expiry._heap) <= SLACK + 21
    assert list(expiry.due(10**6)) == [f"stays {number}" for number in range(10)]


def test_what_is_set_again_to_its_time_does_not_pile_up() -> None:
    """Once is enough to be found."""
    expiry = Expiry()
    for _ in range(3):
        expiry.set("a", 5)
    assert len(expiry._heap) == 1
    assert list(expiry.due(4)) == []
    assert list(expiry.due(5)) == ["a"]
