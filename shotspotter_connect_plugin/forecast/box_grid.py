"""What a division of the plane into boxes can be asked, be it the plain fishnet or a layout with placed squares.

Column and row name a box: its lower left corner in steps of ``unit`` metres. They are one per box within one grid, and
order and distances of them are those on the ground; of which box they are without the grid, only ids tell.
"""
from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from .arrays import ArrayLike, Floats, Ints, Objects
    from .forecast_frames import Boxes


class BoxGrid(Protocol):
    """A partition of the plane into boxes: :class:`fishnet.Fishnet` or :class:`box_layout.BoxLayout`.

    ``size`` is the side of a whole box, ``unit`` the step of columns and rows, in metres.
    """

    @property
    def size(self) -> float:
        """Side of a whole box in metres."""

    @property
    def unit(self) -> float:
        """Metres from one column or row to the next."""

    def cell(self, x: ArrayLike, y: ArrayLike) -> tuple[Ints, Ints]:
        """Give column and row (int64 arrays) of the boxes of points in metres; each point lies in exactly one."""

    def ids(self, col: ArrayLike, row: ArrayLike) -> Objects:
        """Give the ids of boxes, an object array."""

    def parse(self, ids: Iterable[str]) -> tuple[Ints, Ints]:
        """Give column and row of ids; raises ConnectError for text that is no id of a box of this grid."""

    def rectangles(self, col: ArrayLike, row: ArrayLike) -> Floats:
        """Give x_min, y_min, x_max, y_max of what boxes reach over, an (n, 4) array in metres."""

    def pieces(self, col: ArrayLike, row: ArrayLike) -> tuple[Ints, Floats]:
        """Give the disjoint rectangles that boxes are made of: positions of the boxes in order, (n, 4) in metres."""

    def outlines(self, col: ArrayLike, row: ArrayLike) -> list[BaseGeometry]:
        """Give the boxes as shapely polygons, remnants perhaps in several parts."""

    def centres(self, col: ArrayLike, row: ArrayLike) -> tuple[Floats, Floats]:
        """Give x and y of the centres of mass in metres; that of a remnant may lie outside it."""

    def shares(self, col: ArrayLike, row: ArrayLike) -> Floats:
        """Give the areas of boxes as shares of a whole one: 1 for all but remnants."""

    def overlaps(self, x: Floats, y: Floats, width: Floats,
                 height: Floats) -> Iterator[tuple[Ints, Ints, Ints, Floats]]:
        """Spread rectangles over boxes by area: parts of positions, columns, rows, and shares above 0 of rectangles.

        ``x, y`` are their middles, ``width, height`` their sides; one without sides is a point.
        """

    def cover(self, polygon: BaseGeometry) -> Boxes:
        """Give the boxes that share area with a polygon: box_id, col, row, inside, by row and column.

        ``inside`` is the area inside the polygon over that of a whole box, so it can be summed to an area.
        """

    def assign_areas(self, boxes: pd.DataFrame, names: Iterable[str],
                     polygons: Iterable[BaseGeometry | None]) -> Objects:
        """Give each box (col, row) the name of the area that holds most of it, None where none does."""


def largest_shares(grid: BoxGrid, boxes: pd.DataFrame, names: Iterable[str],
                   polygons: Iterable[BaseGeometry | None]) -> Objects:
    """:meth:`BoxGrid.assign_areas` for any grid: equal shares go to the first name in order."""
    shares = [pd.DataFrame({"col": np.repeat(0, 0), "row": np.repeat(0, 0), "name": [], "inside": []})]
    for name, polygon in zip(names, polygons):
        if polygon is not None and not polygon.is_empty and polygon.area > 0:
            shares.append(grid.cover(polygon)[["col", "row", "inside"]].assign(name=name))
    shares = pd.concat(shares).groupby(["col", "row", "name"], as_index=False)["inside"].sum()
    shares = shares.sort_values(["inside", "name"], ascending=[False, True], kind="stable")
    largest = shares.drop_duplicates(["col", "row"])
    found = boxes[["col", "row"]].merge(largest, on=["col", "row"], how="left")["name"].astype(object)
    return found.where(found.notna(), None).to_numpy()
