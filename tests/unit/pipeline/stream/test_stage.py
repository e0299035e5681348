"""What stages are made of: headers, traces, steps."""

from pipeline.stream.stage import Output, Record, header, trace_parent


def output(**over: object) -> Output:
    """An output with every field set."""
    given: dict[str, object] = {
        "noun": "information", "key": b"k", "value": b"{}", "id": "a" * 32, "time_ms": 1_424_131_200_123, "source": "sift/posts/0",
        "lineage": "posts/0/7/0", "trace": trace_parent("a" * 32, "b" * 32), "clock": 99,
    }  # fmt: skip
    return Output(**{**given, **over})  # type: ignore[arg-type]  # a test's shorthand


def test_headers_are_cloud_events() -> None:
    """CloudEvents 1.0 binary mode, trace context, and Winnow's own three; the type follows the noun unless it is given."""
    found = dict(output().headers())
    assert found == {
        "ce_specversion": b"1.0", "ce_id": b"a" * 32, "ce_type": b"winnow.information.v1", "ce_source": b"sift/posts/0",
        "ce_time": b"2015-02-17T00:00:00.123Z", "content-type": b"application/json",
        "traceparent": b"00-" + b"a" * 32 + b"-" + b"b" * 16 + b"-01", "ce_lineage": b"posts/0/7/0", "ce_clock": b"99",
    }  # fmt: skip
    assert dict(output(type="t", idle=True).headers()) == {**found, "ce_type": b"t", "ce_idle": b"1"}


def test_ready_headers_are_left_alone() -> None:
    """Who brings headers along gets these and no others."""
    assert output(ready=[("x", b"y")]).headers() == [("x", b"y")]


def test_the_last_header_of_a_name_counts() -> None:
    """As in Kafka's own clients; absent is None, empty is empty."""
    record = Record(0, 0, None, None, (("a", b"1"), ("b", b""), ("a", b"2")))
    assert [header(record, name) for name in ("a", "b", "c")] == [b"2", b"", None]
