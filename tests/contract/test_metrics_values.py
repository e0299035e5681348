"""What a worker's metrics say after steps, looks and mishaps, by exact numbers."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from faust.types import TP
from msgspec.structs import replace
from prometheus_client import generate_latest

from agents.metrics.latency import SAMPLES, action_kind, sample
from agents.metrics.metrics import COUNTERS, Metrics, metric_of
from agents.metrics.table import TABLE
from agents.runtime.progress import Progress
from pipeline.stream.stage import WATERMARK, Output, Span, Step
from schemas.times import iso
from schemas.topics import STAGES

ROOT = Path(__file__).resolve().parents[2]

NOW = 1_795_000_000_000


def output(noun: str, extra: bytes = b"", *, age_ms: int = 0, kind: str = "") -> Output:
    """A message as a stage writes it, ``age_ms`` after its post was appended."""
    value = b'{"id":"x",%s"appended_at":"%s","lineage":{}}' % (extra, iso(NOW - age_ms).encode())
    return Output(noun, b"k", value, "x", NOW, "s", "", "", type=kind)


def value(metrics: Metrics, name: str, /, **labels: str) -> float | None:
    """One series."""
    return metrics.registry.get_sample_value(name, labels)


def test_events_count_by_topic_and_disposition() -> None:
    """Every byte of a span is one event."""
    metrics = Metrics("sift")
    metrics.step(Step(spans=[Span("posts", 0, 0, bytes([7, 7, 4])), Span("feedback", 1, 9, bytes([7]))]), 0.01)
    assert value(metrics, "winnow_events_total", stage="sift", topic="posts", disposition="information") == 2
    assert value(metrics, "winnow_events_total", stage="sift", topic="posts", disposition="spam") == 1
    assert value(metrics, "winnow_events_total", stage="sift", topic="feedback", disposition="information") == 1


@pytest.mark.parametrize(
    ("stage", "fact", "name", "labels"),
    [
        ("act", ("rejected", "empty"), "winnow_rejected_total", ("act", "empty")),
        ("correlate", ("merge_forced",), "winnow_merge_out_of_order_total", ("correlate",)),
        ("correlate", ("situations", "case", "opened"), "winnow_situations_total", ("correlate", "case", "opened")),
        ("monitor", ("decisions", "r", "t", "live"), "winnow_decisions_total", ("monitor", "r", "t", "live")),
        ("monitor", ("outcomes", "t", "done"), "winnow_outcomes_total", ("monitor", "t", "done")),
        ("monitor", ("attention", "customer", "asked"), "winnow_attention_total", ("monitor", "customer", "asked")),
        ("monitor", ("ledger", "sift", "spam"), "winnow_ledger_events_total", ("sift", "spam")),
        ("monitor", ("ledger_gap", "sift"), "winnow_ledger_gaps_total", ("sift",)),
        ("monitor", ("ledger_missing", "sift"), "winnow_ledger_missing_events_total", ("sift",)),
        ("act", ("held", "comms"), "winnow_suppressed_total", ("act", "digest", "comms")),
        ("decide", ("suppressed", "guard", "absorbed"), "winnow_suppressed_total", ("decide", "guard", "absorbed")),
        ("decide", ("suppressed", "silence", "s"), "winnow_suppressed_total", ("decide", "silence", "s")),
        ("learn", ("labels", "noise"), "winnow_labels_total", ("learn", "noise", "learned")),
        ("learn", ("label_given_up",), "winnow_labels_total", ("learn", "", "given_up")),
        ("decide", ("withdrawn", "r"), "winnow_withdrawn_total", ("decide", "r", "")),
        ("monitor", ("withdrawn", "r", "t"), "winnow_withdrawn_total", ("monitor", "r", "t")),
        ("decide", ("guard", "absorbed"), "winnow_stopped_total", ("decide", "guard", "absorbed")),
        ("decide", ("silenced", "s"), "winnow_stopped_total", ("decide", "silence", "s")),
        ("decide", ("cel_error", "r"), "winnow_condition_errors_total", ("decide", "r")),
        ("decide", ("shadow_match", "r"), "winnow_shadow_matches_total", ("decide", "r")),
        ("act", ("policy_refused",), "winnow_policies_refused_total", ("act",)),
    ],
)
def test_facts_have_their_metric(stage: str, fact: tuple[str, ...], name: str, labels: tuple[str, ...]) -> None:
    """Each count of a stage lands in its metric with that metric's labels."""
    assert metric_of(stage, fact) == (name, labels)
    assert len(labels) == len(TABLE[name].labels)
    metrics = Metrics(stage)
    metrics.step(Step(counts={fact: 3}), 0.0)
    assert value(metrics, name, **dict(zip(TABLE[name].labels, labels, strict=True))) == 3


@pytest.mark.parametrize("fact", [("unheard",), ("decisions", "of another shape")])
def test_a_count_without_a_metric_is_an_error_and_no_more(fact: tuple[str, ...]) -> None:
    """The flow goes on, and the error is counted."""
    metrics = Metrics("monitor")
    metrics.step(Step(counts={fact: 3, ("unknown_action",): 2}), 0.01)
    assert value(metrics, "winnow_metric_errors_total", stage="monitor") == 1
    assert value(metrics, "winnow_unknown_actions_total", stage="monitor", team="") == 2


COUNTED = re.compile(r"\b(?:count|tell)\(\s*\"([a-z_]+)\"")
LISTED = re.compile(r"\bcounts(?:\.append\(| \+= \[)\(\"([a-z_]+)\"")
"""What `pipeline.policy` lists, and decide counts."""


def test_everything_that_is_counted_has_a_metric() -> None:
    """No stage counts what nobody can see."""
    counted = {
        (file.parent.name if file.parent.name in STAGES else "", name)
        for folder in ("pipeline", "agents/runtime")
        for file in (ROOT / folder).rglob("*.py")
        for name in COUNTED.findall(file.read_text(encoding="utf-8"))
    }
    judged = {
        ("decide", name)
        for file in (ROOT / "pipeline" / "policy").glob("*.py")
        for name in LISTED.findall(file.read_text(encoding="utf-8"))
    }
    assert len(counted) > 20
    assert len(judged) == 4
    counted |= judged
    assert [at for at in sorted(counted) if at not in COUNTERS and ("", at[1]) not in COUNTERS] == []


def test_series_are_bounded() -> None:
    """Names that come with the data are "other" when there is no more room; nothing is lost of the sum."""
    metrics = Metrics("monitor", most_series=5)
    for number in range(20):
        metrics.step(Step(counts={("decisions", f"rule{number}", "t", "live"): 1}), 0.0)
    series = [s for f in metrics.registry.collect() if f.name == "winnow_decisions" for s in f.samples if s.name.endswith("_total")]
    assert len(series) == 6
    assert sum(one.value for one in series) == 20
    assert value(metrics, "winnow_decisions_total", stage="monitor", rule="other", team="other", mode="other") == 15


def test_actions_count_by_team_and_kind() -> None:
    """The kind is the action's own, not that of its situation."""
    metrics = Metrics("act")
    act = output("actions.comms", b'"situation_kind":"case","kind":"page",')
    metrics.step(Step(outputs=[act, act, output("labels", b'"kind":"page",')]), 0.0)
    assert value(metrics, "winnow_actions_total", stage="act", team="comms", kind="page") == 2
    assert value(metrics, "winnow_outputs_total", stage="act", topic="labels") == 1
    assert action_kind(b'{"situation_kind":"case"}') == "other"


def test_latency_is_that_of_the_post_and_leaves_out_what_waits_on_purpose() -> None:
    """The outer appended_at counts; watermarks, history, closings, digests, escalations and other topics do not."""
    nested = b'"situation":{"appended_at":"%s"},' % iso(NOW - 99_000).encode()
    outputs = [
        output("decisions", nested, age_ms=2_500),
        output("actions.comms", b'"kind":"page",', age_ms=4_000),
        output("information", age_ms=-50),
        output("situations", kind=WATERMARK),
        output("situations", b'"status":"closed",', age_ms=9),
        output("information", b'"backfill":true,', age_ms=9),
        output("decisions", b'"withdrawn":true,', age_ms=9),
        output("actions.comms", b'"kind":"digest",', age_ms=9),
        output("actions.comms", b'"kind":"escalate",', age_ms=9),
        output("chaff", age_ms=9),
        replace(output("labels"), value=b"{}"),
    ]
    found = [one for output in outputs for one in sample([output], NOW)]
    assert found == [("decisions", 2.5), ("actions", 4.0), ("information", 0.0)]


def test_latency_takes_a_bounded_sample() -> None:
    """However large the step, at most SAMPLES outputs are looked at, spread over all of it."""
    found = list(sample([output("information", age_ms=number) for number in range(10_000)], NOW))
    assert len(found) == SAMPLES
    assert found[-1][1] > 7.0


def test_latency_to_an_outcome_ends_when_it_is_durable() -> None:
    """What act says an answer is about is measured from its post to now, whichever way the clocks differ."""
    metrics = Metrics("act")
    metrics.step(Step(reached=[("outcomes", NOW - 90_000), ("outcomes", NOW + 5)]), 0.0, NOW)
    assert value(metrics, "winnow_latency_seconds_sum", stage="act", to="outcomes") == 90.0
    assert value(metrics, "winnow_latency_seconds_count", stage="act", to="outcomes") == 2


def test_a_broken_metric_breaks_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """A step that no metric can be made of is counted, told once, and does not raise."""
    metrics = Metrics("act")
    broken = Step(spans=[Span("decisions", 0, 0, bytes([200]))])
    metrics.step(broken, 0.0)
    metrics.step(broken, 0.0)
    metrics.shards([_Moved()])
    assert value(metrics, "winnow_metric_errors_total", stage="act") == 3
    assert [record.getMessage() for record in caplog.records] == [
        "act: metric step cannot be taken; the flow goes on", "act: metric shards cannot be taken; the flow goes on"
    ]  # fmt: skip
    assert b"winnow_metric_errors_total" in generate_latest(metrics.registry)


class _Moved:
    """A shard of act in which nothing is where it was."""


_Moved.__module__ = "pipeline.act.shard"


def test_partitions_that_went_elsewhere_leave_no_series() -> None:
    """Lag and commit age are those of the partitions that the worker has now."""
    metrics = Metrics("sift")
    metrics.positions({("posts", 0): (5, 1.0), ("posts", 1): (6, 2.0)})
    metrics.positions({("posts", 1): (7, 3.0)})
    assert value(metrics, "winnow_lag_events", stage="sift", topic="posts", partition="0") is None
    assert value(metrics, "winnow_lag_events", stage="sift", topic="posts", partition="1") == 7
    assert value(metrics, "winnow_commit_age_seconds", stage="sift", topic="posts", partition="1") == 3


class Consumer:
    """Positions that a test sets."""

    def __init__(self) -> None:
        self.now: dict[str, Any] = {"committed": None, "settled": None, "handed": None, "lag": 0, "heard": 0}

    def committed(self, tp: TP) -> int | None:
        """As set."""
        return self.now["committed"]

    def settled(self, tp: TP) -> int | None:
        """As set."""
        return self.now["settled"]

    def handed(self, tp: TP) -> int | None:
        """As set."""
        return self.now["handed"]

    def lag(self, tp: TP) -> int:
        """As set."""
        return self.now["lag"]

    def answered_ms(self, tp: TP) -> int | None:
        """As set."""
        return self.now["heard"]


TP0 = TP("winnow.posts.v1", 0)


def looks(*moments: Mapping[str, Any]) -> Iterator[tuple[int, float, float]]:
    """Lag, commit age and stalled time at second 0, 10, 20 ..., the broker being heard all the time unless said otherwise."""
    progress, consumer = Progress(), Consumer()
    for number, changes in enumerate(moments):
        consumer.now |= {"heard": NOW + number * 10_000, **changes}
        found = progress.look(consumer, [TP0], number * 10.0, NOW + number * 10_000)[TP0]
        yield found.lag, round(found.commit_age, 3), round(found.stalled, 3)


@pytest.mark.parametrize(
    ("what", "moments", "expected"),
    [
        ("idle with a broker", [{}, {}, {}], [(0, 0, 0)] * 3),
        ("never heard", [{"heard": None}] * 3, [(0, 0, 0), (0, 10, 0), (0, 20, 0)]),
        ("work goes on", [{"lag": 9, "committed": 1}, {"committed": 2}, {"committed": 3}], [(9, 0, 0)] * 3),
        ("input waits, nothing is committed", [{"lag": 9, "committed": 1}, {}, {}], [(9, 0, 0), (9, 10, 10), (9, 20, 20)]),
        ("done and not committed", [{"handed": 5, "settled": 5, "committed": 2}, {}, {}], [(3, 0, 0), (3, 10, 10), (3, 20, 20)]),
        ("held back on purpose", [{"handed": 5, "settled": 2, "committed": 2}, {}, {}], [(3, 0, 0)] * 3),
        ("broker away while idle", [{}, {"heard": NOW}, {"heard": NOW}], [(0, 0, 0), (0, 10, 0), (0, 20, 0)]),
        ("broker away and back", [{}, {"heard": NOW}, {}], [(0, 0, 0), (0, 10, 0), (0, 0, 0)]),
    ],
)
def test_commit_age_and_stalled_time(what: str, moments: Sequence[Mapping[str, Any]], expected: Sequence[tuple[int, float, float]]) -> None:
    """Only a worker with something to commit stalls; the commit age also grows while nobody hears the broker."""
    assert list(looks(*moments)) == expected, what


def test_partitions_start_anew_when_they_come_back() -> None:
    """A partition that was elsewhere meanwhile is not blamed for that time."""
    progress, consumer = Progress(), Consumer()
    consumer.now |= {"lag": 9, "heard": NOW}
    progress.look(consumer, [TP0], 0.0, NOW)
    progress.look(consumer, [], 50.0, NOW)
    assert progress.oldest_commit() is None
    assert progress.look(consumer, [TP0], 100.0, NOW)[TP0].stalled == 0
