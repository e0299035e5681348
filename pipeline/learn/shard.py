"""The stage learn: texts joined with their labels teach a challenger, which becomes champion once it has won.

A label that comes before its text waits for it. Learning goes in lessons of a fixed number of labels, so that batches make no
difference and the learner's state is written once a lesson. A label teaches once, however often it is delivered. Whoever calls
everything noise is not believed: see `pipeline.learn.labeller_trust`.

The topic ``models`` is compacted, so keys say what a record is: ``noise`` the champion, ``noise/challenger-<partition>`` the latest
challenger of a partition, ``noise/before-<version>`` the champion that a version took the place of (what a roll-back needs), and
``noise/held`` the version that a person rolled back (see `agents.runtime.model_registry`).
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

import orjson
from pydantic import ValidationError

from pipeline.learn.labeller_trust import Trust
from pipeline.learn.text_memory import Texts
from pipeline.sift import join
from pipeline.stream import Arrived, Dedup, InputRecord, JoinBuffer, Output, Step, UnorderedShard, Unreadable, instant
from schemas.messages import Label
from schemas.times import iso

DAY_MS = 86_400_000
FACET = "noise"
VERDICTS = {"true": True, "false": False}
LESSON_LABELS = 25
GONE = "gone"
"""What is remembered in place of a verdict of a text that was deleted before it came."""
ID_LIMIT = 512
GIVER_LIMIT = 100
LEARNER_KEY = b"learner/"
LESSON_KEY = b"lesson"
SEEN_KEY = b"seen/"
VERSION = 1

Store = Callable[[str, bytes], str]
"""Keeps the bytes of a model version and says where (URL); the same version again is harmless."""


class ChallengerLearner(Protocol):
    """An online challenger of the noise gate, as far as this stage needs it. Deterministic in the order of its lessons."""

    @property
    def seen(self) -> int:
        """Labels learned from."""

    def partial_fit(self, texts: Sequence[str], noise: Sequence[bool]) -> None:
        """Test champion and challenger on n labelled texts, then learn from them, in order."""

    def ready(self) -> bool:
        """Whether the challenger has won."""

    def champion(self) -> "Champion":
        """The model that the challenger was measured against."""

    def scores(self) -> tuple[float, float]:
        """(challenger's, champion's) share of labels judged right before they were learned from."""

    def export(self) -> tuple[str, bytes]:
        """(version, artefact) of the challenger as it stands."""

    def state(self) -> Mapping[str, bytes]:
        """Everything learned, by name."""

    def restore(self, state: Mapping[str, bytes]) -> None:
        """Continue from what `state` gave."""


class Champion(NamedTuple):
    """The model in force. url None: the deployment's own artefact. held: a person decided, so it is not replaced by itself."""

    version: str
    url: str | None
    held: bool


class RememberedText(NamedTuple):
    """What is read of a piece of information or chaff."""

    id: str
    text: str
    replaces: str | None = None


class ForgottenText(NamedTuple):
    """A piece of information that holds no more."""

    id: str


Message = RememberedText | ForgottenText | Label


class LearnShard(UnorderedShard[Message]):
    """One partition's learning.

    window_days (event time) and ``entries`` bound the texts remembered, ``waiting`` the labels without a text. ``again``: labels
    after an announcement before the challenger is announced anew.
    """

    stage = "learn"

    def __init__(
        self,
        number: int,
        learner: ChallengerLearner,
        store: Store,
        *,
        window_days: float = 14.0,
        entries: int = 200_000,
        waiting: int = 10_000,
        again: int = 200,
    ) -> None:
        super().__init__(number)
        window_ms = int(window_days * DAY_MS)
        self._learner, self._store, self._again = learner, store, again
        self._texts = Texts(window_ms=window_ms, entries=entries)
        self._waiting = JoinBuffer(limit=waiting, window_ms=window_ms)
        self._taught = Dedup(window_ms=2 * window_ms, entries=2 * entries)
        self._trust = Trust()
        self._lesson: list[tuple[str, bool]] = []
        self._announced: int | None = None
        self._latest_ms = 0
        self._lesson_changed = self._learner_changed = False

    # -- reading -----------------------------------------------------------------------------------------------------

    def parse(self, record: InputRecord, topic: str) -> Message | Unreadable:
        """Read a label, or id and text of information and chaff."""
        if not record.value:
            return Unreadable("empty", "the record has no value")
        try:
            found = orjson.loads(record.value)
            if not isinstance(found, dict):
                return Unreadable("invalid", "the value should be an object")
            if topic == "labels":
                return _label(found)
        except orjson.JSONDecodeError as error:
            return Unreadable("not_json", str(error)[:200])
        except ValidationError as error:
            fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
            return Unreadable("invalid", f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"[:300])
        return _text(found, topic)

    def apply(self, arrived: Arrived[Message], step: Step) -> str:
        """Remember a text, or teach what a label says."""
        if isinstance(arrived.message, ForgottenText):
            self._forget(arrived.message.id, arrived.appended_ms)
            return "withdrawn"
        if isinstance(arrived.message, RememberedText):
            if arrived.message.replaces:
                self._forget(arrived.message.replaces, arrived.appended_ms)
            return self._remember(arrived.message, arrived, step)
        return self._take_label(arrived.message, arrived, step)

    # -- joining -----------------------------------------------------------------------------------------------------

    def _remember(self, found: RememberedText, arrived: Arrived[Message], step: Step) -> str:
        if self._taught.has(_lesson_id(found.id, GONE)) or not self._texts.add(found.id, found.text, arrived.clock):
            return "ignored"
        for value, (appended_ms, giver) in self._waiting.take(found.id).items():
            self._teach(found, value, giver, appended_ms, arrived, step)
        return "remembered"

    def _forget(self, information: str, appended_ms: int) -> None:
        """Let nothing more be learned from a text that was deleted, and keep it no longer.

        A text of chaff may come behind its deletion, which is on another topic: then it is not taken.
        """
        self._waiting.take(information)
        text = self._texts.forget(information)
        if text is None:
            self._taught.add(_lesson_id(information, GONE), 0, max(self._latest_ms, appended_ms))
        lesson = [one for one in self._lesson if one[0] != text]
        self._lesson_changed = self._lesson_changed or len(lesson) != len(self._lesson)
        self._lesson = lesson
        self._trust.forget(text)

    def _take_label(self, label: Label, arrived: Arrived[Message], step: Step) -> str:
        if label.facet != FACET or label.value not in VERDICTS:
            step.count("unlearned", label.facet)
            return "ignored"
        if self._taught.has(_lesson_id(label.information, label.value)) or self._waiting.get(label.information, label.value) is not None:
            return "ignored"
        text = self._texts.get(label.information)
        if text is None:
            waiting = [arrived.appended_ms, label.given_by[:GIVER_LIMIT]]
            self._waiting.put(label.information, label.value, waiting, arrived.appended_ms)
            if self._waiting.dropped:
                step.count("label_given_up", by=self._waiting.dropped)
                self._waiting.dropped = 0
            return "waiting"
        found = RememberedText(label.information, text)
        self._teach(found, label.value, label.given_by[:GIVER_LIMIT], arrived.appended_ms, arrived, step)
        return "joined"

    # -- learning ----------------------------------------------------------------------------------------------------

    def _teach(self, found: RememberedText, value: str, giver: str, appended_ms: int, arrived: Arrived[Message], step: Step) -> None:
        """Put what may be believed now into lessons: this label, or others of its giver that waited for it, or none."""
        self._latest_ms = max(self._latest_ms, appended_ms)
        self._taught.add(_lesson_id(found.id, value), 0, self._latest_ms)
        believed = self._trust.weigh(giver, found.text, VERDICTS[value])
        if not believed:
            step.count("label_doubted", FACET)
        for text, noise in believed:
            self._lesson.append((text, noise))
            self._lesson_changed = True
            self._study(arrived, step)

    def _study(self, arrived: Arrived[Message], step: Step) -> None:
        """Hold the lesson once it is full, and see whether the challenger has won by it."""
        step.count("labels", FACET)
        if len(self._lesson) < LESSON_LABELS:
            return
        self._learner.partial_fit([text for text, _ in self._lesson], [noise for _, noise in self._lesson])
        self._lesson.clear()
        self._learner_changed = True
        if self._announced is not None and self._announced >= self._learner.seen:
            self._announced = None  # another champion: its challenger started anew
        due = self._announced is None or self._learner.seen >= self._announced + self._again
        if due and self._learner.ready():
            self._announce(arrived, step)

    def _announce(self, arrived: Arrived[Message], step: Step) -> None:
        """Keep the challenger's artefact and say that it is there; unless a person holds the champion, it takes its place."""
        version, artefact = self._learner.export()
        score, champion_score = self._learner.scores()
        former = self._learner.champion()
        url = self._store(version, artefact)
        self._announced = self._learner.seen
        scores = {"labels": self._learner.seen, "score": round(score, 4), "champion_score": round(champion_score, 4)}
        challenger = {"version": version, "facet": FACET, "champion": False, "url": url, **scores}
        self._say(f"{FACET}/challenger-{self.number}", challenger, arrived, step)
        step.count("announced", FACET)
        if former.held:
            return
        before = {"version": former.version, "facet": FACET, "champion": False, "url": former.url}
        # First what a roll-back needs: whoever sees the new champion finds it.
        self._say(f"{FACET}/before-{version}", {**before, "labels": 0, "score": None, "champion_score": None}, arrived, step)
        self._say(FACET, {**challenger, "champion": True}, arrived, step)
        step.count("promoted", FACET)

    def _say(self, key: str, message: dict[str, object], arrived: Arrived[Message], step: Step) -> None:
        at_ms = instant(self._latest_ms)
        step.outputs.append(
            Output(
                noun="models", key=key.encode(), value=orjson.dumps({**message, "at": iso(at_ms)}),
                id=hashlib.blake2b(f"models/{key}/{message['version']}".encode(), digest_size=16).hexdigest(),
                time_ms=at_ms, source=self.source, lineage=f"{arrived.topic}/{arrived.partition}/{arrived.offset}/0", trace="",
            )
        )  # fmt: skip

    # -- state -------------------------------------------------------------------------------------------------------

    def changes(self) -> dict[bytes, bytes | None]:
        """State keys that changed since the last call."""
        found = self._texts.changes() | self._waiting.changes() | self._taught.changes() | self._trust.changes()
        if self._learner_changed:
            found |= {LEARNER_KEY + name.encode(): value for name, value in self._learner.state().items()}
        if self._lesson_changed:
            lesson = {"v": VERSION, "lesson": self._lesson, "announced": self._announced, "latest": self._latest_ms}
            found[LESSON_KEY] = orjson.dumps(lesson)
        self._lesson_changed = self._learner_changed = False
        return found

    def restore_items(self, items: Mapping[bytes, bytes]) -> None:
        """Take over state."""
        self._texts.restore(items)
        self._waiting.restore(items)
        self._trust.restore(items)
        self._taught.restore({key: value for key, value in items.items() if key.startswith(SEEN_KEY)})
        learned = {key[len(LEARNER_KEY) :].decode(): value for key, value in items.items() if key.startswith(LEARNER_KEY)}
        if learned:
            self._learner.restore(learned)
        if LESSON_KEY in items:
            saved = orjson.loads(items[LESSON_KEY])
            self._lesson = [(text, noise) for text, noise in saved["lesson"]]
            self._announced, self._latest_ms = saved["announced"], saved["latest"]


def _label(found: Mapping[str, object]) -> Label | Unreadable:
    label = Label.model_validate({name: found[name] for name in Label.model_fields if name in found})
    too_long = len(label.information) > ID_LIMIT
    return Unreadable("invalid", f"information should be an id of at most {ID_LIMIT} characters") if too_long else label


def _text(found: Mapping[str, object], topic: str) -> RememberedText | ForgottenText | Unreadable:
    withdrawn, replaces = found.get("withdraws"), found.get("replaces")
    if isinstance(withdrawn, str) and topic == "information" and len(withdrawn) <= ID_LIMIT:
        return ForgottenText(withdrawn)
    signal = found if topic == "chaff" else found.get("signal")
    information, text = found.get("id"), signal.get("text") if isinstance(signal, dict) else None
    if not isinstance(information, str) or not isinstance(text, str) or not isinstance(signal, dict) or len(information) > ID_LIMIT:
        return Unreadable("invalid", f"id, of at most {ID_LIMIT} characters, and text should be strings")
    return RememberedText(information, join(signal.get("title"), text), replaces if isinstance(replaces, str) else None)


def _lesson_id(information: str, value: str) -> bytes:
    """What a label teaches: 16 bytes. Who gave it does not matter, a correction teaches again."""
    return hashlib.blake2b(f"{information}/{value}".encode(), digest_size=16).digest()
