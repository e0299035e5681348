"""Audit, waiting and explain against a real Kafka: a small deployment worked by hand, sound and spoiled."""

import asyncio
import time
from pathlib import Path

import orjson
import pytest

from agents.inspect import audit_window
from agents.inspect.audit import run_audit, wait_until_done
from agents.inspect.audit_window import Window
from agents.inspect.explain import run_explain
from agents.kafka.scan import Scanner
from agents.settings import Settings
from pipeline.stream.stage import Output
from schemas.errors import WinnowError
from schemas.times import iso
from tests.integration.by_hand import ByHand, raw, signal, unique

pytestmark = pytest.mark.kafka

POLICY = """
version: 1
subjects: {aurora: Aurora Air}
teams:
  - {name: support, contact: support-lead, attention: {per_hour: 60, burst: 100}}
rules:
  - {name: case, when: situation.kind == 'case', do: reply, owner: support}
"""

COMPLAINT = "Aurora Air cancelled my flight. This is the worst airline, two hours on hold and no help. Write to jo@example.org"


def stream() -> list[tuple[str, str, bytes, bytes]]:
    """A complaint, the same again, something about nobody, and what cannot be read."""
    at = iso(int(time.time() * 1000) - 60_000)
    return [
        raw("posts", "signal", signal("p1", COMPLAINT, "ann", at, kind="ticket")),
        raw("posts", "signal", signal("p1", COMPLAINT, "ann", at, kind="ticket")),
        raw("posts", "signal", signal("p2", "What a lovely morning in the garden with the cat.", "bob", at)),
        raw("posts", "signal", b"{broken"),
        raw("feedback", "signal", signal("f1", "Aurora Air: please offer vegan meals on short flights too.", "cid", at, kind="survey")),
    ]


@pytest.fixture
async def deployed(settings: Settings, tmp_path: Path) -> ByHand:
    """A deployment that has worked off the stream by a policy that answers every case."""
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY)
    world = ByHand(unique(settings).model_copy(update={"policy_file": policy}))
    await world.prepare()
    await world.send(stream())
    await world.work()
    return world


async def test_a_sound_deployment_balances_and_is_done(deployed: ByHand) -> None:
    """All stages have worked: balanced, nothing pending that is an event, every sift disposition counted, and waiting ends at once."""
    report = await run_audit(deployed.settings, until_end=True)
    assert report.balanced, report.lines()
    assert report.events == 5
    sifted = report.dispositions["sift"]
    assert (sifted["redelivered"], sifted["rejected"]) == (1, 1)
    assert sifted["information"] == report.outputs["information"] >= 2
    assert report.outputs["rejected"] == 1
    assert report.to_json()["balanced"] is True
    assert await wait_until_done(deployed.settings, timeout_seconds=20)


async def test_unfinished_work_is_pending_and_waited_for(deployed: ByHand) -> None:
    """New input is pending, no gap; waiting runs out of time until it is worked off."""
    await deployed.send(stream()[2:3])
    seen: list[tuple[int, int]] = []
    assert not await wait_until_done(deployed.settings, timeout_seconds=1, progress=lambda done, total: seen.append((done, total)))
    assert seen[0][1] - seen[0][0] >= 1
    report = await run_audit(deployed.settings)
    assert report.balanced
    assert report.waiting["sift"] == 1
    assert not (await run_audit(deployed.settings, until_end=True)).balanced
    await deployed.work()
    assert await wait_until_done(deployed.settings, timeout_seconds=20)
    assert (await run_audit(deployed.settings, until_end=True)).balanced


async def test_a_stage_that_commits_without_accounting_is_found(settings: Settings) -> None:
    """Input that is committed but not in the ledger is a gap with its exact offsets."""
    world = ByHand(unique(settings))
    await world.prepare()
    await world.send(stream())
    await world.work(("sift",))
    before = await run_audit(world.settings, stages=("sift",))
    assert before.balanced
    await world.send(stream()[2:3])
    async with Scanner(world.settings) as scanner:
        ends = {place: end for place, (_, end) in (await scanner.extents(["posts"])).items() if end}
    await world.commit("sift", ends)
    report = await run_audit(world.settings, stages=("sift",))
    assert [(gap.topic, gap.last - gap.first) for gap in report.gaps] == [("posts", 0)]


async def test_a_range_of_time_is_held_against_its_own_outputs_only(deployed: ByHand) -> None:
    """What was worked before and after a moment: each balances alone, with its own events; what is wrong is found in its range."""
    await asyncio.sleep(0.05)
    between = int(time.time() * 1000)
    await asyncio.sleep(0.05)
    await deployed.send([raw("posts", "signal", signal(f"q{n}", f"{COMPLAINT} {n}", f"dan{n}", iso(between - 1_000))) for n in range(3)])
    await deployed.work()
    async with asyncio.timeout(60):
        before = await run_audit(deployed.settings, window=Window(between - 3_600_000, between))
        after = await run_audit(deployed.settings, window=Window(between))
        both = await run_audit(deployed.settings, window=Window(between - 3_600_000))
    for report, events in ((before, 5), (after, 3), (both, 8)):
        assert report.balanced, report.lines()
        assert (report.events, report.ledger_truncated) == (events, False)
    assert before.outputs["rejected"] == 1
    async with Scanner(deployed.settings) as scanner:
        ends = {place: end for place, (_, end) in (await scanner.extents(["posts"])).items()}
    await deployed.send(stream()[2:3])
    async with Scanner(deployed.settings) as scanner:
        moved = {place: end for place, (_, end) in (await scanner.extents(["posts"])).items() if end != ends[place]}
    await deployed.commit("sift", moved)
    assert (await run_audit(deployed.settings, window=Window(between - 3_600_000, between))).balanced
    assert [gap.last - gap.first for gap in (await run_audit(deployed.settings, window=Window(between - 3_600_000))).gaps] == [0]


async def test_a_range_that_says_nothing_is_refused(deployed: ByHand, monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends before it begins, or holds more than is held in memory: one line, and what to do."""
    with pytest.raises(WinnowError, match="ends before it begins"):
        Window(5, 5)
    monkeypatch.setattr(audit_window, "MOST_RECORDS", 3)
    with pytest.raises(WinnowError, match="Choose a shorter one"):
        await run_audit(deployed.settings, window=Window(0))


async def test_forged_information_is_found(deployed: ByHand) -> None:
    """Information that claims an event which the ledger calls rejected or irrelevant contradicts it."""
    event = (await run_explain(deployed.settings, "forum:p2")).events[0]
    topic, partition, offset = event["place"].split("/")
    forged = Output(
        noun="information", key=b"aurora", value=b"{}", id="f" * 32, time_ms=0, source=f"sift/{topic}/{partition}",
        lineage=f"{topic}/{partition}/{offset}/0", trace="",
    )  # fmt: skip
    await deployed.write([forged])
    found = (await run_audit(deployed.settings)).surplus_outputs
    assert [(stretch.topic, stretch.first, stretch.output) for stretch in found] == [(topic, int(offset), "information")]


async def test_the_whole_story_is_told_from_any_end(deployed: ByHand) -> None:
    """The event by its network's id, by its place, by its information's id and by its situation's id: one story, its parts agreeing."""
    by_name = await run_explain(deployed.settings, "forum:p1")
    assert by_name.kind == "event"
    event, piece = by_name.events[0], by_name.information[0]
    assert event["disposition"] == "information"
    assert piece["disposition"] is not None
    topic, partition, offset = event["place"].split("/")
    by_place = await run_explain(deployed.settings, f"{topic}:{partition}:{offset}")
    assert by_place.information == by_name.information
    assert (await run_explain(deployed.settings, f"{deployed.settings.topic(topic)}:{partition}:{offset}")).events == by_name.events
    by_information = await run_explain(deployed.settings, piece["id"])
    assert by_information.kind == "information"
    assert by_information.situations == by_name.situations
    assert by_name.situations, "a complaint like this opens a case"
    case = by_name.situations[0]
    assert case["link"] == "opened"
    by_situation = await run_explain(deployed.settings, case["id"])
    assert by_situation.kind == "situation"
    assert by_situation.decisions == by_name.decisions
    assert [told["id"] for told in by_situation.information] == [piece["id"]]
    assert by_name.decisions, "and the policy asks somebody"
    assert (await run_explain(deployed.settings, by_name.decisions[0]["id"])).kind == "decision"
    assert by_name.actions
    action = await run_explain(deployed.settings, by_name.actions[0]["action_id"])
    assert action.kind == "action"
    assert [told["place"] for told in action.events] == [event["place"]]


async def test_the_story_reads_as_plain_words_without_names(deployed: ByHand) -> None:
    """Lines name place, judgement, case, rule and team; authors and addresses are in neither form."""
    story = await run_explain(deployed.settings, "forum:p1")
    lines = story.lines()
    text = "\n".join(lines)
    assert lines[0].startswith("offset ")
    assert "about aurora" in text
    assert f"asks {story.decisions[0]['team']}" in text
    assert "became part of a case" in text
    assert "not answered yet" in text
    for form in (text, orjson.dumps(story.to_json()).decode()):
        assert "jo@example.org" not in form
        assert '"ann"' not in form


async def test_an_answer_is_part_of_the_story(deployed: ByHand) -> None:
    """What a team answers is told under its action, and how act took it."""
    action = (await run_explain(deployed.settings, "forum:p1")).actions[0]
    outcome = {
        "action_id": action["action_id"],
        "team": action["team"],
        "status": "done",
        "at": iso(int(time.time() * 1000)),
        "reason": "found it",
    }
    await deployed.send([("outcomes", "team", action["team"].encode(), orjson.dumps(outcome))])
    await deployed.work(("act",))
    story = await run_explain(deployed.settings, "forum:p1")
    assert [(told["status"], told["disposition"]) for told in story.outcomes] == [("done", "outcome")]
    assert any("answered done" in line and "found it" in line for line in story.lines())
    assert any(label["facet"] == "noise" for label in story.labels)


async def test_what_was_not_kept_has_a_story_too(deployed: ByHand) -> None:
    """An event about nobody is found among the raw records; a rejected one with the reason why."""
    aside = await run_explain(deployed.settings, "forum:p2")
    assert [event["disposition"] for event in aside.events] == ["irrelevant"]
    assert aside.situations == []
    offset = int(aside.events[0]["place"].rsplit("/", 1)[1]) + 1
    topic, partition, _ = aside.events[0]["place"].split("/")
    broken = await run_explain(deployed.settings, f"{topic}:{partition}:{offset}")
    assert broken.events[0]["disposition"] == "rejected"
    assert broken.rejected[0]["code"] == "not_json"
    assert any("not JSON" in line for line in broken.lines())


async def test_a_redelivered_event_leads_to_its_first_delivery(deployed: ByHand) -> None:
    """The second delivery of an event is told as such, with what the first became."""
    first = (await run_explain(deployed.settings, "forum:p1")).events[0]["place"]
    topic, partition, offset = first.split("/")
    again = await run_explain(deployed.settings, f"{topic}:{partition}:{int(offset) + 1}")
    assert {event["place"]: event["disposition"] for event in again.events} == {
        first: "information",
        f"{topic}/{partition}/{int(offset) + 1}": "redelivered",
    }
    assert again.situations


@pytest.mark.parametrize(
    "what", ["nonsense", "", ":", "f" * 32, "posts:0:99999999", "posts:77:0", "forum:nobody", "actions.support:0:9999"]
)
async def test_unknown_names_are_refused_with_what_is_accepted(deployed: ByHand, what: str) -> None:
    """What names nothing is an error that says which forms are accepted."""
    with pytest.raises(WinnowError, match="source:id"):
        await run_explain(deployed.settings, what)


async def test_missing_topics_say_what_to_do(settings: Settings) -> None:
    """A deployment without topics is an error that names them and the command, not an empty balance."""
    with pytest.raises(WinnowError, match="winnow topics apply"):
        await run_audit(unique(settings))


async def test_an_unreachable_broker_says_so(settings: Settings) -> None:
    """Nobody at the address: one line with what to check."""
    nobody = settings.model_copy(update={"broker": "127.0.0.1:1", "request_timeout_seconds": 2.0})
    with pytest.raises(WinnowError, match="WINNOW_BROKER"):
        await run_audit(nobody)
