"""What workers say of drift: asked of all that an address means, judged by the same threshold as the alert."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from agents.inspect import drift
from agents.inspect.doctor import examine
from agents.metrics.metrics import Metrics
from agents.metrics.shards import read
from agents.runtime.probes import Web
from agents.settings import load_settings
from tests.conftest import ROOT


class Drifting:
    """A drift that says what it is told to."""

    def __init__(self, **indices: float) -> None:
        self._indices = indices

    def indices(self, _: Any = ()) -> dict[str, float]:
        """As told."""
        return self._indices


def metrics(**indices: float) -> Metrics:
    """A sift worker's metrics with these indices."""
    found = Metrics("sift")
    for facet, index in indices.items():
        found._of("winnow_drift_psi", "sift", facet).set(index)
    return found


@pytest.fixture
async def worker(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """The address of a worker that exposes what the test's parameters say."""
    web = Web(load_settings(web_port=0), metrics(**request.param), lambda: None)
    await web.start()
    yield web.address
    await web.stop()


async def found(*workers: str) -> Any:
    """The doctor's finding."""
    return next(finding for finding in await examine(workers) if finding.check == "drift")


@pytest.mark.parametrize("worker", [{"intent": 0.02, "language": 0.4, "spam": 0.31}], indirect=True)
async def test_a_shift_fails_the_check_and_names_the_facets(worker: str) -> None:
    """The worst first, with the runbook; those that did not shift are not shown."""
    finding = await found(worker)
    assert not finding.ok
    assert finding.found == "stability index language 0.40, spam 0.31; 0.25 is a shift"
    assert "WinnowModelDrift.md" in finding.hint


@pytest.mark.parametrize("worker", [{"intent": 0.02, "language": 0.2}], indirect=True)
async def test_no_shift_is_well(worker: str) -> None:
    """What is nearest to one is shown."""
    finding = await found(worker)
    assert finding.ok
    assert finding.found == "stability index language 0.20; 0.25 is a shift"


@pytest.mark.parametrize("worker", [{}], indirect=True)
async def test_a_young_worker_has_nothing_to_compare(worker: str) -> None:
    """Before its reference is complete a worker says nothing, and that is well."""
    finding = await found(worker)
    assert finding.ok
    assert "nothing to compare yet" in finding.found


async def test_a_named_worker_that_does_not_answer_fails_the_check() -> None:
    """Whoever names an address wants an answer from it."""
    finding = await found("http://127.0.0.1:1/metrics")
    assert not finding.ok
    assert "127.0.0.1:1" in finding.found


@pytest.mark.parametrize("worker", [{"spam": 0.3}], indirect=True)
async def test_a_name_stands_for_all_its_hosts(worker: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As that of a headless service does: the highest index of all counts, a host that is gone takes nothing from the others."""
    loop, port = asyncio.get_running_loop(), int(worker.split(":")[2].partition("/")[0])
    there = loop.getaddrinfo
    others = Web(load_settings(web_host="127.0.0.2", web_port=port), metrics(spam=0.1, intent=0.2), lambda: None)
    await others.start()

    async def hosts(host: str, port: int, **more: Any) -> list[Any]:
        if host != "workers":
            return await there(host, port, **more)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"127.0.0.{number}", port)) for number in (1, 2, 2, 3)]

    monkeypatch.setattr(loop, "getaddrinfo", hosts)
    try:
        assert await drift.ask([f"http://workers:{port}/metrics"]) == ({"spam": 0.3, "intent": 0.2}, [])
        assert await drift.ask([f"http://workers:{port}/none", "http://[/", "x"]) == ({}, [f"http://workers:{port}/none", "http://[/", "x"])
    finally:
        await others.stop()


async def test_nobody_is_asked_unless_there_is_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a port of its own the doctor says how to ask; with one that nobody listens on it is no failure."""
    assert (await found()).ok
    assert "--worker" in (await found()).hint
    monkeypatch.setenv("WINNOW_WEB_PORT", "1")
    finding = await found()
    assert finding.ok
    assert "127.0.0.1:1/metrics does not answer" in finding.found


def test_other_pages_are_no_metrics() -> None:
    """A port that something else listens on should not pass for a worker without drift."""
    with pytest.raises(ValueError, match="no metrics of Winnow"):
        drift.read("# TYPE up gauge\nup 1\n")
    with pytest.raises(ValueError, match=r".+"):
        drift.read("<html>")


def test_doctor_and_alert_agree_on_the_threshold() -> None:
    """Nobody should be told two things of one deployment."""
    groups = yaml.safe_load((ROOT / "deploy" / "prometheus" / "winnow.rules.yaml").read_text())["groups"]
    (alert,) = [rule for group in groups for rule in group["rules"] if rule.get("alert") == "WinnowModelDrift"]
    assert float(re.findall(r"> ([\d.]+)", alert["expr"])[0]) == drift.SHIFTED


def test_all_shards_of_a_worker_are_told_as_one() -> None:
    """The first one is asked, with the others; a shard that nobody watches says nothing."""
    sift = type("SiftShard", (SimpleNamespace,), {"__module__": "pipeline.sift.shard"})
    shards = [sift(clock=1, model="v", drift=None), sift(clock=1, model="v", drift=Drifting(spam=0.5))]
    assert [(labels, value) for name, labels, value in read("sift", shards) if name == "winnow_drift_psi"] == [(("spam",), 0.5)]
    assert not [name for name, _, _ in read("sift", shards[:1]) if name == "winnow_drift_psi"]
