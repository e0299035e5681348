"""The picture of a flow: what it counts, which surges it shows, and what it says when there is nothing."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from agents.inspect.plot import Picture, pulse_figure
from pipeline.evaluation import read_counts, score_counts
from pipeline.stream.stage import Output
from schemas.errors import WinnowError
from tests.unit.pipeline.correlate.world import MINUTE, START, World, information, records


def output(noun: str, message: dict[str, Any]) -> Output:
    """An output of the flow."""
    return Output(noun, None, orjson.dumps(message), "i", START, "s", "l", "t")


def outbreak() -> list[dict[str, Any]]:
    """Two quiet hours, then forty people within a minute."""
    quiet = [information(f"q{n}", START + n * MINUTE, f"word {n} of a quiet day") for n in range(120)]
    told = [information(f"o{n}", START + 120 * MINUTE + n * 1_500, f"{n} what is this {n * 7}", sentiment="negative") for n in range(40)]
    return [*quiet, *told, information("end", START + 160 * MINUTE, "the end of the day")]


def test_a_surge_is_drawn_over_the_people_who_spoke(tmp_path: Path) -> None:
    """The picture should show the one surge that there was, as a PNG."""
    pytest.importorskip("matplotlib")
    picture, world, messages = Picture(), World(), outbreak()
    world.take(records(messages))
    for message in messages:
        picture.take(output("information", message))
    for situation in world.situations():
        picture.take(output("situations", situation))
    assert [(surge["facet"], surge["status"]) for surge in picture.surges()] == [("negative", "closed")]
    picture.draw(tmp_path / "p.png")
    assert (tmp_path / "p.png").read_bytes()[:4] == b"\x89PNG"


def test_the_axis_fits_and_names_its_zone() -> None:
    """From the first ten minutes in which somebody spoke to the end of the last, in UTC."""
    pytest.importorskip("matplotlib")
    from matplotlib.dates import date2num  # noqa: PLC0415  # an extra

    picture = Picture()
    for message in outbreak():
        picture.take(output("information", message))
    (panel,) = picture.figure().axes
    begin = START - START % (10 * MINUTE)
    assert panel.get_xlim() == tuple(date2num(datetime.fromtimestamp(at / 1000, UTC)) for at in (begin, begin + 170 * MINUTE))
    assert panel.get_xlabel() == "time (UTC)"


def test_the_picture_of_a_series_names_its_zone() -> None:
    """`winnow pulse --plot`: the axis ends with the data, in UTC."""
    pytest.importorskip("matplotlib")
    rows = "timestamp,value\n" + "".join(f"2015-02-01 {at // 12:02}:{at % 12 * 5:02}:00,{5 + at % 3}\n" for at in range(48))
    above, below = pulse_figure(list(score_counts(read_counts(rows.splitlines(True), "rows"))), "rows").axes
    assert below.get_xlabel() == "time (UTC)"
    assert above.get_xlim()[1] - above.get_xlim()[0] == pytest.approx(47 * 5 / 1440)


def test_nothing_to_draw_is_said(tmp_path: Path) -> None:
    """Without information the reader should be told where to look, and no file be written."""
    pytest.importorskip("matplotlib")
    with pytest.raises(WinnowError, match="nothing to draw"):
        Picture().draw(tmp_path / "p.png")
    assert not (tmp_path / "p.png").exists()


def test_without_matplotlib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked for a picture without the extra, the reader should be told before the work how to install it."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(WinnowError, match="--plot needs matplotlib"):
        Picture()
