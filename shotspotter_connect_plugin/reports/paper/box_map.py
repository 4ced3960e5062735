"""A small map of boxes as a vector picture, for pages that no map layer reaches."""
from __future__ import annotations

import math
from typing import TYPE_CHECKING, Sequence

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
        ``col, row``.
    circles : sequence of (str, array of n boxes, str, bool)
        Name, numbers, colour, and whether the circle is filled; drawn in this order.
    width_mm : float

    Returns
    -------
    charts.Picture
    """
    drawing = charts.Drawing(width_mm)
    col, row = (boxes[name].to_numpy() - boxes[name].min() for name in ("col", "row"))
    side = min(drawing.width / (col.max() + 3), _MOST_POINTS / (row.max() + 3))
    most = max([float(max(values)) for _, values, _, _ in circles] + [1.0])
    radius = min(3.0 * side, 14.0) / math.sqrt(most)
    legend = 24.0
    drawing.begin(side * (row.max() + 3) + legend)
    left = (drawing.width - side * (col.max() + 1)) / 2
    drawing.bars([(left + side * x, legend + side * (y + 1), side, side) for x, y in zip(col, row)], _LAND, None)
    for _, values, colour, filled in circles:
        for place in values.nonzero()[0].tolist():
            drawing.add(_circle(left + side * (col[place] + 0.5), legend + side * (row[place] + 1.5),
                                radius * math.sqrt(values[place]), colour, filled))
    x = 0.0
    for name, _, colour, filled in circles:
        drawing.add(_circle(x + 6.0, 10.0, radius, colour, filled))
        x += 14.0
        drawing.text(x, 7.0, name)
        x += style.text_width(name, charts.SIZE) / charts.POINT + 20.0
    return drawing.picture()


def shade_map(boxes: BoxPlaces, classes: Sequence[tuple[str, BoxPlaces, str]], width_mm: float) -> charts.Picture:
    """The boxes as grey ground, and those of some classes in their colours.

    Parameters
    ----------
    boxes : pandas.DataFrame
        ``col, row``.
    classes : sequence of (str, pandas.DataFrame, str)
        Words, boxes with ``col, row``, colour.
    width_mm : float

    Returns
    -------
    charts.Picture
    """
    drawing = charts.Drawing(width_mm)
    first_col, first_row = boxes["col"].min(), boxes["row"].min()
    wide, high = boxes["col"].max() - first_col + 3, boxes["row"].max() - first_row + 3
    side = min(drawing.width / wide, 0.42 * _MOST_POINTS / high)
    key = [(colour, words) for words, _, colour in classes]
    legend = drawing.key_height(key)
    drawing.begin(side * high + legend)
    left = (drawing.width - side * (wide - 2)) / 2

    def squares(frame, colour):
        drawing.bars([(left + side * (x - first_col), legend + side * (y - first_row + 1), side, side)
                      for x, y in zip(frame["col"].tolist(), frame["row"].tolist())], colour, None)

    squares(boxes, _LAND)
    for _, members, colour in classes:
        squares(members, colour)
    drawing.key(key, legend)
    return drawing.picture()


def _circle(x: float, y: float, radius: float, colour: str, filled: bool) -> Circle:
    from reportlab.graphics.shapes import Circle
    from reportlab.lib.colors import HexColor

    return Circle(x, y, max(radius, 0.6), fillColor=HexColor(colour) if filled else None, strokeColor=HexColor(colour),
                  strokeWidth=0.7)
