"""A new policy, or a fact about policies, in, between two batches; the shard goes by it, and counts it with its next step.

Ids are derived from the policy too. So that a crash that comes together with another policy leaves nothing behind that nobody
takes back, the policy in force is a part of the state: a new one is in force from the step behind the one that wrote it down,
and what a crashed worker may have written under the former one is decided by the former one again, giving the same ids.
"""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from pipeline.policy.model import Policy
from pipeline.policy.snapshot import dump_policy, policy_of
from pipeline.stream import Batch, OrderedShard, Step

T = TypeVar("T")

POLICY_KEY = b"@policy"
"""State key of the policy in force; all that was decided behind it, up to the next one, was decided by it."""

RUN_LIMIT = 1_000
"""Records a step works on at most: as many may have been decided, but not remembered, when a worker crashed."""


class PolicyShard(OrderedShard[T]):
    """What decide and act shards have in common: the policy that they go by."""

    def __init__(self, number: int, sources: Sequence[str], policy: Policy) -> None:
        super().__init__(number, sources, run_limit=RUN_LIMIT)
        self.policy = policy
        self._next: Policy | None = None
        self._written = False
        self._announced_next = False
        self._doubtful = 0
        self._facts: list[tuple[str, ...]] = []

    def use(self, policy: Policy) -> None:
        """Go by another policy from the next batch on; what stands or is on its way stays as it is until its situation changes."""
        self._turn()
        self._next = None if policy.hash == self.policy.hash else policy

    def tell(self, *fact: str) -> None:
        """Count a fact, e.g. ``("policy_refused",)``, with the next step."""
        self._facts.append(fact)

    def count_facts(self, step: Step) -> None:
        """Let the step count what was told."""
        for fact in self._facts:
            step.count(*fact)
        self._facts.clear()

    # -- from one policy to the next ---------------------------------------------------------------------------------

    def restore(self, items: Mapping[bytes, bytes]) -> Step:
        """Take over state, and the policy of it for as long as the crashed worker may have decided by it."""
        step = super().restore({key: value for key, value in items.items() if key != POLICY_KEY})
        former = policy_of(items[POLICY_KEY]) if POLICY_KEY in items else None
        wanted = self._next or self.policy  # it may have been told of another one meanwhile
        if former is None:
            step.changes[POLICY_KEY] = dump_policy(self.policy)
            if POLICY_KEY in items:
                self.tell("policy_unreadable")
        elif former.hash == wanted.hash:
            self.policy, self._next = wanted, None
        else:
            self.policy, self._next, self._doubtful = former, wanted, RUN_LIMIT
        self._written = True
        return step

    def process(self, batch: Batch, now_ms: int) -> Step:
        """Take in a batch, under the policy that the state names by now."""
        self._turn()
        return super().process(batch, now_ms)

    def tick(self, now_ms: int, *, caught_up: bool) -> Step | None:
        """Do what the wall clock makes due, under the policy that the state names by now."""
        self._turn()
        step = super().tick(now_ms, caught_up=caught_up)
        if caught_up and not self.merge.waiting:
            self._doubtful = 0  # whatever was read before the crash has been read again
        return step

    def _turn(self) -> None:
        if self._announced_next and self._next is not None:
            self.policy, self._next = self._next, None
        self._announced_next = False

    def _release(self, step: Step, now_ms: int) -> None:
        """Write down the next policy before anything is decided by it; otherwise go on."""
        if not self._written:
            self._written = True
            step.changes[POLICY_KEY] = dump_policy(self.policy)
        if self._next is not None and self._doubtful <= 0:
            step.changes[POLICY_KEY] = dump_policy(self._next)
            self._announced_next = step.more = True
            return
        waiting = self.merge.waiting
        super()._release(step, now_ms)
        self._doubtful -= waiting - self.merge.waiting
