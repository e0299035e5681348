"""Who speaks: invented people by their number, with an account on every network."""

import math
from base64 import b32encode
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from statistics import NormalDist

LANGUAGES = (("en", 0.84), ("de", 0.90), ("fr", 0.95), ("es", 1.0))
"""Language and the cumulated share of people who write it."""

SPAMMERS, EMPLOYEES, CROWD = 10_000_000, 20_000_000, 30_000_000
"""Numbers of people with a part to play start here; below are the ordinary ones."""

DAY_MS = 86_400_000
_JOINED_BEFORE_MS = 1_735_000_000_000
_NORMAL = NormalDist()
_FIRST_NAMES = """
Mira Jonas Tessa Ilya Noor Caleb Anouk Bram Lena Orla Petra Kofi Suri Dario Elin Farid Greta Hugo Ines Jarek Kaya Luca
Maeve Nils Oksana Pablo Quinn Rosa Sanna Tariq Ulla Vera Wim Xenia Yara Zeno Adele Boris Celia Dunja Emre Fleur Goran
Hana Imre Jolie Klaus Lior Mateo Nadia"""
_LAST_NAMES = """
Holt Varga Lindqvist Okoro Brandt Moreau Castell Dunmore Eriksen Falk Gruber Hartog Ivanek Jansen Kessler Lorne Marek
Nyberg Osei Pryce Quist Rowan Sato Thorne Ueda Vance Weller Yilmaz Zeller Abbot Birch Calder Dorsey Engel Frost Garner
Haas Ibsen Juhl Kramer"""
_FIRST, _LAST = tuple(_FIRST_NAMES.split()), tuple(_LAST_NAMES.split())
_TAGS = ("", "", "_", "_real", "_x", "writes", "_on_air", "hq", "_jr", "tweets")


@dataclass(frozen=True, slots=True)
class Person:
    """One invented person; ``digest`` is what all their attributes come from."""

    number: int
    name: str
    handle: str
    followers: int
    verified: bool
    language: str
    joined_ms: int
    digest: bytes

    def account(self, source: str) -> str:
        """The native author id on a network; unique to network and person."""
        mark = blake2b(source.encode() + self.digest, digest_size=16).digest()
        number = int.from_bytes(mark[:8], "big")
        if source == "bluesky":
            return "did:plc:" + b32encode(mark[:15]).decode().lower()
        if source == "appstore":
            return f"{self.handle}{number % 9973}"
        if source == "zendesk":
            return str(360_000_000_000 + number % 9_000_000_000_000)
        if source == "survey":
            return f"resp-{mark[:8].hex()}"
        if source == "signal":
            return f"member-{number % 10**10:010d}"
        return str(10**17 + number % (9 * 10**17))

    def accounts(self) -> Iterator[tuple[str, str]]:
        """All accounts of this person: source as a Signal gives it (the forum's is ``forum``), native author id."""
        for source in ("x", "mastodon", "bluesky", "appstore", "zendesk", "survey", "signal"):
            yield "forum" if source == "signal" else source, self.account(source)


class People:
    """Everybody in one run. Followers are log-normal; spammers have few, and joined days ago."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self.person = lru_cache(maxsize=50_000)(self._person)

    def employee(self, subject: int, number: int) -> Person:
        """The ``number``-th employee of the ``subject``-th subject."""
        return self.person(EMPLOYEES + 1_000 * subject + number)

    def _person(self, number: int) -> Person:
        digest = blake2b(f"{self._seed}/{number}".encode(), digest_size=16).digest()
        first, last, digits = _FIRST[digest[0] % len(_FIRST)], _LAST[digest[1] % len(_LAST)], digest[3] * 7
        spammer = SPAMMERS <= number < EMPLOYEES
        centre, spread = (3.0, 1.0) if spammer else (5.3, 1.7)
        share = min(max(int.from_bytes(digest[4:8], "big") / 2**32, 1e-6), 1 - 1e-6)
        followers = int(math.exp(centre + spread * _NORMAL.inv_cdf(share)))
        place = int.from_bytes(digest[8:10], "big") / 65_536
        days = digest[12] % 20 if spammer else int.from_bytes(digest[12:14], "big") % 3_000
        return Person(
            number,
            name=f"{first} {last}",
            handle=f"{first}{last[: 2 + digest[10] % 6]}{_TAGS[digest[2] % len(_TAGS)]}{digits or ''}".lower(),
            followers=followers,
            verified=not spammer and followers > 20_000 and digest[11] % 2 == 0,
            language="en" if spammer else next(name for name, upto in LANGUAGES if place < upto),
            joined_ms=_JOINED_BEFORE_MS - days * DAY_MS,
            digest=digest,
        )
