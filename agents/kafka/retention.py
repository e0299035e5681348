"""How long what people said lies in each topic, by when the last copy is gone: the table of a page.

``python -m agents.kafka.retention`` writes the table of deploy/PRIVACY.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from agents.kafka.topics import configuration, kept_ms
from schemas.topics import ACTIONS, DAY_MS, STAGES, TOPICS, TopicSpec, state_topic

PAGE = Path(__file__).resolve().parents[2] / "deploy" / "PRIVACY.md"
BEGIN, END = "<!-- retention: `python -m agents.kafka.retention` -->\n", "<!-- /retention -->"
HOLDS = {
    "posts": "payloads as they came: texts, ids, names, whatever the network sends",
    "feedback": "the same, of tickets, reviews and surveys",
    "information": "texts, author (id, handle, name, biography), links",
    "chaff": "texts of a sample, without their authors",
    "rejected": "records that could not be read, whole",
    "situations": "texts as evidence, authors as keyed hashes, links and ids of posts",
    "decisions": "the situation, as above",
    "actions": "excerpts without personal data, authors as pseudonyms, where to answer",
    "outcomes": "ids of actions; comments in a team's own words, and who answered",
    "labels": "ids of pieces of information, and who labelled them",
    "ledger": "offsets and dispositions, no text and nobody's id",
    "health": "numbers of rules and teams, nobody's data",
    "models": "versions of models, nobody's data",
    "silences": "who silenced what, and why, in their own words",
    "sift-state": "hashes of ids and of texts",
    "correlate-state": "texts as evidence, hashes of authors and texts",
    "decide-state": "situations that wait, as above",
    "act-state": "actions that may still be answered, as above",
    "monitor-state": "ids of actions and decisions",
    "learn-state": "texts that labels may still come for, and lessons",
}
"""Noun -> what it holds of people."""


def specs() -> list[TopicSpec]:
    """Every topic there can be, in the order of the flow, states last."""
    named = [*TOPICS.values()]
    named.insert(next(at for at, spec in enumerate(named) if spec.noun == "outcomes"), ACTIONS)
    return [*named, *(state_topic(stage) for stage in STAGES)]


def table() -> Iterator[str]:
    """The lines of the table."""
    yield "| topic | holds of people | kept | last copy gone |"
    yield "|---|---|---|---|"
    for spec in specs():
        kept = kept_ms(configuration(spec, 1))
        noun = "actions.&lt;team&gt;" if spec.noun == "actions" else spec.noun
        how = f"{_days(spec.retention_ms)} days" if spec.cleanup == "delete" else "latest value of each key"
        if spec.cleanup == "delete":
            gone = "never" if kept is None else f"{_days(kept)} days after it was written"
        else:
            gone = "when its key is taken out" if kept is None else f"{_days(kept)} day after its stage let it go, or replaced it"
        yield f"| {noun} | {HOLDS[spec.noun]} | {how} | {gone} |"


def _days(ms: int) -> str:
    return f"{ms / DAY_MS:.1f}".removesuffix(".0")


def page(text: str) -> str:
    """The page with the table as it is now."""
    head, rest = text.split(BEGIN)
    return head + BEGIN + "\n".join(table()) + "\n" + END + rest.split(END)[1]


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
