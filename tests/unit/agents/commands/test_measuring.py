"""`winnow pulse` and `winnow evaluate duplicates|pulse`: files in, files and figures out."""

import csv
import json
import sys
from pathlib import Path

import orjson
import pytest
import typer
from typer.testing import CliRunner

from agents.commands import learning, measuring
from schemas.errors import WinnowError

app = typer.Typer()
measuring.add_to(app)
learning.add_to(app)
RUNNER = CliRunner()


@pytest.fixture
def counts(tmp_path: Path) -> Path:
    """Two days of steady traffic and one burst."""
    path = tmp_path / "counts.csv"
    values = [5 + at % 3 for at in range(570)] + [120, 90, 6, 5, 6]
    rows = [f"2015-02-{1 + at // 288:02} {at // 12 % 24:02}:{at % 12 * 5:02}:53,{value}" for at, value in enumerate(values)]
    path.write_text("timestamp,value\n" + "\n".join(rows) + "\n")
    return path


def test_pulse_writes_a_score_for_each_row(counts: Path, tmp_path: Path) -> None:
    """Every row should come back as it was written with a score, and the burst alarm once."""
    out = tmp_path / "scores.csv"
    result = RUNNER.invoke(app, ["pulse", str(counts), "--out", str(out)])
    assert result.exit_code == 0, result.output
    before, after = list(csv.DictReader(counts.open())), list(csv.DictReader(out.open()))
    assert [(row["timestamp"], row["value"]) for row in after] == [(row["timestamp"], row["value"]) for row in before]
    assert list(after[0]) == ["timestamp", "value", "anomaly_score"]
    assert [row["value"] for row in after if float(row["anomaly_score"]) >= 0.5] == ["120"]


def test_pulse_draws(counts: Path, tmp_path: Path) -> None:
    """With --plot a PNG should be there."""
    pytest.importorskip("matplotlib")
    result = RUNNER.invoke(app, ["pulse", str(counts), "--out", str(tmp_path / "s.csv"), "--plot", str(tmp_path / "p.png")])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "p.png").read_bytes()[:4] == b"\x89PNG"


@pytest.mark.parametrize("words", [("pulse", "--out", "s.csv"), ("evaluate", "sentiment")])
def test_without_matplotlib_the_way_to_it_is_said_before_work(
    words: tuple[str, ...], counts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked to draw without the extra, the command should say which line installs it here, and write nothing."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.chdir(tmp_path)
    result = RUNNER.invoke(app, [*words, str(counts), "--plot", "p.png"])
    assert isinstance(result.exception, WinnowError)
    assert f"{sys.executable} -m pip install 'matplotlib>=3.8'" in str(result.exception)
    assert [file.name for file in tmp_path.iterdir()] == ["counts.csv"]


def test_evaluate_duplicates_reports(tmp_path: Path) -> None:
    """Pairs should be judged as precision, recall and F1."""
    text = "the new app update broke the login on every phone I own"
    rows = [{"a": text, "b": text.upper(), "copy": True}, {"a": text, "b": "a lovely day at the beach with friends", "copy": False}]
    (tmp_path / "pairs.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    result = RUNNER.invoke(app, ["evaluate", "duplicates", str(tmp_path / "pairs.jsonl"), "--json"])
    assert result.exit_code == 0, result.output
    assert orjson.loads(result.stdout) == {"precision": 1.0, "recall": 1.0, "f1": 1.0, "pairs": 2, "copies": 1}


def test_evaluate_pulse_reports(counts: Path) -> None:
    """Labelled windows beside their series should be scored by the benchmark's formula."""
    windows = counts.parent / "windows.json"
    windows.write_text(json.dumps({"set/counts.csv": [["2015-02-02 23:00:53.000000", "2015-02-02 23:50:53.000000"]]}))
    result = RUNNER.invoke(app, ["evaluate", "pulse", str(windows), "--json"])
    assert result.exit_code == 0, result.output
    report = orjson.loads(result.stdout)
    assert report["series"]["counts"]["found"] == 1
    assert report["score"] > 80
    windows.write_text("[")
    assert isinstance(RUNNER.invoke(app, ["evaluate", "pulse", str(windows)]).exception, WinnowError)
