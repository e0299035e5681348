"""Questions to the board's database that more than one page asks: filters in an address as SQL, situations with who has them."""

import re
import sqlite3
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson
from markupsafe import Markup

from agents.board.changes import Moved
from agents.board.curve import CurveMark, Point, draw
from agents.board.schema import json_of
from agents.board.store import Store
from agents.board.words import HOUR_MS, MINUTE_MS, number, people, span
from schemas.messages import ActionKind

PAGE = 50
MOST_PAGES = 4_000
SORTS = {"due": "due_ms, seen_ms", "gravest": "severity DESC, due_ms, seen_ms", "newest": "number DESC", "oldest": "number"}
STATES = {
    "open": "open = 1", "waiting": "open = 1 AND state IN ('none', 'received')",
    "mine": "open = 1 AND state = 'acknowledged' AND answered_by = ?",
    "acknowledged": "open = 1 AND state = 'acknowledged'", "done": "state = 'done'", "declined": "state = 'declined'", "all": "1",
}  # fmt: skip
WAITING, ACKNOWLEDGED = ("none", "received"), "acknowledged"


def _is_shown(state: str, is_open: bool, stands: str) -> bool:
    """What `STATES` asks the database, of one action; ``mine`` of all that anybody has."""
    match state:
        case "all":
            return True
        case "done" | "declined":
            return stands == state
        case "waiting":
            return is_open and stands in WAITING
        case "mine" | "acknowledged":
            return is_open and stands == ACKNOWLEDGED
    return is_open


KEPT = "30d"
"""All that is kept."""
SINCE = {"1h": HOUR_MS, "24h": 24 * HOUR_MS, "7d": 7 * 24 * HOUR_MS, KEPT: 30 * 24 * HOUR_MS}
MOST_MATCHES = 10_000
"""A queue filtered by words shows what is among the newest so many that have them."""
MOST_TERMS = 50
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Filters:
    """What an address asks of a queue; everything unknown in it is as if it were not there."""

    state: str = "open"
    sort: str = "due"
    kind: str = ""
    subject: str = ""
    rule: str = ""
    q: str = ""
    since: str = KEPT
    page: int = 1

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Filters":
        """Read an address."""
        page = query.get("page", "1")
        return cls(
            state=query.get("state", "open") if query.get("state") in STATES else "open",
            sort=query.get("sort", "due") if query.get("sort") in SORTS else "due",
            kind=query.get("kind", "")[:40], subject=query.get("subject", "")[:200], rule=query.get("rule", "")[:200],
            q=query.get("q", "")[:200], since=query.get("since", KEPT) if query.get("since") in SINCE else KEPT,
            page=min(int(page), MOST_PAGES) if page.isdecimal() and len(page) < 6 and int(page) > 0 else 1,
        )  # fmt: skip

    def admit(self, moved: Moved) -> bool:
        """Whether the list shows an action that moved, or did before; whether it has the words is not known here."""
        asked = ((self.kind, moved.kind), (self.subject, moved.subject), (self.rule, moved.rule))
        stood = [one for one in (moved.before, moved.after) if one is not None]
        return all(not wanted or wanted == given for wanted, given in asked) and any(_is_shown(self.state, *one) for one in stood)

    def where(self, team: str | None, me: str, now_ms: int) -> tuple[str, list[Any]]:
        """Condition and values, of all but the words; team None: all teams."""
        parts = [STATES[self.state]]
        values: list[Any] = [me] if self.state == "mine" else []
        if self.since != KEPT:
            parts.append("+seen_ms >= ?")  # the plus: no index of this column, but the one that has the order
            values.append(now_ms - SINCE[self.since])
        for column, value in (("team", team), ("kind", self.kind), ("subject", self.subject), ("rule", self.rule)):
            if value:
                parts.append(f"{column} = ?")
                values.append(value)
        return " AND ".join(parts), values

    @property
    def counted(self) -> bool:
        """Whether the tally knows how many actions there are."""
        return not (self.subject or self.rule) and self.since == KEPT and self.state != "mine"


class Listed(NamedTuple):
    """A page of a list; ``total``: of all pages; ``newest``: among how many of the newest that have the words, 0 if among all."""

    rows: list[sqlite3.Row]
    total: int
    newest: int = 0


def listed(store: Store, filters: Filters, team: str | None, me: str, *, page: int = PAGE) -> Listed:
    """The page, of so many, of the list that an address asks for; team None: all teams."""
    where, values = filters.where(team, me, int(time.time() * 1000))
    order, place = SORTS[filters.sort], [page, (filters.page - 1) * page]
    if match := fts(store, filters.q, None if team is None else [team]):
        row = store.row(_WITH_WORDS.format(where=where, order=order), [match, MOST_MATCHES, *values, *place])
        assert row is not None
        rows = store.rows(f"{_NUMBERED} ORDER BY {order}, number", [row["numbers"]])
        return Listed(rows, row["total"], MOST_MATCHES if row["hits"] == MOST_MATCHES else 0)
    counting = "coalesce(sum(actions), 0) FROM tally" if filters.counted else "count(*) FROM actions"
    total = store.value(f"SELECT {counting} WHERE {where}", values)
    rows = store.rows(f"SELECT * FROM actions WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?", [*values, *place])  # noqa: S608  # of our own pieces
    return Listed(rows, total)


_WITH_WORDS = (
    "WITH hits (number) AS MATERIALIZED (SELECT rowid FROM found WHERE found MATCH ? ORDER BY rowid DESC LIMIT ?), "
    "kept AS MATERIALIZED (SELECT number, due_ms, severity, seen_ms FROM hits CROSS JOIN actions USING (number) WHERE {where}) "
    "SELECT (SELECT count(*) FROM kept) AS total, (SELECT count(*) FROM hits) AS hits, "
    "(SELECT json_group_array(number) FROM (SELECT number FROM kept ORDER BY {order}, number LIMIT ? OFFSET ?)) AS numbers"
)
"""One pass over the actions that have the words counts them and chooses a page of them."""
_NUMBERED = "SELECT * FROM actions WHERE number IN (SELECT value FROM json_each(?))"


def fts(store: Store, words: str, teams: Sequence[str] | None) -> str:
    """Any words as a question to FTS5 that cannot be wrong: each a prefix, all of them, in actions of these teams (None: of all)."""
    asked = " AND ".join(_begins(store, word) for word in _WORD.findall(words)[:12])
    if not asked or teams == []:
        return ""
    found = f"{{summary subject words}} : ({asked})"
    return found if teams is None else f"{found} AND team : ({' OR '.join(map(_quoted, teams))})"


def _begins(store: Store, prefix: str) -> str:
    """What begins with a word, as the words themselves where they are few: FTS5 reads all places of a prefix before it gives the first."""
    if prefix.isascii() and prefix.isalnum():  # else the index may have it folded, or in pieces
        low = prefix.lower()
        terms = [row[0] for row in store.rows(_TERMS, (low, low + "\U0010ffff", MOST_TERMS))]
        if 0 < len(terms) <= MOST_TERMS:
            return f"({' OR '.join(map(_quoted, terms))})"
    return f'"{prefix}"*'


_TERMS = (
    "WITH RECURSIVE one (term, n) AS (SELECT (SELECT term FROM found_terms WHERE term >= ?1 ORDER BY term LIMIT 1), 1 UNION ALL "
    "SELECT (SELECT term FROM found_terms WHERE term >= one.term || char(1) ORDER BY term LIMIT 1), n + 1 FROM one "
    "WHERE term < ?2 AND n <= ?3) SELECT term FROM one WHERE term < ?2"
)
"""One more than so many words of the index between two, by one look into it for each."""


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def action_of(row: sqlite3.Row) -> dict[str, Any]:
    """An action as pages show it: with its lists read."""
    found = dict(row)
    for name in ("peers", "evidence", "items"):
        found[name] = orjson.loads(found[name])
    return found


def situation_of(row: sqlite3.Row) -> dict[str, Any]:
    """A situation as pages show it; the evidence of a case is without excerpts, see `said_in`."""
    found = dict(row)
    for name in ("stakeholders", "sources", "sentiment", "evidence"):
        found[name] = orjson.loads(found[name])
    return found


def said_in(evidence: list[dict[str, Any]], asked: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The evidence of a case with what the actions about it say of each piece; "" for what none of them says."""
    said, lines = dict[str, str](), dict[str, str]()
    for action in asked:
        of_digest = action["kind"] == ActionKind.DIGEST
        for one in [action["evidence"][line] for line in action["lines"]] if of_digest else action["evidence"]:
            if one["excerpt"]:
                (lines if of_digest else said)[one["information"]] = one["excerpt"]
    return [one | {"excerpt": said.get(one["information"]) or lines.get(one["information"], "")} for one in evidence]


def asked_about(store: Store, situations: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """All actions about each situation, the first first, with their answers, and ``lines``: where a digest tells of it, from 0."""
    found: dict[str, list[dict[str, Any]]] = {one: [] for one in situations}
    actions: dict[tuple[str, str], dict[str, Any]] = {}
    for row in store.rows(_ASKED, (json_of(list(found)),)):
        action = actions.get((row["about"], row["id"]))
        if action is None:
            action = actions[row["about"], row["id"]] = action_of(row) | {"answers": [], "lines": []}
            found[row["about"]].append(action)
        if row["line"] is not None:
            action["lines"].append(row["line"])
    answers: dict[str, list[dict[str, Any]]] = {}
    for row in store.rows(_ANSWERS, (json_of([one for _, one in actions]),)):
        answers.setdefault(row["action"], []).append(dict(row))
    for (_, one), action in actions.items():
        action["answers"] = answers.get(one, [])
    return found


_ASKED = (
    "WITH asked (id) AS (SELECT value FROM json_each(?1)) "
    "SELECT actions.*, asked.id AS about, NULL AS line FROM asked JOIN actions ON actions.situation = asked.id WHERE kind != 'digest' "
    "UNION ALL SELECT actions.*, asked.id, told.line FROM asked JOIN decisions ON decisions.situation = asked.id JOIN told USING "
    "(part, start) JOIN actions USING (number) ORDER BY created_ms, number, line"
)
_ANSWERS = "SELECT * FROM answers WHERE action IN (SELECT value FROM json_each(?)) ORDER BY part, start"


def curve_of(store: Store, situation: Mapping[str, Any], asked: list[dict[str, Any]]) -> Markup:
    """The curve of a surge or idea, from its onset."""
    rows = store.rows("SELECT at_ms, people, expected FROM points WHERE situation = ? ORDER BY at_ms", (situation["id"],))
    points = [Point(*row) for row in rows]
    if not points:
        return Markup("")
    onset = situation["opened_ms"]
    if onset < points[0].at_ms:
        points.insert(0, Point(onset, 0, 0))
    if situation["people"] > points[-1].people:  # the last who spoke came with the revision that says that it is over
        points[-1] = points[-1]._replace(people=situation["people"])
    marks = [
        CurveMark(onset, "onset", "onset"),
        CurveMark(situation["alarm_ms"], "alarm", f"alarm after {span(situation['alarm_ms'] - onset)}"),
    ]
    answers = [(one["at_ms"], f"{one['status']} {'by ' + one['who'] if one['who'] else ''}"[:24].strip())
               for action in asked for one in action["answers"] if one["status"] != "received"]  # fmt: skip
    end = points[-1]
    latest = end.at_ms + (end.at_ms - onset)  # an answer long after would press the curve flat: the timeline has it
    marks += [CurveMark(at_ms, "answer", label) for at_ms, label in sorted(answers)[:1] if at_ms <= latest]
    said = f"{people(int(end.people))} by the end, {number(end.expected)} expected, since the onset {span(end.at_ms - onset)} before"
    return draw(points, marks, said)


def holders(asked: list[dict[str, Any]]) -> list[str]:
    """Who has taken it up, by name or else by team."""
    found = [one["answered_by"] or one["team"] for one in asked if one["state"] in ("acknowledged", "done")]
    return list(dict.fromkeys(found))


def first_ask_minutes(situation: Mapping[str, Any], asked: list[dict[str, Any]]) -> float | None:
    """Minutes of event time from onset to the first ask; None when nobody was asked."""
    return (asked[0]["created_ms"] - situation["opened_ms"]) / MINUTE_MS if asked else None
