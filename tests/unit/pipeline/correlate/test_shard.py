"""One partition of correlate: what becomes of a record, and which situations it opens, tells on and closes."""

import json
import random
from typing import Any

import orjson
import pytest

from pipeline.correlate.cases import CaseConfig
from pipeline.correlate.shard import CorrelateConfig, CorrelateShard, warm_up
from pipeline.near_duplicates.index import DuplicatesConfig
from pipeline.stream.stage import Record
from schemas.errors import WinnowError
from schemas.messages import Information, Situation
from tests.unit.pipeline.correlate.world import (
    CONFIG,
    HOUR,
    MINUTE,
    START,
    World,
    complaint,
    digest,
    information,
    records,
    watermark,
)  # fmt: skip

WORDS = ["delay", "bag", "gate", "crew", "lost", "rude", "queue", "refund", "seat", "hotel", "storm", "plane", "phone", "agent", "voucher"]


def chatter(chance: random.Random, number: int) -> str:
    """A text of its own."""
    return " ".join(chance.choices(WORDS, k=9)) + f" {digest(str(number))[:6]}"


def background(minutes: int, rate: int = 1, start: int = START, **over: Any) -> list[dict[str, Any]]:
    """A steady trickle of different people, different texts."""
    chance = random.Random(start)
    step = MINUTE // rate
    times = range(start, start + minutes * MINUTE, step)
    return [information(f"b{start}-{n}", at, chatter(chance, n), **{"sentiment": "negative", **over}) for n, at in enumerate(times)]


def outrage(start: int, people: int, seconds: int = 2, **over: Any) -> list[dict[str, Any]]:
    """Many different people, different texts, negative, not asking for anything."""
    chance = random.Random(start + 1)
    over = {"sentiment": "negative", "sentiment_score": -0.7, **over}
    return [information(f"o{n}", start + n * seconds * 1000, chatter(chance, 10_000 + n), **over) for n in range(people)]


def run(*messages: dict[str, Any], world: World | None = None) -> World:
    """A world that has taken these in, in one batch."""
    world = world or World()
    world.take(records(messages))
    return world


def latest(world: World, kind: str) -> dict[str, Any]:
    """The last revision of a kind."""
    return world.situations(kind)[-1]


def test_the_world_of_these_tests_is_valid() -> None:
    """The information these tests make should be what the schema says."""
    Information.model_validate_json(orjson.dumps(complaint("1", START)))


# -- cases ---------------------------------------------------------------------------------------------------------------


def test_an_urgent_complaint_opens_a_case() -> None:
    """A case should carry who, what, how urgent, and the lineage and times of its cause; and be valid."""
    world = run(complaint("1", START, author="ann", thread="t1"))
    (case,) = world.situations()
    Situation.model_validate_json(world.outputs[0].value)
    assert world.dispositions() == ["case"]
    assert (case["kind"], case["status"], case["revision"], case["facet"]) == ("case", "opened", 1, "complaint")
    assert (case["events"], case["authors"], case["copies"], case["urgency"]) == (1, 1, 0, 0.7)
    assert case["evidence"][0]["reply_to"] == "1"
    assert case["lineage"] == {"topic": "posts", "partition": 0, "offset": 0}
    assert case["appended_at"] == complaint("1", START)["appended_at"]
    output = world.outputs[0]
    assert output.key == case["id"].encode()
    assert output.lineage == "information/0/0/0"
    assert output.trace.split("-")[1] == digest("1/aurora")


def test_authors_appear_only_as_keyed_hashes() -> None:
    """No author id, handle or name should leave correlate; another key should give another hash."""
    message = complaint("1", START, author="ann-private-id")
    other = World(config=CorrelateConfig(author_key=b"another key of 16"))
    first, second = run(message), run(message, world=other)
    assert b"ann-private-id" not in first.outputs[0].value
    assert first.situations()[0]["evidence"][0]["author"] != second.situations()[0]["evidence"][0]["author"]


@pytest.mark.parametrize(
    ("over", "disposition"),
    [
        ({"intent": "complaint", "urgency": 0.0}, "case"),
        ({"intent": "question", "urgency": 0.0}, "case"),
        ({"intent": "report", "urgency": 0.8}, "case"),
        ({"intent": "praise", "urgency": 0.9, "kind": "ticket"}, "observed"),
        ({"intent": "other", "urgency": 0.8, "sentiment_score": -1.0}, "observed"),
        ({"intent": "other", "desk": "none"}, "observed"),
        ({"intent": "other", "desk": "support"}, "case"),
    ],
)
def test_whoever_wants_something_has_a_case(over: dict[str, Any], disposition: str) -> None:
    """Complaints, questions, requests, reports and what a desk would deal with open a case; praise and mere mentions do not."""
    assert run(information("1", START, **over)).dispositions() == [disposition]


@pytest.mark.parametrize(
    ("over", "disposition"),
    [
        ({"intent": "complaint", "urgency": 0.4}, "case"),
        ({"intent": "complaint", "sentiment_score": -0.3}, "case"),
        ({"intent": "complaint", "urgency": 0.39, "sentiment_score": -0.29}, "observed"),
        ({"intent": "complaint", "urgency": 0.1, "sentiment_score": 0.9}, "observed"),
        ({"intent": "question", "urgency": 0.2, "kind": "ticket"}, "case"),
    ],
)
def test_a_deployment_can_ask_for_more(over: dict[str, Any], disposition: str) -> None:
    """From its thresholds on, urgent or negative posts open cases; what was written to the organisation itself always does."""
    world = World(config=CorrelateConfig(cases=CaseConfig(least_urgency=0.4, least_negativity=0.3)))
    assert run(information("1", START, **over), world=world).dispositions() == [disposition]


def test_danger_is_grave_whatever_its_author_feels() -> None:
    """A calm post of danger should be three quarters as severe as it is dangerous, and the case keep the gravest."""
    calm = {"intent": "report", "sentiment_score": 0.0, "urgency": 0.2, "author": "ann"}
    first = information("1", START, "smoke", desk="operations", danger=0.8, **calm)
    world = run(first, information("2", START + 1, "no, steam", desk="support", danger=0.1, **calm))
    assert latest(world, "case")["severity"] == 0.6
    assert latest(world, "case")["danger"] == 0.8
    assert latest(world, "case")["desks"] == {"operations": 1, "support": 1}


def test_what_keeps_a_case_from_opening_is_said() -> None:
    """Which threshold, its name, and by how much; or that such an intent opens none."""
    config = CaseConfig(least_urgency=0.4, least_negativity=0.3)
    assert config.missing("complaint", "post", 0.4, 0.0) is None
    assert config.missing("praise", "ticket", 0.9, 0.0) == "intent praise opens none, and there is no desk that would deal with it"
    assert config.missing("praise", "ticket", 0.9, 0.0, "support") is None
    said = config.missing("question", "post", 0.15, 0.1) or ""
    assert "urgency 0.15 is 0.25 below WINNOW_CASE_LEAST_URGENCY=0.4" in said
    assert "negativity 0.10 is 0.20 below WINNOW_CASE_LEAST_NEGATIVITY=0.3" in said


def test_follow_ups_update_the_case() -> None:
    """The author's next post in the thread, or about the subject, should be a revision of the same case."""
    world = run(
        complaint("1", START, author="ann", thread="t1"),
        information("2", START + MINUTE, "any news on this please", author="ann", thread="t1"),
        complaint("3", START + HOUR, "now the bag is lost as well, unbelievable service", author="ann", thread="t9"),
    )
    cases = world.situations("case")
    assert [case["revision"] for case in cases] == [1, 2, 3]
    assert len({case["id"] for case in cases}) == 1
    assert cases[-1]["status"] == "updated"
    assert cases[-1]["events"] == 3


def test_somebody_elses_complaint_in_a_thread_is_a_case_of_its_own() -> None:
    """A thread of complaints should give each author an own case; a mere comment joins."""
    world = run(
        complaint("1", START, author="ann", thread="t1"),
        complaint("2", START + 1, "same here, stuck in Denver with two small children", author="bob", thread="t1"),
        information("3", START + 2, "what a mess over there tonight", author="cat", thread="t1"),
    )
    cases = world.situations("case")
    assert len({case["id"] for case in cases}) == 2
    assert world.dispositions() == ["case", "case", "case"]


def test_an_accepted_answer_resolves_the_case() -> None:
    """When the community has answered, the case should say so in its next revision."""
    world = run(
        complaint("1", START, author="ann", thread="t1", intent="question"),
        information("2", START + MINUTE, "restart the app and sign in again", author="bob", in_reply_to="1", accepted_answer=True),
    )
    assert [case["self_resolved"] for case in world.situations("case")] == [False, True]


def test_a_case_closes_by_quiet() -> None:
    """A day of event time without news should close a case, at the time it fell due, once."""
    later = information("2", START + 30 * HOUR, "something else entirely is said here", subject="cobalt")
    world = run(complaint("1", START, author="ann"), later)
    closed = latest(world, "case")
    assert (closed["status"], closed["revision"], closed["clock"]) == ("closed", 2, START + 24 * HOUR)


def test_upstream_promises_close_a_case_without_another_record() -> None:
    """A watermark past the due time should close it as the next record would have, with the same bytes."""
    first, second = World(), World()
    start = records([complaint("1", START, author="ann"), information("2", START + 30 * HOUR, subject="cobalt")])
    first.take([start[0]])
    first.take([watermark(1, START + 25 * HOUR)])
    second.take(start)
    assert [output.value for output in first.outputs] == [output.value for output in second.outputs[:2]]
    assert latest(first, "case")["status"] == "closed"


def test_a_post_that_was_forgotten_goes_on_with_its_case() -> None:
    """The same post once more, under another author, when its text is forgotten and its case is not, should open no second one."""
    config = CorrelateConfig(author_key=CONFIG.author_key, duplicates=DuplicatesConfig(window_ms=HOUR))
    again = [complaint("1", START + 9 * HOUR * n, author=f"a{n % 2}") for n in range(3)]
    cases = run(*again, world=World(config=config)).situations("case")
    assert len({case["id"] for case in cases}) == 1
    assert [case["status"] for case in cases][:2] == ["opened", "updated"]


def test_a_new_complaint_after_the_close_is_a_new_case() -> None:
    """What was closed should not grow again under the same id."""
    later = complaint("2", START + 30 * HOUR, "the voucher you sent does not work at all", author="ann")
    world = run(complaint("1", START, author="ann"), later)
    assert len({case["id"] for case in world.situations("case")}) == 2


def test_dual_hats_are_marked() -> None:
    """An employee who speaks as a customer should be visible on the case."""
    assert run(complaint("1", START, dual_hat=True, stakeholder="employee")).situations()[0]["dual_hat"] is True


def test_open_cases_are_bounded() -> None:
    """Beyond the limit the quietest case should be closed early, told and counted."""
    world = World(config=CorrelateConfig(cases=CaseConfig(most_open=10)))
    chance = random.Random(1)
    step = world.take(records([complaint(str(n), START + n, chatter(chance, n)) for n in range(30)]))
    closed = [case for case in world.situations("case") if case["status"] == "closed"]
    assert len(closed) == 20
    assert closed[0]["id"] == world.situations("case")[0]["id"]
    assert step.counts["situations_closed_early", "case"] == 20


# -- copies, late, redelivered -------------------------------------------------------------------------------------------


def test_copies_are_folded_into_the_case_they_repeat() -> None:
    """Copies by others should count with authors and reach in the case of the original, and be told at every doubling."""
    text = "they lost my bag in Boston and nobody picks up the phone"
    copies = [complaint(f"c{n}", START + n + 1, f"RT @ann: {text}", followers=1000) for n in range(9)]
    world = run(complaint("1", START, text, author="ann", followers=50), *copies)
    assert world.dispositions() == ["case"] + ["copy"] * 9
    case = latest(world, "case")
    assert (case["events"], case["copies"], case["authors"], case["reach"]) == (8, 7, 8, 50 + 7 * 1000)
    assert len(case["evidence"]) == 1
    assert [revision["events"] for revision in world.situations("case")] == [1, 2, 4, 8]


def test_tickets_with_equal_words_are_not_copies() -> None:
    """Two customers who use the same form words should each get a case."""
    world = run(complaint("1", START, kind="ticket", author="ann"), complaint("2", START + 1, kind="ticket", author="bob"))
    assert world.dispositions() == ["case", "case"]
    assert len({case["id"] for case in world.situations()}) == 2


def test_the_same_record_again_is_redelivered() -> None:
    """What sift wrote twice after a crash should change nothing the second time."""
    messages = [complaint("1", START), complaint("2", START + 1, "the app deleted all my saved trips this morning")]
    once, twice = run(*messages), World()
    again = records(messages)
    twice.take([*again, *(record._replace(offset=record.offset + 2) for record in again)])
    assert twice.dispositions() == ["case", "case", "redelivered", "redelivered"]
    assert [output.value for output in twice.outputs] == [output.value for output in once.outputs]


def test_the_same_post_by_another_way_is_redelivered() -> None:
    """The same information id under a new lineage should be known as well."""
    world = run(complaint("1", START), complaint("1", START))
    assert world.dispositions() == ["case", "redelivered"]


def test_one_post_about_two_subjects_counts_in_both() -> None:
    """The same post under two subjects should be neither redelivered nor a copy."""
    assert run(complaint("1", START), complaint("1", START, subject="cobalt")).dispositions() == ["case", "case"]


def test_a_late_complaint_is_a_backfill_case() -> None:
    """An hour-old event should be late, and its case marked so that nobody is paged."""
    world = run(information("0", START), complaint("1", START, "my bag has been missing for a week now", created_ms=START - HOUR))
    assert world.dispositions() == ["observed", "late"]
    assert latest(world, "case")["backfill"] is True


def test_a_few_minutes_late_is_on_time() -> None:
    """Within the allowed lateness an event should count as now."""
    world = run(information("0", START), complaint("1", START, "my bag has been missing for a week", created_ms=START - 9 * MINUTE))
    assert latest(world, "case")["backfill"] is False


# -- surges --------------------------------------------------------------------------------------------------------------


def test_many_people_at_once_are_a_surge() -> None:
    """Sixty people in two minutes should open one surge, told from its onset, closed when it is over."""
    world = run(*background(120), *outrage(START + 120 * MINUTE, 60), *background(60, start=START + 123 * MINUTE))
    surges = world.situations("surge")
    assert len({surge["id"] for surge in surges}) == 1
    first, last = surges[0], surges[-1]
    assert (first["status"], last["status"]) == ("opened", "closed")
    assert first["clock"] - (START + 120 * MINUTE) < MINUTE
    assert first["authors"] >= 10
    assert first["events"] >= first["authors"] > 3 * first["expected"]
    assert first["p_value"] < CONFIG.pulse.alpha
    assert (last["facet"], last["origin"]) == ("negative", "organic")
    assert last["authors"] >= 60
    assert [surge["revision"] for surge in surges] == list(range(1, len(surges) + 1))
    assert 3 <= len(last["evidence"]) <= 5
    assert len({piece["text"] for piece in last["evidence"]}) == len(last["evidence"])
    assert "surge" in world.dispositions()
    for output in world.outputs:
        Situation.model_validate_json(output.value)


def test_joy_surges_as_well() -> None:
    """A positive mass reaction should be a surge that is not severe."""
    joy = outrage(START + 120 * MINUTE, 60, sentiment="positive", sentiment_score=0.9)
    surge = latest(run(*background(120), *joy), "surge")
    assert surge["facet"] == "positive"
    assert surge["severity"] < 0.4


def test_one_author_is_no_mass_reaction() -> None:
    """A thousand posts of one person should raise nothing."""
    posts = outrage(START + 120 * MINUTE, 1000, seconds=1, author="ann")
    assert run(*background(120), *posts).situations("surge") == []


def test_late_and_backfilled_floods_raise_no_surge() -> None:
    """History that comes in late, or marked as backfill, should never open an alarm."""
    late = [message | {"clock": START} for message in outrage(START - 3 * HOUR, 200)]
    assert run(*background(120), *late).situations("surge") == []
    assert run(*background(120), *outrage(START + 120 * MINUTE, 200, backfill=True)).situations("surge") == []


def test_a_surge_absorbs_the_cases_it_grew_out_of() -> None:
    """Cases of its minutes and feeling should name the surge; older ones and those of another subject should not."""
    old = complaint("old", START + MINUTE, "an old and separate matter about my refund", author="old")
    other = complaint("other", START + 120 * MINUTE, "their network is down again at home", author="other", subject="cobalt")
    crowd = [message | {"intent": "complaint", "urgency": 0.6} for message in outrage(START + 120 * MINUTE, 30)]
    world = run(old, *background(119, start=START + MINUTE), other, *crowd)
    surge = world.situations("surge")[0]
    final = {case["id"]: case for case in world.situations("case")}
    by_author = {case["evidence"][0]["text"]: case["absorbed_by"] for case in final.values()}
    assert by_author.pop(old["signal"]["text"]) is None
    assert by_author.pop(other["signal"]["text"]) is None
    assert set(by_author.values()) == {surge["id"]}
    assert len(by_author) == 30


def test_the_complaint_that_raises_the_alarm_opens_its_case_inside_the_surge() -> None:
    """It should bring forth the surge first, then its own case, which names the surge from its first revision on."""
    crowd = [message | {"intent": "complaint", "urgency": 0.6} for message in outrage(START + 120 * MINUTE, 30)]
    outputs = [(output.lineage, orjson.loads(output.value)) for output in run(*background(120), *crowd).outputs]
    first = next(at for at, (_, one) in enumerate(outputs) if one["kind"] == "surge")
    place, surge = outputs[first][0].removesuffix("/0"), outputs[first][1]
    own = next(at for at, (lineage, one) in enumerate(outputs) if one["kind"] == "case" and lineage.startswith(f"{place}/"))
    lineage, case = outputs[own]
    absorbed = [one["absorbed_by"] for _, one in outputs[first + 1 : own]]
    assert (case["status"], case["revision"], case["absorbed_by"]) == ("opened", 1, surge["id"])
    assert absorbed == [surge["id"]] * len(absorbed)
    assert lineage == f"{place}/{1 + len(absorbed)}"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("own words", "organic"), ("one text under many names", "coordinated"), ("reposts", "amplified"), ("media", "amplified")],
)
def test_the_origin_of_a_surge(kind: str, expected: str) -> None:
    """Forty accounts with one text should be coordinated; reposts and syndicated news amplified; own words organic."""
    crowd = outrage(START + 120 * MINUTE, 40)
    text = "this bank closes the accounts of honest people without any reason, leave it while you can"
    for number, message in enumerate(crowd):
        if kind == "reposts":
            message["signal"]["text"] = f"RT @ann: {text}"
        elif kind != "own words":
            message["signal"]["text"] = text + ["!", " now", "...", " friends"][number % 4]
        if kind == "media":
            message["stakeholder"] = "media"
    world = run(*background(120), *crowd, information("end", START + 122 * MINUTE, "a quiet word at the end"))
    assert latest(world, "surge")["origin"] == expected


def mixed(*moods: str, apart: int = 100) -> list[dict[str, Any]]:
    """One outbreak in several moods, each beginning ``apart`` milliseconds after the one before."""
    parts = [
        [message | {"sentiment": mood, "id": digest(mood + message["id"])} for message in outrage(START + 120 * MINUTE + apart * n, 60)]
        for n, mood in enumerate(moods)
    ]
    for n, part in enumerate(parts):
        for message in part:
            message["signal"] = message["signal"] | {
                "id": f"{n}-{message['signal']['id']}",
                "author": {"id": f"{n}{message['signal']['id']}"},
            }
    return sorted((message for part in parts for message in part), key=lambda message: message["clock"])


def test_one_outbreak_is_one_surge() -> None:
    """The neutral side of a negative outbreak should be counted in it, not told as a second surge."""
    quiet = [message for mood in ("negative", "neutral") for message in background(120, sentiment=mood)]
    quiet = [message | {"signal": message["signal"] | {"id": f"q{n}"}} for n, message in enumerate(quiet)]
    quiet.sort(key=lambda message: message["clock"])
    end = information("end", START + 123 * MINUTE, "a quiet word at the end")
    surges = run(*quiet, *mixed("negative", "neutral"), end).situations("surge")
    assert {surge["facet"] for surge in surges} == {"negative"}
    assert surges[-1]["authors"] >= 110
    assert surges[-1]["sentiment"]["neutral"] >= 50


def test_a_neutral_surge_goes_over_into_the_one_that_shows_a_feeling() -> None:
    """When a neutral rise alarms first, it should be closed as absorbed by the negative one, which counts it as well."""
    end = information("end", START + 123 * MINUTE, "a quiet word at the end")
    surges = run(*background(120, subject="cobalt"), *mixed("neutral", "negative", apart=30_000), end).situations("surge")
    neutral, negative = ([surge for surge in surges if surge["facet"] == facet] for facet in ("neutral", "negative"))
    assert neutral[-1]["status"] == "closed"
    assert neutral[-1]["absorbed_by"] == negative[0]["id"]
    assert negative[-1]["authors"] >= 110


@pytest.mark.parametrize("first", ["positive", "negative"])
def test_opposite_feelings_about_the_same_are_one_surge(first: str) -> None:
    """Outrage and its defence, at the same time and of the same size, should be one surge that counts both."""
    second = {"positive": "negative", "negative": "positive"}[first]
    quiet = background(120, subject="cobalt")
    end = information("end", START + 124 * MINUTE, "a quiet word at the end")
    final = {one["id"]: one for one in run(*quiet, *mixed(first, second, apart=900), end).situations("surge")}
    standing = [one for one in final.values() if one["absorbed_by"] is None]
    assert len(standing) == 1
    assert min(standing[0]["sentiment"][mood] for mood in ("positive", "negative")) >= 50


def test_news_that_stirs_every_feeling_a_little_is_a_surge() -> None:
    """A rise too small in each feeling should be seen in all together, and told by the feeling that rose most."""
    moods = ("negative", "neutral", "positive", "negative")
    steady = background(240, rate=2)
    rise = background(20, rate=6, start=START + 240 * MINUTE)
    messages = [message | {"sentiment": moods[n % 4]} for n, message in enumerate(steady + rise)]
    surges = run(*messages, information("end", START + 262 * MINUTE, "a quiet word at the end")).situations("surge")
    assert surges[0]["facet"] == "negative"
    assert set(surges[0]["sentiment"]) == {"negative", "neutral", "positive"}
    assert len({surge["id"] for surge in surges}) == 1


@pytest.mark.parametrize("seed", range(6))
def test_waves_of_any_feelings_end_in_surges_that_end(seed: int) -> None:
    """However waves of feelings follow and overlap, and wherever the process crashes, each surge should be opened and closed once,
    and an absorbed one name one that was told."""
    chance, messages = random.Random(seed), background(400, rate=2)
    for wave in range(7):
        mood = chance.choice(["negative", "neutral", "positive"])
        start = START + chance.randrange(60, 390) * MINUTE + wave
        some = outrage(start, chance.randrange(15, 120), chance.randrange(1, 30), sentiment=mood)
        for n, one in enumerate(some):
            signal = one["signal"] | {"id": f"{wave}-{n}", "author": {"id": f"{wave}-{n}"}}
            messages.append(one | {"id": digest(f"{wave}{one['id']}"), "signal": signal})
    messages.sort(key=lambda message: message["clock"])
    messages.append(information("end", messages[-1]["clock"] + 3 * HOUR, "a quiet word at the end"))
    told, whole, parts = records(messages), World(), World()
    whole.take(told)
    for first in range(0, len(told), 97):
        parts.take(told[first : first + 97])
        parts.crash()
    assert [one["id"] for one in parts.situations("surge")] == [one["id"] for one in whole.situations("surge")]
    by_id: dict[str, list[str]] = {}
    for one in whole.situations("surge"):
        by_id.setdefault(one["id"], []).append(one["status"])
    assert by_id
    assert all((found[0], found[-1], found.count("closed")) == ("opened", "closed", 1) for found in by_id.values())
    assert {one["absorbed_by"] for one in whole.situations("surge")} <= by_id.keys() | {None}


def test_a_straggler_before_the_stream_is_no_silence() -> None:
    """When the first record is hours old and all others are now, their beginning should be no surge."""
    straggler = information("old", START - 5 * HOUR, "an old word that came late", sentiment="negative")
    assert run(straggler, *background(60, rate=20)).situations("surge") == []


def test_a_feed_that_comes_back_is_no_surge() -> None:
    """After an outage of hours the usual number of people should not alarm."""
    messages = background(120, rate=6) + background(120, rate=6, start=START + 8 * HOUR)
    assert run(*messages).situations("surge") == []


def test_a_subject_new_to_the_catalogue_is_no_surge() -> None:
    """A subject heard of for the first time, with a steady stream of its own, should not alarm."""
    others = background(300, rate=2, subject="cobalt")
    new = background(120, rate=1, start=START + 180 * MINUTE + 7)
    assert run(*sorted(others + new, key=lambda message: message["clock"])).situations("surge") == []


# -- ideas ---------------------------------------------------------------------------------------------------------------

DARK = [
    "please add a dark mode to the app", "a dark mode for the app would be great", "dark mode please, the white screen hurts at night",
    "I wish the app had dark mode", "when will the app get a dark mode?", "dark mode for the phone app, please!",
]  # fmt: skip
BAGS = ["let us track our bags in the app", "I want to track my bag", "tracking for checked bags please", "can you add bag tracking?"]


def wishes(texts: list[str], start: int, **over: Any) -> list[dict[str, Any]]:
    """Each text from a person of its own, a minute apart."""
    return [information(f"w{start}-{n}", start + n * MINUTE, text, intent="request", **over) for n, text in enumerate(texts)]


def test_the_same_wish_of_many_becomes_an_idea() -> None:
    """Five people who want the same in other words should be an idea; four should not."""
    world = run(*wishes(DARK, START), *wishes(BAGS, START + HOUR))
    ideas = world.situations("idea")
    assert len({idea["id"] for idea in ideas}) == 1
    assert ideas[0]["authors"] == 5
    assert all("dark" in piece["text"].lower() for piece in ideas[-1]["evidence"])
    assert world.dispositions()[:6] == ["case"] * 6  # each has an author to be answered as well


def test_one_person_asking_five_times_is_no_idea() -> None:
    """An idea should take distinct authors."""
    assert run(*wishes(DARK, START, author="ann")).situations("idea") == []


# -- bad input and restarts ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"subject": 5}, {"signal": None}, {"intent": "shout"}, {"sentiment_score": 7}, {"urgency": "high"}, {"urgency": True},
        {"id": "short"}, {"lineage": {"topic": "posts"}}, {"appended_at": "yesterday"}, {"model": None}, {"stakeholder": ["media"]},
    ],
)  # fmt: skip
def test_a_record_with_a_wrong_field_is_rejected(change: dict[str, Any]) -> None:
    """Each wrong field should end as ``rejected`` with the field's name in the reason, and nothing else."""
    world = run(complaint("1", START) | change)
    assert world.dispositions() == ["rejected"]
    (rejected,) = world.outputs
    assert rejected.noun == "rejected"
    assert next(iter(change)) in json.loads(rejected.value)["reason"]


@pytest.mark.parametrize("value", [None, b"", b"{", b"\xff\xfe", b"[1]", b"null", b'{"a": NaN}', b"[" * 100_000])
def test_bytes_that_are_no_information_are_rejected(value: bytes | None) -> None:
    """Whatever the bytes, the record should be accounted for as rejected."""
    world = World()
    world.take([records([complaint("1", START)])[0]._replace(value=value)])
    assert world.dispositions() == ["rejected"]


def test_a_key_that_is_too_long_is_a_misconfiguration() -> None:
    """The operator should be told how long the author key may be."""
    with pytest.raises(WinnowError, match="at most 64"):
        CorrelateConfig(author_key=b"x" * 65)


def test_warming_up_changes_nothing() -> None:
    """Compiling ahead of the first record should leave no trace in a shard."""
    warm_up()
    shard = CorrelateShard(0, ["sift/posts/0"], CONFIG)
    assert shard.changes() == {}


def day() -> list[Record]:
    """Three hours with everything in it: cases, copies, follow-ups, wishes, a surge, its end, a late record."""
    chance = random.Random(11)
    messages = background(100) + wishes(DARK, START + 20 * MINUTE)
    for number in range(40):
        at = START + chance.randrange(100) * MINUTE
        messages.append(complaint(f"c{number}", at, chatter(chance, number), author=f"a{number % 15}", thread=f"t{number % 9}"))
    messages.sort(key=lambda message: message["clock"])
    for number in range(30):
        source = chance.choice(messages)
        messages.append(information(f"r{number}", START + 100 * MINUTE + number, "RT @x: " + source["signal"]["text"]))
    messages += [*outrage(START + 101 * MINUTE, 50), complaint("late", START + 103 * MINUTE, "a late and lonely word", created_ms=START)]
    return records([*messages, *background(60, start=START + 103 * MINUTE), information("end", START + 60 * HOUR, subject="cobalt")])


def test_a_restart_after_any_record_changes_nothing() -> None:
    """One record a batch with a crash after each should give the outputs and dispositions of one batch, byte for byte."""
    stream = day()
    whole, broken = World(), World()
    whole.take(stream)
    for record in stream:
        broken.take([record])
        broken.crash()
    assert {situation["kind"] for situation in whole.situations()} == {"case", "surge", "idea"}
    assert broken.outputs == whole.outputs
    assert broken.dispositions() == whole.dispositions()
    whole.state.pop(b"@position")
    broken.state.pop(b"@position")
    assert broken.state == whole.state


def test_a_shard_of_the_former_release_goes_on() -> None:
    """State that knows no series of a whole subject should be taken over, and its surge be closed when it is over."""
    world = run(*background(120), *outrage(START + 120 * MINUTE, 40))
    world.state = {key: value for key, value in world.state.items() if not key.startswith((b"series/aurora/", b"watched"))} | {
        key: value for key, value in world.state.items() if key.startswith(b"series/aurora/") and key != b"series/aurora/"
    }
    world.crash()
    world.take(records([information("end", START + 200 * MINUTE, "a quiet word at the end")], first=160))
    assert latest(world, "surge")["status"] == "closed"


def test_state_is_forgotten_with_time() -> None:
    """After two weeks of silence no situation, no minute and no word of what was said should be left in the state."""
    world, stream = World(), day()
    world.take(stream[:-1])
    assert any(b"dark mode" in value for value in world.state.values())
    later = [information("x", START + hours * HOUR, "the end of all this") for hours in (60, 400, 420)]
    for offset, record in enumerate(records(later, first=len(world.codes)), len(world.codes)):
        world.take([record._replace(offset=offset)])
    assert not [key for key in world.state if key.startswith(b"situation/")]
    assert len([key for key in world.state if key.startswith((b"minute/", b"dup/"))]) <= 4
    assert not any(b"dark mode" in value for value in world.state.values())


@pytest.mark.parametrize("place", [b"posts/0/-5/0", b"posts/0/99999999999999999999999/0", b"posts/0/7/-1", b"posts/0/x/0", b"nowhere"])
def test_a_lineage_that_cannot_be_is_no_reason_to_drop_or_to_stop(place: bytes) -> None:
    """A record whose lineage names no place should be known by its id, and leave state that can be written."""
    world = World()
    told = records([complaint("1", START)])[0]
    headers = [(name, place if name == "ce_lineage" else value) for name, value in told.headers]
    world.take([told._replace(headers=headers)])
    assert world.dispositions() == ["case"]
    world.crash()


def test_a_clock_beyond_the_calendar_is_rejected() -> None:
    """A clock after which nothing could fall due should be a rejected record, and not end the worker later."""
    world = World()
    told = records([complaint("1", START)])[0]
    headers = [(name, b"253402300799999" if name == "ce_clock" else value) for name, value in told.headers]
    world.take([told._replace(headers=headers)])
    assert world.dispositions() == ["rejected"]


@pytest.mark.parametrize("competitor", [False, True])
def test_a_competitor_is_counted_and_never_answered(*, competitor: bool) -> None:
    """Posts that open cases, ideas and a surge of ours should open nothing of a competitor's, and count all the same."""
    wishes = [
        information(f"w{n}", START + n * MINUTE, "please add a dark mode to the app", intent="request", competitor=competitor)
        for n in range(8)
    ]
    calm = background(240, start=START + HOUR, competitor=competitor)
    crowd = outrage(START + 5 * HOUR, 200, competitor=competitor)
    angry = complaint("c", START + 6 * HOUR, competitor=competitor)
    world = run(*wishes, *calm, *crowd, angry)
    kinds = {situation["kind"] for situation in world.situations()}
    assert kinds == (set() if competitor else {"case", "idea", "surge"})
    assert set(world.dispositions()) <= {"case", "idea", "surge", "observed", "copy"}
    assert not competitor or set(world.dispositions()) <= {"observed", "copy"}


def test_what_was_applied_is_known_after_a_crash() -> None:
    """Sift writes a record again when it dies before its ledger line: however late, and whoever has died, it counts for nothing."""
    chance = random.Random(1)
    world = World(config=CorrelateConfig(duplicates=DuplicatesConfig(most_texts=10)))
    told = records([complaint(str(n), START + n, chatter(chance, n)) for n in range(40)])
    world.take(told)  # texts and ids of the first are forgotten by now
    assert world.crash() == 40
    world.take([told[0]._replace(offset=40)])
    assert world.dispositions() == ["case"] * 40 + ["redelivered"]
