"""Boxes as they are drawn: rectangles, and the outlines of those that squares have taken something of."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from shapely.geometry import Point, box
from shapely.prepared import prep

from .box_ids import is_remnant
from .box_layout import BoxLayout, rectangles_of

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from .arrays import Floats
    from .box_grid import BoxGrid


@dataclass(frozen=True)
class BoxShapes:
    """Boxes in a row.

    ``rectangles`` (n, 4) are x_min, y_min, x_max, y_max of what they reach over, in metres; ``remnants`` the outlines
    of those that are no rectangle, perhaps in several parts, by their position.
    """

    rectangles: Floats
    remnants: Mapping[int, BaseGeometry] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rectangles)

    @property
    def in_parts(self) -> bool:
        """Whether one of them has several parts."""
        return any(shape.geom_type != "Polygon" for shape in self.remnants.values())

    def rooms(self) -> Floats:
        """Middle (x, y) and side of the largest square that each holds, (n, 3) in metres: room for a mark in it."""
        low, high = self.rectangles[:, :2], self.rectangles[:, 2:]
        room = np.concatenate([(low + high) / 2, (high - low).min(axis=1, keepdims=True, initial=np.inf)], axis=1)
        for place, shape in self.remnants.items():
            room[place] = _largest_square(shape)
        return np.asarray(room, dtype=float)

    def outlines(self) -> list[BaseGeometry]:
        """All as shapely polygons."""
        return [self.remnants[place] if place in self.remnants else box(*bounds)
                for place, bounds in enumerate(self.rectangles.tolist())]


def shapes_of(box_ids: Iterable[str], grids: Iterable[BoxGrid]) -> BoxShapes:
    """Give boxes of one or more layouts as they are drawn.

    Parameters
    ----------
    box_ids : iterable of str
    grids : iterable of BoxGrid
        Of one size, the layout in force first; later ones are asked for remnants that no earlier one has. A remnant of
        none of them is drawn as the box of the fishnet it was left of.
    """
    ids = [str(box_id) for box_id in box_ids]
    waiting = np.array([place for place, box_id in enumerate(ids) if is_remnant(box_id)], dtype=np.int64)
    rectangles: Floats | None = None
    remnants: dict[int, BaseGeometry] = {}
    for grid in grids:
        if rectangles is None:
            rectangles = rectangles_of(grid, ids)
        if not waiting.size:
            break
        if isinstance(grid, BoxLayout):
            own = grid.has([ids[place] for place in waiting])
            here = waiting[own]
            outlines = grid.outlines(*grid.parse([ids[place] for place in here]))
            remnants.update(zip(here.tolist(), outlines))
            waiting = waiting[~own]
    if rectangles is None:
        rectangles = np.zeros((0, 4))
    for place, shape in remnants.items():
        rectangles[place] = shape.bounds
    return BoxShapes(rectangles, remnants)


def _largest_square(shape: BaseGeometry) -> tuple[float, float, float]:
    """Middle and side of the largest square inside a shape with upright and level edges; of equal ones that in the
    largest rectangle."""
    parts = getattr(shape, "geoms", [shape])
    rings = [ring for part in parts for ring in (part.exterior, *part.interiors)]
    corners = np.concatenate([np.asarray(ring.coords) for ring in rings])
    x, y = np.unique(corners[:, 0]), np.unique(corners[:, 1])
    held, middle_x, middle_y = prep(shape), (x[1:] + x[:-1]) / 2, (y[1:] + y[:-1]) / 2
    out = np.array([[not held.contains(Point(across, up)) for across in middle_x] for up in middle_y])
    table = np.pad(out.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    left, right = np.triu_indices(x.size, 1)
    low, high = np.triu_indices(y.size, 1)
    outside = (table[np.ix_(high, right)] - table[np.ix_(low, right)] - table[np.ix_(high, left)]
               + table[np.ix_(low, left)])
    wide, tall = (x[right] - x[left])[None, :], (y[high] - y[low])[:, None]
    side, area = np.where(outside == 0, np.minimum(wide, tall), 0.0), wide * tall
    best = np.lexsort((area.ravel(), side.ravel()))[-1]
    row, col = np.unravel_index(best, side.shape)
    return (x[left[col]] + x[right[col]]) / 2, (y[low[row]] + y[high[row]]) / 2, float(side[row, col])
