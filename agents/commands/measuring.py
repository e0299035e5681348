"""Commands that measure on files: trial, pulse, and what `evaluate` says of the pulse and the memory of copies."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Annotated, Any, Protocol

import orjson
import typer

from agents.commands.recorded import FORMS, recorded
from agents.console import echo_json, say, source_names
from schemas.errors import WinnowError


class Shown(Protocol):
    """A report that can be printed either way."""

    def to_json(self) -> dict[str, Any]:
        """The figures as one JSON object."""

    def lines(self) -> list[str]:
        """The figures for a person."""


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(pulse)
    app.command()(trial)


def trial(
    file: Annotated[Path, typer.Argument(exists=True, help=FORMS)],
    source: Annotated[
        str | None, typer.Option(autocompletion=source_names, help="Adapter that reads the posts; none: envelopes of `winnow simulate`.")
    ] = None,
    labels: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="A sheet of an earlier trial, filled in: how right was it?")
    ] = None,
    out: Annotated[Path, typer.Option(file_okay=False, help="Folder for report.html and doubtful.csv.")] = Path("winnow-trial"),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Try Winnow on your own posts, without Kafka: who would have been asked and woken, the mass reactions, and what to label.

    Subjects, policy and model are this deployment's (WINNOW_SUBJECTS_FILE and so on). The hundred most doubtful judgements are
    written as a sheet; filled in and given back with --labels it says how right Winnow was, with 95 % intervals.
    """
    from importlib.util import find_spec

    from agents.inspect import MATPLOTLIB_HINT, Picture, run_trial
    from agents.settings import load_settings

    picture = Picture() if find_spec("matplotlib") else None
    with recorded(file, source) as (arrivals, progress):
        report = run_trial(load_settings(), arrivals, out, labels, progress, picture)
    if as_json:
        echo_json(report.to_json())
        return
    for line in report.lines():
        say(line)
    if picture is None:
        say(f"no picture without matplotlib. {MATPLOTLIB_HINT}", err=True)


def pulse(
    counts: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV with the columns timestamp,value, sorted by time.")],
    out: Annotated[Path, typer.Option(help="CSV to write: timestamp,value,anomaly_score (0..1; an alarm from .5).")],
    plot: Annotated[Path | None, typer.Option(help="PNG of series, baseline and alarms to write; needs the extra 'plot'.")] = None,
) -> None:
    """Score a series of counts strictly online: a row's score depends on no later row."""
    from agents.inspect import pulse_figure, require_matplotlib
    from pipeline.evaluation import read_counts, score_counts

    if plot is not None:
        require_matplotlib("--plot")
    with counts.open(newline="", encoding="utf-8-sig") as lines:
        scored = list(score_counts(read_counts(lines, counts.name)))
    with out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("timestamp", "value", "anomaly_score"))
        writer.writerows((one.count.written, one.count.value_written, f"{one.score:.6f}") for one in scored)
    alarms = [one for one in scored if one.alarm]
    say(f"{len(scored)} rows scored, {len(alarms)} alarms", err=True)
    if plot is not None:
        pulse_figure(scored, counts.stem).savefig(plot, format="png", dpi=110)


def judge_duplicates(file: Path) -> Shown:
    """Ask the memory of copies about a file of pairs."""
    from pipeline.evaluation import assess_pairs, read_pairs

    with file.open(encoding="utf-8") as lines:
        return assess_pairs(read_pairs(lines, file.name))


def judge_pulse(file: Path) -> Shown:
    """Score the pulse on the series beside a windows.json."""
    from pipeline.evaluation import assess_nab, read_counts

    try:
        windows = orjson.loads(file.read_bytes())
    except orjson.JSONDecodeError as error:
        raise WinnowError(f"{file.name} is not JSON: {error}", hint="Give the benchmark's windows.json") from None
    if not isinstance(windows, dict):
        raise WinnowError(f"{file.name} holds no object of windows by series", hint="Give the benchmark's windows.json")
    series = []
    for name in windows:
        path = file.parent / Path(name).name
        if path.is_file():
            with path.open(newline="", encoding="utf-8-sig") as lines:
                series.append((name, list(read_counts(lines, path.name))))
    return assess_nab(series, windows)
