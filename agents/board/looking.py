"""Questions to the board's database that more than one page asks: filters in an address as SQL, situations with who has them."""

import re
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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
SORTS = {"due": "due_ms", "gravest": "severity DESC, due_ms", "newest": "number DESC", "oldest": "number"}
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


SINCE = {"1h": HOUR_MS, "24h": 24 * HOUR_MS, "7d": 7 * 24 * HOUR_MS, "30d": 30 * 24 * HOUR_MS}
MOST_MATCHES = 10_000
"""A queue filtered by words shows what is among the newest so many that have them."""
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
    since: str = "30d"
    page: int = 1

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Filters":
        """Read an address."""
        page = query.get("page", "1")
        return cls(
            state=query.get("state", "open") if query.get("state") in STATES else "open",
            sort=query.get("sort", "due") if query.get("sort") in SORTS else "due",
            kind=query.get("kind", "")[:40], subject=query.get("subject", "")[:200], rule=query.get("rule", "")[:200],
            q=query.get("q", "")[:200], since=query.get("since", "30d") if query.get("since") in SINCE else "30d",
            page=min(int(page), MOST_PAGES) if page.isdecimal() and len(page) < 6 and int(page) > 0 else 1,
        )  # fmt: skip

    def admit(self, moved: Moved) -> bool:
        """Whether the list shows an action that moved, or did before; whether it has the words is not known here."""
        asked = ((self.kind, moved.kind), (self.subject, moved.subject), (self.rule, moved.rule))
        stood = [one for one in (moved.before, moved.after) if one is not None]
        return all(not wanted or wanted == given for wanted, given in asked) and any(_is_shown(self.state, *one) for one in stood)

    def where(self, team: str | None, me: str, now_ms: int) -> tuple[str, list[Any]]:
        """Condition and values; team None: all teams."""
        parts = [STATES[self.state], "+seen_ms >= ?"]  # the plus: no index of this column, but the one that has the order
        values: list[Any] = [me] if self.state == "mine" else []
        values.append(now_ms - SINCE[self.since])
        for column, value in (("team", team), ("kind", self.kind), ("subject", self.subject), ("rule", self.rule)):
            if value:
                parts.append(f"{column} = ?")
                values.append(value)
        if self.q and (match := fts(self.q, None if team is None else [team])):
            parts.append("number IN (SELECT rowid FROM found WHERE found MATCH ? ORDER BY rowid DESC LIMIT ?)")
            values += [match, MOST_MATCHES]
        return " AND ".join(parts), values


def fts(words: str, teams: Sequence[str] | None) -> str:
    """Any words as a question to FTS5 that cannot be wrong: each a prefix, all of them, in actions of these teams (None: of all)."""
    asked = " ".join(f'"{word}"*' for word in _WORD.findall(words)[:12])
    if not asked or teams == []:
        return ""
    found = f"{{summary subject words}} : ({asked})"
    return found if teams is None else f"{found} AND team : ({' OR '.join(map(_quoted, teams))})"


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
