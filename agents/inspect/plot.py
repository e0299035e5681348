"""`winnow flow --plot`: a picture of who spoke about each subject, and of its surges.

Needs matplotlib, the extra ``plot``.
"""

from collections import Counter, defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from pipeline.stream import WITHDRAWAL, Output
from schemas.errors import WinnowError
from schemas.times import to_milliseconds

MOST_SUBJECTS = 12
COLOURS = {"negative": "tab:red", "neutral": "tab:gray", "positive": "tab:green"}


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
        """Write the PNG: a panel for each of the subjects most spoken of. Raises WinnowError when nothing was told."""
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
        figure.suptitle(f"people by {self._bin_ms // 60_000} minutes and feeling, surges shaded")
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="upper right", fontsize=8, ncols=3)
        figure.savefig(path, format="png", dpi=100)

    def _panel(self, panel: Any, subject: str) -> None:
        moods = self._authors[subject]
        places = range(min(min(bins) for bins in moods.values()), max(max(bins) for bins in moods.values()) + 1)
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


def require_matplotlib(what: str) -> None:
    """Raises WinnowError where matplotlib is not installed."""
    try:
        import matplotlib  # noqa: F401, PLC0415  # asked for, so that the failure comes before the work
    except ImportError:
        raise WinnowError(f"{what} needs matplotlib", hint="Install it with: pip install 'winnow-pipeline[plot]'") from None


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
