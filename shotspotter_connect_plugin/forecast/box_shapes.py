"""Boxes as they are drawn: rectangles, and the outlines of those that squares have taken something of."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from shapely.geometry import box

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
