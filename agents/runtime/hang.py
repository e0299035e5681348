"""Ends this process when its event loop is held for too long; `agents.runtime.worker` puts it off as long as the loop comes round.

A thread of the interpreter's own does it, which needs no lock of Python: also a call that never comes back from a library written in C is
ended. Where it was is in the log, and the next worker tries out which record it was at: see `agents.runtime.suspicion`.
"""

import faulthandler
import sys


def end_unless_renewed(seconds: float) -> None:
    """End this process (exit code 1) after so many seconds, with all stacks on standard error, unless this is called again before."""
    if sys.__stderr__ is not None:
        faulthandler.dump_traceback_later(seconds, exit=True, file=sys.__stderr__)


def never_mind() -> None:
    """Nothing is watched any more."""
    faulthandler.cancel_dump_traceback_later()
