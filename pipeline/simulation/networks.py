"""A post as the payload of X, Mastodon, Bluesky or a forum that speaks canonical Signal.

Shapes: X API v2 (tweet with includes), Mastodon Status, Bluesky Jetstream commit.
"""

from base64 import b32encode
from html import escape
from typing import Any

from pipeline.simulation.people import Person
from pipeline.simulation.post import COLLECTION, Post, digest
from schemas.times import iso

TEXT_LIMITS = {"x": 280, "bluesky": 300, "mastodon": 500}
"""Characters; other sources take whole letters."""


def x(post: Post) -> dict[str, Any]:
    """The X API v2 form: a post with its author, and what it repeats."""
    author, original, parent = post.author, post.original, post.parent
    data: dict[str, Any] = {
        "id": post.id,
        "edit_history_tweet_ids": [post.id],
        "text": post.text,
        "author_id": post.author_id,
        "created_at": iso(post.created_ms),
        "conversation_id": (post.root or post).id,
        "lang": post.language,
        "possibly_sensitive": False,
        "reply_settings": "everyone",
        "public_metrics": {
            "retweet_count": post.likes // 5, "reply_count": post.likes // 7, "like_count": post.likes,
            "quote_count": post.likes // 20, "bookmark_count": 0, "impression_count": post.likes * 40 + 11,
        },
    }  # fmt: skip
    includes: dict[str, Any] = {"users": [_x_user(author)]}
    if original is not None:
        short = post.text if len(post.text) <= 140 else f"{post.text[:139]}…"
        data |= {
            "text": f"RT @{original.author.handle}: {short}",
            "referenced_tweets": [{"type": "retweeted", "id": original.id}],
        }
        includes["users"].append(_x_user(original.author))
        includes["tweets"] = [
            {
                "id": original.id,
                "text": original.text,
                "author_id": original.author_id,
                "created_at": iso(original.created_ms),
                "lang": original.language,
            }
        ]
    elif parent is not None:
        data |= {
            "referenced_tweets": [{"type": "replied_to", "id": parent.id}],
            "in_reply_to_user_id": parent.author_id,
        }
    return {"data": data, "includes": includes}


def _x_user(person: Person) -> dict[str, Any]:
    return {
        "id": person.account("x"),
        "name": person.name,
        "username": person.handle,
        "verified": person.verified,
        "created_at": iso(person.joined_ms),
        "public_metrics": {
            "followers_count": person.followers, "following_count": person.digest[14] * 5,
            "tweet_count": person.digest[15] * 90 + 3, "listed_count": 0,
        },
    }  # fmt: skip


def mastodon(post: Post) -> dict[str, Any]:
    """The Status form; a boost holds what it repeats."""
    status = _status(post)
    if post.original is not None:
        status["reblog"] = _status(post.original)
    return status


def _status(post: Post) -> dict[str, Any]:
    author, id = post.author, post.id
    where = f"https://social.example/@{author.handle}"
    return {
        "id": id,
        "created_at": iso(post.created_ms),
        "in_reply_to_id": post.parent.id if post.parent else None,
        "in_reply_to_account_id": post.parent.author_id if post.parent else None,
        "sensitive": False,
        "spoiler_text": "",
        "visibility": "public",
        "language": post.language,
        "uri": f"https://social.example/users/{author.handle}/statuses/{id}",
        "url": f"{where}/{id}",
        "replies_count": post.likes // 7,
        "reblogs_count": post.likes // 5,
        "favourites_count": post.likes,
        "edited_at": None,
        "content": f"<p>{escape(post.text, quote=False)}</p>",
        "reblog": None,
        "application": {"name": "Web"},
        "account": {
            "id": post.author_id, "username": author.handle, "acct": author.handle, "display_name": author.name,
            "locked": False, "bot": False,
            "created_at": iso(author.joined_ms), "note": "<p></p>", "url": where, "followers_count": author.followers,
            "following_count": author.digest[14] * 5, "statuses_count": author.digest[15] * 90 + 3,
            "emojis": [], "fields": [],
        },
        "media_attachments": [], "mentions": [], "tags": [], "emojis": [], "card": None, "poll": None,
    }  # fmt: skip


def bluesky(post: Post) -> dict[str, Any]:
    """The Jetstream event of the commit that creates the post."""
    record: dict[str, Any] = {
        "$type": COLLECTION,
        "createdAt": iso(post.created_ms),
        "langs": [post.language],
        "text": post.text,
    }
    if post.parent is not None:
        record["reply"] = {"root": _strong(post.root or post.parent), "parent": _strong(post.parent)}
    return {
        "did": post.author_id,
        "time_us": post.seen_ms * 1000,
        "kind": "commit",
        "commit": {
            "rev": post.rkey,
            "operation": "create",
            "collection": COLLECTION,
            "rkey": post.rkey,
            "record": record,
            "cid": _strong(post)["cid"],
        },
    }


def _strong(post: Post) -> dict[str, str]:
    return {"cid": "bafyrei" + b32encode(digest(post.number) * 2).decode().lower().rstrip("="), "uri": post.id}


def forum(post: Post) -> dict[str, Any]:
    """The canonical form, as a community forum would send it."""
    author = post.author
    return {
        "id": post.id,
        "source": "forum",
        "kind": "post",
        "author": {
            "id": post.author_id,
            "handle": author.handle,
            "name": author.name,
            "followers": None,
            "verified": author.verified,
        },
        "text": post.text,
        "created_at": iso(post.created_ms),
        "language": post.language,
        "url": f"https://forum.example/t/{(post.root or post).id}#{post.id}",
        "thread": (post.root or post).id,
        "in_reply_to": post.parent.id if post.parent else None,
        "accepted_answer": post.accepted,
        "subject": post.subject.id if post.subject else None,
        "reach": {"likes": post.likes, "views": post.likes * 20 + 5},
    }
