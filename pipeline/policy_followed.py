"""A new policy, or a fact about policies, in, between two batches; the shard goes by it, and counts it with its next step."""

from pipeline.policy_model import Policy
from pipeline.stage import Step


class Followed:
    """What decide and act shards have in common: the policy that they go by."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._facts: list[tuple[str, ...]] = []

    def use(self, policy: Policy) -> None:
        """Go by another policy from the next batch on; what stands or is on its way stays as it is until its situation changes."""
        self.policy = policy

    def tell(self, *fact: str) -> None:
        """Count a fact, e.g. ``("policy_refused",)``, with the next step."""
        self._facts.append(fact)

    def count_facts(self, step: Step) -> None:
        """Let the step count what was told."""
        for fact in self._facts:
            step.count(*fact)
        self._facts.clear()
