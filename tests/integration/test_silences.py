"""Silences on a real Kafka: from the command line into the workers that decide, and out of them again."""

import asyncio
from pathlib import Path

import orjson
import pytest

from agents.operate.policy_files import lasting
from agents.operate.silences import draft_silence, read_silences, write_silence
from agents.settings import Settings
from pipeline.policy.load import load_policy, silences_beside
from schemas.errors import WinnowError
from tests.integration.policy_world import create, fast, happening, seen, tell, until, working
from tests.integration.test_policy_commands import winnow
from tests.unit.pipeline.decide.world import POLICY, digest

pytestmark = pytest.mark.kafka

STRIKE = ("strike", "--when", "situation.facet == 'strike'", "--author", "jo", "--reason", "announced")


@pytest.fixture
def own(settings: Settings, tmp_path: Path) -> Settings:
    """A small deployment with a policy that nobody may write to."""
    folder = tmp_path / "mounted"
    folder.mkdir()
    (folder / "policy.yaml").write_text(POLICY)
    folder.chmod(0o555)
    return fast(settings, folder / "policy.yaml")


def environment(own: Settings) -> dict[str, str]:
    """How a command finds that deployment."""
    return {"BROKER": own.broker, "PREFIX": own.prefix, "PARTITIONS": "1", "POLICY_FILE": str(own.policy_file)}


async def modes(own: Settings, name: str) -> list[str]:
    """Modes of all decisions about a situation."""
    return [one["mode"] for one in await seen(own, "decisions") if one["situation"]["id"] == digest(name)]


async def test_a_silence_stops_decisions_until_it_is_ended(own: Settings, tmp_path: Path) -> None:
    """What matches has a receipt that names it; ended early, the team is asked about what still stands, without further news of it."""
    words = environment(own)
    await create(own)
    assert (await asyncio.to_thread(winnow, "silence", "add", *STRIKE, "--for", "4h", **words)).exit_code == 0
    async with working(own, tmp_path):  # a worker knows the silences before it decides anything
        await tell(own, [happening("a", facet="strike"), happening("b")])

        async def both() -> bool:
            return bool(await modes(own, "a")) and bool(await modes(own, "b"))

        await until("both decided", both)
        assert (await modes(own, "a"), await modes(own, "b")) == (["suppressed"], ["live"])
        (receipt,) = [one for one in await seen(own, "decisions") if one["mode"] == "suppressed"]
        assert receipt["against"] == ["silence strike by jo: announced"]
        ended = await asyncio.to_thread(winnow, "silence", "expire", "strike", "--by", "mo", "--reason", "it is over", **words)
        assert ended.stdout.startswith("ended: strike/"), ended.output
        log = tmp_path / "decide.log"

        async def taken_up() -> bool:
            return log.read_text().count("takes the place of") == 2  # of the policy without it at the start, and with its new end

        await until("the end is known", taken_up)
        await tell(own, [happening("c")])

        async def asked() -> bool:
            return await modes(own, "a") == ["suppressed", "live"]

        await until("the team is asked", asked)
        listed = orjson.loads((await asyncio.to_thread(winnow, "silence", "list", "--json", **words)).stdout)
        assert [(one["name"], one["state"], one["ended_by"], one["where"]) for one in listed] == [("strike", "ended", "mo", "topic")]
        removed = await asyncio.to_thread(winnow, "silence", "expire", "--ended", **words)
        assert removed.stdout == f"removed: {listed[0]['id']}\n"
        assert (await asyncio.to_thread(winnow, "silence", "list", **words)).stdout == "no silences\n"
    assert not silences_beside(own.policy_file or Path()).exists()


async def test_silences_that_are_added_at_once_all_count(own: Settings) -> None:
    """Of the same name, too: thirty people, thirty silences."""
    await create(own)
    drafts = [
        draft_silence("strike", "hour > 3", f"person-{number}", "r", lasting(3_600_000), now_ms=1_790_000_000_000 - number)
        for number in range(30)
    ]
    await asyncio.gather(*(write_silence(own, one) for one in drafts))
    assert {one.author for one in await read_silences(own)} == {f"person-{number}" for number in range(30)}


@pytest.mark.parametrize("mounted", [False, True])
def test_silences_move_from_the_file_to_the_topic(
    settings: Settings, tmp_path: Path, mounted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that hold, with author and reason; the file says that there is none, or somebody is told to make it so."""
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY)
    window = "only: {start: '22:00', end: '06:00', days: [mon], time_zone: Europe/Berlin}"
    silences_beside(file).write_text(
        "version: 1\nsilences:\n"
        f"  - {{name: nightly, when: hour > 3, author: jo, reason: known, until: 2100-01-01T00:00:00Z, {window}}}\n"
        "  - {name: gone, when: hour > 4, author: jo, reason: known, until: 2026-01-01T00:00:00Z}\n"
    )
    own = fast(settings, file)
    asyncio.run(create(own))
    if mounted:
        monkeypatch.setattr("agents.operate.silences.write_whole", read_only)
    moved = winnow("silence", "move", **environment(own))
    assert moved.exit_code == 0, moved.output
    (found,) = asyncio.run(read_silences(own))
    assert (found.name, found.author, found.reason, found.starts) == ("nightly", "jo", "known", None)
    assert found.only is not None
    assert (found.only.start, found.only.end, found.only.days) == ("22:00", "06:00", ("mon",))
    assert ("cannot be written" in moved.stdout) is mounted
    assert len(load_policy(file).silences) == (2 if mounted else 0)


def read_only(path: Path, _: str) -> None:
    """Permissions of a folder do not keep root from writing."""
    raise WinnowError(f"cannot write {path}: Read-only file system")
