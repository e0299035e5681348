"""Records in, rows out: what each kind of message changes in the board's tables. Pure but for the connection that it writes through.

Whatever the order in which topics are read, the same records give the same rows: what hangs on a record that may come later (an
answer's action, an action's decision) is settled by whichever of the two comes second.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
from pydantic import ValidationError

from agents.board.changes import Moved, Touched
from agents.board.schema import MOST_POINTS, json_of
from agents.board.seen import Seen
from agents.board.words import HOUR_MS
from pipeline.privacy import NO_TERMS, OwnTerms, excerpt, public_url
from schemas.messages import ActionKind, Outcome, OutcomeReason, OutcomeStatus, SilenceRecord, SituationKind, SituationStatus
from schemas.times import to_milliseconds

WORDINGS = 5
TAKEN_BACK = "taken back by who had said it"
_GONE = "SELECT information FROM gone WHERE information IN (SELECT value FROM json_each(?))"
CLOSED = ("done", "declined", "overturned")


class Projection:
    """Writes through one connection. `unreadable` counts records that are none of ours: they change nothing.

    ``own``: what redaction leaves.
    """

    def __init__(self, connection: sqlite3.Connection, own: OwnTerms = NO_TERMS) -> None:
        self._own = own
        self._run = connection.execute
        self._moved: Counter[tuple[str, str, bool, str]] = Counter()
        self.touched = Touched()
        """What has changed since the transaction began."""
        self.unreadable = 0
        self.forgot = False
        """Whether something was taken out that is to be in no file any more."""
        self._takers: Mapping[str, Callable[[Seen], None]] = {
            "situations": self._situation,
            "decisions": self._decision,
            "actions": self._action,
            "outcomes": self._answer,
            "health": self._health,
            "silences": self._silence,
            "ledger": self._ledger,
        }

    def take(self, seen: Seen) -> None:
        """Let one record count. One that cannot be read is counted, and changes nothing."""
        try:
            self._takers[seen.noun.partition(".")[0]](seen)
        except (orjson.JSONDecodeError, ValidationError, KeyError, TypeError, ValueError, AttributeError):
            self.unreadable += 1

    def begin(self) -> None:
        """A transaction begins: what one that failed had counted is forgotten."""
        self._moved.clear()
        self.touched = Touched()

    def tally(self) -> None:
        """Write down how many actions stand how, at the end of a transaction."""
        moved = [(*what, more) for what, more in self._moved.items() if more]
        for one in moved:
            self._run("INSERT INTO tally VALUES (?,?,?,?,?) ON CONFLICT DO UPDATE SET actions = actions + excluded.actions", one)
        if moved:
            self._run("DELETE FROM tally WHERE actions = 0")

    # -- what goes on ------------------------------------------------------------------------------------------------

    def _situation(self, seen: Seen) -> None:
        if seen.value is None:
            return
        m = orjson.loads(seen.value)
        opened, updated = to_milliseconds(m["opened_at"]), to_milliseconds(m["updated_at"])
        self._withdraw(m.get("withdrawals", ()), seen.seen_ms)
        known = self._run("SELECT revision FROM situations WHERE id = ?", (m["id"],)).fetchone()
        if known is not None and known[0] >= m["revision"]:
            return
        evidence = [_piece(one, self._own, told=m["kind"] != SituationKind.CASE) for one in m["evidence"][:WORDINGS]]
        place = f"{m['lineage']['topic']}:{m['lineage']['partition']}:{m['lineage']['offset']}"
        self._run(
            "INSERT INTO situations VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,0) ON CONFLICT (id) DO UPDATE SET "
            "status=excluded.status, revision=excluded.revision, updated_ms=excluded.updated_ms, seen_ms=excluded.seen_ms, "
            "opened_ms=excluded.opened_ms, people=excluded.people, expected=excluded.expected, events=excluded.events, "
            "copies=excluded.copies, reach=excluded.reach, severity=excluded.severity, urgency=excluded.urgency, origin=excluded.origin, "
            "backfill=excluded.backfill, absorbed_by=excluded.absorbed_by, stakeholders=excluded.stakeholders, sources=excluded.sources, "
            "sentiment=excluded.sentiment, evidence=excluded.evidence, place=excluded.place, facet=excluded.facet",
            (m["id"], m["kind"], m["subject"], m["facet"], m["status"], m["revision"], opened, updated, updated, seen.seen_ms,
             m["authors"], m["expected"], m["events"], m["copies"], m["reach"], m["severity"], m["urgency"], m["origin"], m["backfill"],
             m["absorbed_by"], json_of(m["stakeholders"]), json_of(m["sources"]), json_of(m["sentiment"]), json_of(evidence), place),
        )  # fmt: skip
        self.touched.ids.add(m["id"])
        if m["kind"] != SituationKind.CASE:
            self.touched.nouns.add(f"{m['kind']}s")
            self._point(m["id"], updated, m["authors"], m["expected"], closed=m["status"] == SituationStatus.CLOSED)

    def _point(self, situation: str, at_ms: int, people: int, expected: float, *, closed: bool) -> None:
        if not closed:  # closing tells when quiet began to count, not that more people spoke
            self._run("INSERT OR REPLACE INTO points VALUES (?,?,?,?)", (situation, at_ms, people, expected))
        count = self._run("SELECT count(*) FROM points WHERE situation = ?", (situation,)).fetchone()[0]
        if count > MOST_POINTS:
            self._run(
                "DELETE FROM points WHERE situation = ?1 AND at_ms IN (SELECT at_ms FROM (SELECT at_ms, row_number() OVER "
                "(ORDER BY at_ms) AS n FROM points WHERE situation = ?1) WHERE n % 2 = 0)",
                (situation,),
            )

    def _withdraw(self, informations: Iterable[str], seen_ms: int) -> None:
        """Show nothing any more of pieces that are gone, whenever it was told."""
        for information in informations:
            if not self._run("INSERT OR IGNORE INTO gone VALUES (?,?)", (information, seen_ms)).rowcount:
                continue
            for (number,) in self._run("SELECT number FROM shows WHERE information = ?", (information,)).fetchall():
                self._show_without(number, {information})

    def _show_without(self, number: int, gone: Collection[str]) -> None:
        names = ("id", "team", "kind", "summary", "subject", "link", "evidence", "items")
        row = self._run(f"SELECT {', '.join(names)} FROM actions WHERE number = ?", (number,)).fetchone()  # noqa: S608  # names of columns
        was = dict(zip(names, row, strict=True))
        was["evidence"], was["items"] = orjson.loads(was["evidence"]), orjson.loads(was["items"])
        now = without(was, gone)
        self._run("INSERT INTO found (found, rowid, team, summary, subject, words) VALUES ('delete',?,?,?,?,?)", (number, *searched(was)))
        self._run("INSERT INTO found (rowid, team, summary, subject, words) VALUES (?,?,?,?,?)", (number, *searched(now)))
        self._run(
            "UPDATE actions SET summary = ?, link = ?, evidence = ?, items = ? WHERE number = ?",
            (now["summary"], now["link"], json_of(now["evidence"]), json_of(now["items"]), number),
        )
        self.touched.ids.add(was["id"])
        self.forgot = True

    # -- who must act ------------------------------------------------------------------------------------------------

    def _decision(self, seen: Seen) -> None:
        if seen.value is None:
            return
        m = orjson.loads(seen.value)
        revision = m["situation"]["revision"]
        known = self._run("SELECT revision FROM decisions WHERE id = ? AND team = ?", (m["id"], m["team"])).fetchone()
        if known is not None and known[0] >= revision:
            return
        self._run(
            "INSERT OR REPLACE INTO decisions VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            (m["id"], m["team"], m["situation"]["id"], revision, m["role"], m["do"], m["owner"], m["rule"], m["mode"], m["withdrawn"],
             to_milliseconds(m["decided_at"]), seen.seen_ms, json_of(m["facts"]), json_of(m["against"]), json_of(m["escalation"]),
             seen.partition, seen.offset),
        )  # fmt: skip
        self.touched.ids.add(m["situation"]["id"])

    def _action(self, seen: Seen) -> None:
        if seen.value is None:
            return
        m = orjson.loads(seen.value)
        for state, other in (("revoked", m["revokes"]), ("replaced", m["supersedes"])):
            if other is not None:
                self._run("INSERT OR IGNORE INTO ends VALUES (?,?,?,?)", (other, state, m["action_id"], seen.seen_ms))
                self._settle(other)
        if m["kind"] == ActionKind.REVOKE:
            return
        informations = [one["information"] for one in m["evidence"]]
        gone = {one[0] for one in self._run(_GONE, (json_of(informations),))}
        reply, due = m["reply"] or {}, m.get("due_at")
        m = {"items": (), **m, "link": reply.get("url")}
        if gone:
            m = without(m, gone)
        created, not_after = to_milliseconds(m["created_at"]), to_milliseconds(m["not_after"])
        due_ms = not_after if due is None else min(not_after, to_milliseconds(due))
        action, team, kind = m["action_id"], m["team"], m["kind"]
        standing = self._standing(action, team)
        row = (
            action, m["decision"], m["situation"], m["situation_kind"], m["subject"], team, m["role"], kind, m["owner"],
            json_of(m["peers"]), m["step"], m["contact"], m["severity"], m["summary"], m["rule"], m["policy"], created, not_after,
            seen.seen_ms, due_ms, m["supersedes"], reply.get("source"), m["link"], reply.get("private"),
            m.get("runbook"), json_of(m["evidence"]), json_of(m["items"]), *standing,
        )  # fmt: skip
        added = self._run(
            "INSERT OR IGNORE INTO actions (id, decision, situation, situation_kind, subject, team, role, kind, owner, peers, step, "
            "contact, severity, summary, rule, policy, created_ms, not_after_ms, seen_ms, due_ms, supersedes, source, link, private, "
            "runbook, evidence, items, open, state, answered_by, answered_ms, reason, answered_part, answered_start) "
            "VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            row,
        )
        if not added.rowcount:
            return
        number = added.lastrowid
        self._moved[team, kind, *standing[:2]] += 1
        self._touch(action, m["situation"], m["situation_kind"], Moved(team, kind, m["subject"], m["rule"], None, standing[:2]))
        self._run("INSERT INTO found (rowid, team, summary, subject, words) VALUES (?,?,?,?,?)", (number, *searched(m)))
        for information in dict.fromkeys(informations):
            self._run("INSERT OR IGNORE INTO shows VALUES (?,?)", (information, number))
        if kind == ActionKind.DIGEST:
            for line, one in enumerate(m["evidence"]):
                place = one["lineage"]
                self._run("INSERT OR IGNORE INTO told VALUES (?,?,?,?)", (place["partition"], place["offset"], number, line))

    # -- what became of it -------------------------------------------------------------------------------------------

    def _answer(self, seen: Seen) -> None:
        if seen.value is None:
            return
        said = Outcome.model_validate_json(seen.value)
        at_ms = int(said.at.timestamp() * 1000)
        added = self._run(
            "INSERT OR IGNORE INTO answers VALUES (?,?,?,?,?,?,?,?,?,?)",
            (said.action_id, said.team, str(said.status), at_ms, said.by or "", said.reason or "", said.comment or "", seen.partition,
             seen.offset, seen.seen_ms),
        )  # fmt: skip
        if added.rowcount:
            self._settle(said.action_id)

    def _settle(self, action: str) -> None:
        """Write down anew how an action stands, if it has been read."""
        known = self._run(
            "SELECT situation, situation_kind, team, kind, subject, rule, open, state, answered_by, answered_ms, reason, answered_part, "
            "answered_start FROM actions WHERE id = ?",
            (action,),
        ).fetchone()
        if known is None:
            return
        situation, about, team, kind, subject, rule, *before = known
        standing = self._standing(action, team)
        if tuple(before) == standing:
            self.touched.ids.add(action)  # its list of answers has grown
            return
        self._moved[team, kind, *before[:2]] -= 1
        self._moved[team, kind, *standing[:2]] += 1
        self._run(
            "UPDATE actions SET open = ?, state = ?, answered_by = ?, answered_ms = ?, reason = ?, answered_part = ?, answered_start = ? "
            "WHERE id = ?",
            (*standing, action),
        )
        self._touch(action, situation, about, Moved(team, kind, subject, rule, (bool(before[0]), before[1]), standing[:2]))

    def _touch(self, action: str, situation: str, about: str, moved: Moved) -> None:
        """An action about a situation, of the kind ``about``, came, or stands otherwise."""
        self.touched.moved.add(moved)
        self.touched.ids.update((action, situation))
        if about != SituationKind.CASE:
            self.touched.nouns.add(f"{about}s")

    def _standing(self, action: str, team: str) -> tuple[Any, ...]:
        """How an action stands, by all that was said of it so far, in the order of the topic: whether it is open, and its `Standing`."""
        ended = self._run("SELECT state FROM ends WHERE action = ?", (action,)).fetchone()
        said = self._run(
            "SELECT status, who, at_ms, reason, part, start FROM answers WHERE action = ? AND team = ? ORDER BY part, start",
            (action, team),
        )
        standing = fold(said)
        if ended is not None and standing.state not in CLOSED:
            standing = standing._replace(state=ended[0])
        return (ended is None and standing.state not in CLOSED, *standing)

    def _health(self, seen: Seen) -> None:
        if seen.value is None:
            kind, _, name = (seen.key or b"").decode().partition("/")
            self._run("DELETE FROM health WHERE kind = ? AND name = ?", (kind, name))
            return
        m = orjson.loads(seen.value)
        self._run("INSERT OR REPLACE INTO health VALUES (?,?,?)", (m["kind"], m["name"], seen.value.decode()))

    def _silence(self, seen: Seen) -> None:
        key = (seen.key or b"").decode()
        self.touched.nouns.add("silences")
        if not seen.value:
            self._run("DELETE FROM silences WHERE id = ?", (key,))
            return
        SilenceRecord.model_validate_json(seen.value)
        self._run("INSERT OR REPLACE INTO silences VALUES (?,?,?)", (key, seen.value.decode(), seen.seen_ms))

    def _ledger(self, seen: Seen) -> None:
        if seen.value is None:
            return
        m = orjson.loads(seen.value)
        place = (m["stage"], m["topic"], m["partition"])
        known = self._run("SELECT last FROM accounted WHERE stage = ? AND topic = ? AND part = ?", place).fetchone()
        if known is not None and known[0] >= m["last"]:
            return
        self._run("INSERT OR REPLACE INTO accounted VALUES (?,?,?,?)", (*place, m["last"]))
        hour = to_milliseconds(m["at"]) // HOUR_MS
        for disposition, count in m["counts"].items():
            self._run(
                "INSERT INTO book VALUES (?,?,?,?) ON CONFLICT (stage, hour, disposition) DO UPDATE SET events = events + excluded.events",
                (m["stage"], hour, disposition, int(count)),
            )


class Standing(NamedTuple):
    """What holds of a team's answers: the state, who brought it about, when (Unix ms) and why, and where on the topic that was said."""

    state: str
    who: str | None = None
    at_ms: int | None = None
    reason: str | None = None
    part: int | None = None
    start: int | None = None


_NOTHING_SAID = Standing("none")


def fold(said: Iterable[Sequence[Any]]) -> Standing:
    """What holds of a team's answers (status, who, at, reason, partition, offset) in the order of the topic.

    The first to acknowledge holds an action: a later acknowledgement, like act itself sees it, changes nothing.
    """
    standing = _NOTHING_SAID
    for answer in map(Standing._make, said):
        if answer.state == OutcomeStatus.OVERTURNED and answer.reason == OutcomeReason.UNDO:
            standing = _NOTHING_SAID
        elif answer.state == OutcomeStatus.RECEIVED:
            standing = answer if standing.state == "none" else standing
        elif answer.state == OutcomeStatus.ACKNOWLEDGED:
            standing = standing if standing.state in (answer.state, *CLOSED) else answer
        else:
            standing = answer
    return standing


def searched(action: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """What of an action is found by its words, and whose it is."""
    return action["team"], action["summary"], action["subject"], " ".join(one["excerpt"] for one in action["evidence"])


def without(action: Mapping[str, Any], gone: Collection[str]) -> dict[str, Any]:
    """An action with nothing in it of pieces that are gone: neither what they say nor where they are; a digest keeps its other lines."""
    left = [one["information"] not in gone for one in action["evidence"]]
    evidence = [one if stays else one | {"author": "", "excerpt": ""} for one, stays in zip(action["evidence"], left, strict=True)]
    aligned = len(action["items"]) <= len(left) if action["kind"] == ActionKind.DIGEST else len(action["items"]) == len(left)
    stay = left if aligned else [False] * len(action["items"])
    items = [one if stays else one | {"title": TAKEN_BACK, "reply": None} for one, stays in zip(action["items"], stay, strict=False)]
    whole = action["kind"] == ActionKind.DIGEST and left[0]
    told = {} if whole else {"summary": TAKEN_BACK, "title": TAKEN_BACK, "link": None}
    return {**action, **told, "evidence": evidence, "items": items}


def _piece(one: Mapping[str, Any], own: OwnTerms, *, told: bool) -> dict[str, Any]:
    """A piece of a situation's evidence. Its text is raw: what is kept of it has been through what lets an action leave."""
    found = {"information": one["information"], "source": one["source"], "at": one["created_at"], "url": public_url(one["url"])}
    return found | {"excerpt": _redacted(one["text"], own.on(one["source"]))} if told else found


@lru_cache(maxsize=20_000)
def _redacted(text: str, own: OwnTerms) -> str:
    """As on an action; revision after revision brings the same texts."""
    return excerpt(text, own=own)
