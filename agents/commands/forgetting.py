"""Commands for people's rights: erase (forget them), erase verify (what is left), export (what is held)."""

import asyncio
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from agents.console import echo_json, echo_line, progress_line, say, source_names

if TYPE_CHECKING:
    from collections.abc import Callable

    from agents.forgetting import Remains, Sought, Trace

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Authors = Annotated[list[str] | None, typer.Option("--author", help="Id of an account on its network; several times for several.")]
Posts = Annotated[list[str] | None, typer.Option("--post", help="Id of a post on its network; several times for several.")]
Ids = Annotated[
    Path | None,
    typer.Option(
        "--file", exists=True, dir_okay=False, readable=True, help="Ids, a line each: author ID or post ID; a bare id is an author's."
    ),
]
Source = Annotated[
    str | None,
    typer.Option(
        "--source", autocompletion=source_names, help="The network; by default all on which posts, feedback or information know the id."
    ),
]
Namespace = Annotated[
    str | None, typer.Option("--namespace", help="Which installation of it: instance, shop, subdomain; by default all that know the id.")
]
Text = Annotated[
    Path | None,
    typer.Option("--text", exists=True, dir_okay=False, readable=True, help="Lines that must be nowhere either: words, a name, a handle."),
]
SHOWN = 10
"""Places of one topic that are told one by one."""

erase_app = typer.Typer(help="Forget a person or a post, and see what is left.")


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    erase_app.callback(invoke_without_command=True)(erase)
    erase_app.command("verify")(erase_verify)
    app.add_typer(erase_app, name="erase")
    app.command("export")(export)


def erase(
    context: typer.Context,
    author: Authors = None,
    post: Posts = None,
    file: Ids = None,
    source: Source = None,
    namespace: Namespace = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be written, and write nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Forget a person or a post: write erasures into the flow, and say by when the last copy is gone from each topic.

    What the person says later on is heard again.
    """
    if context.invoked_subcommand is not None:
        return
    from agents.forgetting import as_json as whole
    from agents.forgetting import remains, write_erasures
    from agents.settings import load_settings

    settings = load_settings()
    asked = _asked(author, post, file, source, namespace)
    now_ms = int(time.time() * 1000)
    written = asyncio.run(write_erasures(settings, asked, now_ms, dry_run=dry_run))
    left = asyncio.run(remains(settings, now_ms))
    if as_json:
        echo_json({**whole(written, left), "dry_run": dry_run})
        return
    verb = "would write" if dry_run else "wrote"
    for record in {orjson.dumps(one.record): one.record for one in written}.values():
        where = ", ".join(f"{one.topic}/{one.partition}" for one in written if one.record == record)
        say(f"{verb} the erasure of {record['scope']} {record['id']} on {record['source']} to {where}")
    say("the last copy is gone by")
    for line in _table(left):
        say(f"  {line}")
    say("`winnow erase verify` shows what is left until then")


def _table(left: "list[Remains]") -> list[str]:
    from schemas.times import iso

    width = max((len(one.topic) for one in left), default=0)
    how = {True: "  of what a stage lets go, which it does once it has read this", False: ""}
    return [
        f"{one.topic:{width}}  {'as long as nobody replaces it' if one.until_ms is None else iso(one.until_ms) + how[one.compacted]}"
        for one in left
    ]


def _asked(
    author: list[str] | None, post: list[str] | None, file: Path | None, source: str | None, namespace: str | None,
    text: Path | None = None, *, look: bool = False,
) -> "Sought":  # fmt: skip
    """What is asked about. Where no installation of a source was named, or ``look``, the topics say in which the ids are known; ends with
    2 when in none and no source was named: hashes of authors could not be looked for.
    """
    from agents.forgetting import known_of, read_ids, sought
    from agents.settings import load_settings
    from schemas.errors import WinnowError

    authors, posts = ([], []) if file is None else read_ids(file)
    found = sought([*(author or ()), *authors], [*(post or ()), *posts], source, namespace, text)
    if namespace is not None and not look:
        return found
    with progress_line("records") as show:
        known = asyncio.run(known_of(load_settings(), found, _counting(show)))
    if not known.realms:
        raise WinnowError(
            "no post and no information on the topics is theirs", hint="Say where the ids are from: --source (and --namespace)."
        )
    return known


def _counting(show: "Callable[[int], None]") -> "Callable[[int, int], None]":
    return lambda done, _: show(done)


def erase_verify(
    author: Authors = None,
    post: Posts = None,
    file: Ids = None,
    text: Text = None,
    source: Source = None,
    namespace: Namespace = None,
    as_json: AsJson = False,
) -> None:
    """Look for what was erased in every topic, state among them, and in the board's files here. Exit 1 while something is left."""
    from agents.forgetting import board_files, traces
    from agents.settings import load_settings

    settings = load_settings()
    asked = _asked(author, post, file, source, namespace, text, look=True)
    with progress_line("records") as show:
        found = asyncio.run(traces(settings, asked, _counting(show)))
    files = board_files(settings, asked)
    if as_json:
        echo_json({"left": [one.to_json() for one in found], "files": [{"file": name, "what": what} for name, what in files]})
    else:
        for line in told(found, int(time.time() * 1000)):
            say(line)
        for name, what in files:
            say(f"{name}: {', '.join(what)}; the board makes it anew from the topics when you remove it")
        if not found and not files:
            say("nothing is left")
    if found or files:
        raise typer.Exit(1)


def told(found: "list[Trace]", now_ms: int) -> list[str]:
    """Where it is left and until when, the first places of each topic one by one. ``now_ms``: Unix ms."""
    from schemas.times import iso

    lines, counts = [], dict[str, int]()
    for one in found:
        counts[one.topic] = counts.get(one.topic, 0) + 1
        if counts[one.topic] > SHOWN:
            continue
        if one.stands:
            until = f"stands in {one.key or 'its key'}: until its stage lets it go"
        elif one.until_ms is None:
            until = "nobody takes it out"
        else:
            late = "; that is over: Kafka waits for its next look, or for the next record of the partition" if one.until_ms < now_ms else ""
            until = f"gone by {iso(one.until_ms)}{late}"
        lines.append(f"{one.topic}/{one.partition} offset {one.offset}: {', '.join(one.what)}; {until}")
    lines += [f"{topic}: {count} places in all" for topic, count in counts.items() if count > SHOWN]
    if found:
        ends = [one.until_ms for one in found if one.until_ms is not None]
        lines.append(
            f"{len(found)} places hold it still" + (f", the last of those that end by themselves until {iso(max(ends))}" if ends else "")
        )
    return lines


def export(
    author: Annotated[list[str], typer.Option("--author", help="Id of an account on its network; several times for several.")],
    source: Source = None,
    namespace: Namespace = None,
) -> None:
    """All that the topics hold about a person, a JSON line each: posts, information, evidence, actions, answers and labels about them."""
    from agents.forgetting import holdings
    from agents.settings import load_settings

    settings = load_settings()
    asked = _asked(author, None, None, source, namespace)
    with progress_line("records") as show:
        found = asyncio.run(holdings(settings, asked, _counting(show)))
    for one in found:
        echo_line(one)
