"""`winnow actions` on a real Kafka: what a team is asked is listed and answered from the command line, and the answer counts."""

import asyncio
from pathlib import Path

import orjson
import pytest

from agents.settings import Settings
from schemas.errors import WinnowError
from tests.integration.policy_world import create, fast, happening, seen, tell, until, working
from tests.integration.test_policy_commands import winnow
from tests.unit.pipeline.decide.world import POLICY

pytestmark = pytest.mark.kafka


async def test_an_action_is_listed_and_answered(settings: Settings, tmp_path: Path) -> None:
    """Open at first, done after the answer, which act turns into a label; an id that nobody was sent is refused."""
    (tmp_path / "policy.yaml").write_text(POLICY)
    own = fast(settings, tmp_path / "policy.yaml")
    words = {"BROKER": own.broker, "PREFIX": own.prefix, "PARTITIONS": "1", "POLICY_FILE": str(own.policy_file)}
    await create(own)
    async with working(own, tmp_path):
        await tell(own, [happening("a"), happening("s", kind="surge", severity=0.8)])

        async def asked() -> bool:
            return len(await seen(own, "actions.support")) + len(await seen(own, "actions.comms")) == 3

        await until("all are asked", asked)
        listed = await asyncio.to_thread(winnow, "actions", "list", "--open", "--json", **words)
        found = orjson.loads(listed.stdout)
        assert sorted((one["action"]["team"], one["state"]) for one in found) == [
            ("comms", "open"),
            ("support", "open"),
            ("support", "open"),
        ]
        action = next(one["action"] for one in found if one["action"]["kind"] == "reply")
        answered = await asyncio.to_thread(
            winnow, "actions", "answer", action["action_id"][:12], "done", "--comment", "sent a voucher", "--by", "mo", **words
        )
        assert answered.stdout == f"done: action {action['action_id']} of support\n", answered.output

        async def labelled() -> bool:
            return any(one["action_id"] == action["action_id"] for one in await seen(own, "labels"))

        await until("the answer counts", labelled)
        (outcome,) = await seen(own, "outcomes")
        assert (outcome["team"], outcome["status"], outcome["by"]) == ("support", "done", "mo")
        plain = await asyncio.to_thread(winnow, "actions", "list", "--team", "support", **words)
        assert sorted(line.split()[1] for line in plain.stdout.splitlines()[1:]) == ["done", "open"]
        shown = await asyncio.to_thread(winnow, "actions", "show", action["action_id"], **words)
        assert "done of support" in shown.stdout
        unknown = await asyncio.to_thread(winnow, "actions", "answer", "0" * 32, "done", **words)
        assert isinstance(unknown.exception, WinnowError)
        assert "no team was sent an action" in str(unknown.exception)
