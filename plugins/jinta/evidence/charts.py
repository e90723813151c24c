"""Charts as SVG elements: drawn from numbers, without a library, styled by the page."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

from jinta.evidence.html import Html, element, show

WIDTH, LEFT, RIGHT, TOP, BOTTOM = 760, 112, 40, 30, 34

Points = Sequence[tuple[float, float]]


def draw_lines(
    title: str,
    labels: Sequence[str],
    series: Sequence[tuple[str, Sequence[float | None]]],
    *,
    height: int = 230,
) -> Html:
    """Draw values over labels, such as months; None leaves a gap.

    Args:
        title: What is shown; also read out by screen readers.
        labels: Of the places along the horizontal axis.
        series: Name and one value per label.
        height: Of the chart in pixels.
    """
    known = [value for _, values in series for value in values if value is not None]
    ticks = _choose_ticks(min([0.0, *known]), max([0.0, *known]))
    frame = _Frame(height, (0, max(len(labels) - 1, 1)), (ticks[0], ticks[-1]))
    parts: list[Html] = [frame.draw_grid(ticks), frame.draw_labels(labels)]
    for number, (_, values) in enumerate(series):
        for run in _split_runs(values):
            parts.append(_draw_path(frame.place(run), f"curve s{number}"))
            parts += [_draw_dot(x, y, number) for x, y in frame.place(run)]
    return _wrap(title, height, parts, [name for name, _ in series])


def draw_steps(
    title: str,
    labels: Sequence[str],
    levels: Sequence[str],
    series: Sequence[tuple[str, Sequence[str | None]]],
) -> Html:
    """Draw paths over levels, such as tiers, the first of them on top."""
    height = TOP + BOTTOM + 34 * max(len(levels), 1)
    top = len(levels) - 1
    frame = _Frame(height, (0, max(len(labels) - 1, 1)), (-0.5, top + 0.5))
    parts: list[Html] = [frame.draw_labels(labels)]
    for place, level in enumerate(levels):
        y = frame.y(top - place)
        parts += [
            element("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, class_="grid"),
            element("text", level, x=LEFT - 8, y=y + 4, text_anchor="end"),
        ]
    for number, (_, values) in enumerate(series):
        shift = (number - (len(series) - 1) / 2) * 0.14
        heights = [
            None if value not in levels else top - levels.index(value) - shift
            for value in values
        ]
        for run in _split_runs(heights):
            parts.append(_draw_path(frame.place(_make_steps(run)), f"curve s{number}"))
            parts += [_draw_dot(x, y, number) for x, y in frame.place(run)]
    return _wrap(title, height, parts, [name for name, _ in series])


def draw_curves(title: str, series: Sequence[tuple[str, Points]]) -> Html:
    """Draw shares in per cent against shares in per cent, with the line of chance."""
    height = 380
    heights = [y for _, points in series for _, y in points]
    ticks = _choose_ticks(min([0.0, *heights]), max([100.0, *heights]))
    frame = _Frame(height, (0, 100), (ticks[0], ticks[-1]))
    parts: list[Html] = [frame.draw_grid(ticks, suffix=" %")]
    parts += [
        element(
            "text",
            f"{share} %",
            x=f"{frame.x(share):.1f}",
            y=height - BOTTOM + 18,
            text_anchor="middle",
            class_="soft",
        )
        for share in range(0, 101, 20)
    ]
    parts.append(_draw_path(frame.place([(0, 0), (100, 100)]), "faint"))
    for number, (_, points) in enumerate(series):
        parts.append(_draw_path(frame.place([(0, 0), *points]), f"curve s{number}"))
    return _wrap(title, height, parts, [name for name, _ in series])


def draw_bars(
    title: str, rows: Sequence[tuple[str, Sequence[float]]], names: Sequence[str]
) -> Html:
    """Draw horizontal bars, one per name and row.

    Args:
        title: What is shown.
        rows: Label, and one value per name.
        names: What the bars of a row are.
    """
    thickness, gap = 13, 8
    step = thickness * len(names) + gap
    height = TOP + 8 + step * max(len(rows), 1)
    highest = max([1e-9, *(value for _, values in rows for value in values)])
    scale = (WIDTH - LEFT - RIGHT - 110) / highest
    parts = []
    for place, (label, values) in enumerate(rows):
        y = TOP + place * step
        parts.append(
            element(
                "text",
                label,
                x=LEFT - 8,
                y=y + thickness * len(names) / 2 + 4,
                text_anchor="end",
            )
        )
        for number, value in enumerate(values):
            width = max(value, 0) * scale
            parts += [
                element(
                    "rect",
                    x=LEFT,
                    y=y + number * thickness,
                    width=f"{width:.1f}",
                    height=thickness - 2,
                    class_=f"f{number}",
                ),
                element(
                    "text",
                    _round(value),
                    x=f"{LEFT + width + 6:.1f}",
                    y=y + number * thickness + 10,
                    class_="soft",
                ),
            ]
    return _wrap(title, height, parts, names)


class _Frame:
    """Maps values to pixels and draws the axes."""

    def __init__(
        self, height: int, across: tuple[float, float], up: tuple[float, float]
    ) -> None:
        self.height = height
        self.across = across
        self.up = up

    def x(self, value: float) -> float:
        low, high = self.across
        return LEFT + (value - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        low, high = self.up
        room = self.height - TOP - BOTTOM
        return round(TOP + (high - value) / (high - low) * room, 1)

    def place(self, points: Points) -> list[tuple[float, float]]:
        return [(self.x(x), self.y(y)) for x, y in points]

    def draw_grid(self, ticks: Sequence[float], suffix: str = "") -> Html:
        parts = []
        for value in ticks:
            y = self.y(value)
            parts += [
                element("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, class_="grid"),
                element(
                    "text",
                    f"{_round(value)}{suffix}",
                    x=LEFT - 8,
                    y=y + 4,
                    text_anchor="end",
                    class_="soft",
                ),
            ]
        return Html("".join(parts))

    def draw_labels(self, labels: Sequence[str]) -> Html:
        every = -(-len(labels) // 12) or 1
        return Html(
            "".join(
                element(
                    "text",
                    label,
                    x=f"{self.x(place):.1f}",
                    y=self.height - BOTTOM + 20,
                    text_anchor="middle",
                    class_="soft",
                )
                for place, label in enumerate(labels)
                if place % every == 0
            )
        )


def _wrap(title: str, height: int, parts: Sequence[Html], names: Sequence[str]) -> Html:
    """Put the parts into a figure with its title and legend."""
    legend, x = [], LEFT
    for number, name in enumerate(names):
        legend += [
            element("rect", x=x, y=8, width=12, height=12, class_=f"f{number}"),
            element("text", name, x=x + 18, y=18),
        ]
        x += 40 + sum(13 if ord(letter) > 0x2E80 else 7 for letter in name)
    return element(
        "figure",
        element("figcaption", element("strong", title)),
        element(
            "svg",
            element("title", title),
            *legend,
            *parts,
            viewBox=f"0 0 {WIDTH} {height}",
            width=WIDTH,
            height=height,
            role="img",
        ),
        style="margin:0",
    )


def _draw_dot(x: float, y: float, number: int) -> Html:
    return element("circle", cx=f"{x:.1f}", cy=f"{y:.1f}", r=3, class_=f"f{number}")


def _draw_path(points: Points, class_: str) -> Html:
    written = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return element("polyline", points=written, class_=class_)


def _choose_ticks(low: float, high: float) -> list[float]:
    """Choose round values that span a range in about five steps."""
    span = (high - low) or 1.0
    size = 10.0 ** math.floor(math.log10(span / 5))
    step = next(size * each for each in (1, 2, 2.5, 5, 10) if size * each * 5.5 >= span)
    first, last = math.floor(low / step), math.ceil((high or low + span) / step - 1e-9)
    return [round(step * place, 10) for place in range(first, max(last, first + 1) + 1)]


def _split_runs(values: Sequence[float | None]) -> list[list[tuple[float, float]]]:
    """Split values at their gaps."""
    runs: list[list[tuple[float, float]]] = [[]]
    for place, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((place, value))
    return [run for run in runs if run]


def _make_steps(run: Points) -> list[tuple[float, float]]:
    """Change level halfway between two places."""
    steps = [run[0]]
    for (x, y), (next_x, next_y) in itertools.pairwise(run):
        half = (x + next_x) / 2
        steps += [(half, y), (half, next_y), (next_x, next_y)]
    return steps


def _round(value: Any) -> str:
    """Write a number of an axis with few digits."""
    if abs(value) >= 100:
        return show(round(value))
    return f"{value:.2f}".rstrip("0").rstrip(".") or "0"
