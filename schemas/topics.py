"""The topic table and the closed list of dispositions of every stage: the contract with operators and subscribers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

DAY_MS = 86_400_000
SEGMENTS = 7
"""Into so many files at least what is kept of a topic is parted: Kafka deletes whole files, the first record of one as late as its last."""
BROKERS_SEGMENT_MS = 7 * DAY_MS
"""How long Kafka writes to one file unless told otherwise."""
FORGOTTEN_MS = DAY_MS
"""How long what was deleted or replaced may lie in a compacted topic that holds what people said."""


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """One topic as ``winnow topics apply`` creates it. ``partitions`` None means the deployment's own number.

    compression: what the broker keeps and hands out; ``producer``: as it was written, in zstd. ``said``: compacted, and holds texts that
    people wrote, which must leave when they are deleted.
    """

    noun: str
    key: str
    cleanup: Literal["delete", "compact"]
    retention_ms: int
    partitions: int | None = None
    max_message_bytes: int = 1_048_588
    reason: str = ""
    compression: Literal["producer", "gzip"] = "producer"
    said: bool = False

    @property
    def segment_ms(self) -> int:
        """How long one file of it is written to at most, where it is deleted by age."""
        return min(BROKERS_SEGMENT_MS, self.retention_ms // SEGMENTS)

    @property
    def longest_ms(self) -> int:
        """How long a record lies there at most, where it is deleted by age."""
        return self.retention_ms + self.segment_ms


TOPICS: dict[str, TopicSpec] = {
    spec.noun: spec
    for spec in (
        TopicSpec("posts", "any", "delete", 7 * DAY_MS, reason="what people say on social networks"),
        TopicSpec("feedback", "any", "delete", 7 * DAY_MS, reason="reviews, tickets, surveys"),
        TopicSpec("information", "subject", "delete", 7 * DAY_MS, reason="signals worth attention, judged"),
        TopicSpec("chaff", "subject", "delete", 7 * DAY_MS, reason="a sample of what was thrown away"),
        TopicSpec("rejected", "origin", "delete", 30 * DAY_MS, reason="what could not be read; replay after a fix"),
        TopicSpec("situations", "situation id; partition by subject", "delete", 7 * DAY_MS, reason="cases, surges, ideas"),
        TopicSpec("decisions", "team", "delete", 14 * DAY_MS, reason="who must act, and why"),
        TopicSpec("outcomes", "team", "delete", 90 * DAY_MS, reason="what teams answer"),
        TopicSpec("labels", "subject", "delete", 90 * DAY_MS, reason="what the models learn from"),
        TopicSpec("ledger", "stage, topic, partition", "delete", 14 * DAY_MS, reason="one disposition per input offset"),
        TopicSpec("health", "kind, name", "compact", -1, 1, reason="attention and policy health"),
        TopicSpec("models", "facet", "compact", -1, 1, reason="which model version is champion"),
        TopicSpec("silences", "silence id", "compact", -1, 1, reason="what is left alone on purpose, by whom, why, and until when"),
    )
}

ACTIONS = TopicSpec("actions", "situation id", "delete", 30 * DAY_MS, 1, reason="one topic a team: actions.<team>", compression="gzip")
"""In a compression that every client reads: kafkajs, for one, has no zstd of its own."""

STATE_MAX_MESSAGE_BYTES = 32 * 1024 * 1024
"""A stage writes all state changes of one batch as ONE record batch, so that they are kept or lost together."""

STAGES = ("sift", "correlate", "decide", "act", "monitor", "learn")

INPUTS: dict[str, tuple[str, ...]] = {
    "sift": ("posts", "feedback"),
    "correlate": ("information",),
    "decide": ("situations",),
    "act": ("decisions", "outcomes"),
    "monitor": ("decisions", "outcomes", "ledger"),
    "learn": ("information", "chaff", "labels"),
}

READ: frozenset[str] = frozenset(noun for nouns in INPUTS.values() for noun in nouns)
"""The nouns that some stage reads."""

WRITTEN_BY_OTHERS = ("posts", "feedback", "outcomes", "labels")
"""Topics in which producers and teams write as well, who keep no ledger: only their readers know what was lost there."""

MERGES: dict[str, tuple[str, str]] = {
    "correlate": ("information", "sift"),
    "decide": ("situations", "correlate"),
    "act": ("decisions", "decide"),
}
"""Stage that needs a total order -> (the input it merges, the stage whose shards write it)."""

UNSETTLED = "unsettled"
DISPOSITIONS: dict[str, tuple[str, ...]] = {
    "sift": (UNSETTLED, "absent", "rejected", "redelivered", "spam", "irrelevant", "copy", "information", "own",
             "withdrawn", "updated", "ignored"),
    "correlate": (UNSETTLED, "absent", "rejected", "redelivered", "watermark", "copy", "late", "case", "surge", "idea", "observed",
                  "withdrawn"),
    "decide": (UNSETTLED, "absent", "rejected", "redelivered", "watermark", "decided", "unchanged", "no_rule", "suppressed", "closed"),
    "act": (UNSETTLED, "absent", "rejected", "redelivered", "watermark", "acted", "shadow", "backfill", "held", "digested", "suppressed",
            "revoked", "closed", "outcome", "unknown_action", "rekeyed", "surplus", "unchanged"),
    "monitor": (UNSETTLED, "absent", "rejected", "watermark", "counted"),
    "learn": (UNSETTLED, "absent", "rejected", "watermark", "remembered", "joined", "waiting", "ignored", "withdrawn"),
}  # fmt: skip
"""Stage -> its closed list; a ledger byte is an index into it. Append only: old entries must stay readable.

0 is never written: it marks an offset that is not done yet. ``absent`` is an offset that the broker never handed out
(a transaction marker, or a record lost to retention): it is accounted for, and seen. ``unknown_action`` is an answer that waits for
its action for a day, ``surplus`` one that does not, as too many wait for that action.
"""


GROWING = ("posts", "feedback")
"""Topics that may get more partitions while all runs: a record of them may lie in any. Every other topic is keyed, and so is the state
that goes with it: more partitions would part a subject's or a team's records. One that was added is in use, by sift and by who merges
what sift writes, as soon as sift's state has a partition of the same number."""


def upstream(stage: str, partitions: Mapping[str, int]) -> tuple[str, ...]:
    """Names of all shards that write the input which ``stage`` merges.

    >>> upstream("decide", {"information": 2})
    ('correlate/information/0', 'correlate/information/1')
    """
    writer = MERGES[stage][1]
    ordered = (MERGES[writer][0],) if writer in MERGES else INPUTS[writer]
    return tuple(f"{writer}/{noun}/{number}" for noun in ordered for number in range(partitions[noun]))


def state_topic(stage: str) -> TopicSpec:
    """The changelog of a stage: same partitions as its inputs, compacted, one atomic record batch per input batch.

    A shard's records are written to the partition of its own number, none is found by its key: it may grow.
    """
    return TopicSpec(
        f"{stage}-state", "state key", "compact", -1, max_message_bytes=STATE_MAX_MESSAGE_BYTES, reason=f"what {stage} remembers", said=True
    )


def topic_name(prefix: str, noun: str) -> str:
    """Full Kafka name of a noun.

    >>> topic_name("winnow", "actions.support")
    'winnow.actions.support.v1'
    """
    return f"{prefix}.{noun}.v1"
