"""Changes the text of a policy or silences file, and reads the result again to check it. For `winnow silence` and `policy health`."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from pipeline.policy.errors import PolicyError, read_yaml
from pipeline.policy.load import Policy, Silence, parse_policy, parse_silences
from pipeline.written import dump_yaml

HEADER = "# Silences of the policy beside; workers notice changes. `winnow silence add`, `list` and `expire` edit it.\n"


def dump_silences(silences: Iterable[Silence]) -> str:
    """A silences file, in order of their ends. Raises PolicyError when it would not be read again as it is."""
    ordered = sorted(silences, key=lambda silence: (silence.until, silence.name))
    entries = [one.model_dump(mode="json") for one in ordered]
    text = HEADER + dump_yaml({"version": 1, "silences": entries}) + "...\n"
    if parse_silences(text, "silences") != tuple(ordered):
        raise PolicyError("silences", None, "cannot be written so that they read the same")
    return text


def ended(silences: Iterable[Silence], now: datetime) -> list[str]:
    """Names of those whose time has passed."""
    return [silence.name for silence in silences if silence.until <= now]


def lasting(silences: Iterable[Silence], now: datetime) -> list[str]:
    """Names of those that go on for more than a year: what is meant for good belongs into the rules."""
    return [silence.name for silence in silences if silence.until - now > timedelta(days=366)]


def to_shadow(text: str, rule: str, name: str) -> str:
    """The policy's text with one rule in ``mode: shadow``; comments and all else stay. Raises PolicyError when that cannot be done."""
    values, lines = read_yaml(text, name)
    before = parse_policy(text, name)
    number = next((index for index, one in enumerate(values["rules"]) if one.get("name") == rule), None)
    if number is None:
        elsewhere = f"; it stands in one of {', '.join(before.files)}: edit that" if before.rule(rule) is not None else ""
        raise PolicyError(name, None, f"has no rule {rule!r}{elsewhere}")
    rows = text.splitlines(keepends=True)
    mode_line = lines.get(("rules", number, "mode"))
    if mode_line is not None:
        rows[mode_line - 1] = re.sub(r"\bmode:\s*['\"]?live['\"]?", "mode: shadow", rows[mode_line - 1], count=1)
    else:
        at = lines["rules", number, "name"] - 1
        found = re.fullmatch(r"(\s*(?:-\s+)?)name:\s*['\"]?[\w-]+['\"]?\s*(?:#.*)?\n?", rows[at])
        if found is None:
            raise PolicyError(name, at + 1, "add `mode: shadow` by hand: the rule is not written one field a line", rule)
        rows.insert(at + 1, " " * len(found[1]) + "mode: shadow\n")
    changed = "".join(rows)
    if _modes(parse_policy(changed, name)) != _modes(before) | {rule: "shadow"}:
        raise PolicyError(name, lines.get(("rules", number)), "add `mode: shadow` by hand", rule)
    return changed


def _modes(policy: Policy) -> dict[str, str]:
    return {rule.name: rule.mode for rule in policy.rules}
