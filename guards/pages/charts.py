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
    places = apart([end_y for end_y, *_ in sorted(ends)])
    return [
        Line(key, LINES[key], " ".join(f"{x:g},{y:g}" for x, y in known), known[-1][0], place)
        for place, (_, key, known) in zip(places, sorted(ends), strict=True)
    ]


def apart(heights: Sequence[float]) -> list[float]:
    """
    Return places for names at some heights, LEAST_APART from each other and none below the drawing.

    :param heights: from the top, ascending
    """
    places: list[float] = []
    for height in heights:
        places.append(max(height, places[-1] + LEAST_APART) if places else height)
    lowest = float(HEIGHT - BOTTOM)
    for at in reversed(range(len(places))):  # what went too low pushes only those up that are in its way
        places[at] = min(places[at], lowest)
        lowest = places[at] - LEAST_APART
    return [round(place, 2) for place in places]


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
