"""The figures of the model's card, on sets that may be measured on but not learned from."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC

from models.corpus import held_out, load_posts
from models.evaluation.report import evaluate
from models.examples import STAKEHOLDER_OF_SOURCE, read
from models.facets import SENTIMENTS
from models.features import vectorise as features
from models.judging import Bundle

Figures = dict[str, Any]
Names = NDArray[np.str_]


def figures(bundle: Bundle, data: Path, seed: int) -> Figures:
    """Every figure of the card; a set that is not in `data` raises ModelError."""
    airline = read(data, "airline_tweets")
    return {
        "sms_spam, 5-fold, repeats removed": spam_folds(data, seed),
        "crisislex_t26 source, 6 classes, 5-fold": source_folds(data, seed, merged=False),
        "crisislex_t26 stakeholder, 5 classes, 5-fold": source_folds(data, seed, merged=True),
        **airline_figures(bundle, [row["text"] for row in airline], [row["airline_sentiment"] for row in airline]),
        "tweeteval sentiment (val), zero-shot": tweeteval_figures(bundle, data),
        **language_figures(bundle),
        "tweet_spam called spam, zero-shot (labels are doubtful)": tweet_spam_figures(bundle, data),
        **speed_figures(bundle, [row["text"] for row in airline]),
    }


def _folds(texts: Sequence[str], labels: Sequence[str], seed: int, model: Callable[[], Any]) -> tuple[Names, Names]:
    truth = np.array(labels)
    matrix = features.hashed_csr(texts, features.idf_tenths(texts))
    answers = truth.copy()
    for learn, hold in StratifiedKFold(5, shuffle=True, random_state=seed).split(matrix, truth):
        answers[hold] = model().fit(matrix[learn], truth[learn]).predict(matrix[hold])
    return truth, answers


def _svm() -> Any:
    return LinearSVC(C=0.2, class_weight="balanced")


def spam_folds(data: Path, seed: int) -> Figures:
    """F1 of spam when these features learn from four fifths of sms_spam and judge the fifth."""
    rows = {row["text"]: row["label"] for row in read(data, "sms_spam")}
    truth, answers = _folds(list(rows), list(rows.values()), seed, _svm)
    return {"spam_f1": float(f1_score(truth == "spam", answers == "spam")), "rows": len(rows)}


def source_folds(data: Path, seed: int, *, merged: bool) -> Figures:
    """Accuracy and macro-F1 of who speaks, as published (six classes) or as shipped (five stakeholders)."""
    rows = [row for row in read(data, "crisislex_t26") if row["source"] in STAKEHOLDER_OF_SOURCE]
    labels = [STAKEHOLDER_OF_SOURCE[row["source"]] if merged else row["source"] for row in rows]
    return _scores(*_folds([row["text"] for row in rows], labels, seed, _svm))


def _scores(truth: Names, answers: Names) -> Figures:
    return {
        "accuracy": float(accuracy_score(truth, answers)),
        "macro_f1": float(f1_score(truth, answers, average="macro")),
        "rows": len(truth),
    }


def airline_figures(bundle: Bundle, texts: Sequence[str], labels: Sequence[str]) -> Figures:
    """What the bundle, which never saw an airline tweet, makes of them."""
    judged = bundle.judge(texts)
    truth = np.array(labels)
    intents = np.array(bundle.INTENTS)[judged.intent]
    return {
        "airline sentiment, zero-shot": _scores(truth, np.array(SENTIMENTS)[judged.sentiment]),
        "airline negative called complaint, zero-shot": _retrieval(truth == "negative", intents == "complaint"),
        "airline positive called praise, zero-shot": _retrieval(truth == "positive", intents == "praise"),
        "airline called spam (all of it false), zero-shot": {
            "share_above_0.5": float((judged.spam > 0.5).mean()),
            "share_above_0.9": float((judged.spam > 0.9).mean()),
        },
    }


def _retrieval(wanted: NDArray[np.bool_], given: NDArray[np.bool_]) -> Figures:
    both = float((wanted & given).sum())
    return {"recall": both / max(float(wanted.sum()), 1.0), "precision": both / max(float(given.sum()), 1.0)}


def tweeteval_figures(bundle: Bundle, data: Path) -> Figures:
    """Sentiment of general tweets, labelled by people."""
    rows = read(data, "tweeteval_sentiment")
    truth = np.array([SENTIMENTS[int(row["label"])] for row in rows])
    return _scores(truth, np.array(SENTIMENTS)[bundle.judge([row["text"] for row in rows]).sentiment])


def language_figures(bundle: Bundle) -> Figures:
    """How sure and how right three facets are about the posts of our own that were held out: accuracy and calibration error by language."""
    found: Figures = {}
    for facet in ("sentiment", "intent", "stakeholder"):
        rows = [
            {"text": post.text, "language": post.language, facet: getattr(post, facet)}
            for post in load_posts()
            if held_out(post.id) and post.gate == "keep"
        ]
        groups = evaluate(facet, rows, bundle).groups["language"]
        found[f"{facet} of our own posts held out, by language: accuracy (calibration error)"] = {
            language: f"{1 - one['error_rate']:.2f} ({one['ece']:.2f})" for language, one in sorted(groups.items())
        }
    return found


def tweet_spam_figures(bundle: Bundle, data: Path) -> Figures:
    """How much of another kind of spam the gate finds."""
    rows = read(data, "tweet_spam")
    return _retrieval(np.array([row["Type"] == "Spam" for row in rows]), bundle.judge([row["Tweet"] for row in rows]).spam > 0.5)


def microseconds_per_event(call: Callable[[Sequence[str]], object], texts: Sequence[str], batch: int, rounds: int = 40) -> float:
    """Best of several rounds of `call` on one batch, microseconds of this thread's processor time an event."""
    part = texts[:batch]
    call(part)
    best = min(_timed(call, part) for _ in range(rounds))
    return best / len(part) * 1e6


def _timed(call: Callable[[Sequence[str]], object], part: Sequence[str]) -> float:
    start = time.thread_time()
    call(part)
    return time.thread_time() - start


def speed_figures(bundle: Bundle, texts: Sequence[str]) -> Figures:
    """Processor time of judging airline tweets, on one core of the machine that trained."""
    return {
        "speed of judge, us/event": {f"batch_of_{batch}": microseconds_per_event(bundle.judge, texts, batch) for batch in (1000, 4000)},
        "speed of language, us/event": {"batch_of_1000": microseconds_per_event(bundle.language, texts, 1000, 3)},
    }
