"""What waits for something that has not come: bounded in time and number, the oldest goes first."""

import pytest

from pipeline.stream.pending import JoinBuffer


@pytest.mark.parametrize(("later", "waits"), [(999, True), (1_000, False), (1_001, False)])
def test_what_waited_for_the_window_is_dropped(later: int, waits: bool) -> None:
    """A window of a second, in append times: what came a second before is too old."""
    buffer = JoinBuffer(limit=10, window_ms=1_000)
    buffer.put("a", "label", 1, 5_000)
    buffer.put("b", "label", 2, 5_000 + later)
    assert (buffer.get("a", "label") == 1) is waits
    assert buffer.get("b", "label") == 2
    assert buffer.dropped == (0 if waits else 1)


def test_what_is_too_much_goes_oldest_first() -> None:
    """Two may wait: the third takes the place of the first, with all that waited there."""
    buffer = JoinBuffer(limit=2, window_ms=1_000)
    for key, name in (("a", "one"), ("a", "two"), ("b", "one"), ("c", "one")):
        buffer.put(key, name, key, 0)
    assert [buffer.take(key) for key in "abc"] == [{}, {"one": "b"}, {"one": "c"}]
    assert (buffer.dropped, len(buffer)) == (2, 0)


def test_a_restored_buffer_goes_on_in_its_order() -> None:
    """Numbers, not keys, say who is the oldest."""
    before, after = JoinBuffer(limit=2, window_ms=1_000), JoinBuffer(limit=2, window_ms=1_000)
    before.put("z", "one", 1, 0)
    before.put("a", "one", 2, 0)
    after.restore({key: value for key, value in before.changes().items() if value is not None})
    after.put("m", "one", 3, 0)
    assert [after.get(key, "one") for key in "zam"] == [None, 2, 3]


def test_what_was_taken_is_taken_out_of_the_state() -> None:
    """Or it would wait again behind a restart."""
    buffer = JoinBuffer(limit=2, window_ms=1_000)
    buffer.put("a", "one", 1, 0)
    assert buffer.changes().keys() == {b"waiting/a"}
    assert buffer.take("a") == {"one": 1}
    assert buffer.changes() == {b"waiting/a": None}
    assert buffer.changes() == {}


def test_the_state_says_its_version_order_and_time() -> None:
    """As former versions wrote it."""
    buffer = JoinBuffer(limit=9, window_ms=1_000)
    for at, key in enumerate("za"):
        buffer.put(key, "one", at, 7)
    assert buffer.changes() == {
        b"waiting/a": b'{"v":1,"held":[2,7,{"one":1}]}', b"waiting/z": b'{"v":1,"held":[1,7,{"one":0}]}',
    }  # fmt: skip
