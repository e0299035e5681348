"""How commands speak: JSON objects, failures, a line of progress on a terminal, and what shells complete."""

import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

import orjson
import typer

_OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]")
"""Controls of both sets, marks of direction, and what has no width or no encoding. Joiners inside emoji are spelled out as well."""
TRY_AGAIN = 75
"""Exit code of a worker that ended because something is not there yet: EX_TEMPFAIL of sysexits(3)."""


def printable(text: str) -> str:
    r"""Text with everything that a terminal would obey instead of showing spelled out; only line ends stay.

    Ids, languages and texts are foreign: escape sequences in them set titles, hide lines, or answer as if typed; marks that turn
    the direction of writing make a line read as another one.

    >>> printable("x:\x1b[2J7\u202e")
    'x:\\x1b[2J7\\u202e'
    """
    return _OBEYED.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def say(line: str, *, err: bool = False, end: str = "\n") -> None:
    """One line (or several) for people, on stdout or stderr: what all commands speak through."""
    typer.echo(printable(line) + end, nl=False, err=err)


def echo_json(found: object) -> None:
    """One JSON document on stdout."""
    typer.echo(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())


def echo_line(found: object) -> None:
    """One JSON document on a line of stdout, one of many."""
    typer.echo(orjson.dumps(found).decode())


def source_names() -> list[str]:
    """What shells complete after ``--source``."""
    from schemas.sources import SOURCES  # noqa: PLC0415  # --help needs none of them

    return list(SOURCES)


def fail(problem: str, code: int = 2) -> NoReturn:
    """Say what was asked wrongly; exit 2, or ``code``."""
    say(f"winnow: {problem}", err=True)
    raise typer.Exit(code)


@contextmanager
def progress_line(what: str, estimate: Callable[[], str] = lambda: "") -> Iterator[Callable[[int], None]]:
    """A counter on stderr that is rewritten in place, with its rate and how much is left; silent when stderr is no terminal."""
    began, shown = time.monotonic(), 0.0
    live = sys.stderr.isatty()

    def show(count: int) -> None:
        nonlocal shown
        if live and time.monotonic() - shown > 0.2:
            shown = time.monotonic()
            rate, left = count / max(shown - began, 0.001), estimate()
            typer.echo(f"\r{count:,} {what} ({rate:,.0f}/s{f', {left}' if left else ''}) \033[K", nl=False, err=True)

    yield show
    if live and shown:
        typer.echo("\r\033[K", nl=False, err=True)
