"""Maps of two layouts of boxes side by side, as one vector picture, for pages that no map layer reaches."""
from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import charts

if TYPE_CHECKING:
    from reportlab.graphics.shapes import Circle

    from ...forecast.arrays import Floats

_LAND, _LINE, _INK, _CELL = "#e4e8ec", "#98a2ac", "#0b5394", "#b45f06"
_PLACED = "#9fc5e8"
_GAP, _TITLE, _MOST_POINTS = 14.0, 16.0, 330.0


@dataclass(frozen=True)
class Panel:
    """One map: its title and the boxes that are marked on it, (n, 2) lower left corners in boxes."""

    title: str
    marked: Floats


def side_by_side(panels: tuple[Panel, Panel], fishnet: Floats, window: Floats, width_mm: float,
                 cells: Floats | None = None) -> charts.Picture:
    """Two maps of one window of ground.

    Parameters
    ----------
    panels : two of Panel
    fishnet : array (n, 2)
        Corners of the plain boxes, the ground of both.
    window : array (4)
        left, bottom, right, top, in boxes.
    width_mm : float
    cells : array (m, 3), optional
        Places and numbers, drawn as circles whose areas show the numbers; the boxes are outlined then, so that one sees
        how they are cut.

    Returns
    -------
    charts.Picture
    """
    drawing = charts.Drawing(width_mm)
    left, bottom, right, top = (float(end) for end in window)
    side = min((drawing.width - _GAP) / 2 / (right - left), _MOST_POINTS / (top - bottom))
    drawing.begin(side * (top - bottom) + _TITLE)
    for number, panel in enumerate(panels):
        start = number * (drawing.width + _GAP) / 2

        def place(corners, start=start):
            """Rectangles of the boxes that lie in the window, cut at its edge."""
            for x, y in corners.tolist():
                low_x, low_y, high_x, high_y = max(x, left), max(y, bottom), min(x + 1, right), min(y + 1, top)
                if high_x > low_x and high_y > low_y:
                    yield (start + side * (low_x - left), side * (low_y - bottom), side * (high_x - low_x),
                           side * (high_y - low_y))

        edge = None if cells is None else _LINE
        drawing.bars(list(place(fishnet)), _LAND, edge)
        drawing.bars(list(place(panel.marked)), _INK if cells is None else _PLACED, None if cells is None else _INK)
        for circle in _circles(cells, left, bottom, side, start):
            drawing.add(circle)
        drawing.text(start, drawing.height - 9.0, panel.title, room=(drawing.width - _GAP) / 2)
    return drawing.picture()


def _circles(cells: Floats | None, left: float, bottom: float, side: float, start: float) -> list[Circle]:
    from reportlab.graphics.shapes import Circle
    from reportlab.lib.colors import HexColor

    if cells is None or not len(cells):
        return []
    scale = 0.28 * side / math.sqrt(float(cells[:, 2].max()))
    return [Circle(start + side * (x - left), side * (y - bottom), max(scale * math.sqrt(share), 0.5),
                   fillColor=HexColor(_CELL), strokeColor=None, fillOpacity=0.8) for x, y, share in cells.tolist()]
