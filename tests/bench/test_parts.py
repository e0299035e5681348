"""The parts of the bench without a broker: what they count, forward, report and refuse."""

import os
import time
from pathlib import Path

import pytest

from agents.bench import correlate_parts
from agents.bench.engine import ForwardShard, posts
from agents.bench.latency import generous
from agents.bench.meter import Pace
from agents.bench.run import PARTS, BenchReport, run_bench
from agents.bench.spent import cpu_seconds
from agents.bench.streams import recent
from pipeline.policy.load import load_policy
from pipeline.stream.accounted import POSITION_KEY
from pipeline.stream.stage import Batch, Output, Record
from schemas.errors import WinnowError
from schemas.sources import SOURCES, Malformed, decode
from tests.unit.pipeline.correlate.world import information, records


def test_start_up_of_every_partition_does_not_count() -> None:
    """Only what is settled behind each partition's first batches should count, over the time since the first of them had started up."""
    pace = Pace()
    pace.add(("posts", 0), 64, 10_000)
    pace.add(("posts", 1), 1_000, 10_500)
    pace.add(("posts", 0), 936, 11_000)  # begins within its first 512
    pace.add(("posts", 1), 5_000, 11_500)
    pace.add(("posts", 0), 3_000, 12_500)
    assert (pace.events, pace.warm, pace.seconds) == (10_000, 2_000, 2.0)
    assert pace.per_second == 4_000


@pytest.mark.parametrize("accounted", [False, True])
def test_engine_forwards_every_value_unchanged(accounted: bool) -> None:
    """One output a record with its key, value and headers; ledger and state only where they are asked for."""
    records = [Record(7 + number, 1, *put) for number, put in enumerate(posts(50))]
    step = ForwardShard("posts", 2, accounted=accounted).process(Batch("posts", 2, records), 1)
    assert [(output.key, output.value, output.headers()) for output in step.outputs] == [(r.key, r.value, []) for r in records]
    assert step.positions == {("posts", 2): 57}
    assert [len(span.dispositions) for span in step.spans] == ([50] if accounted else [])
    assert list(step.changes) == ([POSITION_KEY] if accounted else [])


def test_engine_goes_on_where_its_state_says() -> None:
    """A forwarding shard that is restored should ask for the offset behind its last batch."""
    step = ForwardShard("posts", 0, accounted=True).restore({POSITION_KEY: b"57"})
    assert step.positions == {("posts", 0): 57}


def test_recent_stream_is_neither_history_nor_future() -> None:
    """All but the simulator's late and malformed records should have happened within the two hours before now."""
    now_ms = 1_750_000_000_000
    decoded = [found for s in recent(500, now_ms) if not isinstance(found := decode(s.source, s.value), Malformed)]
    within = [created for _, created in decoded if now_ms - 3 * 3_600_000 <= created <= now_ms + 60_000]
    assert len(within) > 0.95 * len(decoded) > 400


def test_generous_policy_is_the_default_one_with_attention_without_end(tmp_path: Path) -> None:
    """The latency part should decide by the default rules, with budgets that hold nothing back."""
    wide, default = load_policy(generous(tmp_path)), load_policy(None)
    assert [rule.name for rule in wide.rules] == [rule.name for rule in default.rules]
    assert min(team.attention.burst for team in wide.teams) == 100_000 > max(team.attention.burst for team in default.teams)


def test_report_is_one_object_and_one_table(capsys: pytest.CaptureFixture[str]) -> None:
    """JSON should hold the parts at its top beside machine and Kafka's version; the table every figure, nested ones too."""
    report = BenchReport(True, {"sift": {"events_per_second": 23_456, "microseconds": {"decode": 8.5}}}, 1.25)
    found = report.to_json()
    assert found["sift"]["microseconds"] == {"decode": 8.5}
    assert {"machine", "kafka", "quick", "seconds"} < set(found)
    report.show()
    shown = capsys.readouterr().out
    assert all(text in shown for text in ("events per second", "23,456", "microseconds decode", "8.5"))


def test_unknown_part_is_refused_with_the_known_ones() -> None:
    """Before anything is started, the message should name what can be measured."""
    with pytest.raises(WinnowError) as refused:
        run_bench("speed", quick=True)
    assert all(part in str(refused.value) for part in ("speed", *PARTS, "peers"))


def test_features_and_facets_are_measured_without_a_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked for alone, this part should start no Kafka, and print microseconds an event for judging and, apart, for language."""

    def no_broker(**_: bool) -> None:
        raise AssertionError("a broker was asked for")

    monkeypatch.setattr("agents.bench.run.rig", no_broker)
    found = run_bench("features", quick=True).to_json()["features"]
    assert found["features_and_scores_microseconds"] > 0
    assert found["drift_microseconds"] > 0
    assert 0 < found["microseconds_per_event"] < found["language_microseconds"] * 1000
    assert set(found["microseconds_in_batches"]) == {"100", "4000"}


def test_reading_is_measured_source_by_source_without_a_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every shipped source has its microseconds, and its share of their mean."""
    monkeypatch.setattr("agents.bench.sources.SECONDS", 0.001)
    found = run_bench("sources", quick=True).to_json()["sources"]
    assert set(found["microseconds"]) == set(found["of_the_mean"]) == set(SOURCES)
    assert min(found["microseconds"].values()) > 0
    json = [share for name, share in found["of_the_mean"].items() if name != "email"]
    assert sum(json) == pytest.approx(len(json), rel=0.02)


def test_parts_of_correlating_are_measured_apart() -> None:
    """Each part should have its share of what whole shards spend, and pulse and situations be told together as well."""
    messages = [
        information(f"n{n}", 1_700_000_000_000 + n * 1_000, f"text {n} about a late flight", sentiment="negative") for n in range(300)
    ]
    outputs = [
        Output(
            "information",
            b"aurora",
            record.value,
            f"{n:032x}",
            record.timestamp,
            "sift/posts/0",
            f"posts/0/{n}/0",
            "",
            clock=record.timestamp,
        )
        for n, record in enumerate(records(messages))
        if record.value is not None
    ]
    found = correlate_parts.measure(outputs, 2, 1_700_000_400_000)
    assert list(found) == ["parse", "duplicates", "pulse", "situations", "pulse_and_situations", "messages", "state", "total"]
    assert min(found["parse"], found["duplicates"], found["pulse"], found["pulse_and_situations"], found["state"]) > 0
    assert found["total"] > found["parse"] + found["duplicates"] + found["pulse_and_situations"]


def test_cpu_time_of_a_process_grows_with_its_work() -> None:
    """A process that worked should have spent more than before, in seconds."""
    before = cpu_seconds(os.getpid())
    until = time.process_time() + 0.05
    while time.process_time() < until:
        pass
    assert 0.02 < cpu_seconds(os.getpid()) - before < 60
