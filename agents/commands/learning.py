"""Commands around models and data: simulate, train, evaluate, label, models."""

import time
from pathlib import Path
from typing import Annotated

import typer

from agents.commands.measuring import Shown
from agents.console import echo_json, progress_line, say

models_app = typer.Typer(help="Which model judges, which could, and who decides.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(simulate)
    app.command()(train)
    app.command()(evaluate)
    app.command()(label)
    models_app.command("list")(models_list)
    models_app.command("promote")(models_promote)
    models_app.command("rollback")(models_rollback)
    app.add_typer(models_app, name="models")


def simulate(
    output: Annotated[Path, typer.Argument(help="JSON lines of envelopes to write.")],
    truth: Annotated[Path | None, typer.Option(help="Side file for what each event really is; FILE.truth by default.")] = None,
    events: Annotated[int, typer.Option(min=1, help="How many.")] = 20_000,
    seed: Annotated[int, typer.Option(help="Same seed, same bytes (with the same start).")] = 1,
    hours: Annotated[float, typer.Option(min=0.01, help="Span of the stream.")] = 2.0,
    start: Annotated[str | None, typer.Option(help="ISO 8601; by default so that the stream ends now.")] = None,
) -> None:
    """Write a stream of native payloads with known truth, for `winnow flow` and `winnow replay`."""
    from agents.console import fail
    from pipeline.simulation import Scenario, describe, envelope, truth_line
    from pipeline.simulation import simulate as generate
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
    from models.training import train_artefact as run

    echo_json(run(data, out, seed=seed))


def evaluate(
    facet: Annotated[
        str,
        typer.Argument(
            help="spam (noise), intent, sentiment, urgency, stakeholder, desk, danger, language; judged, duplicates or pulse; or all."
        ),
    ],
    file: Annotated[
        Path | None, typer.Argument(exists=True, dir_okay=False, help="JSON lines: text and the facet's label by name, or as above.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    train: Annotated[
        bool, typer.Option("--train", help="Train on the file itself, 5 folds, or leaving out one `event` at a time; any facet and labels.")
    ] = False,
    plot: Annotated[Path | None, typer.Option(help="PNG of confusion and abstention to write; needs the extra 'plot'.")] = None,
    data: Annotated[Path | None, typer.Option(exists=True, file_okay=False, help="With `all`: folder of the public sets.")] = None,
    only: Annotated[list[str] | None, typer.Option(help="With `all`: this set alone; may be given again.")] = None,
    sure: Annotated[bool, typer.Option("--sure", help="With `judged`: only the posts of which the judge was sure.")] = False,
) -> None:
    """Judge a labelled file with the deployment's artefact: precision, recall, F1 per class, calibration, speed.

    judged takes posts that a person judged, JSON lines of text, gate (keep, irrelevant, spam), team, urgency (none to critical), page,
    and sentiment, intent, stakeholder, language where known, sure (true when not said): each goes through the whole flow with this
    deployment's model and policy; how often the right team was asked, and whether a page was deserved.
    duplicates takes JSON lines {"a": text, "b": text, "copy": true|false}; pulse takes the windows.json of the Numenta Anomaly
    Benchmark, its series as CSV files beside it. Noise may be labelled true or false, spam or ham, or irrelevant beside a subject;
    sentiment also -1, 0, 1 or 0, 1, 2. Labels that are none of a facet's are named by line: map them first.
    `all` takes --data instead of a file: what the same features and head reach on each public set when trained on it, beside the
    published figures.
    """
    from agents.console import fail

    if facet == "all":
        _measure_all(data, only or [], as_json)
        return
    if file is None:
        fail("say which FILE to judge")
    from agents.commands.measuring import judge_duplicates, judge_pulse

    report: Shown
    if facet == "judged":
        from agents.inspect import judge_file
        from agents.settings import load_settings

        report = judge_file(load_settings(), file, sure_only=sure)
    elif facet == "duplicates":
        report = judge_duplicates(file)
    elif facet == "pulse":
        report = judge_pulse(file)
    else:
        report = _judge_facet(facet, file, train, plot)
    if as_json:
        echo_json(report.to_json())
    else:
        for line in report.lines():
            say(line)


def _measure_all(data: Path | None, only: list[str], as_json: bool) -> None:
    from dataclasses import asdict

    from agents.console import fail
    from models.evaluation import measure

    if data is None:
        fail("`evaluate all` needs --data, the folder of the sets")
    found = []
    for one in measure(data, only):
        found.append(asdict(one))
        if not as_json:
            say(one.line())
    if as_json:
        echo_json(found)


def _judge_facet(facet: str, file: Path, train: bool, plot: Path | None) -> Shown:
    from agents.inspect import require_matplotlib
    from agents.settings import load_settings
    from models import load_bundle
    from models.evaluation import draw, evaluate_trained, read_rows
    from models.evaluation import evaluate as run

    if plot is not None:
        require_matplotlib("--plot")
    if train:
        report = evaluate_trained(facet, read_rows(file, facet, closed=False))
    else:
        report = run(facet, read_rows(file, facet), bundle=load_bundle(load_settings().model_file))
    if plot is not None:
        draw(report, plot)
    return report


def label(
    information: Annotated[str, typer.Argument(help="Id of a piece of information or chaff.")],
    noise: Annotated[bool | None, typer.Option("--noise/--wheat", help="It is noise, or it is not.")] = None,
    intent: Annotated[str | None, typer.Option(help="What its author really wants.")] = None,
    subject: Annotated[str | None, typer.Option(help="Its subject; looked up when not given.")] = None,
    by: Annotated[str, typer.Option(help="Who says so.")] = "reviewer",
    as_json: Annotated[bool, typer.Option("--json", help="Print the label.")] = False,
) -> None:
    """Say what a piece of information or chaff really is: the models learn from it."""
    import asyncio

    from agents.console import fail
    from agents.operate import give_label
    from agents.settings import load_settings
    from schemas.messages import Intent

    if (noise is None) == (intent is None):
        fail("say one of --noise, --wheat and --intent")
    if intent is not None and intent not in tuple(Intent):
        fail(f"--intent {intent!r} is none of {', '.join(Intent)}")
    facet, value = ("intent", intent) if intent is not None else ("noise", "true" if noise else "false")
    given = asyncio.run(give_label(load_settings(), information, facet, value, subject=subject, given_by=f"reviewer/{by}"))
    if as_json:
        echo_json(given.model_dump(mode="json"))
    else:
        say(f"{information}: {facet} is {value}, about {given.subject or 'no subject'}, says {given.given_by}")


def models_list(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """Show the model in force, the challengers and what was before."""
    import asyncio

    from agents.operate import read_board
    from agents.settings import load_settings
    from models import load_bundle

    settings = load_settings()
    own = load_bundle(settings.model_file).version
    board = asyncio.run(read_board(settings))
    champion = own if board.champion is None else board.champion.version
    found = {key: one.model_dump(mode="json") for key, one in sorted(board.latest.items())}
    if as_json:
        echo_json({"champion": champion, "own": own, "held": board.held, "announced": found})
        return
    say(f"in force: {champion}{' (the own artefact)' if champion == own else ''}{', held by a person' if board.held else ''}")
    for key, one in sorted(board.latest.items()):
        score = (
            "" if one.score is None else f"  {one.score:.3f} right, champion {one.champion_score:.3f}, on the latest of {one.labels} labels"
        )
        say(f"{key:28}  {one.version}  {one.at:%Y-%m-%d %H:%M:%S}{score}")


def models_promote(version: Annotated[str, typer.Argument(help="As `winnow models list` shows it.")]) -> None:
    """Put a version in force, in all workers, at once; learning goes on from it."""
    import asyncio

    from agents.operate import promote
    from agents.settings import load_settings

    say(f"model {asyncio.run(promote(load_settings(), version)).version} is in force")


def models_rollback() -> None:
    """Put the model before the one in force back, and hold it: challengers are announced, none is promoted by itself."""
    import asyncio

    from agents.operate import roll_back
    from agents.settings import load_settings

    say(f"model {asyncio.run(roll_back(load_settings())).version} is in force again, and held until `winnow models promote`")
