"""In: one Status as the Mastodon REST and streaming APIs deliver it. Out: canonical values.

Ids are those of the instance that was asked, as its replies and boosts refer to them: read one instance per source.
Source: Mastodon API, entities Status, Account and Quote.
"""

from typing import Any

import msgspec
from msgspec import Struct

from schemas.sources.canonical import NOTHING, Found, Native, author_of, reach_of, signal_of
from schemas.sources.instant import instant
from schemas.sources.malformed import Malformed, wrong_type
from schemas.sources.markup import to_text
from schemas.sources.typed import Author, Count, Id, Reach, Signal

NAMES = {
    "text": "content",
    "title": "spoiler_text",
    "author.id": "account.id",
    "author.handle": "account.acct",
    "author.name": "account.display_name",
    "author.followers": "account.followers_count",
    "in_reply_to": "in_reply_to_id",
    "thread": "in_reply_to_id",
    "repost_of": "reblog.id",
    "quote_of": "quote.quoted_status.id",
    "reach.likes": "favourites_count",
    "reach.reposts": "reblogs_count",
    "reach.replies": "replies_count",
    "reach.quotes": "quotes_count",
}


def read(native: Native) -> Found | Malformed:
    """Pick the canonical values out of a status; a boost has the text of what it boosts, its own being empty."""
    account, boosted = native.get("account"), native.get("reblog") or NOTHING
    if type(account) is not dict:
        return wrong_type("account", "an object", account)
    if type(boosted) is not dict:
        return wrong_type("reblog", "an object", boosted)
    content = (boosted or native).get("content")
    if type(content) is not str:
        return wrong_type("content", "text", content)
    quote_of = _quote_of(native.get("quote") or NOTHING)
    if isinstance(quote_of, Malformed):
        return quote_of
    get, id, parent = native.get, native.get("id"), native.get("in_reply_to_id")
    return signal_of(
        id=id,
        source="mastodon",
        kind="post",
        author=author_of(account.get("id"), account.get("acct"), account.get("display_name"), followers=account.get("followers_count")),
        text=to_text(content),
        created_at=get("created_at"),
        title=get("spoiler_text") or None,
        language=get("language"),
        url=get("url") or get("uri"),
        thread=id if parent is None else parent,
        in_reply_to=parent,
        repost_of=boosted.get("id"),
        quote_of=quote_of,
        reach=reach_of(get("favourites_count"), get("reblogs_count"), get("replies_count"), get("quotes_count")),
    )


def _quote_of(quote: Any) -> Any:
    """Id of the quoted status: whole in Quote, by id alone in ShallowQuote."""
    if type(quote) is not dict:
        return wrong_type("quote", "an object", quote)
    quoted = quote.get("quoted_status") or NOTHING
    if type(quoted) is not dict:
        return wrong_type("quote.quoted_status", "an object", quoted)
    return quoted.get("id") or quote.get("quoted_status_id")


# -- the quick way ---------------------------------------------------------------------------------------------------


class _Account(Struct, gc=False):
    id: Id
    acct: str | None = None
    display_name: str | None = None
    followers_count: Count | None = None


class _Boosted(Struct, gc=False):
    content: str
    id: str | None = None


class _Quoted(Struct, gc=False):
    id: str | None = None


class _Quote(Struct, gc=False):
    quoted_status: _Quoted | None = None
    quoted_status_id: str | None = None


class _Status(Struct, gc=False):
    id: Id
    created_at: str
    account: _Account
    content: str | None = None
    reblog: _Boosted | None = None
    quote: _Quote | None = None
    spoiler_text: str | None = None
    language: str | None = None
    url: str | None = None
    uri: str | None = None
    in_reply_to_id: str | None = None
    favourites_count: Count | None = None
    reblogs_count: Count | None = None
    replies_count: Count | None = None
    quotes_count: Count | None = None


_decode = msgspec.json.Decoder(_Status).decode


def quick(raw: bytes) -> tuple[Signal, int] | None:
    """The same for a status whose types are right."""
    status = _decode(raw)
    boosted, quote, parent, account = status.reblog, status.quote, status.in_reply_to_id, status.account
    content = status.content if boosted is None else boosted.content
    when = instant(status.created_at, "created_at")
    if content is None or isinstance(when, Malformed):
        return None
    return Signal(
        id=status.id,
        source="mastodon",
        kind="post",
        author=Author(account.id, account.acct, account.display_name, account.followers_count),
        text=to_text(content),
        created_at=when[0],
        title=status.spoiler_text or None,
        language=status.language,
        url=status.url or status.uri,
        thread=status.id if parent is None else parent,
        in_reply_to=parent,
        repost_of=None if boosted is None else boosted.id,
        quote_of=None if quote is None else (quote.quoted_status and quote.quoted_status.id) or quote.quoted_status_id,
        reach=Reach(status.favourites_count, status.reblogs_count, status.replies_count, status.quotes_count),
    ), when[1]
