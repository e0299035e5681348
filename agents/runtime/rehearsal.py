"""A batch in; the record at which a process ends that works it out. The examiner asks when a worker has ended there.

The batch is worked in a copy of this process (fork), which writes nothing and is thrown away. So the worker itself lives on and sees how
the copy ended: by an exception, by a signal, for want of memory, or not at all in time.
"""

import asyncio
import faulthandler
import gc
import os
import resource
import signal
import sys
import warnings
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, NoReturn

from pipeline.stream import OF_NO_RECORD, AccountedShard, Batch
from schemas.errors import WinnowError

RECORD_SECONDS = 30
"""A record that takes longer counts as one that never ends."""
RECORD_BYTES = 1 << 30
"""And one that takes more memory as one for which there never is enough."""
FROM_OUTSIDE = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
"""Signals that say nothing about a record: somebody ends all of this."""
KEPT_BYTES = 4_096
WHY_CHARACTERS = 300


class Ended(NamedTuple):
    """Noun, partition and offset of the record that was begun last, and how the process that worked it ended."""

    place: tuple[str, int, int]
    why: str


Rehearse = Callable[[AccountedShard, Batch, int], Awaitable[Ended | None]]


async def rehearse(shard: AccountedShard, batch: Batch, now_ms: int) -> Ended | None:
    """The record of a batch, or of what waits in the shard, at which two copies of this process in a row have ended; None: there is none.

    What happens once is no evidence: the machine may have been out of memory, or somebody has ended that process.
    Raises OSError when there is no room for a copy.
    """
    first = await _in_a_copy(shard, batch, now_ms)
    if first is None:
        return None
    second = await _in_a_copy(shard, batch, now_ms)
    return second if second is not None and second.place == first.place else None


async def _in_a_copy(shard: AccountedShard, batch: Batch, now_ms: int) -> Ended | None:
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        # From Python 3.12 on it warns of locks that other threads hold; the copy takes none of theirs, and is bounded in time.
        warnings.simplefilter("ignore", DeprecationWarning)
        copy = os.fork()
    if copy == 0:
        _work(shard, batch, now_ms, writing)
    os.close(writing)
    return await asyncio.to_thread(_watch, copy, reading)


# -- in the copy -----------------------------------------------------------------------------------------------------


def _work(shard: AccountedShard, batch: Batch, now_ms: int, told: int) -> NoReturn:
    """Work a batch, telling each record before it is begun; nothing of this process comes back from here."""

    def began(noun: str, partition: int, offset: int) -> None:
        signal.setitimer(signal.ITIMER_REAL, RECORD_SECONDS)
        os.write(told, f"{noun}\t{partition}\t{offset}\n".encode())

    code = 1
    try:
        _be_a_copy()
        shard.rehearse(batch, now_ms, began)
        code = 0
    except WinnowError:
        code = 0  # what an operator has to mend: the worker says so itself
    except BaseException as error:  # noqa: BLE001  # told to the worker
        why = " ".join(f"{type(error).__name__}: {error}".split())[:WHY_CHARACTERS]
        os.write(told, f"!{why}\n".encode("utf-8", "replace"))
    finally:
        os._exit(code)


def _be_a_copy() -> None:
    """Signals, memory and core files of this process are no longer those of the worker."""
    signal.set_wakeup_fd(-1)
    for number in (*FROM_OUTSIDE, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, RECORD_SECONDS)
    gc.disable()
    if sys.__stderr__ is not None:
        faulthandler.enable(sys.__stderr__)  # says where in the code it was
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError):  # not on every system
        Path("/proc/self/oom_score_adj").write_text("1000")
    with suppress(OSError, ValueError):
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + RECORD_BYTES, resource.getrlimit(resource.RLIMIT_AS)[1]))


# -- in the worker ---------------------------------------------------------------------------------------------------


def _watch(copy: int, reading: int) -> Ended | None:
    """Wait for the end of a copy; what it was at, and how it ended, unless it came through."""
    said = b""
    with os.fdopen(reading, "rb", buffering=0) as told:
        while read := told.read(65_536):
            said = (said + read)[-KEPT_BYTES:]
    _, status = os.waitpid(copy, 0)
    code = os.waitstatus_to_exitcode(status)
    if code == 0 or -code in FROM_OUTSIDE:
        return None
    lines = said.decode("utf-8", "replace").splitlines()
    cause = lines.pop()[1:] if lines and lines[-1].startswith("!") else ""
    if not lines:
        return None
    noun, partition, offset = lines[-1].split("\t")
    if int(offset) == OF_NO_RECORD:
        return None
    return Ended((noun, int(partition), int(offset)), cause or _how(code))


def _how(code: int) -> str:
    if code >= 0:
        return f"the process ended with exit code {code}"
    if -code == signal.SIGALRM:
        return f"not done after {RECORD_SECONDS} s"
    name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
    return f"the process was ended by {name}"
