"""A small map of boxes as a vector picture, for pages that no map layer reaches."""
from __future__ import annotations

import math
from typing import TYPE_CHECKING, Sequence

from ...forecast.box_layout import in_sides
from . import charts, style

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from reportlab.graphics.shapes import Circle

    from ...workspace.steps.plan_frames import BoxPlaces

_MOST_POINTS = 360.0
_LAND = "#e4e8ec"


def box_map(boxes: BoxPlaces, circles: Sequence[tuple[str, NDArray[np.float64], str, bool]],
            width_mm: float) -> charts.Picture:
    """The boxes as grey ground, and circles whose areas show numbers.

    Parameters
    ----------
    boxes : pandas.DataFrame
        ``box_id``; they are all boxes of the city, so they tell the layout.
    circles : sequence of (str, array of n boxes, str, bool)
        Name, numbers, colour, and whether the circle is filled; drawn in this order.
    width_mm : float

    Returns
    -------
    charts.Picture
    """
    drawing = charts.Drawing(width_mm)
    _, parts, centres = in_sides(boxes["box_id"], boxes["box_id"])
    first, (wide, high) = _reach(parts)
    side = min(drawing.width / (wide + 2), _MOST_POINTS / (high + 2))
    most = max([float(max(values)) for _, values, _, _ in circles] + [1.0])
    radius = min(3.0 * side, 14.0) / math.sqrt(most)
    legend = 24.0
    drawing.begin(side * (high + 2) + legend)
    left = (drawing.width - side * wide) / 2
    drawing.bars(_bars(parts, first, left, legend, side), _LAND, None)
    x, y = (centres - first).T
    for _, values, colour, filled in circles:
        for place in values.nonzero()[0].tolist():
            drawing.add(_circle(left + side * x[place], legend + side * (y[place] + 1.0),
                                radius * math.sqrt(values[place]), colour, filled))
    along = 0.0
    for name, _, colour, filled in circles:
        drawing.add(_circle(along + 6.0, 10.0, radius, colour, filled))
        along += 14.0
        drawing.text(along, 7.0, name)
        along += style.text_width(name, charts.SIZE) / charts.POINT + 20.0
    return drawing.picture()


def shade_map(boxes: BoxPlaces, classes: Sequence[tuple[str, BoxPlaces, str]], width_mm: float) -> charts.Picture:
    """The boxes as grey ground, and those of some classes in their colours.

    Parameters
    ----------
    boxes : pandas.DataFrame
        ``box_id``; they are all boxes of the city, so they tell the layout.
    classes : sequence of (str, pandas.DataFrame, str)
        Words, boxes with ``box_id``, colour.
    width_mm : float

    Returns
    -------
    charts.Picture
    """
    drawing = charts.Drawing(width_mm)
    _, ground, _ = in_sides(boxes["box_id"], boxes["box_id"])
    first, (wide, high) = _reach(ground)
    side = min(drawing.width / (wide + 2), 0.42 * _MOST_POINTS / (high + 2))
    key = [(colour, words) for words, _, colour in classes]
    legend = drawing.key_height(key)
    drawing.begin(side * (high + 2) + legend)
    left = (drawing.width - side * wide) / 2
    drawing.bars(_bars(ground, first, left, legend, side), _LAND, None)
    for _, members, colour in classes:
        _, parts, _ = in_sides(members["box_id"], boxes["box_id"])
        drawing.bars(_bars(parts, first, left, legend, side), colour, None)
    drawing.key(key, legend)
    return drawing.picture()


def _reach(parts: NDArray[np.float64]) -> tuple[NDArray[np.float64], list[float]]:
    """Lower left corner of rectangles in sides of a box, and how many sides they are wide and high."""
    first = parts[:, :2].min(axis=0)
    return first, (parts[:, 2:].max(axis=0) - first).tolist()


def _bars(parts: NDArray[np.float64], first: NDArray[np.float64], left: float, bottom: float,
          side: float) -> list[tuple[float, float, float, float]]:
    """Rectangles in points: x, y, width, height, with a box's side of room below."""
    low, size = parts[:, :2] - first, parts[:, 2:] - parts[:, :2]
    return [(left + side * x, bottom + side * (y + 1), side * width, side * height)
            for (x, y), (width, height) in zip(low.tolist(), size.tolist())]


def _circle(x: float, y: float, radius: float, colour: str, filled: bool) -> Circle:
    from reportlab.graphics.shapes import Circle
    from reportlab.lib.colors import HexColor

    return Circle(x, y, max(radius, 0.6), fillColor=HexColor(colour) if filled else None, strokeColor=HexColor(colour),
                  strokeWidth=0.7)
