"""A policy with as many rules as asked for, made of the built-in ones: what the bench decides by."""

from importlib.resources import files

import orjson
import yaml


def many_rules(count: int) -> str:
    """A policy (JSON, which is YAML) that decides as the built-in one does: further rules ask for more than those they are made of.

    Raises ValueError for fewer rules than the built-in policy has.
    """
    policy = yaml.safe_load((files("pipeline") / "defaults" / "policy.yaml").read_text(encoding="utf-8"))
    own = policy["rules"]
    if count < len(own):
        raise ValueError(f"the built-in policy has {len(own)} rules, {count} are fewer")
    for number in range(count - len(own)):
        rule, turn = own[number % len(own)], number // len(own) + 1
        narrower = f"situation.facet == 'facet {turn}'" if turn % 2 else f"situation.severity >= 0.9 && situation.authors > {turn}"
        policy["rules"].append(rule | {"name": f"{rule['name']}-{turn}", "when": f"({rule['when']}) && {narrower}", "priority": 0})
    return orjson.dumps(policy).decode()
