"""What stages are made of: headers, traces, steps."""

from pipeline.stream.accounted import source_header
from pipeline.stream.stage import WITHDRAWAL, Output, Record, Step, header, trace_parent, watermark
from schemas.export import json_schemas
from schemas.messages import EMITTED


def output(**over: object) -> Output:
    """An output with every field set."""
    given: dict[str, object] = {
        "noun": "information", "key": b"k", "value": b"{}", "id": "a" * 32, "time_ms": 1_424_131_200_123, "source": "sift/posts/0",
        "lineage": "posts/0/7/0", "trace": trace_parent("a" * 32, "b" * 32), "clock": 99,
    }  # fmt: skip
    return Output(**{**given, **over})  # type: ignore[arg-type]  # a test's shorthand


def test_headers_are_cloud_events() -> None:
    """CloudEvents 1.0 binary mode, trace context, and Winnow's own three; type and schema follow the noun unless a type is given."""
    found = dict(output().headers())
    assert found == {
        "ce_specversion": b"1.0", "ce_id": b"a" * 32, "ce_type": b"winnow.information.v1", "ce_source": b"sift/posts/0",
        "ce_time": b"2015-02-17T00:00:00.123Z", "content-type": b"application/json",
        "traceparent": b"00-" + b"a" * 32 + b"-" + b"b" * 16 + b"-01", "ce_lineage": b"posts/0/7/0", "ce_clock": b"99",
        "ce_dataschema": b"urn:winnow:schema:information:v1",
    }  # fmt: skip
    assert dict(output(type="t", idle=True).headers()) == {**found, "ce_type": b"t", "ce_idle": b"1"}


def test_every_schema_that_is_named_is_exported() -> None:
    """Under that $id, for whatever is written beside the topic's own messages too; a watermark has none."""
    exported = {schema["$id"].encode() for schema in json_schemas().values()}
    kinds = {noun: "" for noun in EMITTED} | {"outcomes": "", "actions.support": "winnow.actions.v1", "information": WITHDRAWAL}
    for noun, kind in kinds.items():
        assert dict(output(noun=noun, type=kind).headers())["ce_dataschema"] in exported
    assert "ce_dataschema" not in dict(watermark("information", "sift/posts/0", 5, idle=False).headers())


def test_a_source_names_its_deployment_and_a_clock_is_told_where_there_is_one() -> None:
    """Whoever reads finds the shard in it, also in what a former version wrote."""
    for deployment, told in (("winnow.eu", b"/winnow.eu/sift/posts/0"), ("", b"sift/posts/0")):
        headers = dict(output().headers(deployment))
        assert headers["ce_source"] == told
        assert source_header(headers) == "sift/posts/0"
    assert source_header({}) == ""
    assert "ce_clock" not in dict(output(clock=-1).headers())
    assert dict(watermark("information", "sift/posts/0", 0, idle=True).headers())["ce_clock"] == b"0"


def test_ready_headers_are_left_alone() -> None:
    """Who brings headers along gets these and no others."""
    assert output(ready=[("x", b"y")]).headers() == [("x", b"y")]


def test_the_last_header_of_a_name_counts() -> None:
    """As in Kafka's own clients; absent is None, empty is empty."""
    record = Record(0, 0, None, None, (("a", b"1"), ("b", b""), ("a", b"2")))
    assert [header(record, name) for name in ("a", "b", "c")] == [b"2", b"", None]


def test_a_step_says_what_it_holds_and_nothing_else() -> None:
    """A fresh one leaves no work over; what is counted adds up."""
    step = Step()
    assert not step.more
    for labels in (("rejected", "not_json"), ("rejected", "empty"), ("rejected", "not_json")):
        step.count(*labels)
    step.count("rejected", "empty", by=5)
    assert step.counts == {("rejected", "not_json"): 2, ("rejected", "empty"): 6}
