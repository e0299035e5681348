"""Real input: a week of tweets to six airlines through all stages on a real Kafka, nothing lost, every complaint explained."""

import asyncio
import uuid
from pathlib import Path

import pytest

from agents.inspect.audit import run_audit, wait_until_done
from agents.inspect.explain import run_explain
from agents.local.flow_view import FlowView
from agents.local.supervise import Supervisor
from agents.local.up import environment, prepare
from agents.operate.recordings import read_arrivals
from agents.operate.replay import run_replay
from agents.settings import load_settings
from schemas.topics import STAGES

pytestmark = [pytest.mark.kafka, pytest.mark.data, pytest.mark.timeout(400)]

TWEETS = 6_597
EXPLAINED = 12
SUBJECTS = Path(__file__).resolve().parents[2] / "deploy" / "examples" / "airlines.subjects.yaml"


def test_airline_tweets_become_explained_situations(kafka: str, data: Path, tmp_path: Path) -> None:
    """The audit balances over all tweets, complaints become cases that `explain` reaches, and history pages nobody."""
    settings = load_settings(broker=kafka, prefix=f"a{uuid.uuid4().hex[:6]}", subjects_file=SUBJECTS)

    async def run() -> None:
        teams = await prepare(settings, None)
        arrivals = read_arrivals(data / "airline_tweets.csv.gz", "airline-csv", start_ms=0)
        assert await run_replay(settings, arrivals, speed=None) == TWEETS
        async with Supervisor(STAGES, environment(settings), tmp_path) as supervisor, FlowView(settings, teams) as watch:
            await supervisor.until_ready(120)
            assert await wait_until_done(settings, timeout_seconds=180)
            await watch.caught_up()
            view = watch.view
        report = await run_audit(settings, until_end=True)
        assert report.balanced, report.to_json()
        assert report.events == TWEETS
        assert not view.action_ids, "history never opens a page"
        complaints = sorted(id_ for id_, situation in view.situations.items() if situation["facet"] == "complaint")
        assert len(complaints) > TWEETS / 10
        for id_ in complaints[:: len(complaints) // EXPLAINED]:
            told = "\n".join((await run_explain(settings, id_)).lines())
            assert id_ in told
            assert "was judged: complaint" in told

    asyncio.run(run())
