"""Which situations pieces of information belong to, and how that is known. For `winnow explain`."""

from typing import Any, NamedTuple

import orjson

from pipeline.correlate import CASE, IDEA, SURGE, Piece, parse, situation_id
from pipeline.correlate import FACET as IDEA_FACET
from pipeline.explain import Facts, Place
from schemas.times import to_milliseconds

STRENGTH = ("opened", "evidence", "cause", "author", "counted", "possible")
"""Links, the strongest first. The last three are inferred: a situation names its evidence and its latest cause only."""

_INFERRED = ("author", "possible")
MOST_POSSIBLE = 3


class _Linked(NamedTuple):
    piece: Piece
    place: bytes
    told: Facts


class Links:
    """The situations that some pieces of information belong to."""

    def __init__(self, author_key: bytes) -> None:
        self.pieces: list[_Linked] = []
        self._author_key = author_key
        self._opened: set[bytes] = set()
        self._found: dict[str, tuple[str, str]] = {}

    def add(self, record: Any, place: Place, told: Facts) -> None:
        """Look for this linked too."""
        piece = parse(record.value, self._author_key)
        if not isinstance(piece, Piece):
            return
        self.pieces.append(_Linked(piece, str(place).encode(), told))
        self._opened.add(situation_id(CASE, piece.subject, piece.intent, piece.id).encode())
        self._opened.add(situation_id(IDEA, piece.subject, IDEA_FACET, piece.id).encode())

    def look(self, record: Any, headers: dict[str, bytes]) -> bool:
        """Whether a revision of a situation is worth reading: cheap, on bytes."""
        value = record.value or b""
        if record.key in self._opened:
            return True
        cause = headers.get("ce_lineage", b"").rsplit(b"/", 1)[0]
        return any(
            cause == linked.place or linked.piece.id.encode() in value or b'"subject":%s' % orjson.dumps(linked.piece.subject) in value
            for linked in self.pieces
        )

    def link(self, record: Any) -> None:
        """Note how a revision belongs to the pieces, if it does."""
        message = orjson.loads(record.value)
        cause = dict(record.headers).get("ce_lineage", b"").rsplit(b"/", 1)[0]
        for linked in self.pieces:
            link = "opened" if record.key in self._opened else _link(linked, message, cause)
            if link is not None:
                known = self._found.get(message["id"])
                if known is None or STRENGTH.index(link) < STRENGTH.index(known[1]):
                    self._found[message["id"]] = (message["kind"], link)

    def settle(self) -> dict[str, str]:
        """Situation id -> link; a link inferred is dropped where a situation of that kind is known for certain."""
        certain = {kind for kind, link in self._found.values() if link not in _INFERRED}
        kept = {name: link for name, (kind, link) in self._found.items() if link not in _INFERRED or kind not in certain}
        possible = sorted(name for name, link in kept.items() if link == "possible")
        return {name: link for name, link in kept.items() if link != "possible" or name in possible[:MOST_POSSIBLE]}


def _link(linked: _Linked, message: Facts, cause: bytes) -> str | None:
    piece, ended = linked.piece, linked.told["disposition"]
    if any(evidence["information"] == piece.id for evidence in message["evidence"]):
        return "evidence"
    if cause == linked.place:
        return "cause"
    if message["subject"] != piece.subject or ended in (None, "redelivered", "rejected"):
        return None
    kind = message["kind"]
    open_then = to_milliseconds(message["opened_at"]) <= piece.created_ms <= to_milliseconds(message["updated_at"])
    if kind == CASE and ended in ("case", "copy", "late") and any(evidence["author"] == piece.author for evidence in message["evidence"]):
        return "author"
    if kind == SURGE and open_then and message["facet"] == piece.sentiment and ended != "late" and not piece.backfill:
        return "counted"
    return "possible" if kind == IDEA and ended == "idea" and open_then else None
