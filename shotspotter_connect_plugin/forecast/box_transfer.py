"""From the boxes of one layout to those of another: which shares how much area with which."""
from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .box_ids import TENTHS
from .box_layout import BoxLayout

if TYPE_CHECKING:
    from .arrays import Floats, Ints
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


def in_jurisdiction(grid: BoxGrid, plain: PlainBoxes) -> Boxes:
    """Give the boxes of a layout over a jurisdiction that is told by boxes of the plain fishnet.

    Parameters
    ----------
    grid : BoxGrid
    plain : pandas.DataFrame
        box_id and inside of all boxes of the plain fishnet that share area with the jurisdiction.

    Returns
    -------
    pandas.DataFrame
        box_id, col, row, inside (over the area of a whole box), by row and column. Where a box of the fishnet lies only
        partly inside, its area inside is taken to be spread evenly over it; the sum stays the same.
    """
    fine = _fine(grid)
    plain_layout = BoxLayout(grid.size)
    box, col, row = plain_layout.cells_of(*plain_layout.parse(plain["box_id"]))
    corner = np.stack(fine.boxes_of_cells(col, row), axis=1)
    unique, place = np.unique(corner[:, ::-1], axis=0, return_inverse=True)
    inside = np.bincount(place.reshape(-1), plain["inside"].to_numpy(dtype=float)[box] / _CELLS)
    ids = fine.ids(unique[:, 1], unique[:, 0])
    # Whole boxes keep their share to the last bit.
    known = plain.set_index("box_id")["inside"].reindex(ids).to_numpy(dtype=float)
    col, row = grid.parse(ids)
    return pd.DataFrame({"box_id": ids, "col": col, "row": row, "inside": np.where(
        np.isnan(known), np.minimum(inside, fine.shares(unique[:, 1], unique[:, 0])), known)})


def inside_of_squares(size: float, squares: Ints, plain: PlainBoxes) -> Floats:
    """Give the area of placed squares inside the jurisdiction, as :func:`in_jurisdiction` counts it."""
    layout = BoxLayout(size, squares)
    found = in_jurisdiction(layout, plain).set_index("box_id")["inside"]
    corners = np.asarray(squares, dtype=np.int64).reshape(-1, 2)
    return found.reindex(layout.ids(corners[:, 0], corners[:, 1])).fillna(0.0).to_numpy()


def _fine(grid: BoxGrid) -> BoxLayout:
    """The same boxes with columns and rows in tenths."""
    return grid if isinstance(grid, BoxLayout) else BoxLayout(grid.size)
