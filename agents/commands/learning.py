"""Commands around models and data: simulate, train, evaluate."""

import time
from pathlib import Path
from typing import Annotated

import typer

from agents.commands.showing import echo_json, progress_line


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(simulate)
    app.command()(train)
    app.command()(evaluate)


def simulate(
    output: Annotated[Path, typer.Argument(help="JSON lines of envelopes to write.")],
    truth: Annotated[Path | None, typer.Option(help="Side file for what each event really is; FILE.truth by default.")] = None,
    events: Annotated[int, typer.Option(min=1, help="How many.")] = 20_000,
    seed: Annotated[int, typer.Option(help="Same seed, same bytes (with the same start).")] = 1,
    hours: Annotated[float, typer.Option(min=0.01, help="Span of the stream.")] = 2.0,
    start: Annotated[str | None, typer.Option(help="ISO 8601; by default so that the stream ends now.")] = None,
) -> None:
    """Write a stream of native payloads with known truth, for `winnow flow` and `winnow replay`."""
    from agents.commands.showing import fail
    from pipeline.simulate import Scenario, describe, envelope, truth_line
    from pipeline.simulate import simulate as generate
    from schemas.times import to_milliseconds

    try:
        start_ms = to_milliseconds(start) if start else int(time.time() * 1000 - hours * 3_600_000)
    except ValueError:
        fail(f"--start {start!r} is no ISO 8601 time")
    scenario = Scenario(seed=seed, events=events, start_ms=start_ms, hours=hours)
    side = truth or output.with_suffix(output.suffix + ".truth")
    with output.open("wb") as lines, side.open("wb") as truths, progress_line("events") as progress:
        for number, event in enumerate(generate(scenario)):
            lines.write(envelope(event, timed=True) + b"\n")
            truths.write(truth_line(event, number) + b"\n")
            progress(number)
    echo_json(describe(scenario))


def train(
    data: Annotated[Path, typer.Option(exists=True, file_okay=False, help="Folder of labelled sets.")],
    out: Annotated[Path, typer.Option(help="Where the artefact and its card go.")],
    seed: Annotated[int, typer.Option(help="Same data and seed, same bytes.")] = 1,
) -> None:
    """Train all facets from the sets whose licence allows shipping, and write artefact and card."""
    from models.train import train as run

    echo_json(run(data, out, seed=seed))


def evaluate(
    facet: Annotated[str, typer.Argument(help="spam, intent, sentiment, urgency or stakeholder.")],
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="JSON lines: text and the facet's label under its name.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Judge a labelled file with the deployment's artefact: precision, recall, F1 per class, calibration, speed."""
    from agents.settings import load_settings
    from models import load_bundle
    from models.evaluate import evaluate as run
    from models.evaluate import read_rows

    report = run(facet, read_rows(file, facet), bundle=load_bundle(load_settings().model_file))
    if as_json:
        echo_json(report.to_json())
    else:
        for line in report.lines():
            typer.echo(line)
