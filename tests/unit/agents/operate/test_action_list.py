"""Actions held against outcomes: where each stands, and how it is listed."""

from typing import Any

import orjson
import pytest

from agents.commands.actions import table, told
from agents.operate.action_list import ActionStanding, standings
from pipeline.act.messages import action_id
from pipeline.act.outcomes import OutcomeRead, read_outcome
from pipeline.stream.stage import Record
from schemas.times import iso
from tests.unit.pipeline.act.test_escalations import TIGHT, cases
from tests.unit.pipeline.decide.world import MINUTE, START, Shell, act_shell, decided, decision_records, policy, situation

NOW = START + 30 * MINUTE


def actions(*messages: dict[str, Any], minutes: int = 0) -> list[dict[str, Any]]:
    """What act sends for these situations, with escalations until so many minutes later."""
    shell: Shell = act_shell()
    shell.feed("decisions", decision_records(decided(messages)), START)
    shell.tick(START)
    shell.tick(START + minutes * MINUTE)
    return shell.messages("actions")


def answer(action: dict[str, Any], status: str, team: str | None = None, **over: Any) -> OutcomeRead:
    """An outcome as it is read."""
    value = {"action_id": action["action_id"], "team": team or action["team"], "status": status, "at": iso(NOW), **over}
    found = read_outcome(Record(0, NOW, value["team"].encode(), orjson.dumps(value), []))
    assert isinstance(found, OutcomeRead)
    return found


def states(found: list[dict[str, Any]], *outcomes: OutcomeRead, now_ms: int = NOW) -> dict[tuple[str, str, int], str]:
    """Team, kind and step of each action -> where it stands."""
    listed = standings(found, outcomes, now_ms)
    return {(one.action["team"], one.action["kind"], one.action["step"]): one.state for one in listed}


@pytest.mark.parametrize("status", ["acknowledged", "done", "declined", "overturned"])
def test_what_was_answered_last_is_the_state(status: str) -> None:
    """That a tool has received it leaves it open."""
    (action,) = actions(situation("a"))
    assert list(states([action], answer(action, "received")).values()) == ["open"]
    assert list(states([action], answer(action, "acknowledged"), answer(action, status)).values()) == [status]


def test_an_answer_holds_for_the_whole_chain() -> None:
    """To an escalation, too, as long as it is not that it was the wrong team."""
    found = actions(situation("s", kind="surge", severity=0.8), minutes=20)
    first = next(one for one in found if one["kind"] == "page")
    up = next(one for one in found if one["kind"] == "escalate")
    assert up["action_id"] == action_id(first["action_id"], "comms", "escalate", 1)
    chain = {("comms", "page", 0), ("comms", "escalate", 1)}
    after = states(found, answer(up, "acknowledged"))
    assert {name for name, state in after.items() if state == "acknowledged"} == chain
    wrong = states(found, answer(first, "declined", reason="wrong_team"))
    assert (wrong["comms", "page", 0], wrong["comms", "escalate", 1]) == ("declined", "open")


def test_what_was_taken_back_replaced_or_has_expired_is_not_open() -> None:
    """Revocations ask for nothing, so they are not listed."""
    found = actions(situation("a"), situation("a", 2, START + MINUTE, self_resolved=True))
    assert [one["kind"] for one in found] == ["reply", "revoke"]
    assert list(states(found).values()) == ["revoked"]
    graver = actions(situation("a", severity=0.3), situation("a", 2, START + MINUTE, severity=0.6))
    assert [one.state for one in standings(graver, (), NOW)] == ["superseded", "open"]
    assert {one.state for one in standings(graver[1:], (), NOW + 25 * 60 * MINUTE)} == {"expired"}


def test_the_table_fits_80_columns() -> None:
    """Whatever people wrote; with the start of the id, by which it can be answered."""
    (action,) = actions(situation("a", text="my bag is lost " * 40))
    long = ActionStanding(action | {"team": "t" * 40, "kind": "escalate"}, "acknowledged")
    lines = table([ActionStanding(action), long], NOW)
    assert lines[0].split() == ["id", "state", "team", "kind", "age", "what"]
    assert all(len(line) <= 80 for line in lines)
    assert lines[1].startswith(f"{action['action_id'][:12]} open         support")
    assert lines[1].split()[4] == "30m"
    assert table([], NOW) == ["no actions"]


def test_an_action_is_told_with_its_answers() -> None:
    """In full, and where to answer."""
    (action,) = actions(situation("a"))
    action["reply"]["url"] = "https://x.com/status/42"
    standing = ActionStanding(action, "done", [answer(action, "done", comment="sent a voucher")])
    lines = told(action, standing)
    assert lines[0] == action["summary"]
    assert "  reply       https://x.com/status/42 (in public)" in lines
    assert lines[-1].startswith("  answer      done of support 2026-")
    assert lines[-1].endswith("sent a voucher")


def test_the_escalations_of_a_group_are_listed_beside_it() -> None:
    """Each stands for itself; the group is open as long as one of them is."""
    tight = policy(TIGHT)
    shell: Shell = act_shell(tight)
    shell.feed("decisions", decision_records(decided(cases(5), tight)), START)
    shell.settle(START + 65 * MINUTE)
    found = shell.messages("actions")
    group = found[-1]
    ids = [one["action_id"] for one in group["items"]]
    listed = {one.action["action_id"]: one for one in standings(found, (), NOW)}
    assert {name: listed[name].action["summary"] for name in ids} == {one["action_id"]: one["title"] for one in group["items"]}
    assert [listed[name].state for name in (group["action_id"], *ids)] == ["open"] * 4
    said = [answer({"action_id": name, "team": "comms"}, "done") for name in ids]
    after = {one.action["action_id"]: one.state for one in standings(found, said[:2], NOW)}
    assert [after[name] for name in (group["action_id"], *ids)] == ["open", "done", "done", "open"]
    first = next(one for one in found if one["kind"] == "reply" and one["situation"] == group["items"][0]["situation"])
    assert after[first["action_id"]] == "done"
    assert {one.action["action_id"]: one.state for one in standings(found, said, NOW)}[group["action_id"]] == "done"
    lines = told(group, listed[group["action_id"]])
    assert sum(line.strip().startswith(tuple(name[:11] for name in ids)) for line in lines) == 3
    assert sum("https://x.com/i/status/42 (in public)" in line for line in lines) == 3
