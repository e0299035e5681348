"""The doctor's finding on drift, from the metrics of running sift workers."""

from collections.abc import Iterable

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

METRIC = "winnow_drift_psi"
SHIFTED = 0.25
"""From here on the population stability index calls for a look; deploy/prometheus alerts at the same."""

ANSWER_SECONDS = 3.0


async def ask(addresses: Iterable[str]) -> tuple[dict[str, float], list[str]]:
    """The highest index of every facet among workers, and the addresses that did not answer."""
    worst: dict[str, float] = {}
    silent = []
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS)) as session:
        for address in addresses:
            try:
                async with session.get(address) as answer:
                    text = await answer.text()
                    indices = read(text)
            except (aiohttp.ClientError, TimeoutError, ValueError):
                silent.append(address)
                continue
            for facet, index in indices.items():
                worst[facet] = max(index, worst.get(facet, 0.0))
    return worst, silent


def read(exposed: str) -> dict[str, float]:
    """Facet -> index, of metrics as a worker exposes them. Raises ValueError where the text is something else."""
    families = list(text_string_to_metric_families(exposed))
    if not any(family.name.startswith("winnow_") for family in families):
        raise ValueError("no metrics of Winnow")
    return {one.labels["facet"]: one.value for family in families if family.name == METRIC for one in family.samples}


def say(worst: dict[str, float]) -> str:
    """The facets that shifted, worst first; when none did, the one nearest to it."""
    ranked = sorted(worst.items(), key=lambda found: -found[1])
    shown = [found for found in ranked if found[1] > SHIFTED] or ranked[:1]
    return ", ".join(f"{facet} {index:.2f}" for facet, index in shown)
