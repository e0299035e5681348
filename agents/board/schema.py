"""The tables of the board's database: a picture of the topics that can be thrown away at any time and made anew from Kafka."""

import orjson

VERSION = 7
"""Raised when a table changes: a database of another version is thrown away and filled from the topics again."""

MOST_ACTIONS = 200_000
MOST_DECISIONS = 400_000
MOST_SITUATIONS = 400_000
MOST_ANSWERS = 400_000
MOST_POINTS = 600
"""Of one situation's curve; when there are more, every other one goes."""
KEEP_DAYS = 30

TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE positions (topic TEXT NOT NULL, part INTEGER NOT NULL, next INTEGER NOT NULL, PRIMARY KEY (topic, part)) WITHOUT ROWID;

-- one row a situation: its last revision; alarm_ms is when its first revision that we know of was written; of a case no text is kept
-- in its evidence: what the actions about it say of the same pieces is read from there
CREATE TABLE situations (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, subject TEXT NOT NULL, facet TEXT NOT NULL, status TEXT NOT NULL, revision INTEGER NOT NULL,
    opened_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL, alarm_ms INTEGER NOT NULL, seen_ms INTEGER NOT NULL,
    people INTEGER NOT NULL, expected REAL NOT NULL, events INTEGER NOT NULL, copies INTEGER NOT NULL, reach INTEGER NOT NULL,
    severity REAL NOT NULL, urgency REAL NOT NULL, origin TEXT NOT NULL, backfill INTEGER NOT NULL, absorbed_by TEXT,
    stakeholders TEXT NOT NULL, sources TEXT NOT NULL, sentiment TEXT NOT NULL, evidence TEXT NOT NULL, place TEXT NOT NULL,
    points INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX situations_by_kind ON situations (kind, status, severity);
CREATE INDEX situations_by_people ON situations (kind, people DESC, updated_ms DESC);
CREATE INDEX situations_by_subject ON situations (kind, subject, people DESC, updated_ms DESC);
CREATE INDEX situations_by_seen ON situations (seen_ms);
CREATE TABLE points (
    situation TEXT NOT NULL, at_ms INTEGER NOT NULL, people INTEGER NOT NULL, expected REAL NOT NULL, PRIMARY KEY (situation, at_ms)
) WITHOUT ROWID;

CREATE TABLE decisions (
    id TEXT NOT NULL, team TEXT NOT NULL, situation TEXT NOT NULL, revision INTEGER NOT NULL, role TEXT NOT NULL, do TEXT NOT NULL,
    owner TEXT NOT NULL, rule TEXT NOT NULL, mode TEXT NOT NULL, withdrawn INTEGER NOT NULL, decided_ms INTEGER NOT NULL,
    seen_ms INTEGER NOT NULL, facts TEXT NOT NULL, against TEXT NOT NULL, escalation TEXT NOT NULL,
    part INTEGER NOT NULL, start INTEGER NOT NULL, PRIMARY KEY (id, team)
);
CREATE INDEX decisions_by_situation ON decisions (situation);
CREATE INDEX decisions_by_seen ON decisions (seen_ms);

-- answered_part, answered_start: where on the topic the answer lies that holds
-- state: none, received, acknowledged, done, declined, overturned, replaced (another took its place), revoked
CREATE TABLE actions (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, decision TEXT NOT NULL, situation TEXT NOT NULL, situation_kind TEXT NOT NULL,
    subject TEXT NOT NULL, team TEXT NOT NULL, role TEXT NOT NULL, kind TEXT NOT NULL, owner TEXT NOT NULL, peers TEXT NOT NULL,
    step INTEGER NOT NULL, contact TEXT, severity REAL NOT NULL, summary TEXT NOT NULL, rule TEXT NOT NULL, policy TEXT NOT NULL,
    created_ms INTEGER NOT NULL, not_after_ms INTEGER NOT NULL, seen_ms INTEGER NOT NULL, due_ms INTEGER NOT NULL, supersedes TEXT,
    source TEXT, link TEXT, private INTEGER, runbook TEXT, evidence TEXT NOT NULL, items TEXT NOT NULL,
    open INTEGER NOT NULL DEFAULT 1, state TEXT NOT NULL DEFAULT 'none', answered_by TEXT, answered_ms INTEGER, reason TEXT,
    answered_part INTEGER, answered_start INTEGER
);
CREATE INDEX actions_by_team ON actions (team, open, due_ms, seen_ms, state, kind);
CREATE INDEX actions_by_gravity ON actions (open, severity DESC, due_ms, seen_ms);
CREATE INDEX actions_by_kind ON actions (kind, open, team);
CREATE INDEX actions_by_hour ON actions (team, seen_ms);
CREATE INDEX actions_by_situation ON actions (situation);
CREATE INDEX actions_by_decision ON actions (decision);
CREATE INDEX actions_by_seen ON actions (seen_ms);
CREATE VIRTUAL TABLE found USING fts5 (team, summary, subject, words, content='');
-- the words of that index, to be read only
CREATE VIRTUAL TABLE found_terms USING fts5vocab(found, instance);
-- how many actions of a team stand how: counted as they change, for a queue may be long
CREATE TABLE tally (
    team TEXT NOT NULL, kind TEXT NOT NULL, open INTEGER NOT NULL, state TEXT NOT NULL, actions INTEGER NOT NULL,
    PRIMARY KEY (team, kind, open, state)
) WITHOUT ROWID;
-- the digests (numbers of actions) that tell of a decision, by its place on the topic; line: of the digest, from 0
CREATE TABLE told (
    part INTEGER NOT NULL, start INTEGER NOT NULL, number INTEGER NOT NULL, line INTEGER NOT NULL, PRIMARY KEY (part, start, number)
) WITHOUT ROWID;
CREATE INDEX told_by_number ON told (number);

-- why an action asks for nothing any more: taken back, or another one took its place; either may be read before the action itself
CREATE TABLE ends (action TEXT PRIMARY KEY, state TEXT NOT NULL, by_action TEXT NOT NULL, seen_ms INTEGER NOT NULL) WITHOUT ROWID;

-- pieces of information whose posts were deleted or edited, and in which actions each piece is shown: nothing of it is kept there
CREATE TABLE gone (information TEXT PRIMARY KEY, seen_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE shows (information TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (information, number)) WITHOUT ROWID;
CREATE INDEX shows_by_number ON shows (number);

CREATE TABLE answers (
    action TEXT NOT NULL, team TEXT NOT NULL, status TEXT NOT NULL, at_ms INTEGER NOT NULL, who TEXT NOT NULL, reason TEXT NOT NULL,
    comment TEXT NOT NULL, part INTEGER NOT NULL, start INTEGER NOT NULL, seen_ms INTEGER NOT NULL,
    UNIQUE (action, team, status, at_ms, who, reason, comment)
);
CREATE INDEX answers_by_action ON answers (action, part, start);
CREATE INDEX answers_by_seen ON answers (seen_ms);

CREATE TABLE health (kind TEXT NOT NULL, name TEXT NOT NULL, message TEXT NOT NULL, PRIMARY KEY (kind, name)) WITHOUT ROWID;
CREATE TABLE silences (id TEXT PRIMARY KEY, message TEXT NOT NULL, seen_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE book (
    stage TEXT NOT NULL, hour INTEGER NOT NULL, disposition TEXT NOT NULL, events INTEGER NOT NULL, PRIMARY KEY (stage, hour, disposition)
) WITHOUT ROWID;
-- how far each stage's ledger reaches: an entry that is written again counts once
CREATE TABLE accounted (stage TEXT, topic TEXT, part INTEGER, last INTEGER NOT NULL, PRIMARY KEY (stage, topic, part)) WITHOUT ROWID;
"""


def json_of(value: object) -> str:
    """A value as a column holds it, or as a statement takes a list."""
    return orjson.dumps(value).decode()
