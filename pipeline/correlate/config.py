"""The configuration of correlate, checked once: `agents.stages.correlate` makes it of what a deployment sets."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.bursts import PulseConfig
from pipeline.correlate.cases import CaseConfig
from pipeline.correlate.ideas import IdeaConfig
from pipeline.near_duplicates import DuplicatesConfig
from schemas.errors import WinnowError

MOST_KEY_BYTES = 64


@dataclass(frozen=True, slots=True)
class CorrelateConfig:
    """``author_key`` keys the hashes of authors (at most 64 bytes). ``lateness_ms`` is how old an event may be and still count
    as now. For ``remember_ms`` of event time, and of ``remember_entries`` pieces, it is known what each added, so that it can be
    taken out when that is edited or deleted. Raises WinnowError for a key that is too long."""

    author_key: bytes = b""
    lateness_ms: int = 600_000
    remember_ms: int = 7 * 86_400_000
    remember_entries: int = 1_000_000
    duplicates: DuplicatesConfig = field(default_factory=DuplicatesConfig)
    pulse: PulseConfig = field(default_factory=PulseConfig)
    cases: CaseConfig = field(default_factory=CaseConfig)
    ideas: IdeaConfig = field(default_factory=IdeaConfig)

    def __post_init__(self) -> None:
        if len(self.author_key) > MOST_KEY_BYTES:
            problem = f"the author key has {len(self.author_key)} bytes, at most {MOST_KEY_BYTES} are allowed"
            raise WinnowError(problem, hint="Set a shorter secret, and keep it: other hashes mean other authors")
