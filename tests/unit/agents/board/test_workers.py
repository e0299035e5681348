"""What the books say of the workers: looked at while somebody reads, shown with its age, and said plainly where nothing is known."""

import asyncio
from pathlib import Path

import pytest

from agents.board import workers
from agents.board.workers import StageLag, WorkersSeen, WorkersWatch
from agents.settings import load_settings
from schemas.errors import WinnowError
from schemas.topics import STAGES
from tests.unit.agents.board.world import NOW, UnaskedWatch, world


class Looks:
    """What a watch is told, look by look, and when it may be."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, address: str = "http://one:9100/metrics") -> None:
        self.now, self.count = 1_000.0, 0
        self.answers = asyncio.Event()
        self.answers.set()
        monkeypatch.setattr(workers, "_lags", self._lags)
        monkeypatch.setattr(workers.drift, "ask", self._ask)
        self.watch = WorkersWatch(load_settings(board_workers=address), clock=lambda: self.now)

    async def _lags(self, _settings: object) -> tuple[StageLag, ...]:
        await self.answers.wait()
        self.count += 1
        return (StageLag("sift", self.count, "posts/0"),)

    async def _ask(self, addresses: tuple[str, ...]) -> tuple[dict[str, float], list[str]]:
        return {"language": 0.1, "intent": 0.3}, [one for one in addresses if "gone" in one]

    async def settled(self) -> None:
        """Until the look under way is over."""
        assert self.watch._looking is not None
        await self.watch._looking


async def test_the_first_page_waits_and_the_next_are_shown_what_was_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten seconds hold; then the page is shown the last, and a look is made behind it; a minute old is not shown any more."""
    looks = Looks(monkeypatch)
    first = await looks.watch.latest()
    assert first == WorkersSeen(1_000_000, (StageLag("sift", 1, "posts/0"),), (("intent", 0.3), ("language", 0.1)), ())
    looks.now += workers.FRESH_SECONDS - 0.001
    assert await looks.watch.latest() is first
    assert looks.count == 1
    looks.now += 0.001
    assert await looks.watch.latest() is first
    await looks.settled()
    looks.now += workers.STALE_SECONDS - 0.001
    assert (await looks.watch.latest()) == WorkersSeen(1_010_000, (StageLag("sift", 2, "posts/0"),), first.drift, ())
    await looks.settled()
    looks.now += workers.STALE_SECONDS
    last = await looks.watch.latest()
    assert last is not None
    assert last.lags == (StageLag("sift", 4, "posts/0"),)


async def test_a_broker_that_does_not_answer_holds_no_page_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page comes without; all who ask meanwhile wait for the same look; closing ends it."""
    monkeypatch.setattr(workers, "WAIT_SECONDS", 0.01)
    looks = Looks(monkeypatch)
    looks.answers.clear()
    assert await asyncio.gather(looks.watch.latest(), looks.watch.latest()) == [None, None]
    looks.answers.set()
    await looks.settled()
    assert looks.count == 1
    assert await looks.watch.latest() is not None
    looks.answers.clear()
    looks.now += workers.STALE_SECONDS
    assert await looks.watch.latest() is None
    await looks.watch.close()
    assert looks.count == 1


async def test_a_host_that_is_silent_is_named_without_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands before the @ in an address is nobody's on a page."""
    seen = await Looks(monkeypatch, "http://jo:canary@gone:9100/metrics, gone ,http://one:1/x").watch.latest()
    assert seen is not None
    assert seen.silent == ("gone:9100", "an address that is none")


async def test_what_the_broker_forbids_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """One stage forbidden: the others are told; no broker: nothing is."""

    class Nothing:
        def __init__(self, _settings: object) -> None:
            pass

        async def __aenter__(self) -> "Nothing":
            return self

        async def __aexit__(self, *_: object) -> None:
            return None

    async def lags(_settings: object, _scanner: object, stage: str) -> dict[tuple[str, str, int], int]:
        if stage == "act":
            raise WinnowError("forbidden")
        waiting = (0, 7, 2) if stage == "sift" else (0, 0, 0)
        return dict(zip(((stage, "posts", 0), (stage, "posts", 1), (stage, "feedback", 0)), waiting, strict=True))

    monkeypatch.setattr(workers, "Scanner", Nothing)
    monkeypatch.setattr("agents.metrics.group_lag.group_lags", lags)
    found = {one.stage: one for one in await workers._lags(load_settings())}
    assert found["sift"] == StageLag("sift", 9, "posts/1")
    assert found["act"] == StageLag("act", None)
    assert found["decide"] == StageLag("decide", 0)


async def test_without_a_broker_no_lag_is_known() -> None:
    """Of no stage, and that is no failure of the page."""
    found = await workers._lags(load_settings(broker="127.0.0.1:1"))
    assert {one.stage: one.events for one in found} == dict.fromkeys(STAGES)


def page(folder: Path, monkeypatch: pytest.MonkeyPatch, seen: WorkersSeen | None, *, workers: tuple[str, ...] = ("http://one/",)) -> str:
    """The books with this to tell."""
    made = world(folder, [], monkeypatch)
    made.board.workers.workers = workers

    async def latest(_: UnaskedWatch) -> WorkersSeen | None:
        return seen

    monkeypatch.setattr(UnaskedWatch, "latest", latest)
    status, _, text = made.ask("GET", "/books")
    assert status == 200
    return text


def test_the_books_tell_lag_and_drift(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers with where most waits; a shift in words, at the same threshold as the alert's; who is silent."""
    lags = (StageLag("sift", 12_345, "posts/3"), StageLag("act", 0), StageLag("decide", None))
    text = page(tmp_path, monkeypatch, WorkersSeen(NOW, lags, (("intent", 0.31), ("language", 0.25)), ("<b>:1",)))
    lag, drift = text.partition('id="lag"')[2].split('id="drift"')
    drift = drift.partition('id="audit"')[0]
    assert [word in lag for word in ("12,345", "most in posts/3", "keeps up", "not known", "ago")] == [True] * 5
    assert (drift.count("shifted"), drift.count("as before"), "0.31" in drift) == (1, 1, True)
    assert "&lt;b&gt;:1" in drift


@pytest.mark.parametrize(
    ("seen", "named", "said"),
    [
        (None, ("http://one/",), ["Kafka has not answered yet", "No worker has answered yet"]),
        (WorkersSeen(NOW, ()), (), ["No worker is named"]),
        (WorkersSeen(NOW, ()), ("http://one/",), ["Nothing to compare yet"]),
    ],
)
def test_the_books_say_what_they_cannot_tell(
    seen: WorkersSeen | None, named: tuple[str, ...], said: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And why."""
    text = page(tmp_path, monkeypatch, seen, workers=named)
    assert [one for one in said if one not in text] == []
