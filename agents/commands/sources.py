"""Commands about the files that say how networks are read: source list, show, test."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agents.console import echo_json, fail, say, source_names

if TYPE_CHECKING:
    from schemas.sources import Reading, Source, Traced

NOT_SAID = "not said"

sources_app = typer.Typer(help="The networks that can be read, and files that say how.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    sources_app.callback()(_group)
    sources_app.command("list")(source_list)
    sources_app.command("show")(source_show)
    sources_app.command("test")(source_test)
    app.add_typer(sources_app, name="source")


def _group() -> None:
    """The networks that can be read, and files that say how."""


def source_list(
    notes: Annotated[bool, typer.Option("--notes", help="Say of each how long it is kept, what for, and by what right.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON array.")] = False,
) -> None:
    """Every source: its name, the topic its records usually arrive on, and whether it is your own (WINNOW_SOURCES_DIR)."""
    from agents.settings import load_settings
    from schemas.sources import SOURCES

    load_settings()
    rows = [
        {"name": source.name, "topic": source.topic, "title": source.title, "own": SOURCES.is_own(source.name), **_notes(source)}
        for source in SOURCES.values()
    ]
    if as_json:
        echo_json(rows)
        return
    for row in rows:
        if notes:
            said = (f"{word}: {row[name] or NOT_SAID}" for word, name in (("purpose", "purpose"), ("legal basis", "legal_basis")))
            say(f"{row['name']:16} {row['topic']:9} {row['kept_days']:g} days  {'; '.join(said)}")
        else:
            say(f"{row['name']:16} {row['topic']:9} {row['title']}{'  (own)' if row['own'] else ''}")


def _notes(source: "Source") -> dict[str, object]:
    """What is said of a source for people's rights; ``kept_days``: how long a record of it lies in its topic at most."""
    from schemas.topics import DAY_MS, TOPICS

    return {
        "purpose": source.purpose or None,
        "legal_basis": source.legal_basis or None,
        "kept_days": round(TOPICS[source.topic].longest_ms / DAY_MS, 1),
    }


def source_show(name: Annotated[str, typer.Argument(autocompletion=source_names, help="Name of a source.")]) -> None:
    """The file that describes a source: to read, or to begin one of your own with; its purpose and legal basis on stderr."""
    from agents.settings import load_settings
    from schemas.sources import SOURCES

    load_settings()
    if name not in SOURCES:
        fail(f"no source is called {name!r}; see `winnow source list`")
    place, text = SOURCES.text(name)
    say(f"# {place}", err=True)
    for word, note in (("purpose", SOURCES[name].purpose), ("legal basis", SOURCES[name].legal_basis)):
        say(f"# {word}: {note or NOT_SAID}", err=True)
    say(text.rstrip("\n"))


def source_test(
    mapping: Annotated[str, typer.Argument(help="A source file (.yaml), or the name of a source.", show_default=False)],
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="Records: a line each; .csv; or one whole (.json, .bin, .eml).")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a payload.")] = False,
) -> None:
    """Read records with a source file and say field by field what was found where, and what was passed over.

    Exit 1 when a payload is refused; 2 when the source file is wrong, with its line.
    """
    from schemas.sources import Malformed, trace

    source, refused, number = _source(mapping), 0, 0
    for record, raw in enumerate(_records(file), 1):
        for traced in trace(source, raw, int(time.time() * 1000)):  # it arrives now: the time of what says none
            number += 1
            refused += any(isinstance(reading, Malformed) for reading in traced.readings)
            if as_json:
                echo_json(_as_json(traced))
                continue
            say(f"payload {number} (record {record}): {traced.form or 'no form'}")
            for line in _lines(traced):
                say(f"  {line}")
            for reading in traced.readings:
                say(f"  {_outcome(reading)}")
    if not as_json:
        say(f"{number} payloads, {refused} refused")
    if refused:
        raise typer.Exit(1)


def _source(mapping: str) -> "Source":
    from agents.settings import load_settings
    from schemas.sources import SOURCES, load_source

    if mapping.endswith((".yaml", ".yml")) or "/" in mapping:
        return load_source(Path(mapping))
    load_settings()
    if mapping not in SOURCES:
        fail(f"{mapping!r} is neither a .yaml file nor a source; see `winnow source list`")
    return SOURCES[mapping]


def _records(file: Path) -> Iterator[bytes]:
    from agents.operate import read_records

    yield from read_records(file, lambda line: say(line, err=True))


def _lines(traced: "Traced") -> Iterator[str]:
    """A payload's story: forms that it has not, fields with their places, what nobody reads."""
    for name, why in traced.misfits if traced.form is None else ():
        yield f"not {name}: {why}"
    for field in traced.fields:
        yield f"{field.name} = {_short(field.value)}"
        for line, place, found in field.looked:
            yield f"    {f'line {line}: ' if line else ''}{place}: {found}"
    if traced.passed_over:
        yield f"passed over: {', '.join(traced.passed_over)}"


def _outcome(reading: "Reading") -> str:
    """What a payload is in the end: a post, an edit (`update`) or a deletion of what, who could read it; or why it is none."""
    from schemas.sources import Ignored, Malformed

    if isinstance(reading, Malformed | Ignored):
        return f"{'refused' if isinstance(reading, Malformed) else 'ignored'}: {reading.code}: {reading.reason}"
    signal, _ = reading
    what = signal.scope if signal.operation == "delete" else signal.kind
    return f"read: {signal.operation} of a {what}" + (f", {signal.visibility}" if signal.visibility else "")


def _short(value: object) -> str:
    text = "unknown" if value is None else repr(value)
    return text if len(text) <= 100 else f"{text[:99]}…"


def _as_json(traced: "Traced") -> dict[str, object]:
    import msgspec

    from schemas.sources import Ignored, Malformed

    return {
        "form": traced.form,
        "misfits": [{"form": name, "why": why} for name, why in traced.misfits],
        "fields": [
            {"name": one.name, "value": one.value, "looked": [dict(zip(("line", "place", "found"), at, strict=True)) for at in one.looked]}
            for one in traced.fields
        ],
        "passed_over": traced.passed_over,
        "readings": [
            {("refused" if isinstance(one, Malformed) else "ignored"): one.code, "reason": one.reason}
            if isinstance(one, Malformed | Ignored)
            else {"signal": msgspec.to_builtins(one[0])}
            for one in traced.readings
        ],
    }
