"""A surge's curve as SVG made on the server: people against what was expected, with onset, alarm and answers marked.

No styles in it: classes that the style sheet colours, so it follows light and dark, and the Content-Security-Policy holds.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from markupsafe import Markup, escape

from agents.board.words import number, people

WIDTH, HEIGHT = 800, 240
LEFT, RIGHT, TOP, BOTTOM = 50, 160, 58, 28
LABEL_WIDTH = 190
"""Room that a mark's label takes, in the drawing's own units: those that would overlap go to another line."""


class Point(NamedTuple):
    """How many people had spoken by then (Unix ms), and how many were expected to."""

    at_ms: int
    people: float
    expected: float


class CurveMark(NamedTuple):
    """A moment on the curve. ``kind``: onset, alarm, asked or answer."""

    at_ms: int
    kind: str
    label: str


def draw(points: Sequence[Point], marks: Sequence[CurveMark], title: str) -> Markup:
    """The drawing; empty when there are fewer than two points. ``title`` says it all to who cannot see it."""
    if len(points) < 2:
        return Markup("")
    first = min(points[0].at_ms, *(mark.at_ms for mark in marks)) if marks else points[0].at_ms
    last = max(points[-1].at_ms, *(mark.at_ms for mark in marks)) if marks else points[-1].at_ms
    top = max(1.0, *(max(point.people, point.expected) for point in points))
    inner, height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def x(at_ms: int) -> float:
        return round(LEFT + inner * (at_ms - first) / max(last - first, 1), 1)

    def y(value: float) -> float:
        return round(TOP + height * (1 - value / top), 1)

    line = " ".join(f"{x(point.at_ms)},{y(point.people)}" for point in points)
    usual = " ".join(f"{x(point.at_ms)},{y(point.expected)}" for point in points)
    floor = y(0)
    end = points[-1]
    parts = [
        f'<svg class="curve" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">',
        *(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(step)}" y2="{y(step)}"/>'
          f'<text class="axis" x="{LEFT - 6}" y="{y(step) + 4}" text-anchor="end">{number(step)}</text>' for step in _steps(top)),
        f'<polygon class="area" points="{x(points[0].at_ms)},{floor} {line} {x(end.at_ms)},{floor}"/>',
        f'<polyline class="expected" points="{usual}"/>',
        f'<polyline class="people" points="{line}"/>',
        *_marks(marks, x, floor),
        *_ends(end, x(end.at_ms), y(end.people), y(end.expected)),
        f'<text class="axis" x="{LEFT}" y="{HEIGHT - 8}">{_hour(first)} UTC</text>',
        f'<text class="axis" x="{WIDTH - RIGHT}" y="{HEIGHT - 8}" text-anchor="end">{_hour(last)} UTC</text>',
        "</svg>",
    ]  # fmt: skip
    return Markup("".join(parts))  # noqa: S704  # numbers, our own words, and what was escaped


def _ends(end: Point, x: float, y_people: float, y_expected: float) -> list[str]:
    """Both lines named where they end, apart enough to read."""
    y_expected = max(y_expected, y_people + 20)
    return [
        f'<text class="name people" x="{x + 8}" y="{y_people + 4}">{people(int(end.people))}</text>',
        f'<text class="name expected" x="{x + 8}" y="{y_expected + 4}">{number(end.expected)} expected</text>',
    ]


def _marks(marks: Sequence[CurveMark], x: object, floor: float) -> list[str]:
    assert callable(x)
    found, rows = [], [float("-inf")] * 3
    for mark in sorted(marks):
        place = x(mark.at_ms)
        row = next((number for number, until in enumerate(rows) if until <= place), len(rows) - 1)
        rows[row] = place + LABEL_WIDTH
        height = 16 + 18 * row
        found.append(
            f'<line class="mark {escape(mark.kind)}" x1="{place}" x2="{place}" y1="{height + 3}" y2="{floor}"/>'
            f'<text class="mark {escape(mark.kind)}" x="{place + 3}" y="{height}">{escape(mark.label)}</text>'
        )
    return found


def _steps(top: float) -> list[float]:
    """Two or three round values for the axis."""
    for unit in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 500_000, 1_000_000, 10_000_000):
        if top / unit <= 3:
            return [float(unit * number) for number in range(int(top / unit) + 1)]
    return [0.0, top]


def _hour(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%H:%M")
