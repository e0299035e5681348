"""How long chaos lasts and how hard it is: the short form for every run of the tests, the long one for `make chaos`."""

from dataclasses import dataclass

from pipeline.simulation.stream import Scenario

START_MS = 1_795_000_000_000
EVENTS_PER_HOUR = 3_000


@dataclass(frozen=True, slots=True)
class Form:
    """How long, how much, how hard. seconds: for how long things go wrong, None: until each kind has once.

    helpers: stages of which a second worker runs. rest_seconds: between two faults, from and to. grace_seconds: how long a partition
    may be without input before the others go on without it.
    """

    seed: int
    seconds: float | None
    events: int
    helpers: tuple[str, ...]
    rest_seconds: tuple[float, float]
    grace_seconds: float

    @property
    def scenario(self) -> Scenario:
        """The stream; event time runs as fast as the feed needs."""
        return Scenario(seed=self.seed, events=self.events, start_ms=START_MS, hours=self.events / EVENTS_PER_HOUR)

    def sift_pace(self) -> dict[str, object]:
        """Settings of sift: without a feed for as long as the faults go on it is what makes the input last."""
        return {} if self.seconds else {"batch_records": 5, "batch_interval_seconds": 0.5}


SHORT = Form(seed=7, seconds=None, events=1_500, helpers=("sift", "correlate"), rest_seconds=(0.2, 1.0), grace_seconds=5.0)
"""All input is there before the first fault: no partition is without input while others have some, so the grace can be short."""


def long_form(seed: int, seconds: float, rate: float) -> Form:
    """Input is fed all the while, at ``rate`` events a second: the grace is longer than any outage of a part of the cluster."""
    return Form(seed, seconds, int(seconds * rate), ("sift", "correlate", "decide", "act"), (2.0, 10.0), 90.0)
