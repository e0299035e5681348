"""`winnow evaluate all`: what these features and this head reach on each data set, beside the figure published or measured for it.

A set is trained on by itself, honestly split: copies stay in one fold, events are left out whole, given test parts stay tests.
Nothing that is learned here is shipped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, f1_score, recall_score

from models.errors import ModelError
from models.evaluation.cross_validate import cross_validate, normalised, train_and_judge
from models.examples import STAKEHOLDER_OF_SOURCE, Row, read
from models.facets import INTENTS, SENTIMENTS
from models.heads import GateHead
from models.judging import load_bundle

GATE_THRESHOLD = 0.7
"""What a deployment calls spam unless its settings say otherwise: a test holds both equal."""
IN_SCOPE_ACCURACY = 0.9
_UNSURE = ("", "I can't tell")
_EMOTIONS = {"Negative emotion": 0, "No emotion toward brand or product": 1, "Positive emotion": 2}


@dataclass(frozen=True, slots=True)
class Measured:
    """One figure of one set; ``published`` None where there is none to hold it against."""

    name: str
    measure: str
    value: float
    published: float | None

    def line(self) -> str:
        """For a terminal."""
        beside = "" if self.published is None else f"   published {self.published:.3f}   {self.value - self.published:+.3f}"
        return f"{self.name:34} {self.measure:34} {self.value:.3f}{beside}"


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A set, and how its figures are taken."""

    name: str
    run: Callable[[Path], Iterator[Measured]]


def _folds(
    name: str, text: str, label: str, published: float | None, positive: str | None = None, drop: Sequence[str] = ("",)
) -> Benchmark:
    """Five folds over one set: macro-F1, or the F1 of one class."""

    def run(data: Path) -> Iterator[Measured]:
        rows = [row for row in read(data, name) if row[label] not in drop]
        found = cross_validate([row[text] for row in rows], [row[label] for row in rows])
        if positive is None:
            yield Measured(name, "macro-F1, 5-fold", float(f1_score(found.truth, found.answers, average="macro")), published)
            yield Measured(name, "accuracy, 5-fold", float(accuracy_score(found.truth, found.answers)), None)
        else:
            code = found.classes.index(positive)
            yield Measured(name, f"F1 of {positive}, 5-fold", float(f1_score(found.truth == code, found.answers == code)), published)

    return Benchmark(name, run)


def _events(data: Path) -> Iterator[Measured]:
    """Each event judged by what was learned from the others; the cut, too, is set on events of the training part, held out in turn."""
    published = {"Sandy": 0.30, "Alberta": 0.74, "Oklahoma": 0.66, "West_Texas": 0.86}
    rows = read(data, "crisislex_t6")
    events = np.array([row["event"] for row in rows])
    found = cross_validate([row["text"] for row in rows], [row["label"] for row in rows], groups=events.tolist())
    on_topic = found.classes.index("on-topic")
    for event in np.unique(events):
        hold = events == event
        wanted = next((figure for name, figure in published.items() if name in event), None)
        score = float(f1_score(found.truth[hold] == on_topic, found.answers[hold] == on_topic))
        yield Measured("crisislex_t6", f"on-topic F1, {event[5:]}", score, wanted)


def _answers(learn: Sequence[Row], hold: Sequence[Row], text: str, label: str) -> list[str]:
    classes, codes, _ = train_and_judge([row[text] for row in learn], [row[label] for row in learn], [row[text] for row in hold])
    return [classes[code] for code in codes]


def _banking(data: Path) -> Iterator[Measured]:
    hold = read(data, "banking77_test")
    answers = _answers(read(data, "banking77"), hold, "text", "category")
    yield Measured(
        "banking77", "accuracy, its test part", float(np.mean([a == row["category"] for a, row in zip(answers, hold, strict=True)])), 0.913
    )


def _clinc(data: Path) -> Iterator[Measured]:
    """Out of scope is what the head is not sure of; how sure it must be is set on the validation part."""
    rows = [row for row in read(data, "clinc150") if row["intent"] != "oos"]
    learn, spare = ([row for row in rows if row["part"] == part] for part in ("train", "val"))
    hold = read(data, "clinc150_test")
    right, chances = _intents(learn, [*spare, *hold])
    known, sureness = right[: len(spare)], chances[: len(spare)]
    floor = max((floor for floor in np.linspace(0, 1, 401) if (known & (sureness >= floor)).mean() >= IN_SCOPE_ACCURACY), default=0.0)
    scope = np.array([row["intent"] != "oos" for row in hold])
    right, sure = right[len(spare) :], chances[len(spare) :] >= floor
    yield Measured("clinc150", "in-scope accuracy, nothing withheld", float(right[scope].mean()), None)
    yield Measured("clinc150", "in-scope accuracy, unsure withheld", float((right & sure)[scope].mean()), None)
    yield Measured("clinc150", "out-of-scope recall at that", float((~sure)[~scope].mean()), 0.40)


def _intents(learn: Sequence[Row], hold: Sequence[Row]) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Whether each answer is right, and how sure it is."""
    classes, codes, chances = train_and_judge([r["text"] for r in learn], [r["intent"] for r in learn], [r["text"] for r in hold])
    return np.array([classes[code] == row["intent"] for code, row in zip(codes, hold, strict=True)]), chances


def _validated(task: str) -> Benchmark:
    def run(data: Path) -> Iterator[Measured]:
        hold = read(data, f"tweeteval_{task}_val")
        answers = _answers(read(data, f"tweeteval_{task}_train"), hold, "text", "label")
        yield Measured(
            f"tweeteval_{task}",
            "macro-F1, its validation part",
            float(f1_score([r["label"] for r in hold], answers, average="macro")),
            None,
        )

    return Benchmark(f"tweeteval_{task}", run)


def _shipped_sentiment(name: str, column: str, meaning: Mapping[str, int], published: float | None) -> Benchmark:
    """Sentiment by the shipped artefact, which learned from none of these sets."""

    def run(data: Path) -> Iterator[Measured]:
        rows = [row for row in read(data, name) if row[column] in meaning]
        truth = [meaning[row[column]] for row in rows]
        judged = load_bundle().judge([row["text"] for row in rows]).sentiment
        recall = recall_score(truth, judged, average="macro", labels=range(len(SENTIMENTS)))
        yield Measured(name, "sentiment macro-recall, shipped artefact", float(recall), published)
        yield Measured(name, "sentiment macro-F1, shipped artefact", float(f1_score(truth, judged, average="macro")), None)

    return Benchmark(f"{name}_shipped" if name != "tweeteval_sentiment" else name, run)


def _shipped_gate(data: Path) -> Iterator[Measured]:
    """Posts by people, in which next to nothing is spam, and yet called so by the shipped artefact."""
    bundle = load_bundle()
    for name, column in (
        ("airline_tweets", "text"),
        ("brand_emotion", "text"),
        ("support_inbound", "text"),
        ("app_review_intent", "review"),
    ):
        called = bundle.judge([row[column] for row in read(data, name)]).spam >= GATE_THRESHOLD
        yield Measured("gate_shipped", f"share of {name} called spam", float(called.mean()), None)


def _support(data: Path) -> Iterator[Measured]:
    """Intents of customer support, as far as its topics name one."""
    rows = read(data, "support_inbound")
    judged = load_bundle().judge([row["text"] for row in rows]).intent
    answers = np.array(INTENTS)[judged]
    for topic, wanted in (("Service Praise", "praise"), ("Bad Support", "complaint"), ("Unresponsive/Freezing Device", "complaint")):
        chosen = np.array([row["labels"] == topic for row in rows])
        if chosen.any():
            yield Measured("support_inbound", f"{topic} called {wanted}", float((answers[chosen] == wanted).mean()), None)
    for name in INTENTS:
        yield Measured("support_inbound", f"share called {name}", float((answers == name).mean()), None)


def _sources(data: Path) -> Iterator[Measured]:
    rows = [row for row in read(data, "crisislex_t26") if row["source"] in STAKEHOLDER_OF_SOURCE]
    found = cross_validate([row["text"] for row in rows], [row["source"] for row in rows])
    yield Measured("crisislex_t26", "source macro-F1, 5-fold", float(f1_score(found.truth, found.answers, average="macro")), 0.544)
    yield Measured("crisislex_t26", "source accuracy, 5-fold", float(accuracy_score(found.truth, found.answers)), 0.729)


def _cross_source(data: Path) -> Iterator[Measured]:
    """Spam as deployments meet it: learned from one network, found on another; and by the gate as it is trained, text messages aside.

    The spam of tweet_spam is what certain accounts posted, headlines for the most part: nothing in a text message speaks of it.
    """
    sets = {
        "sms_spam": [{"text": row["text"], "label": row["label"]} for row in read(data, "sms_spam")],
        "tweet_spam": [{"text": row["Tweet"], "label": "spam" if row["Type"] == "Spam" else "ham"} for row in read(data, "tweet_spam")],
    }
    messages = sets["sms_spam"]
    called = _gate_without(messages, data).predict_proba([row["text"] for row in messages])[:, 1] > 0.5
    score = float(f1_score([row["label"] == "spam" for row in messages], called))
    yield Measured("cross_source_spam", "spam F1, rest of the gate's -> sms_spam", score, None)
    for learn, hold in (("sms_spam", "tweet_spam"), ("tweet_spam", "sms_spam")):
        answers = [one == "spam" for one in _answers(sets[learn], sets[hold], "text", "label")]
        truth = [row["label"] == "spam" for row in sets[hold]]
        yield Measured("cross_source_spam", f"spam F1, {learn} -> {hold}", float(f1_score(truth, answers)), None)


def _gate_without(rows: Sequence[Row], data: Path) -> GateHead:
    """The gate, trained on its examples but for `rows`."""
    left_out = {normalised(row["text"]) for row in rows}
    examples = GateHead().examples(data)
    kept = [at for at, text in enumerate(examples.texts) if normalised(text) not in left_out]
    texts, labels = ([column[at] for at in kept] for column in (examples.texts, examples.labels))
    return GateHead().fit(texts, labels, [examples.weights[at] for at in kept])


BENCHMARKS: tuple[Benchmark, ...] = (
    _folds("sms_spam", "text", "label", 0.960, positive="spam"),
    Benchmark("cross_source_spam", _cross_source),
    _folds("airline_tweets", "text", "airline_sentiment", 0.762),
    _folds("brand_emotion", "text", "emotion", 0.595, drop=_UNSURE),
    _shipped_sentiment("tweeteval_sentiment", "label", {"0": 0, "1": 1, "2": 2}, 0.629),
    _shipped_sentiment("airline_tweets", "airline_sentiment", {name: code for code, name in enumerate(SENTIMENTS)}, None),
    _shipped_sentiment("brand_emotion", "emotion", _EMOTIONS, None),
    Benchmark("gate_shipped", _shipped_gate),
    Benchmark("support_inbound", _support),
    Benchmark("crisislex_t26", _sources),
    Benchmark("crisislex_t6", _events),
    Benchmark("banking77", _banking),
    Benchmark("clinc150", _clinc),
    _folds("app_review_intent", "review", "label", 0.929),
    _folds("issue_intent", "title", "label", None),
    _folds("tweet_spam", "Tweet", "Type", 0.963, positive="Spam"),
    *(_validated(task) for task in ("irony", "offensive", "hate", "emotion")),
)


def measure(data: Path, only: Sequence[str] = ()) -> Iterator[Measured]:
    """Every figure as it is taken, minutes in all; ``only`` names sets. Raises ModelError for an unknown name or an absent set."""
    known = {benchmark.name: benchmark for benchmark in BENCHMARKS}
    for name in only:
        if name not in known:
            raise ModelError(f"no set {name!r} is measured", hint=f"one of {', '.join(known)}")
    for name in only or known:
        yield from known[name].run(data)
