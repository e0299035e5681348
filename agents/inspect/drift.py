"""How far what sift workers see has moved, from the metrics that they expose: for the doctor and the board."""

import asyncio
import socket
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

METRIC = "winnow_drift_psi"
SHIFTED = 0.25
"""From here on the population stability index calls for a look; deploy/prometheus alerts at the same."""

ANSWER_SECONDS = 3.0


async def ask(addresses: Iterable[str]) -> tuple[dict[str, float], list[str]]:
    """The highest index of every facet among workers, and the addresses at which none answered.

    An address whose name stands for several hosts, as a headless service's does, means the workers on all of them.
    """
    given = list(addresses)
    worst: dict[str, float] = {}
    silent = []
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS)) as session:
        for address, answers in zip(given, await asyncio.gather(*(_ask_all(session, one) for one in given)), strict=True):
            told = [one for one in answers if one is not None]
            if not told:
                silent.append(address)
            for indices in told:
                for facet, index in indices.items():
                    worst[facet] = max(index, worst.get(facet, 0.0))
    return worst, silent


async def _ask_all(session: aiohttp.ClientSession, address: str) -> list[dict[str, float] | None]:
    """What every host of an address says; None of one that says nothing of ours."""
    try:
        split = urlsplit(address)
        port = split.port
        if split.scheme == "http" and split.hostname and port:
            loop = asyncio.get_running_loop()
            found = await asyncio.wait_for(loop.getaddrinfo(split.hostname, port, type=socket.SOCK_STREAM), ANSWER_SECONDS)
            hosts = dict.fromkeys(f"[{one[4][0]}]" if one[0] == socket.AF_INET6 else one[4][0] for one in found)
            addresses = [split._replace(netloc=f"{host}:{port}").geturl() for host in hosts]
        else:
            addresses = [address]  # a certificate is for the name
    except (OSError, TimeoutError, ValueError):
        return [None]
    return await asyncio.gather(*(_ask_one(session, one) for one in addresses))


async def _ask_one(session: aiohttp.ClientSession, address: str) -> dict[str, float] | None:
    try:
        async with session.get(address) as answer:
            return read(await answer.text())
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return None


def read(exposed: str) -> dict[str, float]:
    """Facet -> index, of metrics as a worker exposes them. Raises ValueError where the text is something else."""
    families = list(text_string_to_metric_families(exposed))
    if not any(family.name.startswith("winnow_") for family in families):
        raise ValueError("no metrics of Winnow")
    return {one.labels["facet"]: one.value for family in families if family.name == METRIC for one in family.samples}


def ranked(worst: Mapping[str, float]) -> list[tuple[str, float]]:
    """Facets and their indices, the highest first."""
    return sorted(worst.items(), key=lambda found: -found[1])


def say(worst: Mapping[str, float]) -> str:
    """The facets that shifted, worst first; when none did, the one nearest to it."""
    known = ranked(worst)
    shown = [found for found in known if found[1] > SHIFTED] or known[:1]
    return ", ".join(f"{facet} {index:.2f}" for facet, index in shown)
