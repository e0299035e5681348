"""What a person does on the board, as records: answers, answers taken back, silences, labels. Written, acknowledged, and seen again.

Nothing is kept here. Whether something was done is what the topics say: each of these asks the database first, writes, and waits until
the board has read its own record, so that the page that follows shows it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import aiokafka
from aiokafka.errors import KafkaError

from agents.board.follow import TopicFollower
from agents.board.store import Store
from agents.kafka import clients
from agents.operate import draft_silence, ended_early, outcome_of, own_record, write_answer, write_records, write_silence
from agents.settings import Settings
from pipeline.stream import Written
from schemas.errors import WinnowError
from schemas.messages import Label, Outcome, OutcomeReason, OutcomeStatus, SilenceRecord
from schemas.times import iso

SEEN_SECONDS = 5.0
"""How long to wait for the own record to come back."""

T = TypeVar("T")

DECLINE_REASONS = {
    "noise": "Noise: nothing for anybody",
    "wrong_team": "Not ours: another team's",
    "duplicate": "Known already: a duplicate",
    "intent=praise": "Praise, no complaint",
    "intent=question": "A question, no complaint",
}
"""What can be declined with, and how the page says it; anything else is said as the comment."""


@dataclass(frozen=True, slots=True)
class Said:
    """What came of an answer. ``written``: a record was written; ``told``: what to tell the person; ``record``: where it lies, when it
    was written and that is known.
    """

    action: str
    written: bool
    told: str
    record: Written | None = None


class AnswerDesk:
    """Writes for all people of one board, through one producer that is made when first needed, and anew after one that failed."""

    def __init__(self, settings: Settings, store: Store, follower: TopicFollower) -> None:
        self._settings = settings
        self._store = store
        self._follower = follower
        self._producer: aiokafka.AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()
        self._taking: dict[str, asyncio.Lock] = {}
        self.written = 0

    async def close(self) -> None:
        """End the producer."""
        if self._producer is not None:
            await self._producer.stop()

    async def answer(
        self, action: Mapping[str, Any], status: str, *, by: str, reason: str | None = None, comment: str | None = None
    ) -> Said:
        """Answer an action (a row of ``actions``). What it says already is not written again.

        Raises WinnowError for an answer that would not count, or when the broker did not take it.
        """
        lock = self._taking.setdefault(action["id"], asyncio.Lock())
        try:
            async with lock:
                return await self._answer(action["id"], status, by, reason, comment)
        finally:
            if not lock.locked():
                self._taking.pop(action["id"], None)

    async def _answer(self, action_id: str, status: str, by: str, reason: str | None, comment: str | None) -> Said:
        now = await asyncio.to_thread(self.action, action_id)
        if now is None:
            raise WinnowError(f"there is no action {action_id} any more", hint="It is older than thirty days.")
        if now["state"] == status and (status != OutcomeStatus.ACKNOWLEDGED or now["answered_by"] == by):
            return Said(action_id, False, f"It was {status} already")
        if status == OutcomeStatus.ACKNOWLEDGED and now["state"] == status:
            return Said(action_id, False, f"{now['answered_by'] or 'Somebody'} has it already")
        if now["state"] in ("revoked", "replaced"):
            return Said(action_id, False, "It was taken back: nothing is left to answer")
        message = {"action_id": action_id, "team": now["team"], "kind": now["kind"], "revokes": None}
        outcome = outcome_of(message, status, reason=reason, comment=comment, by=by, now_ms=_now_ms())
        record = await self._write(outcome)
        return Said(action_id, True, {"acknowledged": "Acknowledged", "done": "Done", "declined": "Declined"}[status], record)

    async def undo(self, action: Mapping[str, Any], *, by: str) -> Said:
        """Take the last answer back: the action waits again. Raises WinnowError when another person gave it."""
        now = await asyncio.to_thread(self.action, action["id"])
        if now is None or now["state"] not in ("acknowledged", "done", "declined"):
            return Said(action["id"], False, "There is no answer to take back")
        if now["answered_by"] != by:
            raise WinnowError(f"{now['answered_by'] or 'somebody else'} answered this", hint="Only whoever answered takes it back.")
        outcome = Outcome.model_validate(
            {
                "action_id": now["id"],
                "team": now["team"],
                "status": OutcomeStatus.OVERTURNED,
                "at": iso(_now_ms()),
                "reason": OutcomeReason.UNDO,
                "by": by,
            }
        )
        await self._write(outcome)
        return Said(now["id"], True, "Taken back: it waits again")

    async def take_next(self, ids: list[str], *, by: str) -> str | None:
        """Acknowledge the first of these actions that nobody else got before; its id, None when all are taken.

        Two people, on two boards even, never get the same: the first acknowledgement on the topic holds, and each looks whether that is
        their own record. (Not whether it bears their name: on one machine all may have the same.)
        """
        for action_id in ids:
            row = await asyncio.to_thread(self.action, action_id)
            if row is None or row["state"] not in ("none", "received"):
                continue
            mine = (await self.answer(row, OutcomeStatus.ACKNOWLEDGED, by=by)).record
            after = await asyncio.to_thread(self.action, action_id)
            if mine and after and (mine.partition, mine.first) == (after["answered_part"], after["answered_start"]):
                return action_id
        return None

    def action(self, action_id: str) -> Mapping[str, Any] | None:
        """The row of an action as it is now."""
        row = self._store.row("SELECT * FROM actions WHERE id = ?", (action_id,))
        return None if row is None else dict(row)

    async def _write(self, outcome: Outcome) -> Written | None:
        """Write an answer and wait until the board has read it; where it lies."""
        record = await self._acknowledged(lambda producer: write_answer(self._settings, outcome, producer))
        if record is None:
            return await self._found(outcome)

        def is_read() -> bool:
            return self._store.positions().get((record.topic, record.partition), 0) > record.first

        await self._follower.until(is_read, SEEN_SECONDS)
        return record

    async def _found(self, outcome: Outcome) -> Written | None:
        """Where an answer lies that the broker had from an earlier try: by what it says."""
        asked = "SELECT part, start FROM answers WHERE action = ? AND status = ? AND who = ? AND at_ms = ?"
        what = (outcome.action_id, str(outcome.status), outcome.by or "", int(outcome.at.timestamp() * 1000))
        await self._follower.until(lambda: self._store.row(asked, what) is not None, SEEN_SECONDS)
        row = await asyncio.to_thread(self._store.row, asked, what)
        return None if row is None else Written("outcomes", row[0], row[1], row[1])

    # -- silences and labels -----------------------------------------------------------------------------------------

    async def silence(self, name: str, when: str, *, by: str, reason: str, minutes: int) -> SilenceRecord:
        """Leave alone what matches ``when`` for so many minutes from now. Raises WinnowError for what is no silence."""
        now = _now_ms()
        record = await asyncio.to_thread(draft_silence, name, when, by, reason, _after(now, minutes), now_ms=now)
        return await self._write_silence(record)

    async def change_silence(self, known: SilenceRecord, *, by: str, minutes: int | None) -> SilenceRecord:
        """Let a silence last ``minutes`` from now, or end it now (None). Raises WinnowError for one that has ended already."""
        now = _now_ms()
        if minutes is None:
            return await self._write_silence(ended_early(known, by, "on the board", now))
        changed = {"until": _after(now, minutes), "at": iso(now), "ended_by": None, "ended_because": None}
        return await self._write_silence(SilenceRecord.model_validate(known.model_dump() | changed))

    async def _write_silence(self, record: SilenceRecord) -> SilenceRecord:
        await self._acknowledged(lambda producer: write_silence(self._settings, record, producer))

        def is_there() -> bool:
            found = self._store.value("SELECT message FROM silences WHERE id = ?", (record.id,))
            return found is not None and SilenceRecord.model_validate_json(found).at == record.at

        await self._follower.until(is_there, SEEN_SECONDS)
        return record

    async def label(self, information: str, subject: str, *, by: str) -> None:
        """Say that a piece of information that was set aside was no noise."""
        now = _now_ms()
        label = Label.model_validate(
            {
                "information": information,
                "subject": subject,
                "facet": "noise",
                "value": "false",
                "given_by": by,
                "action_id": None,
                "at": iso(now),
            }
        )
        record = own_record("labels", subject, label.model_dump(mode="json"), now)
        await self._acknowledged(lambda producer: write_records(self._settings, [record], producer))

    # -- the producer ------------------------------------------------------------------------------------------------

    async def _acknowledged(self, write: Callable[[aiokafka.AIOKafkaProducer], Awaitable[T]]) -> T:
        """Write something; what comes of it. Raises WinnowError when the broker does not take it.

        As long as its producer tries, nobody is told that it failed: who does it again then would have it done twice. A producer that
        failed once is not asked again: what it could not write may come later, before what follows.
        """
        producer = await self._started()
        try:
            done = await write(producer)
        except WinnowError:
            await self._drop(producer)
            raise
        self.written += 1
        return done

    async def _drop(self, producer: aiokafka.AIOKafkaProducer) -> None:
        """End a producer that failed; the next record has a new one made."""
        if self._producer is producer:
            self._producer = None
        await producer.stop()

    async def _started(self) -> aiokafka.AIOKafkaProducer:
        async with self._starting:
            if self._producer is None:
                producer = clients.producer(self._settings)
                try:
                    await producer.start()
                except (KafkaError, OSError) as error:
                    await producer.stop()
                    raise clients.unreachable(self._settings, error) from error
                self._producer = producer
            return self._producer


def _after(now_ms: int, minutes: int) -> datetime:
    return datetime.fromtimestamp(now_ms // 1000 + minutes * 60, UTC)


def _now_ms() -> int:
    return int(time.time() * 1000)
