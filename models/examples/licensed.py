"""Rows of the downloaded data sets as columns, with the licence each may be used under.

Nothing here is shipped: a set whose licence does not allow shipping what was learned from it is marked `measure_only`, and
`models.training.train` refuses it.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from models.errors import ModelError


@dataclass(frozen=True, slots=True)
class LicensedSet:
    """A data set: its file, its licence, the columns used, and whether a trained artefact may ship what was learned from it."""

    name: str
    file: str
    licence: str
    columns: tuple[str, ...]
    measure_only: bool = False


SOURCES: dict[str, LicensedSet] = {
    source.name: source
    for source in (
        LicensedSet("crisislex_t26", "crisislex_t26.csv.gz", "MIT", ("text", "source", "info_type", "informativeness")),
        LicensedSet("crisislex_t6", "crisislex_t6.csv.gz", "MIT", ("text", "label")),
        LicensedSet("sms_spam", "sms_spam.csv.gz", "CC BY 4.0", ("text", "label")),
        LicensedSet("banking77", "banking77_train.csv.gz", "CC BY 4.0", ("text", "category")),
        LicensedSet("clinc150", "clinc150.json.gz", "CC BY 3.0", ("text", "intent")),
        LicensedSet("airline_tweets", "airline_tweets.csv.gz", "CC BY-NC-SA 4.0", ("text", "airline_sentiment"), measure_only=True),
        LicensedSet("tweet_spam", "tweet_spam.csv.gz", "none stated", ("Tweet", "Type"), measure_only=True),
        LicensedSet("banking77_test", "banking77_test.csv.gz", "CC BY 4.0", ("text", "category"), measure_only=True),
        LicensedSet("brand_emotion", "brand_emotion.csv.gz", "none stated", ("text", "target", "emotion"), measure_only=True),
        LicensedSet("app_review_intent", "app_review_intent.csv.gz", "none stated", ("review", "label"), measure_only=True),
        LicensedSet("issue_intent", "issue_intent.csv.gz", "none stated", ("title", "body", "label"), measure_only=True),
        *(
            LicensedSet(f"tweeteval_{task}_{part}", f"tweeteval_{task}_{part}.csv.gz", "mixed", ("text", "label"), measure_only=True)
            for task in ("irony", "offensive", "hate", "emotion")
            for part in ("train", "val")
        ),
        LicensedSet("clinc150_test", "clinc150.json.gz", "CC BY 3.0", ("text", "intent"), measure_only=True),
        LicensedSet("support_inbound", "support_inbound.jsonl.gz", "GPL-3 repository", ("text",), measure_only=True),
        LicensedSet("tweeteval_sentiment", "tweeteval_sentiment_val.csv.gz", "mixed", ("text", "label"), measure_only=True),
    )
}

Row = dict[str, str]


def read(data: Path, name: str) -> list[Row]:
    """Rows of the set `name` as dictionaries of text; raises ModelError naming the file where it is absent or damaged."""
    source = SOURCES[name]
    path = data / source.file
    reader: Callable[[Path], list[Row]] = _READERS.get(name, _read_csv)
    try:
        rows = reader(path)
    except FileNotFoundError:
        raise ModelError(
            f"{path}: data set {name} is not there", hint="point --data (or WINNOW_DATA) at the folder that holds it"
        ) from None
    except (OSError, EOFError, csv.Error, ValueError, KeyError) as error:
        raise ModelError(f"{path}: data set {name} cannot be read ({error})", hint="fetch it again") from error
    if not rows or not rows[0].keys() >= set(source.columns):
        raise ModelError(f"{path}: data set {name} has no rows with {', '.join(source.columns)}", hint="fetch it again")
    return rows


def _read_csv(path: Path) -> list[Row]:
    csv.field_size_limit(1 << 24)  # issue bodies hold whole logs
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        return [{key: value or "" for key, value in row.items() if key} for row in csv.DictReader(lines)]


def _read_clinc(path: Path, wanted: tuple[str, ...] = ("train", "val", "oos_train", "oos_val")) -> list[Row]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        parts = json.load(file)
    return [{"text": text, "intent": intent, "part": part} for part in wanted for text, intent in parts[part]]


def _read_clinc_test(path: Path) -> list[Row]:
    return _read_clinc(path, ("test", "oos_test"))


def _read_lines(path: Path) -> list[Row]:
    """JSON lines; of a list, the first entry counts."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [{key: str((value or [""])[0] if isinstance(value, list) else value or "") for key, value in row.items()} for row in rows]


_READERS: dict[str, Callable[[Path], list[Row]]] = {
    "clinc150": _read_clinc,
    "clinc150_test": _read_clinc_test,
    "support_inbound": _read_lines,
}
