"""In: one answer to a survey question, NPS (0..10) or CSAT (1..5). Out: canonical values.

No standard exists, so this is Winnow's own form, which survey tools' webhooks can write::

    {"id": "a-17", "type": "nps", "score": 3, "comment": "...", "answered_at": "2026-02-17T07:36:05Z",
     "respondent_id": "r-9", "question": "...", "product": "...", "language": "en"}

``comment``, ``respondent_id``, ``question``, ``product`` and ``language`` may be absent. An anonymous answer is an author of its own.
The question is not read: it is what the organisation said, and would be judged as if the respondent had said it.
"""

from typing import Literal

import msgspec
from msgspec import Struct

from schemas.sources.canonical import ID_LIMIT, Found, Native, author_of, signal_of
from schemas.sources.instant import instant
from schemas.sources.malformed import Malformed, malformed, named, out_of_range, wrong_type
from schemas.sources.typed import Author, Id, Signal

NAMES = {
    "author.id": "respondent_id",
    "text": "comment",
    "created_at": "answered_at",
    "rating": "score",
    "subject": "product",
}
_SCALES = {"nps": (0, 10), "csat": (1, 5)}


def read(native: Native) -> Found | Malformed:
    """Pick the canonical values out of an answer; the score becomes 0 to 1 on its own scale."""
    get, kind, score = native.get, native.get("type"), native.get("score")
    if type(kind) is not str:
        return wrong_type("type", "text", kind)
    if kind not in _SCALES:
        return malformed("unsupported", f"type {named(kind)} is not read; known are {', '.join(_SCALES)}")
    if type(score) is not int:
        return wrong_type("score", "a whole number", score)
    low, high = _SCALES[kind]
    if not low <= score <= high:
        return out_of_range("score", f"from {low} to {high} for {kind}", score)
    id, comment, respondent = get("id"), get("comment"), get("respondent_id")
    return signal_of(
        id=id,
        source="survey",
        kind="survey",
        author=author_of(f"anonymous/{id}" if respondent is None else respondent),
        text="" if comment is None else comment,
        created_at=get("answered_at"),
        rating=(score - low) / (high - low),
        language=get("language"),
        subject=get("product"),
    )


# -- the quick way ---------------------------------------------------------------------------------------------------


class _Answer(Struct, gc=False):
    id: Id
    type: Literal["nps", "csat"]
    score: int
    answered_at: str
    comment: str | None = None
    respondent_id: Id | None = None
    product: str | None = None
    language: str | None = None


_decode = msgspec.json.Decoder(_Answer).decode


def quick(raw: bytes) -> tuple[Signal, int] | None:
    """The same for an answer whose types are right."""
    answer = _decode(raw)
    low, high = _SCALES[answer.type]
    author = f"anonymous/{answer.id}" if answer.respondent_id is None else answer.respondent_id
    when = instant(answer.answered_at, "answered_at")
    if isinstance(when, Malformed) or not low <= answer.score <= high or len(author) > ID_LIMIT:
        return None
    return Signal(
        id=answer.id,
        source="survey",
        kind="survey",
        author=Author(author),
        text=answer.comment or "",
        created_at=when[0],
        rating=(answer.score - low) / (high - low),
        language=answer.language,
        subject=answer.product,
    ), when[1]
