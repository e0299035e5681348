"""`winnow trial`: proof on one's own posts. A report to look at, and the most doubtful judgements as a sheet to label."""

import base64
import csv
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from agents.inspect.plot import Picture
from agents.settings import Settings
from agents.stages import build as stages
from agents.stages.sift import own_terms
from pipeline.evaluation import FACETS, JudgedReport, Trial, Wanted, assess_judged, wanted_of
from pipeline.flow import Arrival
from pipeline.ledger import total
from schemas.errors import WinnowError

DOUBTFUL = 100
COLUMNS = ("event", "text", "doubt", "found", "gate", "sentiment", "intent", "stakeholder", "urgency", "team", "page")
"""Of the sheet: what was found, and what a person fills in. A row counts once gate, urgency and team are filled in."""


@dataclass(frozen=True, slots=True)
class TrialReport:
    """What came out: the figures, and against a labelled sheet how right they are."""

    figures: dict[str, Any]
    against: JudgedReport | None
    written: tuple[Path, ...]

    def to_json(self) -> dict[str, Any]:
        """The figures as one JSON object."""
        against = None if self.against is None else self.against.to_json()
        return {**self.figures, "against_labels": against, "written": [str(path) for path in self.written]}

    def lines(self) -> list[str]:
        """For a person: the short of it, and where the rest is."""
        told = [f"{self.figures['events']:,} events: {', '.join(f'{n:,} {name}' for name, n in self.figures['dispositions'].items())}"]
        for team, by_day in self.figures["teams"].items():
            asks = sum(sum(kinds.values()) for kinds in by_day.values())
            told.append(f"{team:<12} {asks / max(1, len(by_day)):7.1f} actions a day with any, {asks:,} in all")
        told.append(f"{self.figures['pages_in_all']} pages, {len(self.figures['surges'])} surges")
        return told + (self.against.lines() if self.against else []) + [f"written: {path}" for path in self.written]


def run_trial(
    settings: Settings, arrivals: Iterable[Arrival], out: Path, sheet: Path | None, progress: Callable[[int], None], picture: Picture | None
) -> TrialReport:
    """Run the flow over recorded events and write ``report.html`` and ``doubtful.csv`` into ``out``.

    sheet: a sheet filled in by a person, to compare with. picture: draws people and surges into the report; None leaves it out.
    Raises WinnowError for a sheet that cannot be read, before anything runs.
    """
    labels = {} if sheet is None else read_sheet(sheet)
    trial, flow = Trial(own_terms(settings)), stages.flow(settings)
    for number, output in enumerate(flow.run(arrivals), 1):
        trial.take(output)
        if picture is not None:
            picture.take(output)
        progress(number)
    ended = flow.book.counts().get("sift", {})
    figures = {"events": total(ended), "dispositions": {name: n for name, n in ended.items() if n}, **trial.told()}
    against = assess_judged(list(labels.values()), [trial.got(event) for event in labels]) if labels else None
    out.mkdir(parents=True, exist_ok=True)
    report = TrialReport(figures, against, (out / "report.html", out / "doubtful.csv"))
    write_sheet(trial, out / "doubtful.csv")
    (out / "report.html").write_text(render(report, _drawn(picture) if trial.posts else None), encoding="utf-8")
    return report


def render(report: TrialReport, png: bytes | None) -> str:
    """The report as one page that needs nothing beside it; every text in it is escaped."""
    template = files("agents.inspect").joinpath("trial.html").read_text(encoding="utf-8")
    page = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True).from_string(template)
    picture = None if png is None else base64.b64encode(png).decode()
    return page.render(report=report.figures, against=report.against, picture=picture)


def write_sheet(trial: Trial, path: Path) -> None:
    """The most doubtful judgements, with empty columns for a person's own."""
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        for post in trial.doubtful(DOUBTFUL):
            found = ", ".join(f"{facet} {post.got.facets[facet]}" for facet in FACETS)
            # A spreadsheet computes what begins like a formula.
            text = f"'{post.text}" if post.text[:1] in "=+-@\t\r" else post.text
            rows.writerow((post.event, text, f"{post.doubt:.2f}", found, *("" for _ in COLUMNS[4:])))


def read_sheet(path: Path) -> dict[str, Wanted]:
    """Event -> what a person said of it, of the rows that are filled in. Raises WinnowError that names the row."""
    found: dict[str, Wanted] = {}
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = csv.DictReader(file)
        if lacking := [name for name in ("event", "gate", "urgency", "team") if name not in (rows.fieldnames or ())]:
            raise WinnowError(f"{path.name} has no column {', '.join(lacking)}", hint=f"The columns are {', '.join(COLUMNS)}.")
        for number, row in enumerate(rows, 2):
            filled = {name: value.strip() for name, value in row.items() if name and isinstance(value, str) and value.strip()}
            if {"event", "gate", "urgency", "team"} <= set(filled):
                page = filled.get("page", "").lower() in ("true", "yes", "1", "x")
                found[filled["event"]] = wanted_of({"text": "", **filled, "page": page}, f"{path.name} row {number}")
    if not found:
        raise WinnowError(f"{path.name} has no row in which gate, urgency and team are filled in", hint="Label some rows first.")
    return found


def _drawn(picture: Picture | None) -> bytes | None:
    if picture is None:
        return None
    with tempfile.TemporaryDirectory(prefix="winnow-trial-") as folder:
        path = Path(folder) / "surges.png"
        picture.draw(path)
        return path.read_bytes()
