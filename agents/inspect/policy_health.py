"""`winnow policy health`: how rules and teams do, and which rules had better decide in shadow."""

from typing import Any

import orjson

from agents.kafka import Scanner
from agents.settings import Settings


async def read_health(settings: Settings) -> list[dict[str, Any]]:
    """The latest Health message of every rule and team, rules first, those with most decisions first."""
    latest: dict[bytes, dict[str, Any]] = {}
    async with Scanner(settings) as scanner:
        async for _, records in scanner.records(await scanner.extents(scanner.nouns(["health"]))):
            for record in records:
                if record.key and record.value:
                    latest[record.key] = orjson.loads(record.value)
                elif record.key:
                    latest.pop(record.key, None)
    return sorted(latest.values(), key=lambda one: (one["kind"], -one["decisions"], one["name"]))


def failing(found: list[dict[str, Any]], floor: float, at_least: int) -> list[str]:
    """Rules with at least so many decisions of which less than ``floor`` (0..1) was acted on."""
    return [
        one["name"]
        for one in found
        if one["kind"] == "rule" and one["decisions"] >= at_least and one["acted_on_ratio"] is not None and one["acted_on_ratio"] < floor
    ]


def overturned_share(one: dict[str, Any]) -> float | None:
    """Which share of what was done was taken back later; None when nothing was done."""
    return one["overturned"] / max(one["done"], one["overturned"]) if one["done"] or one["overturned"] else None


def health_lines(found: list[dict[str, Any]]) -> list[str]:
    """A table for a person."""
    rows = [
        f"{'kind':5} {'name':24} {'decisions':>9} {'acknowledged':>12} {'done':>6} {'declined':>8} {'overturned':>10} "
        f"{'acted on':>8} {'first answer':>12}"
    ]
    for one in found:
        seconds = one["seconds_to_acknowledge_mean"]
        overturned = overturned_share(one)
        rows.append(
            f"{one['kind']:5} {one['name']:24} {one['decisions']:>9} {one['acknowledged']:>12} {one['done']:>6} {one['declined']:>8} "
            f"{'-' if overturned is None else f'{overturned:.0%}':>10} "
            f"{'-' if one['acted_on_ratio'] is None else format(one['acted_on_ratio'], '.0%'):>8} "
            f"{'-' if seconds is None else f'{seconds / 60:.1f} min':>12}"
        )
    return rows
