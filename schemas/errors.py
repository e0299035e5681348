"""The one base of all errors meant for a person: what is wrong, where, and what to do about it."""


class WinnowError(Exception):
    """A misconfiguration or broken environment, told so that the reader knows what to do.

    The command line prints it as one line and exits 2. Expected bad data is never an exception: see ``messages.Rejected``.
    """

    def __init__(self, problem: str, *, hint: str = "") -> None:
        super().__init__(f"{problem}. {hint}" if hint else problem)
        self.problem = problem
        self.hint = hint


class Unavailable(WinnowError):
    """What was asked for is not there now and may be there soon (a broker that restarts): worth another attempt as it is."""
