"""In: the folder of data sets. Out: what these features and this head reach on each, beside the figure published or measured for it.

A set is trained on by itself, honestly split: copies stay in one fold, events are left out whole, given test parts stay tests.
Nothing that is learned here is shipped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.metrics import accuracy_score, f1_score, recall_score

from models.bundle import load_bundle
from models.cross_validate import cross_validate, train_and_judge
from models.datasets import Row, read
from models.errors import ModelError
from models.facets import SENTIMENTS
from models.heads.labels import STAKEHOLDER_OF_SOURCE

IN_SCOPE_ACCURACY = 0.9
_UNSURE = ("", "I can't tell")


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
    """Each event judged by what was learned from the others: as trained, and with the cut moved, without a look at any label, to
    where as large a share is on topic as in training; vocabulary that no other event has makes a head shy."""
    published = {"Sandy": 0.30, "Alberta": 0.74, "Oklahoma": 0.66, "West_Texas": 0.86}
    rows = read(data, "crisislex_t6")
    for event in sorted({row["event"] for row in rows}):
        learn, hold = [row for row in rows if row["event"] != event], [row for row in rows if row["event"] == event]
        wanted = next((figure for name, figure in published.items() if name in event), None)
        labels = [row["label"] for row in learn]
        classes, codes, sure = train_and_judge([row["text"] for row in learn], labels, [row["text"] for row in hold])
        on_topic = codes == classes.index("on-topic")
        chances = np.where(on_topic, sure, 1 - sure)
        cut = np.quantile(chances, 1 - labels.count("on-topic") / len(labels))
        truth = np.array([row["label"] == "on-topic" for row in hold])
        yield Measured("crisislex_t6", f"on-topic F1, {event[5:]}", float(f1_score(truth, on_topic)), wanted)
        yield Measured("crisislex_t6", f"  cut at training share, {event[5:]}", float(f1_score(truth, chances > cut)), wanted)


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
    """Out of scope is what the head is not sure of: as far as in-scope accuracy stays at IN_SCOPE_ACCURACY."""
    learn = [row for row in read(data, "clinc150") if row["intent"] != "oos"]
    hold = read(data, "clinc150_test")
    classes, codes, chances = train_and_judge([r["text"] for r in learn], [r["intent"] for r in learn], [r["text"] for r in hold])
    scope = np.array([row["intent"] != "oos" for row in hold])
    right = np.array([classes[code] == row["intent"] for code, row in zip(codes, hold, strict=True)])
    accuracy = float(right[scope].mean())
    yield Measured("clinc150", "in-scope accuracy, nothing withheld", accuracy, None)
    floors = [floor for floor in np.linspace(0, 1, 201) if (right & (chances >= floor))[scope].mean() >= IN_SCOPE_ACCURACY]
    if floors:
        yield Measured("clinc150", "out-of-scope recall at accuracy .90", float((chances < max(floors))[~scope].mean()), 0.40)


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


def _sentiment(data: Path) -> Iterator[Measured]:
    rows = read(data, "tweeteval_sentiment")
    judged = load_bundle().judge([row["text"] for row in rows]).sentiment
    recall = recall_score([int(row["label"]) for row in rows], judged, average="macro", labels=range(len(SENTIMENTS)))
    yield Measured("tweeteval_sentiment", "macro-recall, shipped artefact", float(recall), 0.629)


def _sources(data: Path) -> Iterator[Measured]:
    rows = [row for row in read(data, "crisislex_t26") if row["source"] in STAKEHOLDER_OF_SOURCE]
    found = cross_validate([row["text"] for row in rows], [row["source"] for row in rows])
    yield Measured("crisislex_t26", "source macro-F1, 5-fold", float(f1_score(found.truth, found.answers, average="macro")), 0.544)
    yield Measured("crisislex_t26", "source accuracy, 5-fold", float(accuracy_score(found.truth, found.answers)), 0.729)


def _cross_source(data: Path) -> Iterator[Measured]:
    """Spam as deployments meet it: learned from one network, found on another."""
    sets = {
        "sms_spam": [{"text": row["text"], "label": row["label"]} for row in read(data, "sms_spam")],
        "tweet_spam": [{"text": row["Tweet"], "label": "spam" if row["Type"] == "Spam" else "ham"} for row in read(data, "tweet_spam")],
    }
    for learn, hold in (("sms_spam", "tweet_spam"), ("tweet_spam", "sms_spam")):
        answers = [one == "spam" for one in _answers(sets[learn], sets[hold], "text", "label")]
        truth = [row["label"] == "spam" for row in sets[hold]]
        yield Measured("cross_source_spam", f"spam F1, {learn} -> {hold}", float(f1_score(truth, answers)), None)


BENCHMARKS: tuple[Benchmark, ...] = (
    _folds("sms_spam", "text", "label", 0.960, positive="spam"),
    Benchmark("cross_source_spam", _cross_source),
    _folds("airline_tweets", "text", "airline_sentiment", 0.762),
    _folds("brand_emotion", "text", "emotion", 0.595, drop=_UNSURE),
    Benchmark("tweeteval_sentiment", _sentiment),
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
