"""Escalations that came together in one action are part of the story of each of their situations."""

import asyncio

from agents.inspect.explain import tell_story
from agents.inspect.explain_file import FlowLookup
from agents.settings import load_settings
from pipeline.explain import Story
from pipeline.ledger import Book
from pipeline.stream.stage import Record
from tests.unit.pipeline.act.test_escalations import TIGHT, cases
from tests.unit.pipeline.act.test_shard import act, answer
from tests.unit.pipeline.decide.world import MINUTE, START, Shell, decided, digest, policy, situation_records


def told(shell: Shell, what: str) -> Story:
    """The story of ``what``, as the topics have it."""
    reading = FlowLookup(load_settings())
    for record in situation_records(cases(5)):
        reading.keep("situations", 0, record)
    for number, one in enumerate(output for output in [*decided(cases(5), policy(TIGHT)), *shell.outputs.values()] if not output.broadcast):
        reading.keep(one.noun, 0, Record(number, one.time_ms, one.key, one.value, one.headers()))
    for record in shell.log.get("outcomes", ()):
        reading.keep("outcomes", 0, record)
    return asyncio.run(tell_story(reading, Book(), what))


def test_each_item_of_a_group_is_told_with_its_own_situation_and_answer() -> None:
    """By the situation and by the id of the item; of the others only how the group is called."""
    shell = act(*cases(5), text=TIGHT)
    shell.settle(START + 65 * MINUTE)
    group = shell.messages("actions")[-1]
    item = group["items"][1]
    assert item["situation"] == digest("c3")
    answer(shell, {"action_id": item["action_id"], "team": "comms"}, "acknowledged")
    for what in (digest("c3"), item["action_id"]):
        story = told(shell, what)
        steps = [one for one in story.actions if one["kind"] == "escalate"]
        assert [(one["action_id"], one["group"], one["step"]) for one in steps] == [(item["action_id"], group["action_id"], 1)]
        text = "\n".join(story.lines())
        assert f"escalation 1: comms was asked, with others in action {group['action_id']}, through x [action {item['action_id']}" in text
        assert "comms answered acknowledged" in text
