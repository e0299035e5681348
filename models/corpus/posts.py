"""Reads the posts of our own beside this module, checked. For training (those not held out) and measuring (those held out).

Which is which follows from a post's id alone, so that a post keeps its side when the corpus grows.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

from models.errors import ModelError
from models.facets import INTENTS, SENTIMENTS, STAKEHOLDERS

LANGUAGES: Final = ("ar", "de", "en", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "ru", "th", "tr", "zh", "zh-Hant")
HELD_PERCENT: Final = 15

GATES: Final = ("keep", "irrelevant", "spam")
URGENCIES: Final = ("none", "low", "high", "critical")
TEAMS: Final = ("none", "support", "comms", "operations", "product", "legal", "security", "hr", "partners", "investors")
KINDS: Final = (
    "complaint", "question", "request", "wish", "praise", "report", "fragment", "sarcasm", "danger", "drama", "spam", "chatter", "hard",
    "speakers",
)  # fmt: skip

_CLOSED: Final[Mapping[str, tuple[str, ...]]] = {
    "gate": GATES, "sentiment": SENTIMENTS, "intent": INTENTS, "stakeholder": STAKEHOLDERS, "urgency": URGENCIES, "team": TEAMS,
    "kind": KINDS, "language": LANGUAGES,
}  # fmt: skip
_FLAGS: Final = ("page", "sure")


@dataclass(frozen=True, slots=True)
class JudgedPost:
    """One invented post and how it was judged; the datasheet says by which guide."""

    id: str
    language: str
    network: str
    trade: str
    kind: str
    text: str
    gate: str
    sentiment: str
    intent: str
    stakeholder: str
    urgency: str
    team: str
    page: bool
    sure: bool


_NAMES: Final = tuple(field.name for field in fields(JudgedPost))


def held_out(post_id: str) -> bool:
    """Whether a post only measures: HELD_PERCENT of all, by the hash of its id."""
    return int.from_bytes(blake2b(post_id.encode(), digest_size=4).digest(), "big") % 100 < HELD_PERCENT


@cache
def load_posts(folder: Path = Path(__file__).parent) -> tuple[JudgedPost, ...]:
    """Every post of every language, in the order of the files; raises ModelError naming the row that is not valid."""
    return tuple(post for language in LANGUAGES for post in read_posts(folder / f"{language}.jsonl"))


def read_posts(path: Path) -> list[JudgedPost]:
    """The posts of one file; raises ModelError naming the file and row that cannot be read or breaks a closed list."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except OSError as error:
        raise ModelError(f"{path}: no corpus file can be read there ({error.strerror})", hint="install the package again") from error
    return [_post(line, f"{path}:{number}") for number, line in enumerate(lines, 1) if line.strip()]


def _post(line: str, where: str) -> JudgedPost:
    hint = "mend the row; DATASHEET.md says what each field may hold"
    try:
        row: dict[str, Any] = json.loads(line)
    except ValueError as error:
        raise ModelError(f"{where}: not a JSON object ({error})", hint=hint) from error
    if set(row) != set(_NAMES):
        raise ModelError(f"{where}: has the fields {', '.join(sorted(row))}", hint=hint)
    for name, allowed in _CLOSED.items():
        if row[name] not in allowed:
            raise ModelError(f"{where}: {name} is {row[name]!r}", hint=hint)
    if any(not isinstance(row[name], bool) for name in _FLAGS) or not str(row["text"]).strip():
        raise ModelError(f"{where}: its text is empty, or page or sure is neither true nor false", hint=hint)
    if row["gate"] != "keep" and (row["team"], row["urgency"]) != ("none", "none"):
        raise ModelError(f"{where}: a post that is not kept asks for nobody", hint=hint)
    if row["page"] and row["urgency"] != "critical":
        raise ModelError(f"{where}: only what is critical wakes somebody", hint=hint)
    return JudgedPost(**row)


def counts(posts: tuple[JudgedPost, ...]) -> str:
    """A line a language: posts, and posts of each kind."""
    found = Counter((post.language, post.kind) for post in posts)
    totals = Counter(post.language for post in posts)
    lines = [f"{language} {totals[language]}: {', '.join(f'{kind} {found[language, kind]}' for kind in KINDS)}" for language in totals]
    return "\n".join([*lines, f"all {len(posts)}, of them held out {sum(held_out(post.id) for post in posts)}"])


if __name__ == "__main__":
    sys.stdout.write(counts(load_posts()) + "\n")
