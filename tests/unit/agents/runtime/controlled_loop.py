"""An event loop that a test drives one callback at a time, in a time of its own.

Callbacks run in the order in which they became ready, as in asyncio; what happens outside (answers of the network, a process that is
killed or suspended) is the test's to place between any two of them. A process is a value of `PROCESS` in a task's context.
"""

import asyncio
import heapq
import inspect
from collections import deque
from collections.abc import Callable
from contextvars import Context, ContextVar
from typing import Any

PROCESS: ContextVar["Process | None"] = ContextVar("PROCESS", default=None)
MOST_STEPS = 100_000
"""Callbacks of one loop, far more than any course of a test takes: who goes round in circles fails, and does not hang."""


class Process:
    """Whose callbacks run, wait until it is resumed, or never run again."""

    def __init__(self) -> None:
        self.dead = False
        self.suspended = False


class ControlledLoop(asyncio.AbstractEventLoop):
    """What asyncio's futures, tasks, events and time-outs need of a loop, and no more."""

    def __init__(self) -> None:
        self.steps = 0
        self._now = 0.0
        self._ready: deque[asyncio.Handle] = deque()
        self._timers: list[tuple[float, int, asyncio.TimerHandle]] = []
        self._frozen: list[asyncio.Handle] = []
        self._sequence = 0
        self._tasks: list[asyncio.Task[Any]] = []
        self.errors: list[dict[str, Any]] = []

    # -- driven by the test ------------------------------------------------------------------------------------------

    def step(self) -> bool:
        """Run one callback; False when none is ready."""
        while self._ready:
            handle = self._ready.popleft()
            process = handle._context.get(PROCESS)
            if handle.cancelled() or (process is not None and process.dead):
                continue
            if process is not None and process.suspended:
                self._frozen.append(handle)
                continue
            self.steps += 1
            assert self.steps < MOST_STEPS, "somebody goes round in circles"
            handle._run()
            return True
        return False

    def advance(self) -> bool:
        """Let time pass until the next timer; False when there is none."""
        while self._timers:
            when, _, handle = heapq.heappop(self._timers)
            process = handle._context.get(PROCESS)
            if handle.cancelled() or (process is not None and process.dead):
                continue
            self._now = max(self._now, when)
            self._ready.append(handle)
            return True
        return False

    def thaw(self) -> None:
        """Callbacks of processes that were suspended are ready again."""
        self._ready.extend(self._frozen)
        self._frozen.clear()

    def run(self, coroutine: Any) -> Any:
        """The result of a coroutine that waits for nothing but this loop."""
        task = self.create_task(coroutine)
        self.run_until(task.done)
        return task.result()

    def run_until(self, condition: Callable[[], object]) -> None:
        """Let things happen until a condition holds."""
        while not condition():
            assert self.step() or self.advance(), "nothing will ever make it so"

    def __enter__(self) -> "ControlledLoop":
        asyncio.events._set_running_loop(self)
        return self

    def __exit__(self, *_: object) -> None:
        for task in self._tasks:
            task._log_destroy_pending = False  # type: ignore[attr-defined]  # tasks of killed processes never end
            if inspect.getcoroutinestate(task.get_coro()) == inspect.CORO_CREATED:
                task.get_coro().close()
        asyncio.events._set_running_loop(None)

    # -- asked by asyncio --------------------------------------------------------------------------------------------

    def time(self) -> float:
        """Seconds since the beginning of the test."""
        return self._now

    def get_debug(self) -> bool:
        """No."""
        return False

    def is_running(self) -> bool:
        """Always."""
        return True

    def call_soon(self, callback: Callable[..., object], *args: Any, context: Context | None = None) -> asyncio.Handle:
        """Ready at once."""
        handle = asyncio.Handle(callback, args, self, context)
        self._ready.append(handle)
        return handle

    def call_later(self, delay: float, callback: Callable[..., object], *args: Any, context: Context | None = None) -> asyncio.TimerHandle:
        """Ready when `advance` has come there."""
        return self.call_at(self._now + delay, callback, *args, context=context)

    def call_at(self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None) -> asyncio.TimerHandle:
        """Ready when `advance` has come there."""
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        self._sequence += 1
        heapq.heappush(self._timers, (when, self._sequence, handle))
        return handle

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """Passed over when its time comes."""

    def create_future(self) -> "asyncio.Future[Any]":
        """A future of this loop."""
        return asyncio.Future(loop=self)

    def create_task(self, coro: Any, *, name: str | None = None, context: Context | None = None) -> "asyncio.Task[Any]":
        """A task of this loop."""
        task = asyncio.Task(coro, loop=self, name=name, context=context)
        self._tasks.append(task)
        return task

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> "asyncio.Future[Any]":
        """A thread's work, done some callbacks later."""
        future = self.create_future()
        self.call_soon(lambda: future.set_result(func(*args)))
        return future

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Kept for the test."""
        self.errors.append(context)
