"""The curve of an evaluation by threshold, as lines of an SVG drawing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WIDTH, HEIGHT = 640, 280
"Of the drawing, in its own units."
LEFT, TOP, RIGHT, BOTTOM = 40, 10, 150, 34
"Margins: labels of the axes, and names of the lines on the right."
LINES = {"recall": "Recall", "precision": "Precision", "f1": "F1", "fpr": "False positive rate"}
TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
LEAST_APART = 16
"Units between the names of two lines, so that neither covers the other."


@dataclass(frozen=True)
class Line:
    """One figure by threshold."""

    key: str
    name: str
    points: str
    "As the `points` of an SVG polyline; a threshold at which it is undefined is passed over."
    end_x: float
    name_y: float


def curve_lines(points: Sequence[Mapping[str, Any]]) -> list[Line]:
    """Return the lines of a curve, with places for their names that do not overlap."""
    ends = []
    for key in LINES:
        known = [(x_of(point["threshold"]), y_of(point[key])) for point in points if point[key] is not None]
        if known:
            ends.append((known[-1][1], key, known))
    lines, lowest = [], float("-inf")
    for end_y, key, known in sorted(ends):
        lowest = max(end_y, lowest + LEAST_APART)
        joined = " ".join(f"{x:g},{y:g}" for x, y in known)
        lines.append(Line(key, LINES[key], joined, known[-1][0], lowest))
    over = max(lowest - (HEIGHT - BOTTOM), 0) if lines else 0
    return [Line(each.key, each.name, each.points, each.end_x, round(each.name_y - over, 2)) for each in lines]


def axes() -> dict[str, Any]:
    """Return the places of the ticks of both axes, and the frame."""
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "left": LEFT,
        "right": WIDTH - RIGHT,
        "bottom": HEIGHT - BOTTOM,
        "across": [(x_of(tick), f"{tick:g}") for tick in TICKS],
        "up": [(y_of(tick), f"{tick:g}") for tick in TICKS],
        "middle": x_of(0.5),
        "names_x": WIDTH - RIGHT + 10,
        "caption_y": HEIGHT - 4,
    }


def x_of(share: float) -> float:
    """Return where a threshold is, from the left."""
    return round(LEFT + share * (WIDTH - LEFT - RIGHT), 2)


def y_of(share: float) -> float:
    """Return where a figure is, from the top."""
    return round(TOP + (1 - share) * (HEIGHT - TOP - BOTTOM), 2)
