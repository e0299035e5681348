"""A real Prometheus and Alertmanager on loopback for tests: watches workers with the shipped rules, only quicker."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from agents.local.ports import free_port
from tests.conftest import ROOT, absent

RULES = ROOT / "deploy" / "prometheus" / "winnow.rules.yaml"
WAIT_SECONDS = 90.0
QUICKER = {"5m": "15s", "10m": "5s"}
"""Windows that decide when the alerts under test fire; the longer ones hold whatever there is."""


def tool(*names: str) -> str:
    """Path of a program that goes by one of these names; its absence is a skip, in CI a failure."""
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        absent(f"{names[0]} not found (Debian: prometheus, prometheus-alertmanager)")
    assert found is not None
    return found


def quick_rules(text: str, most_lag: int) -> str:
    """The shipped rules with short waits and windows, and with a lag that a small test can reach."""
    text = re.sub(r"\[(\w+)\]", lambda window: f"[{QUICKER.get(window[1], window[1])}]", text)
    text = re.sub(r"\bfor: \w+", "for: 2s", text)
    assert "winnow:group_lag:max > 2000" in text
    return text.replace("winnow:group_lag:max > 2000", f"winnow:group_lag:max > {most_lag}")


@dataclass(frozen=True, slots=True)
class Monitoring:
    """The two servers as one asks them."""

    session: aiohttp.ClientSession
    prometheus: str
    alertmanager: str

    async def get(self, path: str, **parameters: str) -> Any:
        """Data of a Prometheus API call, which must succeed."""
        async with self.session.get(f"{self.prometheus}/api/v1/{path}", params=parameters) as answer:
            found = await answer.json()
        assert found["status"] == "success", found
        return found["data"]

    async def query(self, query: str) -> list[dict[str, Any]]:
        """Result of an instant query."""
        found: list[dict[str, Any]] = (await self.get("query", query=query))["result"]
        return found

    async def names(self) -> set[str]:
        """Names of all series."""
        return set(await self.get("label/__name__/values"))

    async def received(self) -> list[Mapping[str, str]]:
        """Labels of the alerts that have reached Alertmanager and are not resolved."""
        async with self.session.get(f"{self.alertmanager}/api/v2/alerts", params={"active": "true"}) as answer:
            return [alert["labels"] for alert in await answer.json()]

    async def is_firing(self, alert: str, stage: str) -> bool:
        """Whether Alertmanager has this alert of a stage."""
        return any(labels["alertname"] == alert and labels.get("stage") == stage for labels in await self.received())


async def until(condition: Callable[[], Awaitable[bool]], what: str) -> None:
    """Wait for a condition, not for ever."""
    deadline = asyncio.get_running_loop().time() + WAIT_SECONDS
    while not await condition():
        assert asyncio.get_running_loop().time() < deadline, f"never came to pass: {what}"
        await asyncio.sleep(0.3)


@asynccontextmanager
async def monitoring(folder: Path, ports: Iterable[int], *, most_lag: int) -> AsyncIterator[Monitoring]:
    """Both servers at work on these workers; leaving the block ends them."""
    prometheus, alertmanager = free_port(), free_port()
    (folder / "rules.yaml").write_text(quick_rules(RULES.read_text(), most_lag))
    scrape = {"job_name": "winnow", "static_configs": [{"targets": [f"127.0.0.1:{port}" for port in ports]}]}
    config = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": ["rules.yaml"],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{alertmanager}"]}]}]},
        "scrape_configs": [scrape],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    commands = (
        (tool("prometheus"), "--config.file=prometheus.yml", "--storage.tsdb.path=data", f"--web.listen-address=127.0.0.1:{prometheus}"),
        (
            tool("prometheus-alertmanager", "alertmanager"),
            f"--config.file={ROOT / 'deploy' / 'prometheus' / 'alertmanager.yml'}",
            "--storage.path=alerts",
            f"--web.listen-address=127.0.0.1:{alertmanager}",
            "--cluster.listen-address=",
        ),
    )
    async with AsyncExitStack() as stack:
        log = stack.enter_context((folder / "monitoring.log").open("ab"))
        for command in commands:
            process = await asyncio.create_subprocess_exec(*command, stdout=log, stderr=log, cwd=folder)
            stack.push_async_callback(_end, process)
        session = await stack.enter_async_context(aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)))
        found = Monitoring(session, f"http://127.0.0.1:{prometheus}", f"http://127.0.0.1:{alertmanager}")

        async def answer() -> bool:
            try:
                for base in (found.prometheus, found.alertmanager):
                    async with session.get(f"{base}/-/ready") as ready:
                        if ready.status != 200:
                            return False
            except aiohttp.ClientError:
                return False
            return True

        await until(answer, f"Prometheus and Alertmanager answer; see {folder / 'monitoring.log'}")
        yield found


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), 10)
    except TimeoutError:
        process.kill()
        await process.wait()
