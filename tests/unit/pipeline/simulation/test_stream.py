"""simulate: the stream is what its scenario says, and its truth holds."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import islice, pairwise
from typing import Any

import orjson
import pytest

from pipeline.simulation.scenario import Mix, Scenario, ScenarioError, ScenarioSubject
from pipeline.simulation.stream import Simulated, describe, simulate
from schemas.messages import Signal
from schemas.sources import SOURCES, Malformed, decode

HOUR_MS = 3_600_000


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    """The default scenario: 20,000 events in two hours."""
    return Scenario()


@pytest.fixture(scope="module")
def stream(scenario: Scenario) -> list[Simulated]:
    """All its records."""
    return list(simulate(scenario))


def of_kind(stream: list[Simulated], kind: str) -> Iterator[Simulated]:
    """The records whose truth is of one kind."""
    return (simulated for simulated in stream if simulated.truth["kind"] == kind)


def signal_of(simulated: Simulated) -> dict[str, Any]:
    """The canonical signal of a sound record."""
    decoded = decode(simulated.source, simulated.value)
    assert not isinstance(decoded, Malformed), (decoded, simulated.truth)
    return decoded[0]


def test_same_scenario_same_bytes() -> None:
    """Two runs of a scenario are equal in every field, another seed is not."""
    first, again, other = (list(simulate(Scenario(seed=seed, events=1_500))) for seed in (3, 3, 4))
    assert first == again
    assert [simulated.value for simulated in first] != [simulated.value for simulated in other]


@pytest.mark.parametrize("events", [1, 2, 17, 400, 5_000])
@pytest.mark.parametrize("hours", [0.05, 2.0, 30.0])
def test_as_many_events_as_asked_for_in_order(events: int, hours: float) -> None:
    """Exactly so many events come, sorted by arrival, none before the start."""
    scenario = Scenario(events=events, hours=hours)
    arrivals = [simulated.at_ms for simulated in simulate(scenario)]
    assert len(arrivals) == events
    assert arrivals == sorted(arrivals)
    assert arrivals[0] >= scenario.start_ms


def test_every_kind_occurs(stream: list[Simulated]) -> None:
    """A default run holds every kind of event, on every network and on both topics."""
    kinds = Counter(simulated.truth["kind"] for simulated in stream)
    assert set(kinds) == {
        "chatter", "irrelevant", "spam", "copy", "complaint", "question", "request", "wish", "praise", "report",
        "followup", "answer", "surge", "redelivery", "malformed", "hostile", "late", "dual_hat",
    }  # fmt: skip
    assert {"x", "mastodon", "bluesky", "appstore", "zendesk", "survey", "signal"} <= {simulated.source for simulated in stream}
    assert {simulated.topic for simulated in stream} == {"posts", "feedback"}


def test_sound_records_decode_to_what_the_truth_says(stream: list[Simulated]) -> None:
    """Every record that is not malformed is a readable, valid Signal with the event and author of its truth."""
    sound = [simulated for simulated in stream if simulated.truth["kind"] != "malformed"]
    for simulated in sound:
        signal = signal_of(simulated)
        assert (signal["id"], signal["author"]["id"]) == (simulated.truth["event"], simulated.truth["author"])
        assert SOURCES[simulated.source].topic == simulated.topic
    for simulated in sound[::50]:
        Signal.model_validate(signal_of(simulated))


def test_malformed_records_are_refused_as_foretold(stream: list[Simulated]) -> None:
    """Each way to ruin a record occurs and is refused under its code; a far future only shows on arrival."""
    variants = defaultdict(set)
    for simulated in of_kind(stream, "malformed"):
        decoded = decode(simulated.source, simulated.value)
        if simulated.truth["code"] == "future_time":
            assert not isinstance(decoded, Malformed)
            assert decoded[1] > simulated.at_ms + 24 * HOUR_MS
        else:
            assert isinstance(decoded, Malformed), simulated.truth
            assert decoded.code == simulated.truth["code"]
        assert simulated.truth["expected"] == "rejected"
        variants[simulated.truth["code"]].add(simulated.truth["variant"])
    assert len(variants) == 11
    assert sum(map(len, variants.values())) == 16


def test_truth_does_not_leak(stream: list[Simulated]) -> None:
    """No payload holds a name that only the truth knows: groups, kinds of group, expectations."""
    secrets = (
        b"campaign",
        b"cascade",
        b"dual_hat",
        b"surge",
        b"redelivery",
        b"expected",
        b"simulat",
        b"idea-",
        b"late_ms",
    )
    for simulated in stream:
        assert not any(secret in simulated.value for secret in secrets), simulated.truth


def test_redeliveries_repeat_bytes_and_key(stream: list[Simulated]) -> None:
    """A redelivery is byte for byte an earlier record on the same topic under the same key."""
    seen: set[tuple[str, bytes, bytes]] = set()
    count = 0
    for simulated in stream:
        whole = (simulated.topic, simulated.key, simulated.value)
        if simulated.truth["kind"] == "redelivery":
            count += 1
            assert whole in seen
            assert simulated.truth["expected"] == "redelivered"
        elif simulated.truth["kind"] != "malformed":
            assert whole not in seen
        seen.add(whole)
    assert count > 200


def test_ids_are_unique(stream: list[Simulated]) -> None:
    """No two different events share source and native id."""
    events = [
        (simulated.source, simulated.truth["event"]) for simulated in stream if simulated.truth["kind"] not in ("redelivery", "malformed")
    ]
    assert len(events) == len(set(events))


def test_copies_follow_their_original(stream: list[Simulated]) -> None:
    """A copy's original came before it; retweets refer to it natively."""
    arrived: set[object] = set()
    native = 0
    for simulated in stream:
        if simulated.truth["kind"] == "copy":
            assert simulated.truth["copy_of"] in arrived
            if simulated.truth["says"] == "retweet":
                native += 1
                assert signal_of(simulated)["repost_of"] == simulated.truth["copy_of"]
        arrived.add(simulated.truth["event"])
    assert native > 300


def test_threads_answer_an_earlier_post(stream: list[Simulated]) -> None:
    """Follow-ups reply to their root on the same network, in the root's thread; answers are marked as accepted."""
    roots: dict[object, Simulated] = {}
    accepted = 0
    for simulated in stream:
        if simulated.truth["kind"] in ("followup", "answer"):
            root, signal = roots[simulated.truth["answers"]], signal_of(simulated)
            assert simulated.source == root.source
            assert signal["in_reply_to"] == root.truth["event"]
            assert signal["thread"] == signal_of(root)["thread"]
            assert signal["accepted_answer"] == (simulated.truth["kind"] == "answer")
            accepted += signal["accepted_answer"]
        roots.setdefault(simulated.truth["event"], simulated)
    assert accepted > 0


def test_only_late_events_are_late(stream: list[Simulated]) -> None:
    """Late events were written 11 minutes to 3 hours before they arrive, all others within a minute."""
    for simulated in stream:
        if simulated.truth["kind"] in ("malformed", "redelivery"):
            continue
        decoded = decode(simulated.source, simulated.value)
        assert not isinstance(decoded, Malformed)
        behind = simulated.at_ms - decoded[1]
        if simulated.truth["kind"] == "late":
            assert 11 * 60_000 <= behind <= 3 * HOUR_MS + 60_000
        else:
            assert 0 <= behind < 60_000


def test_surges_multiply_the_rate(scenario: Scenario, stream: list[Simulated]) -> None:
    """At the height of the surge about ten times as many events of its subject arrive, mostly from new authors."""
    cheer, surge = scenario.surges()
    assert (cheer.sentiment, surge.sentiment) == ("positive", "negative")
    about = [simulated for simulated in stream if simulated.truth["subject"] == surge.subject and not simulated.truth["noise"]]
    length = surge.end_ms - surge.start_ms
    plateau = (surge.start_ms + length // 10, surge.start_ms + length * 6 // 10)
    high = sum(plateau[0] <= simulated.at_ms < plateau[1] for simulated in about) / (plateau[1] - plateau[0])
    quiet = sum(simulated.at_ms < surge.start_ms for simulated in about) / (surge.start_ms - scenario.start_ms)
    assert 7 < high / quiet < 15
    mass = [simulated for simulated in stream if simulated.truth.get("surge") == surge.id and simulated.truth["kind"] == "surge"]
    assert all(surge.start_ms <= simulated.at_ms < surge.end_ms for simulated in mass)
    assert len({simulated.truth["author"] for simulated in mass}) > 0.85 * len(mass)


def test_a_surge_can_be_switched_off() -> None:
    """With factors of 1 no event belongs to a surge and none is announced."""
    scenario = Scenario(events=2_000, mix=Mix(surge=1.0, cheer=1.0))
    assert scenario.surges() == ()
    assert not list(of_kind(list(simulate(scenario)), "surge"))


def test_employees_are_on_the_roster(scenario: Scenario, stream: list[Simulated]) -> None:
    """Whoever speaks with two hats is on the roster of that subject, nobody else is."""
    roster = scenario.roster()
    for simulated in stream:
        if simulated.truth["kind"] == "dual_hat":
            assert roster[str(simulated.truth["author"])] == simulated.truth["subject"]
        elif not simulated.truth["dual_hat"]:
            assert simulated.truth["author"] not in roster
    accounts = {(source, author) for source, author, _ in scenario.employees()}
    spoken = [signal_of(simulated) for simulated in of_kind(stream, "dual_hat")]
    assert all((signal["source"], signal["author"]["id"]) in accounts for signal in spoken)


def test_campaigns_are_several_accounts_saying_nearly_the_same(stream: list[Simulated]) -> None:
    """Each spam campaign has at least two accounts, and its posts share most words."""
    campaigns = defaultdict(list)
    for simulated in of_kind(stream, "spam"):
        campaigns[simulated.truth["campaign"]].append(signal_of(simulated))
    big = [posts for posts in campaigns.values() if len(posts) >= 10]
    assert len(big) > 10
    for posts in big:
        assert len({post["author"]["id"] for post in posts}) >= 2
        words = [set(post["text"].lower().split()) for post in posts]
        shared = [len(a & b) / max(len(a), len(b)) for a, b in pairwise(words)]
        assert sum(shared) / len(shared) > 0.6


def test_authors_follow_a_power_law(stream: list[Simulated]) -> None:
    """A few authors write a lot, most write once or twice, and nobody writes more than one in a hundred events."""
    counts = Counter(simulated.truth["author"] for simulated in stream)
    assert 20 < counts.most_common(1)[0][1] < len(stream) / 100
    assert sum(count <= 2 for count in counts.values()) > 0.6 * len(counts)


def test_describe_agrees_with_the_stream() -> None:
    """The summary's counts are those of the stream and fit into JSON."""
    scenario = Scenario(seed=5, events=3_000)
    said = describe(scenario)
    kinds = Counter("followup" if simulated.truth["kind"] == "answer" else simulated.truth["kind"] for simulated in simulate(scenario))
    assert said["kinds"] == dict(sorted(kinds.items()))
    assert orjson.loads(orjson.dumps(said))["events"] == 3_000


def test_subjects_of_ones_own() -> None:
    """One subject of an unknown domain is enough; the whole stream speaks of it."""
    scenario = Scenario(events=2_000, subjects=(ScenarioSubject("acme", "Acme Tools", "hardware"),))
    subjects = {simulated.truth["subject"] for simulated in simulate(scenario)}
    assert subjects == {"acme", None}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"events": 0}, "0 events"),
        ({"hours": 0.0}, "0.0 hours"),
        ({"subjects": ()}, "subjects must be given"),
        ({"subjects": (ScenarioSubject("a", "A"), ScenarioSubject("a", "B"))}, "its own id"),
        ({"subjects": (ScenarioSubject("a", "!!"),)}, "a name with letters"),
        ({"mix": Mix(spam=0.9)}, "adds up to"),
        ({"mix": Mix(spam=-0.1)}, "negative"),
        ({"mix": Mix(surge=0.5)}, "multiply"),
    ],
)
def test_senseless_scenarios_are_refused(change: dict[str, Any], problem: str) -> None:
    """A scenario that cannot be simulated raises an error that names the knob."""
    with pytest.raises(ScenarioError, match=problem):
        Scenario(**change)


def test_long_streams_start_at_once() -> None:
    """The first records of a long stream can be had without rendering the rest."""
    assert len(list(islice(simulate(Scenario(events=50_000)), 10))) == 10
