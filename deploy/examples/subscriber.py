"""A team's subscriber: `python subscriber.py BROKER TEAM [PREFIX [STORE]]`. Put your ticket system in `open_ticket` and `close_ticket`."""

import asyncio
import json
import sqlite3
import sys
from datetime import UTC, datetime

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer


def now():
    """The time as actions tell it: sorts as text."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def open_ticket(action):
    """Must itself be harmless to repeat, e.g. an insert with action_id as its key: a crash may come right after it."""
    print("open", action["action_id"], action["kind"], action["summary"], flush=True)  # noqa: T201  # instead of a ticket system


def close_ticket(action_id, why):
    """Must be harmless to repeat, too."""
    print("close", action_id, why, flush=True)  # noqa: T201  # instead of a ticket system


def handle(action, store):
    """One action, any number of times, with the same result. True: it is open here, which is to be answered."""
    ids = [action["action_id"], action["revokes"], action["supersedes"]]
    state = dict(store.execute("SELECT id, state FROM tickets WHERE id IN (?, ?, ?)", ids))
    for gone, why in zip(ids[1:], ("revoked", "superseded"), strict=True):
        if state.get(gone) == "open":
            close_ticket(gone, why)
        if gone:  # also when it was never seen here: it must not be opened later
            store.execute("INSERT OR REPLACE INTO tickets VALUES (?, ?)", [gone, why])
    if action["kind"] != "revoke" and action["action_id"] not in state and action["not_after"] > now():
        open_ticket(action)
        state[action["action_id"]] = "open"
        store.execute("INSERT INTO tickets VALUES (?, 'open')", [action["action_id"]])
    store.commit()
    return state.get(action["action_id"]) == "open"


async def main(broker, team, prefix="winnow", path="tickets.sqlite"):
    """Consume, handle, answer, commit, in this order, without end."""
    store = sqlite3.connect(path)
    store.execute("CREATE TABLE IF NOT EXISTS tickets (id TEXT PRIMARY KEY, state TEXT)")
    options = {"group_id": f"{prefix}-team-{team}", "enable_auto_commit": False, "auto_offset_reset": "earliest"}
    consumer = AIOKafkaConsumer(f"{prefix}.actions.{team}.v1", bootstrap_servers=broker, **options)
    async with consumer, AIOKafkaProducer(bootstrap_servers=broker, acks="all", enable_idempotence=True) as producer:
        async for record in consumer:
            action = json.loads(record.value)
            if handle(action, store):  # a person, later: `acknowledged`, `done`, `declined` (reason: noise, wrong_team ...) or `overturned`
                answer = {"action_id": action["action_id"], "team": team, "status": "received", "at": now(), "by": "desk"}
                await producer.send_and_wait(f"{prefix}.outcomes.v1", json.dumps(answer).encode(), key=team.encode())  # key: the team
            await consumer.commit()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
