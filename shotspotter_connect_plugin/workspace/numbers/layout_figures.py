"""What a map of a layout shows: the fishnet and its busiest boxes before, the placed squares after."""
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...forecast import box_placing
from ...forecast.box_ids import TENTHS

if TYPE_CHECKING:
    from ...forecast.arrays import Floats
    from ..steps.placing import FoundLayout

AROUND = 4
"""Boxes on each side of the busiest place that a map near by shows: a square and its neighbours, at a size one sees."""


@dataclass(frozen=True)
class LayoutFigures:
    """Squares of ground as (n, 2) lower left corners, and events by cell, in boxes from the lower left corner of all.

    ``fishnet`` are the plain boxes, ``busiest`` as many of them as there are ``squares``, ``squares`` the placed ones.
    ``cells`` (m, 3) are the middle of cells of the lattice and the share of the known events in them, of ``near`` alone
    (left, bottom, right, top: the busiest place and what is round it).
    """

    fishnet: Floats
    busiest: Floats
    squares: Floats
    near: Floats
    cells: Floats


def layout_figures(found: FoundLayout) -> LayoutFigures:
    """Figures of a layout that was found; see :class:`LayoutFigures`."""
    ground = found.ground
    hot = box_placing.heat(ground, found.density, found.smooth)
    by_box = _of_boxes(hot)
    order = np.argsort(-by_box.ravel(), kind="stable")[:len(found.squares)]
    row, col = np.divmod(order[by_box.ravel()[order] > 0], by_box.shape[1])
    up, along = np.nonzero(_of_boxes(ground.own) > 0)
    squares = (found.squares - ground.first) / TENTHS
    middle = squares[0] + 0.5 if len(squares) else np.array([by_box.shape[1], by_box.shape[0]]) / 2
    near = np.concatenate([middle - AROUND, middle + AROUND])
    fishnet, busiest = (np.stack(corner, axis=1).astype(float) for corner in ((along, up), (col, row)))
    return LayoutFigures(fishnet, busiest, squares, near,
                         _cells_in(box_placing.heat(ground, found.density, 0.0), near))


def _of_boxes(cells: Floats) -> Floats:
    high, wide = cells.shape
    return np.asarray(cells.reshape(high // TENTHS, TENTHS, wide // TENTHS, TENTHS).sum(axis=(1, 3)))


def _cells_in(raw: Floats, near: Floats) -> Floats:
    row, col = np.nonzero(raw > 0)
    x, y = (col + 0.5) / TENTHS, (row + 0.5) / TENTHS
    inside = (x >= near[0]) & (x < near[2]) & (y >= near[1]) & (y < near[3])
    return np.stack([x, y, raw[row, col] / max(raw.sum(), 1e-300)], axis=1)[inside]
