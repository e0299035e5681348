"""Learn: texts joined with their labels teach a challenger, which is announced once it has won."""

import hashlib
from collections.abc import Mapping, Sequence

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.learn.labeller_trust import FREE
from pipeline.learn.shard import LESSON_LABELS, Champion, LearnShard
from pipeline.learn.text_memory import CHUNK_ENTRIES, TEXT_LIMIT, Texts
from pipeline.stream.stage import WATERMARK, Record
from tests.unit.pipeline.stream.world import (
    DAY,
    START,
    Place,
    Shell,
    chaff_record,
    digest,
    information_record,
    label_record,
    withdrawal_record,
)


class Pupil:
    """A learner that remembers every lesson, in order, and is ready from a number of labels on."""

    def __init__(self, ready_from: int = 10**9, held: bool = True) -> None:
        self.held = held
        self.lessons: list[tuple[str, bool]] = []
        self.sizes: list[int] = []
        self._ready_from = ready_from

    @property
    def seen(self) -> int:
        """Labels learned from."""
        return len(self.lessons)

    def partial_fit(self, texts: Sequence[str], noise: Sequence[bool]) -> None:
        """Keep the lesson."""
        self.lessons += zip(texts, noise, strict=True)
        self.sizes.append(len(texts))

    def ready(self) -> bool:
        """Ready from so many labels on."""
        return self.seen >= self._ready_from

    def champion(self) -> Champion:
        """Always the deployment's own."""
        return Champion("own", None, self.held)

    def scores(self) -> tuple[float, float]:
        """Always the same."""
        return 0.9, 0.8

    def export(self) -> tuple[str, bytes]:
        """All lessons, named by their hash."""
        content = orjson.dumps(self.lessons)
        return hashlib.blake2b(content, digest_size=6).hexdigest(), content

    def state(self) -> Mapping[str, bytes]:
        """All lessons."""
        return {"lessons": orjson.dumps(self.lessons)}

    def restore(self, state: Mapping[str, bytes]) -> None:
        """Take over all lessons."""
        self.lessons = [(text, noise) for text, noise in orjson.loads(state["lessons"])]


class World(Shell):
    """A learn shard with its pupil and its store."""

    def __init__(self, ready_from: int = 10**9, *, held: bool = True, **limits: float) -> None:
        self.stored: dict[str, bytes] = {}

        def make() -> LearnShard:
            self.pupil = Pupil(ready_from, held)
            return LearnShard(0, self.pupil, self.store, **limits)  # type: ignore[arg-type]

        super().__init__(make)

    def store(self, version: str, artefact: bytes) -> str:
        """Keep the artefact; a version is always the same bytes."""
        assert self.stored.setdefault(version, artefact) == artefact
        return f"memory://{version}"


def texts(first: int, count: int, clock: int = START) -> list[Place]:
    """Information of one clock."""
    return [("information", information_record(n, f"i{n}", f"text {n}", clock)) for n in range(first, first + count)]


def labels(first: int, count: int) -> list[Place]:
    """Labels of the information of the same numbers, odd ones noise."""
    return [("labels", label_record(n, f"i{n}", "true" if n % 2 else "false", START + n)) for n in range(first, first + count)]


def test_labels_teach_the_texts_they_are_about() -> None:
    """A full lesson of joined labels reaches the learner in the order of the labels, title and text as sift judged them."""
    world = World()
    titled = information_record(0, "i0", "text 0", title="Title")
    world.feed(("information", titled), *texts(1, LESSON_LABELS - 1), *labels(0, LESSON_LABELS))
    assert world.pupil.lessons[:2] == [("Title. text 0", False), ("text 1", True)]
    assert world.pupil.sizes == [LESSON_LABELS]
    assert set(world.dispositions("information")) == {"remembered"}
    assert set(world.dispositions("labels")) == {"joined"}


def test_a_label_before_its_text_waits() -> None:
    """Topics are read in no common order: the label is joined when the text comes, also after a restart."""
    world = World()
    world.feed(*labels(0, LESSON_LABELS))
    world.restart()
    world.feed(*texts(0, LESSON_LABELS))
    assert world.pupil.seen == LESSON_LABELS
    assert set(world.dispositions("labels")) == {"waiting"}


def test_chaff_can_be_labelled_too() -> None:
    """A reviewer's word on what was thrown away is learned: misses become visible."""
    world = World()
    world.feed(("chaff", chaff_record(0, "c", "not spam at all")), *texts(0, LESSON_LABELS), *labels(0, LESSON_LABELS - 1))
    world.feed(("labels", label_record(100, "c", "false")))
    assert world.pupil.lessons[-1] == ("not spam at all", False)


def test_what_is_delivered_again_is_ignored() -> None:
    """Texts and labels at new offsets teach nothing again, waiting or joined; a correction teaches once."""
    world = World()
    world.feed(("labels", label_record(0, "i0", "false")), ("labels", label_record(1, "i0", "false", given_by="reviewer/ann")))
    world.feed(*texts(0, 2), ("labels", label_record(2, "i1", "true")))
    world.restart()
    world.feed(("labels", label_record(3, "i0", "false")), ("labels", label_record(4, "i1", "true")))
    world.feed(("labels", label_record(5, "i1", "false")))
    world.feed(("information", information_record(2, "i0", "text 0")), ("labels", label_record(6, "i1", "true")))
    assert world.dispositions("labels") == ["waiting", "ignored", "joined", "ignored", "ignored", "joined", "ignored"]
    assert world.dispositions("information") == ["remembered", "remembered", "ignored"]


@pytest.mark.parametrize("over", [{"facet": "intent", "value": "praise"}, {"value": "perhaps"}])
def test_labels_that_teach_nothing_yet_are_ignored(over: dict[str, str]) -> None:
    """Only the noise facet is learned online; others are counted, not lost."""
    world = World()
    world.feed(*texts(0, 1), ("labels", label_record(0, "i0", **{"value": "true", **over})))  # type: ignore[arg-type]
    assert world.dispositions("labels") == ["ignored"]
    assert world.counts["unlearned", over.get("facet", "noise")] == 1


def test_a_challenger_that_has_won_is_announced_with_its_artefact() -> None:
    """The announcement names version, place, labels and both scores, and is no champion; the bytes are in the store."""
    world = World(ready_from=LESSON_LABELS)
    world.feed(*texts(0, LESSON_LABELS), *labels(0, LESSON_LABELS))
    (version,) = world.stored
    assert world.latest("models") == {
        "noise/challenger-0": {
            "version": version, "facet": "noise", "champion": False, "url": f"memory://{version}", "labels": LESSON_LABELS,
            "score": 0.9, "champion_score": 0.8, "at": "2026-03-02T12:00:00.024Z",
        }
    }  # fmt: skip


def test_a_challenger_that_has_won_becomes_champion() -> None:
    """Unless a person holds the champion: then what was before is kept for a roll-back, and the winner is announced as champion."""
    world = World(ready_from=LESSON_LABELS, held=False)
    world.feed(*texts(0, LESSON_LABELS), *labels(0, LESSON_LABELS))
    (version,) = world.stored
    said = world.latest("models")
    assert (said["noise"]["version"], said["noise"]["champion"]) == (version, True)
    assert said[f"noise/before-{version}"]["version"] == "own"
    assert said[f"noise/before-{version}"]["url"] is None
    assert list(said).index(f"noise/before-{version}") < list(said).index("noise")
    assert world.counts["promoted", "noise"] == 1


def test_who_declines_everything_teaches_little() -> None:
    """Verdicts of a giver that never finds wheat are counted as doubted and not learned."""
    world = World()
    world.feed(*texts(0, 100), *(("labels", label_record(n, f"i{n}", "true", given_by="team/angry")) for n in range(100)))
    assert world.pupil.seen == 0
    assert world.counts["label_doubted", "noise"] == 100 - FREE
    assert set(world.dispositions("labels")) == {"joined"}


def test_a_challenger_is_announced_anew_only_after_many_more_labels() -> None:
    """Winning again with every lesson makes no stream of announcements."""
    world = World(ready_from=LESSON_LABELS, again=4 * LESSON_LABELS)
    world.feed(*texts(0, 8 * LESSON_LABELS), *labels(0, 3 * LESSON_LABELS))
    world.restart()
    world.feed(*labels(3 * LESSON_LABELS, 5 * LESSON_LABELS))
    announced = [orjson.loads(output.value)["labels"] for output in world.outputs if output.noun == "models"]
    assert announced == [LESSON_LABELS, 5 * LESSON_LABELS]


def test_a_new_champion_starts_a_new_contest() -> None:
    """When the learner refuses what it had learned, announcements begin anew instead of waiting for the old number of labels."""
    world = World(ready_from=LESSON_LABELS, again=1_000)
    world.feed(*texts(0, 2 * LESSON_LABELS), *labels(0, LESSON_LABELS))
    for key in [key for key in world.state if key.startswith(b"learner/")]:
        del world.state[key]
    world.restart()
    world.feed(*labels(LESSON_LABELS, LESSON_LABELS))
    assert [orjson.loads(output.value)["labels"] for output in world.outputs if output.noun == "models"] == [LESSON_LABELS] * 2


def test_the_learners_state_is_written_once_a_lesson() -> None:
    """A label alone rewrites its lesson, not all that was ever learned: that is large."""
    world = World()
    world.feed(*texts(0, LESSON_LABELS), *labels(0, LESSON_LABELS - 1))
    assert not any(key.startswith(b"learner/") for key in world.state)
    world.feed(*labels(LESSON_LABELS - 1, 1))
    assert any(key.startswith(b"learner/") for key in world.state)


def test_watermarks_are_accounted_for() -> None:
    """Sift's promises to those that merge are settled as what they are."""
    world = World()
    world.feed(("information", Record(0, START, None, b"{}", [("ce_type", WATERMARK.encode())])))
    assert world.dispositions("information") == ["watermark"]


@pytest.mark.parametrize("topic", ["information", "chaff", "labels"])
@pytest.mark.parametrize("value", [None, b"", b"\xff", b"[]", b"{}", b'{"id": 3, "text": "x", "signal": {"text": "x"}, "information": 3}'])
def test_unreadable_records_are_rejected(topic: str, value: bytes | None) -> None:
    """Bad data is kept with its place and never stops the stage."""
    world = World()
    world.feed((topic, Record(0, START, None, value, [("ce_clock", b"--9")])))
    assert world.dispositions(topic) == ["rejected"]


def test_memory_is_bounded() -> None:
    """Texts and waiting labels are forgotten, oldest first, however many come, in memory and in state; a text is cut."""
    world = World(entries=4 * CHUNK_ENTRIES, waiting=20)
    world.feed(*texts(0, 40 * CHUNK_ENTRIES), *(("labels", label_record(n, f"none{n}", "true", START + n)) for n in range(100)))
    saved = sum(len(orjson.loads(value)["texts"]) for key, value in world.state.items() if key.startswith(b"texts/"))
    assert 2 * CHUNK_ENTRIES <= saved <= 4 * CHUNK_ENTRIES
    assert sum(key.startswith(b"waiting/") for key in world.state) == 20
    assert world.counts["label_given_up",] == 80
    world.feed(("information", information_record(40 * CHUNK_ENTRIES, "long", "x" * 10 * TEXT_LIMIT)))
    assert max(len(value) for key, value in world.state.items() if key.startswith(b"texts/")) < CHUNK_ENTRIES * TEXT_LIMIT


def test_texts_are_forgotten_after_their_window() -> None:
    """What is older than the window, in event time, is gone; what is younger than half of it is not."""
    memory = Texts(window_ms=10 * DAY, entries=1_000)
    for day in range(30):
        memory.add(f"d{day}", "text", START + day * DAY)
    assert memory.get("d19") is None
    assert all(memory.get(f"d{day}") for day in range(25, 30))


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("labelled", [False, True])
def test_a_deleted_text_of_chaff_is_forgotten_whichever_comes_first(*, late: bool, labelled: bool) -> None:
    """Text and deletion are on two topics; nothing of it stays in state, and no label teaches it."""
    said, other = ("chaff", chaff_record(0, "gone", "the words of anneliese")), ("chaff", chaff_record(1, "kept", "the words of bob"))
    back = ("information", withdrawal_record(0, "gone"))
    label = [("labels", label_record(0, "gone", "true"))]
    world = World()
    world.feed(*([back, said, other] if late else [said, other, *(label if labelled else ()), back]))
    world.feed(*label)
    world.restart()
    world.feed(said, *(("labels", label_record(n, "kept", "true")) for n in range(1, 2)))
    state = b"".join(world.state.values())
    assert b"anneliese" not in state
    assert b"bob" in state
    assert not any("anneliese" in text for text, _ in world.pupil.lessons)


# -- laws ------------------------------------------------------------------------------------------------------------

items = st.one_of(
    st.tuples(st.just("information"), st.integers(0, 150), st.integers(0, 40)),
    st.tuples(st.just("chaff"), st.integers(0, 150), st.integers(0, 40)),
    st.tuples(st.just("labels"), st.integers(0, 150), st.booleans()),
)


def places_of(drawn: list[tuple[str, int, int | bool]]) -> list[Place]:
    """Records of the three topics with one offset for all, so that each has gaps."""
    places: list[Place] = []
    for offset, (topic, number, extra) in enumerate(drawn):
        if topic == "labels":
            places.append((topic, label_record(offset, f"i{number}", "true" if extra else "false", START + offset)))
        else:
            make = information_record if topic == "information" else chaff_record
            places.append((topic, make(offset, f"i{number}", f"text {number}", START + extra * DAY)))
    return places


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(items, min_size=30, max_size=250), st.data())
def test_cuts_and_crashes_make_no_difference(drawn: list[tuple[str, int, int | bool]], data: st.DataObject) -> None:
    """However records are cut into batches, and wherever the worker dies, the same is remembered, taught and announced."""
    places = places_of(drawn)
    limits = {"entries": 2 * CHUNK_ENTRIES, "waiting": 10, "window_days": 30.0, "again": LESSON_LABELS}
    whole, cut = World(LESSON_LABELS, **limits), World(LESSON_LABELS, **limits)
    for place in places:
        whole.feed(place)
    start = 0
    while start < len(places):
        end = start + 1
        most = data.draw(st.integers(1, 40))
        while end < len(places) and end - start < most and places[end][0] == places[start][0]:
            end += 1
        cut.feed(*places[start:end], crash=data.draw(st.sampled_from(["", "", "", "outputs", "state"])))
        start = end
    assert cut.remembered() == whole.remembered()
    assert (cut.pupil.lessons, cut.stored, cut.latest("models")) == (whole.pupil.lessons, whole.stored, whole.latest("models"))
    assert (cut.settled, cut.positions) == (whole.settled, whole.positions)


def test_ids_of_announcements_say_what_is_announced() -> None:
    """The same challenger announced again after a crash has the same id: readers fold it."""
    world = World(ready_from=LESSON_LABELS)
    world.feed(*texts(0, LESSON_LABELS), *labels(0, LESSON_LABELS - 1))
    world.feed(*labels(LESSON_LABELS - 1, 1), crash="outputs")
    ids = [output.id for output in world.outputs if output.noun == "models"]
    assert len(ids) == 2
    assert len(set(ids)) == 1
    assert digest("any") != ids[0]
