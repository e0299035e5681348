"""Puts a board together from the settings and runs it until it is told to stop: `winnow board`."""

import asyncio
import contextlib
import gc
import getpass
import logging
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor

import anyio.to_thread

from agents.board.access import access_of
from agents.board.answering import AnswerDesk
from agents.board.app import application
from agents.board.changes import Changes
from agents.board.follow import TopicFollower
from agents.board.oidc import provider_of
from agents.board.people import load_people, owner_of_machine
from agents.board.server import server
from agents.board.site import Board
from agents.board.store import Store
from agents.board.workers import WorkersWatch
from agents.console import say
from agents.settings import Settings
from agents.stages.sift import load_subjects
from pipeline.policy import load_policy
from schemas.errors import WinnowError

log = logging.getLogger("winnow")

PARENT_SECONDS = 1.0
BACKLOG = 128
THREADS = 4
SWITCH_SECONDS = 0.0005
"""SQLite lets go of the interpreter at every row, and whoever works meanwhile may keep it for so long: by default ten times as long."""


def put_together(settings: Settings) -> Board:
    """All parts of a board, nothing of it started. Raises WinnowError for settings or files that do not fit."""
    people = None if settings.board_people_file is None else load_people(settings.board_people_file)
    access = access_of(settings, people, owner_of_machine(_account()), provider_of(settings))
    policy = load_policy(settings.policy_file)
    changes = Changes()
    subjects = load_subjects(settings.subjects_file)
    store = Store(settings.board_folder / f"{settings.prefix}.sqlite", f"{settings.broker} {settings.prefix}", subjects.own_terms())
    follower = TopicFollower(settings, store, changes)
    names = subjects.names | dict(policy.subjects)
    return Board(
        settings=settings, store=store, changes=changes, follower=follower, desk=AnswerDesk(settings, store, follower), access=access,
        teams=tuple(team.name for team in policy.teams), budgets={team.name: team.attention.per_hour for team in policy.teams}, names=names,
        workers=WorkersWatch(settings),
    )  # fmt: skip


@contextlib.asynccontextmanager
async def running(board: Board) -> AsyncIterator["asyncio.Task[None]"]:
    """The board follows the topics while this is open, by the task that is given; leaving raises what that failed of."""
    # Pages are made in few threads: they share one interpreter, and each has a connection with a cache of its own.
    anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
    sys.setswitchinterval(SWITCH_SECONDS)
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(2 * THREADS, "board-reader"))
    for template in board.templates.list_templates():
        board.templates.get_template(template)  # else whoever looks first waits until it is made
    gc.freeze()  # what there is from the start stays: each full collection that went through it held all pages up for an eighth of a second
    following = asyncio.create_task(board.follower.run())
    try:
        yield following
    finally:
        board.changes.end()
        following.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await following
        await board.workers.close()
        await board.desk.close()
        board.store.close()


def listener(settings: Settings) -> socket.socket:
    """The socket that it listens on. Raises WinnowError when the port is taken."""
    family = socket.AF_INET6 if ":" in settings.board_host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((settings.board_host, settings.board_port))
        found.listen(BACKLOG)
    except OSError as error:
        found.close()
        raise WinnowError(
            f"the board cannot listen on {settings.board_host}:{settings.board_port}: {error.strerror}",
            hint="Set WINNOW_BOARD_PORT to a free port, or 0.",
        ) from error
    return found


def address_of(listening: socket.socket) -> str:
    """Where a browser finds it."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


async def run_board(settings: Settings, *, parent: int = 0, ending: Callable[[], object] = lambda: None) -> int:
    """Run until SIGINT or SIGTERM, or until the process ``parent`` is gone. Raises WinnowError for what is misconfigured.

    ending: as a worker's, see `agents.runtime.worker`.
    """
    listening = listener(settings)
    with contextlib.closing(listening):
        board = put_together(settings)
        serving = server(application(board))
        serving.install_signal_handlers = lambda: None  # type: ignore[attr-defined,unused-ignore]  # ours are below
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, lambda: _stop(board, serving))
        say(f"board at {address_of(listening)}, reading {settings.prefix} at {settings.broker}; Ctrl-C ends it")
        async with running(board) as following:
            # A full disk, say: pages would tell of an hour ago for ever. Whoever runs the board starts it again.
            following.add_done_callback(lambda _: _stop(board, serving))
            watching = asyncio.create_task(_watch(parent, board, serving))
            try:
                await serving._serve(sockets=[listening])  # serve() would take the signals for itself
            finally:
                ending()
                watching.cancel()
    return 0


def _stop(board: Board, serving: object) -> None:
    board.changes.end()
    serving.should_exit = True  # type: ignore[attr-defined]  # uvicorn's own flag


async def _watch(parent: int, board: Board, serving: object) -> None:
    """Streams end when the server stops, and the board when its parent is gone."""
    while not parent or os.getppid() == parent:  # noqa: ASYNC110  # nothing tells of a parent's end
        await asyncio.sleep(PARENT_SECONDS)
    _stop(board, serving)


def _account() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "local"
