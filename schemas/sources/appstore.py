"""In: one ``customerReviews`` resource of the App Store Connect API, bare or as ``{"data": {...}}``. Out: canonical values.

A review does not say which app it is about: a reader that knows adds ``"app_id"`` beside the resource.
Source: App Store Connect API, CustomerReview.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from schemas.sources.canonical import ID_LIMIT, Found, Native, author_of, signal_of
from schemas.sources.instant import instant
from schemas.sources.malformed import Malformed, malformed, named, out_of_range, wrong_type
from schemas.sources.typed import Author, Id, Signal

NAMES = {
    "author.id": "attributes.reviewerNickname",
    "author.name": "attributes.reviewerNickname",
    "text": "attributes.body",
    "title": "attributes.title",
    "created_at": "attributes.createdDate",
    "rating": "attributes.rating",
    "subject": "app_id",
}


def read(native: Native) -> Found | Malformed:
    """Pick the canonical values out of a review; 1 to 5 stars become 0 to 1."""
    review = native.get("data", native)
    if type(review) is not dict:
        return wrong_type("data", "one review as an object", review)
    if (kind := review.get("type", "customerReviews")) != "customerReviews":
        return malformed("unsupported", f"type {named(kind)} is not read; only 'customerReviews' is")
    attributes, id = review.get("attributes"), review.get("id")
    if type(attributes) is not dict:
        return wrong_type("attributes", "an object", attributes)
    get, stars = attributes.get, attributes.get("rating")
    if type(stars) is not int:
        return wrong_type("attributes.rating", "a whole number", stars)
    if not 1 <= stars <= 5:
        return out_of_range("attributes.rating", "from 1 to 5", stars)
    nickname = get("reviewerNickname")
    return signal_of(
        id=id,
        source="appstore",
        kind="review",
        author=author_of(nickname or f"review/{id}", name=nickname),
        text=get("body"),
        created_at=get("createdDate"),
        title=get("title"),
        rating=(stars - 1) / 4,
        subject=native.get("app_id"),
    )


# -- the quick way ---------------------------------------------------------------------------------------------------


class _Attributes(Struct, gc=False):
    rating: Annotated[int, Meta(ge=1, le=5)]
    body: str
    createdDate: str
    title: str | None = None
    reviewerNickname: Annotated[str, Meta(max_length=ID_LIMIT)] | None = None


class _Review(Struct, gc=False):
    id: Id
    attributes: _Attributes
    type: Literal["customerReviews"] = "customerReviews"


class _Envelope(Struct, gc=False):
    data: _Review | UnsetType = UNSET
    app_id: str | None = None


_decode, _open = msgspec.json.Decoder(_Review).decode, msgspec.json.Decoder(_Envelope).decode


def quick(raw: bytes) -> tuple[Signal, int] | None:
    """The same for a review whose types are right."""
    envelope = _open(raw)
    review = _decode(raw) if envelope.data is UNSET else envelope.data
    said, nickname = review.attributes, review.attributes.reviewerNickname
    author = nickname or f"review/{review.id}"
    when = instant(said.createdDate, "attributes.createdDate")
    if isinstance(when, Malformed) or len(author) > ID_LIMIT:
        return None
    return Signal(
        id=review.id,
        source="appstore",
        kind="review",
        author=Author(author, name=nickname),
        text=said.body,
        created_at=when[0],
        title=said.title,
        rating=(said.rating - 1) / 4,
        subject=envelope.app_id,
    ), when[1]
