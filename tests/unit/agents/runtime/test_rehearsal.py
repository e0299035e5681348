"""Which record ends a process, and how; found by real processes that end so."""

import asyncio
import ctypes
import faulthandler
import gc
import os
import resource
import signal
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from agents.runtime import rehearsal
from agents.runtime.rehearsal import Ended, rehearse
from pipeline.stream import AccountedShard, Batch, Record, Step
from schemas.errors import WinnowError

HERE = os.getpid()


class Fragile(AccountedShard):
    """Does with a record whatever stands under its value."""

    stage = "monitor"

    def __init__(self, does: Mapping[bytes, Callable[[], object]]) -> None:
        super().__init__("monitor/0")
        self._does = does
        self.worked: list[int] = []

    def process(self, batch: Batch, now_ms: int) -> Step:
        """Work on records."""
        for record in batch.records:
            assert os.getpid() != HERE, "the worker itself works on nothing"
            self.worked.append(record.offset)
            self._does.get(record.value or b"", int)()
        return Step()

    def changes(self) -> dict[bytes, bytes | None]:
        """None."""
        return {}

    def restore_items(self, items: Mapping[bytes, bytes]) -> None:
        """None."""


def fail() -> None:
    """An exception."""
    raise RecursionError("too\ndeep")


def misconfigured() -> None:
    """What an operator has to mend."""
    raise WinnowError("no model")


def sent(number: signal.Signals) -> Callable[[], None]:
    """Ends by a signal."""
    return lambda: os.kill(os.getpid(), number)


def batch(*values: bytes) -> Batch:
    """Records from offset 5 on."""
    return Batch("ledger", 2, [Record(5 + at, 0, None, value) for at, value in enumerate(values)])


async def ended(does: Callable[[], object]) -> Ended | None:
    """How a rehearsal ends in which the third of four records does this."""
    shard = Fragile({b"bad": does})
    found = await rehearse(shard, batch(b"good", b"good", b"bad", b"good"), 0)
    assert shard.worked == [], "whatever the copies did, the shard is as it was"
    return found


@pytest.mark.parametrize(
    ("does", "why"),
    [
        (fail, "RecursionError: too deep"),
        (lambda: os._exit(3), "the process ended with exit code 3"),
        (sent(signal.SIGKILL), "the process was ended by SIGKILL"),
        (lambda: ctypes.string_at(0), "the process was ended by SIGSEGV"),
        (sent(signal.SIGABRT), "the process was ended by SIGABRT"),
        (lambda: bytearray(4 * rehearsal.RECORD_BYTES), "MemoryError: "),
    ],
    ids=["exception", "exit", "killed", "segmentation fault", "abort", "memory"],
)
async def test_the_record_is_found_and_how_it_ends(does: Callable[[], object], why: str) -> None:
    """The third one, however its process ends."""
    assert await ended(does) == Ended(("ledger", 2, 7), why.strip())


async def test_a_record_that_never_ends_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that hangs, even one that holds Python's lock, is ended in time."""
    monkeypatch.setattr(rehearsal, "RECORD_SECONDS", 1)
    assert await ended(signal.pause) == Ended(("ledger", 2, 7), "not done after 1 s")


@pytest.mark.parametrize("does", [lambda: None, misconfigured, sent(signal.SIGTERM), sent(signal.SIGINT)])
async def test_nothing_is_held_against_a_record_without_evidence(does: Callable[[], object]) -> None:
    """It came through, an operator has to mend something, or somebody ended the process."""
    assert await ended(does) is None


async def test_once_is_no_evidence(tmp_path: Path) -> None:
    """The first copy ends, the second one does not: the machine had no memory left, for instance."""
    flag = tmp_path / "was here"

    def once() -> None:
        if not flag.exists():
            flag.touch()
            os.kill(os.getpid(), signal.SIGKILL)

    assert await ended(once) is None
    assert flag.exists()


@pytest.mark.parametrize("does", [fail, signal.pause])
@pytest.mark.parametrize("values", [(), (b"good", b"good")])
async def test_what_the_clock_ends_is_of_no_record(
    monkeypatch: pytest.MonkeyPatch, does: Callable[[], object], values: tuple[bytes, ...]
) -> None:
    """It ends the copy, or lets it hang, before any record or behind the last: nothing is named."""
    monkeypatch.setattr(rehearsal, "RECORD_SECONDS", 1)

    class Timer(Fragile):
        def tick(self, now_ms: int, *, caught_up: bool) -> Step | None:
            does()
            return None

    assert await rehearse(Timer({}), batch(*values), 0) is None


async def test_a_gigabyte_is_enough_for_a_record() -> None:
    """What takes less comes through; what takes more, and more than the copy may have freed before, finds no memory."""
    assert await ended(lambda: bytearray(700_000_000)) is None
    assert await ended(lambda: bytearray(2_300_000_000)) == Ended(("ledger", 2, 7), "MemoryError:")


async def test_a_copy_is_no_longer_the_worker() -> None:
    """Signals end it as they end any process, the loop hears of none; it is the first to go when memory is short, leaves no core, and
    looks for no cycles.
    """

    def looked() -> None:
        assert [signal.getsignal(number) for number in (*rehearsal.FROM_OUTSIDE, signal.SIGALRM)] == [signal.SIG_DFL] * 4
        assert signal.set_wakeup_fd(-1) == -1
        assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)
        assert not gc.isenabled()
        assert Path("/proc/self/oom_score_adj").read_text() == "1000\n"
        assert faulthandler.is_enabled()

    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, lambda: None)
    faulthandler.disable()
    try:
        assert await ended(looked) is None
    finally:
        faulthandler.enable()
        loop.remove_signal_handler(signal.SIGTERM)


async def test_each_record_has_half_a_minute_of_its_own() -> None:
    """However long those before it took; what is done before the first record has as long."""
    left: list[float] = []

    def noted() -> None:
        left.append(signal.setitimer(signal.ITIMER_REAL, 5.0)[0])
        assert 20.0 < left[-1] <= 30.0

    shard = Fragile({b"good": noted})
    assert await rehearse(shard, batch(b"good", b"good"), 0) is None

    class Before(Fragile):
        """Looks before any record."""

        def rehearse(self, batch: Batch, now_ms: int, began: Callable[[str, int, int], object]) -> None:
            noted()

    assert await rehearse(Before({}), batch(), 0) is None
    assert rehearsal._how(-signal.SIGALRM) == "not done after 30 s"


async def test_a_long_word_is_cut() -> None:
    """The reason goes into a record, a mark and the log."""

    def long() -> None:
        raise RuntimeError("x" * 10_000)

    found = await ended(long)
    assert found is not None
    assert found.why == "RuntimeError: " + "x" * (300 - len("RuntimeError: "))


async def test_the_last_of_many_records_is_found() -> None:
    """However many were told before it."""
    values = [b"good"] * 3_000 + [b"bad"]
    assert await rehearse(Fragile({b"bad": fail}), batch(*values), 0) == Ended(("ledger", 2, 3_005), "RecursionError: too deep")


@pytest.mark.parametrize(("code", "why"), [(0, "exit code 0"), (3, "exit code 3"), (-11, "by SIGSEGV"), (-40, "by signal 40")])
def test_how_a_process_ended_is_said(code: int, why: str) -> None:
    """By its exit code or the name of its signal."""
    assert rehearsal._how(code).endswith(why)
