"""How commands speak: JSON objects, failures, a line of progress on a terminal, and what shells complete."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

import orjson
import typer

TRY_AGAIN = 75
"""Exit code of a worker that ended because something is not there yet: EX_TEMPFAIL of sysexits(3)."""


def echo_json(found: object) -> None:
    """One JSON document on stdout."""
    typer.echo(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())


def source_names() -> list[str]:
    """What shells complete after ``--source``."""
    from schemas.sources import SOURCES  # noqa: PLC0415  # --help needs none of them

    return list(SOURCES)


def fail(problem: str, code: int = 2) -> NoReturn:
    """Say what was asked wrongly; exit 2, or ``code``."""
    typer.echo(f"winnow: {problem}", err=True)
    raise typer.Exit(code)


@contextmanager
def progress_line(what: str) -> Iterator[Callable[[int], None]]:
    """A counter on stderr that is rewritten in place; silent when stderr is no terminal."""
    shown = 0.0
    live = sys.stderr.isatty()

    def show(count: int) -> None:
        nonlocal shown
        if live and time.monotonic() - shown > 0.2:
            shown = time.monotonic()
            typer.echo(f"\r{count:,} {what} ", nl=False, err=True)

    yield show
    if live and shown:
        typer.echo("\r\033[K", nl=False, err=True)
