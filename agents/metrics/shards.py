"""Readings for gauges of what a worker's shards hold now. Looked at every few seconds, never an event at a time.

This is the one place outside pipeline that looks into shards; tests/contract/test_metrics_shards.py fails when what it looks at moves.
Nothing of pipeline is imported: a worker loads its own stage and no other.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from schemas.messages import SituationKind

Reading = tuple[str, tuple[str, ...], float]
"""(metric, labels behind ``stage``, value)"""

Sums = dict[tuple[str, tuple[str, ...]], float]

GAUGES = (
    "winnow_newest_event_timestamp_seconds", "winnow_situations_open", "winnow_actions_open", "winnow_escalations_unanswered",
    "winnow_attention_budget_remaining_actions", "winnow_attention_queued_actions", "winnow_pages_waiting_actions", "winnow_acted_on_ratio",
    "winnow_acknowledge_mean_seconds", "winnow_model_info", "winnow_model_accuracy", "winnow_model_labels", "winnow_drift_psi",
    "winnow_policy_info",
)  # fmt: skip
"""Every metric that is read off shards."""

TOKEN = 3_600_000
"""One action of an attention budget, in the unit of `pipeline.act.budget`."""


def read(stage: str, shards: Sequence[object]) -> list[Reading]:
    """All readings of a stage's shards, those of several shards added up; shards of another make (tests have some) say nothing."""
    own: list[Any] = [shard for shard in shards if type(shard).__module__ == f"pipeline.{stage}.shard"]
    sums: Sums = defaultdict(float)
    for shard in own:
        _ADDED[stage](shard, sums)
    readings = [(name, labels, value) for (name, labels), value in sums.items()]
    readings += _drift(own) if stage == "sift" else []
    newest = max((_clock(stage, shard) for shard in own), default=0)
    if newest > 0:
        readings.append(("winnow_newest_event_timestamp_seconds", (), newest / 1000))
    # Every shard of a worker judges and decides by the same: the first one speaks for all.
    return readings + [one for shard in own[:1] for one in _versions(stage, shard)]


def _clock(stage: str, shard: Any) -> int:
    """Newest event time worked, Unix ms; 0 or less before there was any."""
    if stage == "sift":
        return int(shard.clock)
    return int(shard.merge.now) if stage in ("correlate", "decide", "act") else 0


def _versions(stage: str, shard: Any) -> Iterator[Reading]:
    if stage == "sift":
        yield "winnow_model_info", (shard.model,), 1.0
    elif stage in ("decide", "act"):
        yield "winnow_policy_info", (shard.policy.hash,), 1.0
    elif stage == "learn":
        challenger, champion = shard._learner.scores()
        yield "winnow_model_accuracy", ("challenger",), challenger
        yield "winnow_model_accuracy", ("champion",), champion


def _drift(shards: Sequence[Any]) -> list[Reading]:
    """All partitions of this worker as one stream; those of others are theirs to tell."""
    drifts = [shard.drift for shard in shards if shard.drift is not None]
    return [("winnow_drift_psi", (name,), index) for name, index in drifts[0].indices(drifts[1:]).items()] if drifts else []


def _correlate(shard: Any, sums: Sums) -> None:
    for kind in SituationKind:
        sums["winnow_situations_open", (kind.value,)] += 0
    for situation in shard._registry.situations.values():
        if situation.revision:  # an idea that is still forming was not told
            sums["winnow_situations_open", (situation.kind,)] += 1


def _act(shard: Any, sums: Sums) -> None:
    for team, queue in shard._teams.queues.items():
        sums["winnow_attention_budget_remaining_actions", (team,)] += queue.bucket.level / TOKEN
        sums["winnow_attention_queued_actions", (team,)] += queue.waiting
        sums["winnow_pages_waiting_actions", (team,)] += queue.pages_waiting
        sums["winnow_escalations_unanswered", (team,)] += 0
    for sent in shard._sent_actions._sent.values():
        if sent.standing:
            sums["winnow_actions_open", (sent.team, sent.answer or "none")] += 1
            sums["winnow_escalations_unanswered", (sent.team,)] += bool(sent.step and not sent.answer)


def _monitor(shard: Any, sums: Sums) -> None:
    # A rule or a team has its home in one partition: there is nothing to add up.
    for subject, found in shard._health.sums.items():
        if found.requests:
            sums["winnow_acted_on_ratio", subject] = found.acted / found.requests
        if found.answered:
            sums["winnow_acknowledge_mean_seconds", subject] = found.answer_ms / found.answered / 1000


def _learn(shard: Any, sums: Sums) -> None:
    sums["winnow_model_labels", ()] += shard._learner.seen


def _nothing(_: Any, __: Sums) -> None:
    """Nothing to add up."""


_ADDED: dict[str, Callable[[Any, Sums], None]] = {
    "sift": _nothing, "correlate": _correlate, "decide": _nothing, "act": _act, "monitor": _monitor, "learn": _learn,
}  # fmt: skip
