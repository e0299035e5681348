"""What somebody says, whatever network carries it: one `Post`, and the id that its network gives it."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b

from pipeline.simulation.people import Person
from pipeline.simulation.scenario import ScenarioSubject

POSTS = ("x", "mastodon", "bluesky", "signal")
FEEDBACK = ("appstore", "zendesk", "survey")
"""Sources by the topic that they arrive on."""

COLLECTION = "app.bsky.feed.post"
_X_EPOCH_MS = 1_288_834_974_657
_ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"
_SNOWFLAKE_SPACE = 1 << 22


@dataclass(slots=True)
class Post:
    """One thing somebody says. ``number`` makes its id unique.

    ``parent`` and ``root`` are the thread, ``original`` is what it repeats.
    ``seen_ms`` is when the network delivered it, ``created_ms`` what it claims. ``stars`` 1..5 is what a review gives.
    """

    number: int
    source: str
    author: Person
    text: str
    created_ms: int
    seen_ms: int
    language: str
    subject: ScenarioSubject | None = None
    title: str | None = None
    stars: int = 3
    likes: int = 0
    parent: "Post | None" = None
    root: "Post | None" = None
    original: "Post | None" = None
    accepted: bool = False

    @property
    def author_id(self) -> str:
        """Native id of the author."""
        return self.author.account(self.source)

    @property
    def id(self) -> str:
        """The network's own id of this post, the one by which others refer to it."""
        number, ms = self.number, self.created_ms
        ids: dict[str, Callable[[], str]] = {
            "x": lambda: str((ms - _X_EPOCH_MS) * _SNOWFLAKE_SPACE + number % _SNOWFLAKE_SPACE),
            "mastodon": lambda: str((ms << 16) + number % 65_536),
            "bluesky": lambda: f"at://{self.author_id}/{COLLECTION}/{self.rkey}",
            "appstore": lambda: f"{number:08x}-{digest(number)[:4].hex()}-4000-8000-{ms:012x}",
            "zendesk": lambda: str(100_000 + number),
            "survey": lambda: f"answer-{number:07d}",
            "signal": lambda: f"forum-{number}",
        }
        return ids[self.source]()

    @property
    def rkey(self) -> str:
        """Bluesky's record key: a TID, microseconds in 13 sortable characters."""
        value = ((self.created_ms * 1000 + self.number % 1000) << 10) + self.number // 1000 % 1024
        return "".join(_ALPHABET[(value >> shift) & 31] for shift in range(60, -1, -5))


def digest(number: int) -> bytes:
    """16 bytes that look random and belong to a number."""
    return blake2b(number.to_bytes(8, "big"), digest_size=16).digest()
