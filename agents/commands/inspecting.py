"""Commands that look: audit, explain, doctor, bench, schemas."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from agents.commands.showing import echo_json

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
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


def audit(
    until_end: Annotated[bool, typer.Option(help="Also count what is not worked yet as missing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Prove from the ledger and the topics that nothing was lost. Exit 1 if it does not balance."""
    from agents.audit import audit as run
    from agents.commands.showing import progress_line
    from agents.settings import load_settings

    with progress_line("records read") as progress:
        report = asyncio.run(run(load_settings(), until_end=until_end, progress=lambda done, _: progress(done)))
    if as_json:
        echo_json(report.to_json())
    else:
        for line in report.lines():
            typer.echo(line)
    if not report.balanced:
        raise typer.Exit(1)


def explain(
    what: Annotated[str, typer.Argument(help="source:native-id, an id of 32 hex digits, or topic:partition:offset.")],
    as_json: AsJson = False,
) -> None:
    """Tell one event's whole story, from the post to what became of the actions."""
    from agents.explain import explain as run
    from agents.settings import load_settings

    story = asyncio.run(run(load_settings(), what))
    if as_json:
        echo_json(story.to_json())
    else:
        for line in story.lines():
            typer.echo(line)


def doctor(
    settings: Annotated[bool, typer.Option("--settings", help="Print the table of all settings instead.")] = False,
    as_json: AsJson = False,
) -> None:
    """Check broker, topics, model, policy, subjects, clock and disk; say what to do about each failure. Exit 1 on any."""
    from agents.doctor import examine, settings_table

    if settings:
        typer.echo(settings_table())
        return
    findings = asyncio.run(examine())
    if as_json:
        echo_json([finding.to_json() for finding in findings])
    else:
        for finding in findings:
            typer.echo(finding.line())
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


def bench(
    part: Annotated[
        str | None, typer.Argument(help="engine, sift, correlate, decide, latency, memory or peers; all but peers by default.")
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
        typer.echo(path)
