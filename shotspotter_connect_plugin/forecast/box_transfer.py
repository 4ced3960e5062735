"""From the boxes of one layout to those of another: which shares how much area with which."""
from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .box_ids import TENTHS
from .box_layout import BoxLayout
from .fishnet import Fishnet

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from .box_grid import BoxGrid
    from .forecast_frames import Boxes, PlainBoxes, SharedAreas

_CELLS = TENTHS * TENTHS


def shared_areas(before: BoxGrid, box_ids: Sequence[str], after: BoxGrid) -> SharedAreas:
    """Give for boxes of one layout the boxes of another that share area with them.

    Parameters
    ----------
    before, after : BoxGrid
        Of one size.
    box_ids : sequence of str
        Boxes of ``before``, each once.

    Returns
    -------
    pandas.DataFrame
        box_id, new_id, of_old (part of the old box's area in the new one; 1 in sum over an old box), of_new (part of
        the new box's area in the old one), in the order of ``box_ids``, then of the new ids.
    """
    old, new = _fine(before), _fine(after)
    ids = np.asarray(list(box_ids), dtype=object)
    box, col, row = old.cells_of(*old.parse(ids))
    new_ids = new.ids(*new.boxes_of_cells(col, row))
    code, unique = pd.factorize(new_ids, sort=True)
    pair, cells = np.unique(box * max(len(unique), 1) + code, return_counts=True)
    one, other = pair // max(len(unique), 1), pair % max(len(unique), 1)
    of_box = np.bincount(box, minlength=len(ids))
    whole = np.rint(new.shares(*new.parse(unique)) * _CELLS) if len(unique) else np.zeros(0)
    return pd.DataFrame({"box_id": ids[one], "new_id": np.asarray(unique, dtype=object)[other],
                         "of_old": cells / of_box[one], "of_new": cells / whole[other]})


def in_jurisdiction(grid: BoxGrid, plain: PlainBoxes, outline: BaseGeometry | None = None) -> Boxes:
    """Give the boxes of a layout over a jurisdiction that is told by boxes of the plain fishnet.

    Parameters
    ----------
    grid : BoxGrid
    plain : pandas.DataFrame
        box_id and inside of all boxes of the plain fishnet that share area with the jurisdiction.
    outline : shapely Polygon or MultiPolygon, optional
        The jurisdiction in metres.

    Returns
    -------
    pandas.DataFrame
        box_id, col, row, inside (over the area of a whole box), by row and column. Without an outline, where a box of
        the fishnet lies only partly inside, its area inside is taken to be spread evenly over it; the sum stays the
        same. What squares leave of such a box outside the outline is in it too, with 0, so that no point loses its box.
    """
    fine = _fine(grid)
    col, row = Fishnet.parse(plain["box_id"])
    inside = plain["inside"].to_numpy(dtype=float)
    cut = fine.is_cut(col, row)
    box, cell_col, cell_row = fine.cells_within(col[cut], row[cut])
    corner = np.stack(fine.boxes_of_cells(cell_col, cell_row)[::-1], axis=1)
    made, place = np.unique(corner, axis=0, return_inverse=True)
    ids = fine.ids(made[:, 1], made[:, 0])
    if outline is None:
        held = np.bincount(place.reshape(-1), inside[cut][box] / _CELLS, len(made))
        held = np.minimum(held, fine.shares(made[:, 1], made[:, 0]))
    else:
        held = fine.cover(outline).set_index("box_id")["inside"].reindex(ids).fillna(0.0).to_numpy(dtype=float)
    ids = np.concatenate([plain["box_id"].to_numpy(dtype=object)[~cut], ids])
    fine_col, fine_row = (np.concatenate([whole[~cut] * TENTHS, made[:, axis]]) for axis, whole in ((1, col), (0, row)))
    tenths = 1 if isinstance(grid, BoxLayout) else TENTHS
    found = pd.DataFrame({"box_id": ids, "col": fine_col // tenths, "row": fine_row // tenths,
                          "inside": np.concatenate([inside[~cut], held])})
    # A square that lies on a box of the fishnet is that box, and keeps its share to the last bit.
    known = plain.set_index("box_id")["inside"].reindex(found["box_id"]).to_numpy(dtype=float)
    found["inside"] = found["inside"].where(np.isnan(known), known)
    return found.sort_values(["row", "col"], ignore_index=True)


def _fine(grid: BoxGrid) -> BoxLayout:
    """The same boxes with columns and rows in tenths."""
    return grid if isinstance(grid, BoxLayout) else BoxLayout(grid.size)


def of_equal_mark(grid: BoxGrid, other: BoxGrid, box_ids: Sequence[str]) -> list[str]:
    """Give the boxes of both layouts that have one id and yet are not of one shape.

    A mark has 30 bits, so two of the shapes that a box had may share one, if once in a thousand million.

    Parameters
    ----------
    grid, other : BoxGrid
        Of one size.
    box_ids : sequence of str
        Remnants of ``grid``.
    """
    one, two = _fine(grid), _fine(other)
    both = [box_id for box_id, known in zip(box_ids, two.has(box_ids)) if known]
    cells = [layout.cells_of(*layout.parse(both)) for layout in (one, two)]
    shapes = [[set(zip(col[box == place].tolist(), row[box == place].tolist())) for place in range(len(both))]
              for box, col, row in cells]
    return [box_id for box_id, here, there in zip(both, *shapes) if here != there]
