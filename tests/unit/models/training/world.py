"""A small made-up world: every training set's file, with rows of every label, written to a folder."""

import csv
import gzip
import json
from collections.abc import Sequence
from pathlib import Path

from models.examples.labels import BANKING_INTENTS, CLINC_INTENTS, STAKEHOLDER_OF_SOURCE

TOPICS = ("card", "train", "parcel", "router", "invoice", "ticket", "garden", "window")


def write_csv(path: Path, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write one gzipped CSV file."""
    with gzip.open(path, "wt", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head, *rows])


def write_world(folder: Path) -> Path:
    """Write all five training sets; returns `folder`."""
    spam = [("spam", f"WIN a free {topic} prize {at}! call 0900{at} now") for at in range(8) for topic in TOPICS]
    ham = [("ham", f"see you at the {topic} shop at {at}, I love it there") for at in range(8) for topic in TOPICS]
    write_csv(folder / "sms_spam.csv.gz", ("label", "text"), spam + ham)
    banking = [(f"my {topic} and the {label.replace('_', ' ')}", label) for label in BANKING_INTENTS for topic in TOPICS[:2]]
    write_csv(folder / "banking77_train.csv.gz", ("text", "category"), banking)
    clinc = [[f"tell my {topic} about {label.replace('_', ' ')}", label] for label in CLINC_INTENTS for topic in TOPICS[:2]]
    parts = {"train": clinc, "val": [], "oos_train": [["what is nothing", "oos"]], "oos_val": []}
    with gzip.open(folder / "clinc150.json.gz", "wt", encoding="utf-8") as file:
        json.dump(parts, file)
    write_csv(folder / "crisislex_t26.csv.gz", ("text", "source", "info_type", "informativeness"), _events())
    write_csv(folder / "crisislex_t6.csv.gz", ("text", "label"), _chatter())
    return folder


def _events() -> list[tuple[str, str, str, str]]:
    kinds = ("Affected individuals", "Caution and advice", "Sympathy and support", "Other Useful Information")
    return [
        (f"{source} on the {topic} flood: {kind} number {at}", source, kind, "Related and informative")
        for source in STAKEHOLDER_OF_SOURCE
        for kind in kinds
        for topic in TOPICS[:3]
        for at in range(2)
    ]


def _chatter() -> list[tuple[str, str]]:
    moods = ("I hate my {} so much, terrible", "@ann thank you, I love the great {}", "do you own a {} yourself?", "the {} is on the table")
    rows = [(mood.format(topic) + f" {at}", "off-topic") for mood in moods for topic in TOPICS for at in range(3)]
    return rows + [(f"flood took the {topic} away {at}", "on-topic") for topic in TOPICS for at in range(3)]
