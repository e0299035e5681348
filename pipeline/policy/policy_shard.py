"""The policy that a shard of decide or act goes by, and how it changes: `PolicyShard` is what both are built on.

Ids are derived from the policy too. So that a crash that comes together with another policy leaves nothing behind that nobody
takes back, the policy in force is a part of the state: a new one is in force from the step behind the one that wrote it down,
and what a crashed worker may have written under the former one is decided by the former one again, giving the same ids.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import ClassVar, TypeVar

from pipeline.policy.model import Policy
from pipeline.policy.snapshot import dump_policy, policy_of
from pipeline.stream import Batch, OrderedShard, Step

T = TypeVar("T")

POLICY_KEY = b"@policy"
"""State key of the policy in force; all that was decided behind it, up to the next one, was decided by it."""

RUN_LIMIT = 1_000
"""Records a step works on at most: as many may have been decided, but not remembered, when a worker crashed."""


class PolicyPhase(Enum):
    """How the policy in force stands to the state, and so whether another one may take its place now.

    A fresh shard is UNWRITTEN until its first step. A restored one is REPEATING until as much was decided again as a crash can have
    left half written, or nothing is left to read; then it is FOLLOWING. The first step that is not REPEATING and finds another
    policy wanted writes that one down, and is ANNOUNCED; the next step is FOLLOWING it.
    """

    UNWRITTEN = "a fresh shard: the state names no policy"
    FOLLOWING = "the state names the policy in force"
    ANNOUNCED = "the state names the policy that is in force from the next step on"
    REPEATING = "the state names the policy in force, by which what a crash left half written is decided again before another one is"


class PolicyShard(OrderedShard[T]):
    """What decide and act shards have in common: the policy that they go by.

    repeats: as many records as a step may have worked on that a crash left half written.
    """

    repeats: ClassVar[int] = RUN_LIMIT

    def __init__(self, number: int, sources: Sequence[str], policy: Policy) -> None:
        super().__init__(number, sources, run_limit=RUN_LIMIT)
        self.policy = policy
        self._wanted: Policy | None = None
        self._phase = PolicyPhase.UNWRITTEN
        self._repeats_left = 0
        self._noted: list[tuple[str, ...]] = []

    def use(self, policy: Policy) -> None:
        """Go by another policy from the next batch on; what stands or is on its way stays as it is until its situation changes."""
        self._put_in_force()
        self._wanted = None if policy.hash == self.policy.hash else policy

    def note(self, *fact: str) -> None:
        """Count a fact, e.g. ``("policy_refused",)``, with the next step."""
        self._noted.append(fact)

    def count_noted(self, step: Step) -> None:
        """Let the step count what was noted."""
        for fact in self._noted:
            step.count(*fact)
        self._noted.clear()

    # -- from one policy to the next ---------------------------------------------------------------------------------

    def restore(self, items: Mapping[bytes, bytes]) -> Step:
        """Take over state, and the policy of it for as long as the crashed worker may have decided by it."""
        step = super().restore({key: value for key, value in items.items() if key != POLICY_KEY})
        former = policy_of(items[POLICY_KEY]) if POLICY_KEY in items else None
        self._phase = PolicyPhase.FOLLOWING
        if former is None:
            step.changes[POLICY_KEY] = dump_policy(self.policy)
            if POLICY_KEY in items:
                self.note("policy_unreadable")
            return step
        wanted = self._wanted or self.policy  # it may have been told of another one meanwhile
        if former.hash == wanted.hash:
            self.policy, self._wanted = wanted, None
        else:
            self.policy, self._wanted = former, wanted
        self._phase, self._repeats_left = PolicyPhase.REPEATING, self.repeats
        return step

    def process(self, batch: Batch, now_ms: int) -> Step:
        """Take in a batch, under the policy that the state names by now."""
        self._put_in_force()
        return super().process(batch, now_ms)

    def tick(self, now_ms: int, *, caught_up: bool) -> Step | None:
        """Do what the wall clock makes due, under the policy that the state names by now."""
        self._put_in_force()
        step = super().tick(now_ms, caught_up=caught_up)
        if caught_up and not self.merge.waiting:
            self._end_repeating()  # whatever was read before the crash has been read again
        return step

    def before_release(self, step: Step) -> bool:
        """Write down the next policy before anything is decided by it."""
        if self._wanted is not None and self._phase is not PolicyPhase.REPEATING:
            step.changes[POLICY_KEY] = dump_policy(self._wanted)
            self._phase = PolicyPhase.ANNOUNCED
            step.more = True
            return False
        if self._phase is PolicyPhase.UNWRITTEN:
            step.changes[POLICY_KEY] = dump_policy(self.policy)
            self._phase = PolicyPhase.FOLLOWING
        return True

    def after_release(self, step: Step, released: int) -> None:
        """Count what was decided again after a restart."""
        self._repeats_left -= released
        if self._repeats_left <= 0:
            self._end_repeating()

    def _end_repeating(self) -> None:
        if self._phase is PolicyPhase.REPEATING:
            self._phase = PolicyPhase.FOLLOWING

    def _put_in_force(self) -> None:
        """A step begins, so the last one is durable, and with it the policy that it announced."""
        if self._phase is PolicyPhase.ANNOUNCED:
            assert self._wanted is not None
            self.policy, self._wanted, self._phase = self._wanted, None, PolicyPhase.FOLLOWING
