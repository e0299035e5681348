"""The learning loop on a real Kafka: people decline a new kind of chaff, a challenger takes over everywhere, a person rolls it back."""

import asyncio
import json
from pathlib import Path

import pytest

from agents.inspect.audit import run_audit, wait_until_done
from agents.local.supervise import Supervisor
from agents.local.up import environment, prepare
from agents.operate.models import give_label, promote, read_board, roll_back
from models import load_bundle
from schemas.errors import WinnowError
from schemas.topics import STAGES
from tests.integration.learning_world import PARTITIONS, Learning, fitting

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(600)]

PROBES = 4 * PARTITIONS
ACTIONS = 300


async def until_actions(world: Learning, count: int) -> None:
    """Wait until there are so many actions to answer."""
    for _ in range(120):
        if len(await world.messages("actions.support")) >= count:
            return
        await asyncio.sleep(0.5)
    raise AssertionError(f"there never were {count} actions")


async def until_champion(world: Learning, former: str) -> str:
    """Wait until another model than ``former`` is in force; its version."""
    for _ in range(240):
        champion = (await read_board(world.settings)).champion
        if champion is not None and champion.version != former:
            return champion.version
        await asyncio.sleep(0.25)
    raise AssertionError("no challenger took over")


async def until_judged_by(world: Learning, version: str) -> None:
    """Wait until all partitions judge with a version: posts sent from then on are its."""
    for _ in range(60):
        names = await world.send(PROBES, chaff_share=0.0)
        assert await wait_until_done(world.settings, timeout_seconds=60, stages=("sift",))
        if (await world.passed(names)).models == {version}:
            return
        await asyncio.sleep(0.5)
    raise AssertionError(f"{version} judges not everywhere")


async def measure(world: Learning, count: int = 500) -> tuple[float, float, set[str]]:
    """Fresh posts: (share of chaff that passes, share of wheat that passes, models that judged)."""
    names = await world.send(count)
    assert await wait_until_done(world.settings, timeout_seconds=60, stages=("sift",))
    passed = await world.passed(names)
    return passed.share(of_chaff=True), passed.share(of_chaff=False), passed.models


def test_declined_chaff_is_learned_everywhere_without_a_restart(kafka: str, tmp_path: Path) -> None:
    """Outcomes for a tenth of a new chaff let a challenger take over within 2,000 labels: at least 80 % less of it
    passes, at most 2 % of the complaints are lost, a roll-back restores what was, and the books balance throughout."""
    settings = fitting(kafka, tmp_path)
    world = Learning(settings)
    own = load_bundle().version

    async def run() -> dict[str, object]:
        await prepare(settings, None)
        async with Supervisor(STAGES, environment(settings), tmp_path / "logs") as supervisor:
            await supervisor.until_ready(120)
            chaff_before, wheat_before, models = await measure(world, 1_500)
            assert models == {own}
            await until_actions(world, ACTIONS)
            answered = await world.answer()
            await until_champion(world, own)
            # Labels are still on their way: what they teach may be promoted as well.
            assert await wait_until_done(settings, timeout_seconds=120, stages=("act", "learn"))
            learned = await until_champion(world, own)
            await until_judged_by(world, learned)
            chaff_after, wheat_after, models = await measure(world)
            assert models == {learned}
            assert (await roll_back(settings)).version == own
            assert (await read_board(settings)).held
            await until_judged_by(world, own)
            chaff_again, wheat_again, models = await measure(world)
            assert models == {own}
            restarts = sum(child.restarts for child in supervisor.children)
        report = await run_audit(settings)
        return {
            "labels": answered, "restarts": restarts, "balance": report.to_json(), "chaff": (chaff_before, chaff_after, chaff_again),
            "wheat": (wheat_before, wheat_after, wheat_again),
        }  # fmt: skip

    found = asyncio.run(run())
    before, after, again = found["chaff"]  # type: ignore[misc]
    assert found["labels"] <= 2_000  # type: ignore[operator]
    assert after <= 0.2 * before  # type: ignore[has-type]
    assert abs(again - before) < 0.06  # type: ignore[has-type]  # other posts: the shipped gate knows one in fourteen of them
    kept, still, once_more = found["wheat"]  # type: ignore[misc]
    assert still >= 0.98 * kept  # type: ignore[has-type]
    assert once_more == kept  # type: ignore[has-type]
    assert found["restarts"] == 0
    assert found["balance"]["balanced"], json.dumps(found["balance"])  # type: ignore[index]


async def test_what_was_never_announced_can_not_be_promoted(kafka: str, tmp_path: Path) -> None:
    """An unknown version, and a roll-back with nothing before, are refused with what is known."""
    settings = fitting(kafka, tmp_path)
    await prepare(settings, None)
    with pytest.raises(WinnowError, match="no model 123456789abc was announced"):
        await promote(settings, "123456789abc")
    with pytest.raises(WinnowError, match="in force already"):
        await promote(settings, load_bundle().version)
    with pytest.raises(WinnowError, match="no model before"):
        await roll_back(settings)


async def test_a_reviewer_labels_what_is_there(kafka: str, tmp_path: Path) -> None:
    """The subject is looked up by the id, in information and chaff; an id that nobody knows is refused unless the subject is given."""
    world = Learning(fitting(kafka, tmp_path))
    await prepare(world.settings, None)
    await world.put("information", "aurora", {"id": "i1", "signal": {"id": "n", "text": "t"}})
    await world.put("chaff", "brightbank", {"id": "c1", "text": "t"})
    for name, subject in (("i1", "aurora"), ("c1", "brightbank")):
        await give_label(world.settings, name, "noise", "false", subject=None, given_by="reviewer/ann")
        assert [label["subject"] for label in await world.messages("labels") if label["information"] == name] == [subject]
    with pytest.raises(WinnowError, match="no information and no chaff gone"):
        await give_label(world.settings, "gone", "noise", "true", subject=None, given_by="reviewer/ann")
    assert (await give_label(world.settings, "gone", "noise", "true", subject="aurora", given_by="reviewer/ann")).subject == "aurora"
