"""How large the cluster must be: bytes an event as measured by `make soak`, times rate, times retention.

``python -m agents.kafka.sizing > deploy/SIZING.md`` writes the page.
"""

from collections.abc import Iterator

from agents.kafka.topics import SEGMENT_BYTES, configuration
from schemas.topics import ACTIONS, FORGOTTEN_MS, STAGES, TOPICS, state_topic

RATES = (10, 100, 1_000, 5_000)
"""Events a second."""
PARTITIONS = {10: 4, 100: 4, 1_000: 12, 5_000: 48}
"""Of each topic, as the page advises: a worker of correlate or decide, the slowest, holds some hundreds of events a second."""
SECONDS_A_DAY = 86_400
GIGABYTE = 10**9

BYTES = {
    "posts": 240, "feedback": 21, "information": 299, "situations": 340, "decisions": 385, "ledger": 100, "rejected": 8, "chaff": 9,
    "actions": 5,
}  # fmt: skip
"""Noun -> bytes on disk an event that is fed, one replica, zstd. Topics that people fill (outcomes, labels) are small beside them."""

STATE_BYTES = {"sift": 540, "correlate": 1_172, "decide": 73, "act": 160, "monitor": 175, "learn": 310}
"""Stage -> bytes an event that it writes to its changelog; compaction takes nearly all of them away again. Most where batches are small,
so while nothing is behind: the chunk that is being filled is written again with each."""

WORKER_MEGABYTES = {"sift": 920, "correlate": 1_860, "decide": 760, "act": 1_770, "monitor": 510, "learn": 535}
"""Stage -> resident memory of one worker at the end of the soak."""


def kept_bytes(noun: str, rate: float) -> float:
    """Bytes of a topic that is deleted by age, one replica, when it has been fed at this rate (events a second) for its retention."""
    spec = ACTIONS if noun == "actions" else TOPICS[noun]
    return BYTES[noun] * rate * spec.retention_ms / 1000


def state_bytes(stage: str, rate: float, partitions: int) -> float:
    """Bytes of a changelog, one replica: what compaction may not touch yet (the lag, and a segment a partition being written), doubled, as
    it begins when half of a partition is worth taking away. What is then left is small.
    """
    lag_seconds = int(configuration(state_topic(stage), 1)["min.compaction.lag.ms"]) / 1000
    most_days = FORGOTTEN_MS / 1000 / SECONDS_A_DAY
    written_a_day = STATE_BYTES[stage] * rate * SECONDS_A_DAY
    return 2 * (STATE_BYTES[stage] * rate * lag_seconds + min(partitions * SEGMENT_BYTES, most_days * written_a_day))


def all_bytes(rate: float) -> float:
    """Bytes of everything, one replica."""
    partitions = PARTITIONS[int(rate)]
    return sum(kept_bytes(noun, rate) for noun in BYTES) + sum(state_bytes(stage, rate, partitions) for stage in STAGES)


def page() -> Iterator[str]:
    """The lines of deploy/SIZING.md."""
    yield from _HEAD.splitlines()
    yield ""
    yield "| topic | bytes an event | kept, days | " + " | ".join(f"{rate:,}/s" for rate in RATES) + " |"
    yield "|---|--:|--:|" + "--:|" * len(RATES)
    for noun, size in BYTES.items():
        days = (ACTIONS if noun == "actions" else TOPICS[noun]).retention_ms // 1000 // SECONDS_A_DAY
        yield f"| {noun} | {size} | {days} | " + " | ".join(_gigabytes(kept_bytes(noun, rate)) for rate in RATES) + " |"
    for stage, size in STATE_BYTES.items():
        cells = " | ".join(_gigabytes(state_bytes(stage, rate, PARTITIONS[rate])) for rate in RATES)
        yield f"| {stage}-state | {size} | | {cells} |"
    yield "| **all, one replica** | " + f"{sum(BYTES.values()) + sum(STATE_BYTES.values()):,} | | {_cells(1)} |"
    yield f"| **all, three replicas** | | | {_cells(3)} |"
    yield "| partitions | | | " + " | ".join(str(PARTITIONS[rate]) for rate in RATES) + " |"
    traffic = sum(BYTES.values()) + sum(STATE_BYTES.values())
    yield "| written to each replica, MB/s | | | " + " | ".join(f"{traffic * rate / 1e6:,.2f}" for rate in RATES) + " |"
    yield from _TAIL.splitlines()
    yield ""
    yield "| " + " | ".join(WORKER_MEGABYTES) + " |"
    yield "|" + "--:|" * len(WORKER_MEGABYTES)
    yield "| " + " | ".join(f"{size:,}" for size in WORKER_MEGABYTES.values()) + " |"


def _cells(replicas: int) -> str:
    return " | ".join(_gigabytes(replicas * all_bytes(rate)) for rate in RATES)


def _gigabytes(size: float) -> str:
    return f"{size / GIGABYTE:,.1f}" if size < 100 * GIGABYTE else f"{size / GIGABYTE:,.0f}"


_HEAD = """# How large

For who sizes a cluster. Made by `python -m agents.kafka.sizing` from what `make soak` measured and from the retention of `winnow
topics plan`. Gigabytes (10^9 bytes) on disk when everything has run for as long as its topic is kept. Measured on a simulated
stream of short posts in which two of three become a situation; yours differ: run `make soak`, or compare `du` of a broker after a
day.
"""

_TAIL = """
What to change first: decisions, then situations (each tells its situation with the evidence); `kafka-configs --alter` on their
`retention.ms` is respected until `winnow topics apply` sets it back. What a shorter time costs: `winnow explain` and `winnow audit`
reach back only as far as decisions and ledger, `winnow policy diff --on situations:24h` as far as situations. posts and feedback
must be kept for longer than any outage that you want to work off.

A record lies in a topic that is deleted by age for at most a seventh longer than the days above (`segment.ms`): Kafka deletes whole
files. State topics are compacted between an hour and a day behind what is written (`max.compaction.lag.ms`), in segments of 128 MiB:
at low rates that, times partitions and stages, is most of them, and within a day, and Kafka's next pass, no text is left that was
deleted or replaced.

**Workers**, resident MB of one that has everything to itself, at the end of 20 minutes at 1,000 events/s on two cores, all caught up a
second later; each had 15 to 17 open descriptors all the while. What bounds them: the texts that sift, correlate and learn remember
(`WINNOW_REMEMBER_ENTRIES`), the situations that are open in correlate (20,000 cases a partition), and what waits in a merge (200,000
records a partition) when a stage is behind. **decide and act grow with what they have to remember**: decide by some 0.35 kB for each
situation until a day after it is closed, act by 1 kB for each decision until a week after its `not_after`, longer while it waits for a
digest. Here nobody answered and two of three posts became a decision, so act grew by 1.1 MB a second; ten decisions a second are 6 GB
in a week. Spread them over as many workers as there are partitions, or let the policy ask about less.
"""


if __name__ == "__main__":
    print("\n".join(page()))  # noqa: T201  # a command's output
