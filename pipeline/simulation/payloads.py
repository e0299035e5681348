"""A post as the payload that its source delivers.

Shapes: App Store Connect customerReviews, Zendesk ticket, survey answer; for the networks see `networks`.
"""

from collections.abc import Callable
from typing import Any

from pipeline.simulation.networks import bluesky, forum, mastodon, x
from pipeline.simulation.post import Post
from schemas.times import iso

_TERRITORIES = {"de": "DEU", "fr": "FRA", "es": "ESP"}


def native(post: Post) -> dict[str, Any]:
    """The payload of a post in the shape of its source; KeyError for a source that is none of ours."""
    return _SHAPES[post.source](post)


def _appstore(post: Post) -> dict[str, Any]:
    where = f"https://api.appstoreconnect.example/v1/customerReviews/{post.id}"
    review = {
        "type": "customerReviews",
        "id": post.id,
        "attributes": {
            "rating": post.stars, "title": post.title, "body": post.text, "reviewerNickname": post.author_id,
            "createdDate": f"{iso(post.created_ms)[:19]}+00:00", "territory": _TERRITORIES.get(post.language, "GBR"),
        },
        "relationships": {"response": {"links": {"related": f"{where}/response"}}},
        "links": {"self": where},
    }  # fmt: skip
    return {"data": review, "app_id": post.subject.id if post.subject else None}


def _zendesk(post: Post) -> dict[str, Any]:
    id, when = int(post.id), f"{iso(post.created_ms)[:19]}Z"
    ticket = {
        "id": id,
        "url": f"https://desk.example/api/v2/tickets/{id}.json",
        "external_id": None,
        "via": {"channel": "web", "source": {"from": {}, "to": {}, "rel": None}},
        "created_at": when,
        "updated_at": when,
        "type": "incident",
        "subject": post.title,
        "raw_subject": post.title,
        "description": post.text,
        "priority": "high" if post.stars < 2 else "normal",
        "status": "new",
        "recipient": None,
        "requester_id": int(post.author_id),
        "submitter_id": int(post.author_id),
        "assignee_id": None,
        "group_id": 360_000_000_042,
        "brand_id": post.subject.brand_id if post.subject else None,
        "tags": [],
        "custom_fields": [],
        "satisfaction_rating": {"score": "unoffered"},
        "is_public": True,
    }
    return {"ticket": ticket}


def _survey(post: Post) -> dict[str, Any]:
    nps = post.number % 3 > 0
    return {
        "id": post.id,
        "type": "nps" if nps else "csat",
        "score": (post.stars - 1) * 10 // 4 if nps else post.stars,
        "comment": post.text,
        "question": "How likely are you to recommend us to a friend?" if nps else "How satisfied are you with us?",
        "answered_at": iso(post.created_ms),
        "respondent_id": post.author_id,
        "product": post.subject.id if post.subject else None,
        "language": post.language,
    }


_SHAPES: dict[str, Callable[[Post], dict[str, Any]]] = {
    "x": x, "mastodon": mastodon, "bluesky": bluesky, "signal": forum,
    "appstore": _appstore, "zendesk": _zendesk, "survey": _survey,
}  # fmt: skip
