"""In: one ``customerReviews`` resource of the App Store Connect API, bare or as ``{"data": {...}}``. Out: canonical values.

A review does not say which app it is about: a reader that knows adds ``"app_id"`` beside the resource.
Source: App Store Connect API, CustomerReview.
"""

from schemas.sources.canonical import Found, Native, author_of, signal_of
from schemas.sources.malformed import Malformed, malformed, named, out_of_range, wrong_type

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
