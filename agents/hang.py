"""Ends this process when it hangs, at work or on its way out.

At work: when its event loop is held for too long; `agents.runtime.worker` puts that off as long as the loop comes round. A thread of the
interpreter's own does it, which needs no lock of Python: also a call that never comes back from a library written in C is ended. Where it
was is in the log, and the next worker tries out which record it was at: see `agents.runtime.suspicion`.

On its way out: asyncio ends no loop before each of its tasks has, and Python no process before each thread of an executor has. A client
whose broker is gone keeps both waiting without end.
"""

import faulthandler
import logging
import os
import sys
import threading

log = logging.getLogger("winnow")

LAST_SECONDS = 9.0
"""Who begins to end is gone by then: below the ten that Docker and a rolling restart give it."""


def end_unless_renewed(seconds: float) -> None:
    """End this process (exit code 1) after so many seconds, with all stacks on standard error, unless this is called again before."""
    if sys.__stderr__ is not None:
        faulthandler.dump_traceback_later(seconds, exit=True, file=sys.__stderr__)


def never_mind() -> None:
    """Nothing is watched any more."""
    faulthandler.cancel_dump_traceback_later()


def leave_soon(name: str) -> threading.Timer:
    """End this process (exit code 1) in so many seconds, whatever it still waits for: what is not acknowledged is read again."""

    def leave() -> None:
        log.warning("%s: left what it still waited for after %.0f s; is the broker there?", name, LAST_SECONDS)
        os._exit(1)

    timer = threading.Timer(LAST_SECONDS, leave)
    timer.daemon = True
    timer.start()
    return timer
