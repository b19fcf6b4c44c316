"""Charts as SVG inside the page: text stays text, the same input gives the same bytes, ink alone tells all.

A rise is solid and points right or up, a fall is hatched and points the other way, and each carries its
number with its sign; before is an outline, after is solid. The colours are Okabe and Ito's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from api.present.report.numbers import Number, plain, signed
from api.present.report.svg import Labels, inline

WIDTH = 380
"""In pixels of the page; wide screens show three such charts in a row, narrow ones and paper one or two."""
RISE, FALL, INK, FAINT = "#0072b2", "#d55e00", "#1c2126", "#9aa4ad"
_ROW, _NUMBERS, _LETTER = 38, 96, 6.3
_METADATA = ("Date", "Creator", "Format", "Type")


@dataclass(frozen=True, slots=True)
class Bar:
    """A labelled difference."""

    label: str
    value: Number


@dataclass(frozen=True, slots=True)
class Twin:
    """A labelled number on both sides."""

    label: str
    before: int
    after: int


def bars(rows: Sequence[Bar], title: str) -> Markup:
    """Differences below each other, each under its label, on both sides of one line of zero."""
    labels, height = Labels(), _ROW * len(rows) + 6
    figure, axes = _canvas(height)
    low, high = min(0, *(row.value for row in rows)), max(0, *(row.value for row in rows))
    scale = _scale(low, high)
    zero = (_NUMBERS if low < 0 else 1) - scale * float(low)
    for number, row in enumerate(rows):
        top = number * _ROW
        axes.text(0, top + 8, labels.put(row.label), color=INK, va="center")
        _stretch(axes, zero, top + 17, scale * float(row.value), 13)
        _behind(axes, zero + scale * float(row.value), top + 24, labels.put(signed(row.value)), row.value)
        axes.plot([zero, zero], [top + 14, top + 33], color=INK, linewidth=0.8)
    return _svg(figure, labels, title)


def _scale(low: Number, high: Number) -> float:
    """Pixels for one, when numbers stand behind the bars on every side that has one."""
    sides = (low < 0) + (high > 0)
    return (WIDTH - _NUMBERS * max(sides, 1) - 4) / (float(high - low) or 1)


def _stretch(axes: Axes, start: float, top: float, length: float, thick: float) -> None:
    """A bar lying down from a start, or backwards and hatched."""
    if length < 0:
        axes.barh(top + thick / 2, length, thick, start, color="white", edgecolor=FALL, hatch="/////", lw=1)
    elif length:
        axes.barh(top + thick / 2, length, thick, start, color=RISE, edgecolor=RISE, lw=1)


def _behind(axes: Axes, at: float, middle: float, text: str, value: Number) -> None:
    """A number beyond the end of its bar."""
    gap, side = (-5, "right") if value < 0 else (5, "left")
    axes.text(at + gap, middle, text, color=INK, va="center", ha=side)


def columns(rows: Sequence[Bar], title: str, height: int = 234) -> Markup:
    """Differences side by side in the order of time; the largest and the smallest carry their numbers."""
    labels = Labels()
    figure, axes = _canvas(height)
    low, high = min(0, *(row.value for row in rows)), max(0, *(row.value for row in rows))
    top, bottom = (24 if high > 0 else 8), height - (44 if low < 0 else 26)
    scale = (bottom - top) / (float(high - low) or 1)
    zero, step = top + scale * float(high), WIDTH / max(len(rows), 4)
    every = -(-len(rows) // max(1, int(WIDTH / 52)))
    told = {_index(rows, high), _index(rows, low)}
    for number, row in enumerate(rows):
        middle = step * (number + 0.5)
        _pillar(axes, middle, zero, -scale * float(row.value), min(step * 0.68, 34))
        if number in told and row.value:
            inside = _inside(middle, signed(row.value))
            _beyond(axes, inside, zero - scale * float(row.value), labels.put(signed(row.value)), row.value)
        if number % every == 0:
            axes.text(middle, height - 9, labels.put(row.label), color=INK, va="center", ha="center")
    axes.plot([0, WIDTH], [zero, zero], color=INK, linewidth=0.8)
    return _svg(figure, labels, title)


def _index(rows: Sequence[Bar], value: Number) -> int:
    return next((number for number, row in enumerate(rows) if row.value == value), -1)


def _pillar(axes: Axes, middle: float, zero: float, length: float, thick: float) -> None:
    """A standing bar; the page's y grows downwards, so a rise is negative."""
    if length > 0:
        axes.bar(middle, length, thick, zero, color="white", edgecolor=FALL, hatch="/////", lw=1)
    elif length:
        axes.bar(middle, length, thick, zero, color=RISE, edgecolor=RISE, lw=1)


def _inside(middle: float, text: str) -> float:
    """The middle of a text that must not run over the edge."""
    half = len(text) * _LETTER / 2
    return min(max(middle, half), WIDTH - half)


def _beyond(axes: Axes, middle: float, at: float, text: str, value: Number) -> None:
    """A number above a rise or below a fall."""
    axes.text(middle, at + (11 if value < 0 else -9), text, color=INK, va="center", ha="center")


def twins(rows: Sequence[Twin], title: str) -> Markup:
    """Counts on both sides, one pair of bars a label: the upper outlined, the lower solid."""
    labels, height = Labels(), _ROW * len(rows) + 6
    figure, axes = _canvas(height)
    left = 112
    most = max((max(row.before, row.after) for row in rows), default=0) or 1
    scale = (WIDTH - left - 74) / most
    for number, row in enumerate(rows):
        top = number * _ROW
        axes.text(left - 8, top + 19, labels.put(row.label), color=INK, va="center", ha="right")
        axes.barh(top + 12, scale * row.before, 10, left, color="white", edgecolor=INK, lw=0.9)
        axes.barh(top + 26, scale * row.after, 10, left, color=RISE, edgecolor=RISE, lw=0.9)
        for side, count in ((12, row.before), (26, row.after)):
            axes.text(left + scale * count + 5, top + side, labels.put(plain(count)), color=INK, va="center")
    axes.plot([left, left], [2, height - 2], color=INK, linewidth=0.8)
    return _svg(figure, labels, title)


def _canvas(height: float) -> tuple[Figure, Axes]:
    """An empty drawing whose units are pixels, y growing downwards."""
    figure = Figure(figsize=(WIDTH / 72, height / 72), dpi=72)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_autoscale_on(False)
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(height, 0)
    return figure, axes


def _svg(figure: Figure, labels: Labels, title: str) -> Markup:
    out = StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "caiding", "font.family": "DejaVu Sans"}):
        figure.savefig(out, format="svg", transparent=True, metadata=dict.fromkeys(_METADATA))
    return inline(out.getvalue(), labels, title)
