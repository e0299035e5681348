"""Steps of escalation for which a team has no room come together as one action, each of which is answered under its own id."""

from typing import Any

import pytest

from pipeline.stream.stage import Record
from tests.unit.pipeline.act.test_shard import act, answer, feed
from tests.unit.pipeline.decide.world import HOUR, MINUTE, POLICY, START, Shell, digest, situation

TIGHT = POLICY.replace("name: comms, contact: comms-duty, attention: {per_hour: 60, burst: 100}",
                       "name: comms, contact: comms-duty, attention: {per_hour: 2, burst: 2}")  # fmt: skip
"""Comms takes two at once and one each half hour; severe cases of support go up to it after 30 minutes."""
TIGHT = TIGHT.replace("owner: support\n    peers: [comms]", "owner: support")


def cases(count: int, severity: float = 0.8) -> list[dict[str, Any]]:
    """Severe cases, a second apart, the later ones graver."""
    return [situation(f"c{n}", at_ms=START + n * 1000, severity=severity + n / 1000) for n in range(count)]


def steps(shell: Shell) -> list[tuple[str, int]]:
    """When a step or a group of them came, and of how many."""
    told = [one for one in shell.messages("actions") if one["kind"] == "escalate"]
    return [(one["created_at"][11:19], len(one["items"])) for one in told]


def test_steps_beyond_the_room_come_as_one_action() -> None:
    """Two each on their own at 12:30, eight together with the next token, the gravest first; nobody is left out and none comes twice."""
    shell = act(*cases(10), text=TIGHT)
    for minute in range(29, 120):
        shell.settle(START + minute * MINUTE)
    assert steps(shell) == [("12:30:00", 0), ("12:30:01", 0), ("13:00:00", 8)]
    group = shell.messages("actions")[-1]
    assert [one["situation"] for one in group["items"]] == [digest(f"c{n}") for n in range(9, 1, -1)]
    assert {one["step"] for one in group["items"]} == {1}
    assert (group["role"], group["step"], group["team"], group["reply"], group["due_at"]) == ("escalation", 0, "comms", None, None)
    assert group["title"].startswith("8 escalations at once, first: No answer from support for 30 minutes: An unhappy customer")
    assert group["items"][0]["reply"] == {"source": "x", "reply_to": "42", "url": "https://x.com/i/status/42", "private": False}
    assert group["items"][0]["title"].startswith("Escalation: An unhappy customer")
    assert (shell.counts["grouped", "comms"], shell.counts["escalated", "support", "severe"]) == (8, 10)


def test_a_restart_or_crash_anywhere_asks_nobody_twice() -> None:
    """Before the group comes, when it was promised, and when it has got out but was not noted."""
    plain, faulty = act(*cases(6), text=TIGHT), act(*cases(6), text=TIGHT)
    for minute in range(29, 120):
        now = START + minute * MINUTE
        plain.settle(now)
        faulty.restart()
        faulty.tick(now, crash=True)
        faulty.tick(now)
        faulty.tick(now, crash=True)
        faulty.settle(now)
    assert faulty.messages("actions") == plain.messages("actions")
    assert steps(plain)[-1][1] == 4


def test_what_is_answered_while_it_waits_is_left_out() -> None:
    """By its own team; the chain of what its team takes back goes on, with the rest."""
    shell = act(*cases(6), text=TIGHT)
    asked = {one["situation"]: one for one in shell.messages("actions")}
    shell.settle(START + 31 * MINUTE)
    answer(shell, asked[digest("c3")], "acknowledged")
    answer(shell, asked[digest("c4")], "acknowledged")
    answer(shell, asked[digest("c4")], "overturned", reason="undo")
    shell.settle(START + HOUR)
    assert [one["situation"] for one in shell.messages("actions")[-1]["items"]] == [digest(f"c{n}") for n in (5, 4, 2)]


def test_of_a_group_of_one_the_step_itself_comes() -> None:
    """With where to answer, as any other."""
    shell = act(*cases(3), text=TIGHT)
    shell.settle(START + HOUR)
    last = shell.messages("actions")[-1]
    assert (last["situation"], last["step"], last["items"], last["reply"]["reply_to"]) == (digest("c2"), 1, [], "42")


@pytest.mark.parametrize("status", ["acknowledged", "done"])
def test_an_answer_to_an_item_counts_for_its_own_action(status: str) -> None:
    """And for no other of the group: with two steps to a chain, all others go on to the next one."""
    first = "{after: 30m, team: comms, contact: comms-duty}"
    text = TIGHT.replace(first, first + "\n      - {after: 90m, team: product, contact: duty-manager}")
    shell = act(*cases(5), text=text)
    shell.settle(START + 65 * MINUTE)
    group = shell.messages("actions")[-1]
    assert group["due_at"] == "2026-03-02T14:00:00.000Z"
    item = group["items"][0]
    answer(shell, {"action_id": item["action_id"], "team": "comms"}, status)
    assert shell.dispositions("outcomes") == ["outcome"]
    labelled = {one["information"] for one in shell.messages("labels")}
    assert labelled == ({digest(f"information/{'c4'}")} if status == "done" else set())
    shell.settle(START + 3 * HOUR)
    late = {one["situation"] for one in shell.messages("actions") if one["team"] == "product" and one["kind"] == "escalate"}
    assert late == {digest(f"c{n}") for n in range(4)}


def passed_on(shell: Shell) -> None:
    """What act wrote to outcomes comes back to it, once."""
    known = {record.value for record in shell.log["outcomes"]}
    made = [one for one in shell.outputs.values() if one.noun == "outcomes" and one.value not in known]
    first = len(shell.log["outcomes"])
    shell.feed("outcomes", [Record(first + n, one.time_ms, one.key, one.value) for n, one in enumerate(made)])


@pytest.mark.parametrize("early", [False, True])
def test_an_answer_to_the_group_is_one_to_each_of_its_items(early: bool) -> None:
    """It is passed on as such, so that whoever counts answers finds them; also one that came before the group was known."""
    shell = act(*cases(6), text=TIGHT)
    shell.settle(START + 65 * MINUTE)
    group = shell.messages("actions")[-1]
    if early:
        shell = act(*cases(6), text=TIGHT)
        answer(shell, group, "done")
        shell.settle(START + 65 * MINUTE)
    else:
        answer(shell, group, "done")
    passed_on(shell)
    assert shell.dispositions("outcomes")[0] == ("rekeyed" if early else "outcome")
    assert shell.dispositions("outcomes")[-4:] == ["outcome"] * 4
    assert {one["information"] for one in shell.messages("labels")} == {digest(f"information/c{n}") for n in range(2, 6)}
    assert {one["action_id"] for one in shell.messages("labels")} == {one["action_id"] for one in group["items"]}
    assert {one["action_id"] for one in shell.messages("outcomes")} - {group["action_id"]} == {one["action_id"] for one in group["items"]}


def test_what_takes_the_place_of_an_item_names_it() -> None:
    """The situation is over: the item is revoked, the others stay."""
    told = cases(6)
    shell = act(*told, text=TIGHT)
    shell.settle(START + 65 * MINUTE)
    group = shell.messages("actions")[-1]
    over = situation("c5", 2, START + 66 * MINUTE, severity=0.805, self_resolved=True)
    feed(shell, [*told, over], TIGHT)
    revoked = {one["revokes"] for one in shell.messages("actions") if one["kind"] == "revoke" and one["team"] == "comms"}
    assert revoked == {group["items"][0]["action_id"]}


def test_critical_pages_go_up_whatever_was_spent() -> None:
    """Each on its own, counted."""
    surges = [situation(f"s{n}", kind="surge", severity=0.9, at_ms=START + n) for n in range(5)]
    shell = act(*surges, text=TIGHT.replace("owner: comms\n    peers: [support]", "owner: product"))
    shell.settle(START + 20 * MINUTE)
    assert [items for _, items in steps(shell)] == [0] * 5
    assert shell.counts["over_budget", "comms"] == 3


def test_a_group_comes_within_the_hours_of_its_team() -> None:
    """Whoever has no room by the end of the day is asked in the morning, unless it is woken for one of the steps."""
    hours = TIGHT.replace("name: comms,", "name: comms, hours: {start: '08:00', end: '12:45', wake_at: 0.9},")
    shell = act(*cases(4), text=hours)
    for minute in range(30, 24 * 60, 10):
        shell.settle(START + minute * MINUTE)
    assert steps(shell)[2:] == [("08:00:00", 2)]
    woken = act(*cases(4), situation("w", at_ms=START + 5000, severity=0.95), text=hours)
    for minute in range(30, 24 * 60, 10):
        woken.settle(START + minute * MINUTE)
    assert steps(woken)[2:] == [("13:00:00", 3)]


def test_asks_draw_on_the_room_too() -> None:
    """What a team was just asked leaves it none for escalations."""
    shell = act(*cases(2), text=TIGHT.replace("owner: comms\n    peers: [support]", "owner: comms"))
    feed(shell, [*cases(2), *(situation(f"s{n}", kind="surge", severity=0.6, at_ms=START + 29 * MINUTE) for n in range(2))], TIGHT)
    shell.settle(START + 31 * MINUTE)
    assert steps(shell) == []
    shell.settle(START + HOUR)
    assert steps(shell)[0] == ("12:59:00", 4)
