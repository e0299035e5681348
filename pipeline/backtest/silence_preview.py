"""What a silence would have stopped on recorded situations, had it held all the time. For `winnow silence add --preview` and the board."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pipeline.backtest.diff import Ask, compare
from pipeline.backtest.run import RecordedSituation
from pipeline.backtest.silence_hits import matches
from pipeline.policy import Policy, Silence, also_silent

EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Preview:
    """``matched`` of ``situations``; ``unasked``: (team, kind) -> actions that would not have been sent; examples: gravest of them."""

    situations: int
    matched: int
    unasked: dict[tuple[str, str], int]
    examples: list[Ask]

    @property
    def share(self) -> float:
        """Share of all situations that it matches."""
        return self.matched / max(self.situations, 1)


def preview(policy: Policy, silence: Silence, situations: Sequence[RecordedSituation]) -> Preview:
    """Let the policy decide with and without the silence, whose start and end do not count; its hours of the week do."""
    last = max((one.clock for one in situations), default=0) / 1000
    always = silence.model_copy(update={"starts": None, "until": datetime.fromtimestamp(last, UTC) + timedelta(days=400)})
    found = compare(policy, also_silent(policy, (always,)), situations)
    unasked = {(row.team, row.kind): len(row.lost) for row in found.rows if row.lost}
    examples = sorted((ask for row in found.rows for ask in row.lost), key=lambda ask: (-ask.severity, ask.situation))
    return Preview(found.situations, matches((silence,), situations, policy.zone(None))[0], unasked, examples[:EXAMPLES])
