"""How much street there is in each box: lines are cut in short steps, and each step falls into a box by arithmetic."""
from __future__ import annotations

from typing import TYPE_CHECKING, Iterator, Sequence

import numpy as np
import pandas as pd

from ...forecast.box_ids import TENTHS
from ...forecast.fishnet import Fishnet

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from ...forecast.arrays import Bools, Floats
    from ...forecast.box_grid import BoxGrid
    from ...forecast.box_placing import Ground
    from ..store.workspace import Workspace

TABLE = "streets"
_STEP = 10.0
"""Metres of a step: a tenth of a short block, so that lengths are right to a few metres."""
_BESIDE = 20.0
"""Metres from a line to where its street ends, buildings included: who stops on it serves both sides."""
_SIDES = ((0.0, 0.0), (_BESIDE, 0.0), (-_BESIDE, 0.0), (0.0, _BESIDE), (0.0, -_BESIDE))
_AT_ONCE = 100_000


def streets_in_boxes(workspace: Workspace, grid: BoxGrid, boxes: pd.DataFrame) -> Floats:
    """Metres of street in each box or along its edge; NaN everywhere where no streets are stored.

    Parameters
    ----------
    grid : BoxGrid
        That of the boxes.
    boxes : pandas.DataFrame
        box_id.
    """
    lines = workspace.read(TABLE, ["geometry"])["geometry"].tolist()
    if not lines:
        return np.full(len(boxes), np.nan)
    place = pd.Index(boxes["box_id"])
    most = np.zeros(len(boxes))
    for shift_x, shift_y in _SIDES:
        metres = np.zeros(len(boxes))
        for x, y, length in _steps(lines):
            box = place.get_indexer(grid.ids(*grid.cell(x + shift_x, y + shift_y)))
            metres += np.bincount(box[box >= 0], length[box >= 0], len(boxes))
        most = np.maximum(most, metres)
    return most


def cells_with_street(workspace: Workspace, ground: Ground) -> Bools | None:
    """Cells of a ground (rows, columns) of which :func:`streets_in_boxes` would count metres; None where no streets are
    stored."""
    lines = workspace.read(TABLE, ["geometry"])["geometry"].tolist()
    if not lines:
        return None
    high, wide = ground.area.shape
    lattice, found = Fishnet(ground.size / TENTHS), np.zeros((high, wide), dtype=bool)
    for shift_x, shift_y in _SIDES:
        for x, y, _ in _steps(lines):
            col, row = lattice.cell(x + shift_x, y + shift_y)
            col, row = col - ground.first[0], row - ground.first[1]
            there = (col >= 0) & (col < wide) & (row >= 0) & (row < high)
            found[row[there], col[there]] = True
    return found


def _steps(lines: Sequence[BaseGeometry]) -> Iterator[tuple[Floats, Floats, Floats]]:
    """Middles (x, y) and lengths of the steps of lines, many lines at once."""
    for first in range(0, len(lines), _AT_ONCE):
        points = [np.asarray(line.coords, dtype=float)[:, :2] for line in lines[first:first + _AT_ONCE]]
        begin = np.concatenate([part[:-1] for part in points])
        along = np.concatenate([np.diff(part, axis=0) for part in points])
        length = np.hypot(along[:, 0], along[:, 1])
        count = np.maximum(np.ceil(length / _STEP).astype(np.int64), 1)
        piece = np.repeat(np.arange(len(length)), count)
        number = np.arange(piece.size) - np.repeat(np.cumsum(count) - count, count)
        middle = begin[piece] + along[piece] * ((number + 0.5) / count[piece])[:, None]
        yield middle[:, 0], middle[:, 1], (length / count)[piece]
