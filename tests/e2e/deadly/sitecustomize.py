"""Put on the path of real workers by `tests.e2e.test_poison`: two records end, by a signal, whichever process works on them.

Python imports a module of this name before anything else, so nothing of the product has to know of it.
"""

import os
import signal
from collections.abc import Sequence
from typing import Any

from pipeline.correlate.shard import CorrelateShard
from pipeline.sift.events import EventReader

POST = os.environ["DEADLY_POST"].encode()
INFORMATION = os.environ["DEADLY_INFORMATION"]

_read, _apply = EventReader.read, CorrelateShard.apply


def read(self: EventReader, records: Sequence[Any]) -> Any:
    """A record that no reader survives, as one that breaks a library written in C."""
    if any(POST in (record.value or b"") for record in records):
        os.kill(os.getpid(), signal.SIGSEGV)
    return _read(self, records)


def apply(self: CorrelateShard, run: Sequence[Any], step: Any) -> list[str]:
    """A record that takes all memory, so that the system kills the process."""
    if any(arrived.message.id == INFORMATION for arrived in run):
        os.kill(os.getpid(), signal.SIGKILL)
    return _apply(self, run, step)


EventReader.read = read  # type: ignore[method-assign]
CorrelateShard.apply = apply  # type: ignore[method-assign]
