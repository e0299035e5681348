"""The life of posts: which version of a post is news, and what is taken back when one is edited or deleted. `SiftShard` asks it."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

from pipeline.sift.post_memory import GROUP_BYTES, PostMemory, Told, group_key, post_id
from schemas.messages import Kind, Operation, Scope
from schemas.sources import SignalRecord

if TYPE_CHECKING:
    from pipeline.sift.events import Event

_CREATE, _DELETE, _ACCOUNT, _THREAD = Operation.CREATE.value, Operation.DELETE.value, Scope.ACCOUNT.value, Scope.THREAD.value
_POST = Kind.POST.value
ERASURE = b"erasure"
"""The header ``reason`` of deletions that people have asked for."""
_BARE, _SHARES, _SHARES_OF_ACCOUNT = "post", "shares", "shares of account"


class Version(NamedTuple):
    """A version of a post that is news: its id (16 bytes), and what was told of the post before, None for nothing."""

    id: bytes
    former: Told | None


def realm_name(source: str, namespace: str | None) -> str:
    """Where ids of posts and accounts are unique: the network, or one installation of it."""
    return f"{source}\0{namespace}" if namespace else source


def realm_of(signal: SignalRecord) -> str:
    """Where the ids of a signal are unique."""
    return realm_name(signal.source, signal.namespace)


class Lifecycle:
    """What became of the posts of one input partition: ``posts_ms`` of event time long of those that were told, ``early_ms`` of deletions
    of what was not; ``entries`` of each at most.
    """

    def __init__(self, posts_ms: int, early_ms: int, entries: int) -> None:
        self._posts = PostMemory(b"post/", window_ms=posts_ms, entries=entries)
        self._gone = PostMemory(b"gone/", window_ms=early_ms, entries=entries)
        self._groups_gone = False

    def is_gone(self, event: Event) -> bool:
        """Whether a post comes that was deleted before it came, or with all that its account or conversation had said until then."""
        signal = event.signal
        told = self._posts.get(event.id_bytes)
        if told is not None and told.gone:
            return True
        if signal.versions and any(map(self._is_known_gone, _versions(signal))):
            return True
        if self._gone.is_empty:
            return False
        if self._gone.get(event.id_bytes) is not None:
            return True
        groups = _groups(signal) if self._groups_gone else _bares(signal) if signal.namespace else ()
        return any((gone := self._gone.get(group)) is not None and event.created_ms <= gone.revision for group in groups)

    def _is_known_gone(self, post: bytes) -> bool:
        told = self._posts.get(post)
        return (told is not None and told.gone) or self._gone.get(post) is not None

    def version(self, event: Event, text: int) -> Version | None:
        """The version that an edited post is now; None when it, or a later one, was told. ``text``: hash of its text, 0 for a short one."""
        revision, told = event.signal.revision, self._posts.get(event.id_bytes)
        identity = _version_id(event)
        if told is None:
            return Version(identity, None)
        if told.version == identity or (told.revision >= revision if revision else text and told.text == text):
            return None
        return Version(identity, told)

    def come_too_late(self, event: Event, clock: int) -> list[Told]:
        """What was told of a post before a version of it named one that is gone; so is the post from here on, whatever names it."""
        post = event.id_bytes
        told = self._posts.get(post)
        if not event.signal.versions or (told is not None and told.gone):
            return []
        (self._gone if told is None else self._posts).put(post, _gone(event), clock)
        return [] if told is None else [told]

    def told(self, event: Event, post: bytes, text: int, subjects: tuple[str, ...], clock: int, chaff: str | None = None) -> None:
        """Remember under which subjects a version of a post was told, none for chaff; and the key of its sample there, if there is one."""
        told = Told(event.id_bytes, subjects, event.signal.revision, text, _groups(event.signal), False, chaff)
        self._posts.put(post, told, clock)

    def delete(self, event: Event, clock: int, *, seen: bool) -> list[Told] | None:
        """Remember that a post, or all posts of an account or a conversation, are gone; what was told of them. None when that is known.

        seen: whether the post has come. Else, of a network with several installations, a deletion may not say which one: then it holds for
        what has this id in any. An erasure takes what passes it on with it: that is the same person's words; after another deletion those
        who passed it on have still reacted.
        """
        shares = self._erase_shares(event, clock) if _is_erasure(event) else []
        found = self._delete(event, clock, seen=seen)
        return found if not shares else shares + (found or [])

    def _erase_shares(self, event: Event, clock: int) -> list[Told]:
        signal = event.signal
        if signal.scope == _THREAD:
            return []
        kind, of = (_SHARES_OF_ACCOUNT, signal.author.id) if signal.scope == _ACCOUNT else (_SHARES, signal.id)
        return self._delete_all(group_key(kind, realm_of(signal), of), event, clock) or []

    def _delete(self, event: Event, clock: int, *, seen: bool) -> list[Told] | None:
        signal, post = event.signal, event.id_bytes
        if signal.scope == _ACCOUNT:
            return self._delete_all(_account(signal), event, clock)
        if signal.scope == _THREAD:
            return self._delete_thread(event, clock)
        told = self._posts.get(post)
        found = {} if told is None or told.gone else {post: told}
        found |= self._posts.of_group(post)  # of which it is a later version
        if found:
            for gone in dict.fromkeys((post, *found)):
                self._posts.put(gone, _gone(event), clock)
            return list(found.values())
        if told is not None or self._gone.get(post) is not None:
            return None
        self._gone.put(post, _gone(event), clock)
        return [] if seen or signal.namespace else self._delete_all(_bare(signal.source, signal.id), event, clock) or []

    def _delete_thread(self, event: Event, clock: int) -> list[Told] | None:
        """A conversation that was written to the organisation, or the post that began one: those of posts are not remembered."""
        realm, thread = realm_of(event.signal), event.signal.thread or event.signal.id
        found = self._delete_all(group_key(_THREAD, realm, thread), event, clock)
        first = post_id(realm, thread)
        told = self._posts.get(first)
        if told is None or told.gone:
            return found
        self._posts.put(first, _gone(event), clock)
        return [*(found or ()), told]

    def _delete_all(self, group: bytes, event: Event, clock: int) -> list[Told] | None:
        found = list(self._posts.of_group(group))
        for post, _ in found:
            self._posts.put(post, _gone(event), clock)
        before = self._gone.get(group)
        if before is not None and before.revision >= event.created_ms:
            return [told for _, told in found] or None
        self._gone.put(group, _gone(event), clock)
        self._groups_gone = self._groups_gone or len(group) == GROUP_BYTES
        return [told for _, told in found]

    def changes(self) -> dict[bytes, bytes | None]:
        """State keys changed since the last call."""
        return {**self._posts.changes(), **self._gone.changes()}

    def restore(self, items: Mapping[bytes, bytes]) -> None:
        """Take over what `changes` wrote; keys of others are left alone."""
        self._posts.restore(items)
        self._gone.restore(items)
        self._groups_gone = self._gone.any_group()


def _is_erasure(event: Event) -> bool:
    return any(name == "reason" and value == ERASURE for name, value in event.record.headers)


def _gone(event: Event) -> Told:
    return Told(event.id_bytes, revision=event.created_ms, gone=True)


def _version_id(event: Event) -> bytes:
    said = str(event.signal.revision) if event.signal.revision else f"={event.text}"
    return blake2b(event.id_bytes + said.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _groups(signal: SignalRecord) -> tuple[bytes, ...]:
    """What a post can go with: its account, the conversation it belongs to if it was written to the organisation, its bare id, its
    versions; what it passes on, and whose words these are.
    """
    realm = realm_of(signal)
    found = [group_key(_ACCOUNT, realm, signal.author.id)]
    if signal.thread and signal.kind != _POST:
        found.append(group_key(_THREAD, realm, signal.thread))
    if signal.namespace:
        found += _bares(signal)
    if signal.versions:
        found += _versions(signal)
    if signal.repost_of:
        found.append(group_key(_SHARES, realm, signal.repost_of))
        if signal.repost_of_author:
            found.append(group_key(_SHARES_OF_ACCOUNT, realm, signal.repost_of_author))
    return tuple(found)


def _account(signal: SignalRecord) -> bytes:
    return group_key(_ACCOUNT, realm_of(signal), signal.author.id)


def _versions(signal: SignalRecord) -> list[bytes]:
    """The ids of posts that its versions are, where each has one of its own."""
    realm = realm_of(signal)
    return [post_id(realm, version) for version in signal.versions or () if version != signal.id]


def _bares(signal: SignalRecord) -> list[bytes]:
    """What a deletion that does not say where calls it, or one of its versions."""
    return [_bare(signal.source, native) for native in dict.fromkeys((signal.id, *(signal.versions or ())))]


def _bare(source: str, native: str) -> bytes:
    return b"b" + group_key(_BARE, source, native)  # one byte longer than what tells of an account or a conversation
