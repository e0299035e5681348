"""`winnow flow --plot`: a picture of who spoke about each subject, and of its surges; `winnow pulse --plot`: a series and its alarms.

Needs matplotlib, the extra ``plot``.
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from pipeline.evaluation import Scored
from pipeline.stream import WITHDRAWAL, Output
from schemas.errors import WinnowError
from schemas.times import to_milliseconds

MOST_SUBJECTS = 12
COLOURS = {"negative": "#d55e00", "neutral": "#999999", "positive": "#0072b2"}
"""Of Okabe and Ito's palette: told apart also by who does not see red or green."""
ZONE = "time (UTC)"
MATPLOTLIB_HINT = f"Install it with: {sys.executable} -m pip install 'matplotlib>=3.8'"


class Picture:
    """Distinct authors by subject, feeling and ``bin_minutes`` of event time, and the last that was told of each surge."""

    def __init__(self, bin_minutes: int = 10) -> None:
        """Raises WinnowError without matplotlib: before the work, not after it."""
        require_matplotlib("--plot")
        self._bin_ms = bin_minutes * 60_000
        self._authors: dict[str, dict[str, dict[int, set[str]]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(set)))
        self._surges: dict[str, dict[str, Any]] = {}

    def take(self, output: Output) -> None:
        """Note one output of the flow; all but information and surges are ignored."""
        if output.noun == "information" and output.type != WITHDRAWAL:
            message = orjson.loads(output.value)
            signal = message["signal"]
            place = to_milliseconds(signal["created_at"]) // self._bin_ms
            author = signal["author"]["id"] or signal["id"]
            self._authors[message["subject"]][message["sentiment"]][place].add(author)
        elif output.noun == "situations":
            message = orjson.loads(output.value)
            if message["kind"] == "surge":
                self._surges[message["id"]] = message

    def surges(self) -> list[dict[str, Any]]:
        """The last revision of each surge that no other one absorbed, in order of time."""
        standing = (surge for surge in self._surges.values() if surge["absorbed_by"] is None)
        return sorted(standing, key=lambda surge: (surge["opened_at"], surge["id"]))

    def draw(self, path: Path) -> None:
        """Write the PNG. Raises WinnowError when nothing was told."""
        self.figure().savefig(path, format="png", dpi=100)

    def figure(self) -> Any:
        """A panel for each of the subjects most spoken of, all over the same time. Raises WinnowError when nothing was told."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  # an extra that few install
        from matplotlib.figure import Figure  # noqa: PLC0415

        volume = Counter({name: sum(len(who) for bins in moods.values() for who in bins.values()) for name, moods in self._authors.items()})
        subjects = [name for name, _ in volume.most_common(MOST_SUBJECTS)]
        if not subjects:
            raise WinnowError("there is nothing to draw: no information came out", hint="Check the file, its --source and the subjects.")
        figure = Figure(figsize=(15, 2.2 * len(subjects) + 0.6), layout="constrained")
        FigureCanvasAgg(figure)
        panels = figure.subplots(len(subjects), 1, sharex=True, squeeze=False)[:, 0]
        for panel, subject in zip(panels, subjects, strict=True):
            self._panel(panel, subject)
        told = [place for name in subjects for bins in self._authors[name].values() for place in bins]
        panels[-1].set_xlim(_moment(min(told) * self._bin_ms), _moment((max(told) + 1) * self._bin_ms))
        panels[-1].set_xlabel(ZONE)
        figure.suptitle(f"people by {self._bin_ms // 60_000} minutes and feeling, surges shaded")
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="upper right", fontsize=8, ncols=3)
        return figure

    def _panel(self, panel: Any, subject: str) -> None:
        moods = self._authors[subject]
        places = range(min(min(bins) for bins in moods.values()), max(max(bins) for bins in moods.values()) + 2)  # a step needs its end
        times = [_moment(place * self._bin_ms) for place in places]
        counts = [[len(moods[mood].get(place, ())) for place in places] for mood in COLOURS]
        panel.stackplot(times, counts, colors=list(COLOURS.values()), labels=list(COLOURS), step="post", alpha=0.7, linewidth=0)
        for surge in self.surges():
            if surge["subject"] == subject:
                since, until = (to_milliseconds(surge[name]) for name in ("opened_at", "updated_at"))
                panel.axvspan(_moment(since), _moment(until), color=COLOURS[surge["facet"]], alpha=0.25)
                label = f"{surge['facet']}: {surge['authors']} people,\n{surge['expected']:.0f} expected, {surge['origin']}"
                panel.annotate(label, (_moment(since), 0.97), xycoords=("data", "axes fraction"), fontsize=7, va="top")
        panel.set_ylabel(subject)
        panel.set_ylim(top=1.35 * panel.get_ylim()[1])  # room for what is said of the surges


def pulse_figure(scored: Sequence[Scored], title: str) -> Any:
    """A figure of series, baseline, alarms and scores, in colours that everybody tells apart; needs matplotlib."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  # an extra that few install
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(14, 6), layout="constrained")
    FigureCanvasAgg(figure)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    times = [_moment(one.count.at_ms) for one in scored]
    alarms = [number for number, one in enumerate(scored) if one.alarm]
    above.plot(times, [one.count.value for one in scored], color="black", linewidth=0.6, label="counted")
    above.plot(times, [one.expected for one in scored], color=COLOURS["positive"], linewidth=1.2, label="expected")
    above.plot(
        [times[at] for at in alarms],
        [scored[at].count.value for at in alarms],
        "v",
        color=COLOURS["negative"],
        label=f"{len(alarms)} alarms",
    )
    above.set_yscale("symlog", linthresh=10)
    above.set_ylim(bottom=0)
    above.set_ylabel("count")
    above.set_title(title)
    above.legend(loc="upper left")
    below.plot(times, [one.score for one in scored], color="black", linewidth=0.6)
    below.axhline(0.5, color=COLOURS["negative"], linewidth=0.8)
    below.set_ylim(0, 1)
    below.set_ylabel("anomaly score")
    below.set_xlabel(ZONE)
    for panel in (above, below):
        panel.margins(x=0)
    return figure


def require_matplotlib(what: str) -> None:
    """Raises WinnowError where matplotlib is not installed."""
    try:
        import matplotlib  # noqa: F401, PLC0415  # asked for, so that the failure comes before the work
    except ImportError:
        raise WinnowError(f"{what} needs matplotlib", hint=MATPLOTLIB_HINT) from None


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
