"""A policy as bytes in the state of a shard, and back: what was decided by it can be decided so again."""

import orjson

from pipeline.policy.conditions import stored_condition
from pipeline.policy.model import Policy, Rule, Silence
from pipeline.policy.values import STORED

VERSION = 1


def dump_policy(policy: Policy) -> bytes:
    """The whole policy with its hash, silences included."""
    return orjson.dumps({"v": VERSION, "hash": policy.hash, "policy": orjson.Fragment(policy.stored())})


def policy_of(dumped: bytes) -> Policy | None:
    """The policy that was dumped, under the hash it had; None when this Winnow can no longer read it."""
    try:
        saved = orjson.loads(dumped)
        policy = Policy.model_validate(saved["policy"], context=STORED)
        known: tuple[Rule | Silence, ...] = (*policy.rules, *policy.silences)
        conditions = {part.when: stored_condition(part.when) for part in known}
    except (ValueError, KeyError, TypeError):  # pydantic's and orjson's errors are ValueErrors
        return None
    return policy.compiled(conditions, (), known_as=str(saved["hash"]))
