"""Commands that look: audit, explain, rejected, doctor, bench, schemas."""

import asyncio
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from agents.commands.recorded import recorded
from agents.console import echo_json, progress_line, say, source_names

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
rejected_app = typer.Typer(help="What could not be read: look at it, put it back after a fix, or dismiss it.", no_args_is_help=True)
schemas_app = typer.Typer(help="The message contracts.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(audit)
    app.command()(explain)
    app.command()(doctor)
    app.command()(bench)
    schemas_app.command("export")(schemas_export)
    schemas_app.callback()(lambda: None)
    app.add_typer(schemas_app, name="schemas")
    rejected_app.command("list")(rejected_list)
    rejected_app.command("replay")(rejected_replay)
    rejected_app.command("dismiss")(rejected_dismiss)
    app.add_typer(rejected_app, name="rejected")


def audit(
    until_end: Annotated[bool, typer.Option(help="Also count what is not worked yet as missing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Prove from the ledger and the topics that nothing was lost. Exit 1 if it does not balance."""
    from agents.inspect import run_audit as run
    from agents.settings import load_settings

    with progress_line("records read") as progress:
        report = asyncio.run(run(load_settings(), until_end=until_end, progress=lambda done, _: progress(done)))
    if as_json:
        echo_json(report.to_json())
    else:
        for line in report.lines():
            say(line)
    if not report.balanced:
        raise typer.Exit(1)


def explain(
    what: Annotated[str, typer.Argument(help="source:native-id, an id of 32 hex digits, or topic:partition:offset.")],
    file: Annotated[Path | None, typer.Option(exists=True, help="Of a file or folder, by the flow in this process: no Kafka.")] = None,
    source: Annotated[str | None, typer.Option(autocompletion=source_names, help="With --file: adapter of its native payloads.")] = None,
    as_json: AsJson = False,
) -> None:
    """Tell one event's whole story, from the post to what became of the actions. Of a file a post's own id is enough."""
    from agents.inspect import explain_file
    from agents.inspect import run_explain as run
    from agents.settings import load_settings

    if file is None:
        story = asyncio.run(run(load_settings(), what))
    else:
        whole = what if source is None or ":" in what or re.fullmatch("[0-9a-f]{32}", what) else f"{source}:{what}"
        with recorded(file, source) as (arrivals, progress):
            story = asyncio.run(explain_file(load_settings(), arrivals, whole, progress))
    if as_json:
        echo_json(story.to_json())
    else:
        for line in story.lines():
            say(line)


def rejected_list(as_json: AsJson = False) -> None:
    """What was rejected and not handled yet, by stage, reason and topic, with the oldest as example. Exit 1 if there is anything."""
    from agents.kafka import heaps, now_ms
    from agents.settings import load_settings

    found = asyncio.run(heaps(load_settings()))
    if as_json:
        echo_json([heap.to_json(now_ms()) for heap in found])
    else:
        for heap in found:
            say(heap.line(now_ms()))
        say(f"{sum(heap.records for heap in found):,} rejected records nobody has handled")
    if found:
        raise typer.Exit(1)


def rejected_replay(
    code: Annotated[str | None, typer.Option("--reason", help="Only records with this reason code; the others wait on.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write them back to where they came from, byte for byte, and call them handled: after their reader was mended."""
    from agents.kafka import put_back
    from agents.settings import load_settings

    done = asyncio.run(put_back(load_settings(), code=code))
    if as_json:
        echo_json({"replayed": done.records, "waiting": dict(done.left)})
        return
    say(f"{done.records:,} records put back")
    _say_waiting(done.left)


def rejected_dismiss(
    code: Annotated[str | None, typer.Option("--reason", help="Only records with this reason code; the others wait on.")] = None,
    as_json: AsJson = False,
) -> None:
    """Call them handled without putting them back; they stay on their topic for its retention."""
    from agents.kafka import dismiss
    from agents.settings import load_settings

    done = asyncio.run(dismiss(load_settings(), code=code))
    if as_json:
        echo_json({"dismissed": done.records, "waiting": dict(done.left)})
        return
    say(f"{done.records:,} records dismissed")
    _say_waiting(done.left)


def _say_waiting(left: Mapping[str, int]) -> None:
    for why, count in sorted(left.items()):
        say(f"{count:,} still wait: {why}")


def doctor(
    settings: Annotated[bool, typer.Option("--settings", help="Print the table of all settings instead.")] = False,
    worker: Annotated[list[str] | None, typer.Option(help="URL of a sift worker's metrics, to ask it for drift; repeatable.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check broker, topics, model, drift, policy, subjects, clock and disk; say what to do about each failure. Exit 1 on any."""
    from agents.inspect import examine, settings_table

    if settings:
        say(settings_table())
        return
    findings = asyncio.run(examine(worker or ()))
    if as_json:
        echo_json([finding.to_json() for finding in findings])
    else:
        for finding in findings:
            say(finding.line())
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


def bench(
    part: Annotated[
        str | None,
        typer.Argument(
            help="engine, sources, features, sift, correlate, decide, latency, memory, peers or board; all but the last two by default."
        ),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer events: ends within a minute, less exact.")] = False,
    as_json: AsJson = False,
) -> None:
    """Measure this machine: starts a broker and workers of its own, prints ratios within one run."""
    from agents.bench import run_bench

    report = run_bench(part, quick=quick)
    if as_json:
        echo_json(report.to_json())
    else:
        report.show()


def schemas_export(
    folder: Annotated[Path, typer.Argument(help="Where to write; the committed copy by default.")] = Path("schemas/exported"),
) -> None:
    """Write JSON Schema of every message and an AsyncAPI 3 document of every topic."""
    from schemas.export import write

    for path in write(folder):
        say(str(path))
