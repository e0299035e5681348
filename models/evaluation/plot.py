"""An evaluation's confusion matrix and abstention curve as a PNG; needs matplotlib (the extra `plot`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from models.errors import ModelError
from models.evaluation.report import FacetReport


def draw(report: FacetReport, path: Path) -> None:
    """Write the PNG. Raises ModelError where the file cannot be written."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  # an extra that few install
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure: Any = Figure(figsize=(12, 5), layout="constrained")
    left, right = figure.subplots(1, 2)
    _confusion(left, report)
    _abstention(right, report)
    figure.suptitle(f"{report.facet}: {report.rows} rows, model {report.model}, macro-F1 {report.macro_f1:.3f}, ECE {report.ece:.3f}")
    try:
        FigureCanvasAgg(figure).print_png(str(path))
    except OSError as error:
        raise ModelError(f"cannot write {path}: {error.strerror}", hint="give a place that can be written") from error


def _confusion(axes: Any, report: FacetReport) -> None:
    labels = list(report.confusion)
    shares = [[report.confusion[row][at] / max(1, sum(report.confusion[row].values())) for at in labels] for row in labels]
    axes.imshow(shares, vmin=0, vmax=1, cmap="Blues", aspect="auto")
    if len(labels) <= 12:
        axes.set_xticks(range(len(labels)), labels, rotation=45, ha="right")
        axes.set_yticks(range(len(labels)), labels)
        for row, values in enumerate(shares):
            for at, share in enumerate(values):
                axes.text(at, row, f"{share:.2f}", ha="center", va="center", color="white" if share > 0.5 else "black")
    axes.set(title="share of each true label (rows) answered as", xlabel="answered", ylabel="true")


def _abstention(axes: Any, report: FacetReport) -> None:
    known = [one for one in report.abstention if one.accuracy is not None]
    axes.plot([one.answered for one in known], [one.accuracy for one in known], marker="o")
    axes.set(title="answering only where sure", xlabel="share answered", ylabel="accuracy", xlim=(1.02, 0))
    axes.grid(alpha=0.3)
