"""Place: how much of each cell of a fine grid lies in a polygon, exactly and for millions of cells at once."""
from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from shapely.geometry.polygon import orient
from shapely.validation import make_valid

from .fishnet import polygonal_part

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from .arrays import ArrayLike, Floats, Ints

_ROUNDING = 1e-9  # of a cell: a hundred times what sums along a row of ten thousand cells lose


def cell_shares(polygon: BaseGeometry, corner: ArrayLike, shape: tuple[int, ...], side: float) -> Floats:
    """Give of each cell of a window the share that lies in a polygon.

    Each edge, cut where it crosses lines of the grid, takes from its row what lies left of it, upwards or downwards;
    the sums from the left on are what the polygon holds (signed areas, as fonts are drawn with smooth edges: R. Levien,
    How does font-rs draw so fast?).

    Parameters
    ----------
    polygon : shapely Polygon or MultiPolygon
        In metres; an invalid one is mended first.
    corner : two numbers
        x and y of the lower left corner of the window in metres.
    shape : (rows, columns)
    side : float
        Side of a cell in metres.
    """
    start, end = _edges(polygon)
    start, end = ((ends - np.asarray(corner, dtype=float)) / side for ends in (start, end))
    high, wide = shape
    start, end = _cut(start, end, 1, high)
    start, end = _cut(start, end, 0, wide)
    # What lies left of the window counts at its edge, what lies right of it takes nothing from it.
    x = np.clip((start[:, 0] + end[:, 0]) / 2, 0.0, wide)
    col, row = (np.floor(middle).astype(np.int64) for middle in (x, (start[:, 1] + end[:, 1]) / 2))
    up = start[:, 1] - end[:, 1]
    there = (row >= 0) & (row < high) & (up != 0)
    flat, left, up = row[there] * (wide + 2) + col[there], (x - col)[there], up[there]
    size = high * (wide + 2)
    sums = np.bincount(flat, up * (1.0 - left), size) + np.bincount(flat + 1, up * left, size)
    share = np.cumsum(sums.reshape(high, wide + 2), axis=1)[:, :wide]
    share = np.where(share < _ROUNDING, 0.0, np.where(share > 1.0 - _ROUNDING, 1.0, share))
    return np.asarray(share, dtype=float)


def _edges(polygon: BaseGeometry) -> tuple[Floats, Floats]:
    """Both ends of all edges, (n, 2) each, the polygon on their left."""
    piece = polygonal_part(polygon if polygon.is_valid else make_valid(polygon))
    rings = [np.asarray(ring.coords, dtype=float)[:, :2] for part in getattr(piece, "geoms", [piece])
             if not part.is_empty for oriented in [orient(part)] for ring in (oriented.exterior, *oriented.interiors)]
    if not rings:
        return np.zeros((0, 2)), np.zeros((0, 2))
    return np.concatenate([ring[:-1] for ring in rings]), np.concatenate([ring[1:] for ring in rings])


def _cut(start: Floats, end: Floats, axis: int, cells: int) -> tuple[Floats, Floats]:
    """Edges cut where they cross lines 0 to ``cells`` of one axis."""
    low, high = np.minimum(start[:, axis], end[:, axis]), np.maximum(start[:, axis], end[:, axis])
    first = np.clip(np.floor(low) + 1, 0, cells + 1).astype(np.int64)
    count = np.maximum(np.clip(np.ceil(high), 0, cells + 1).astype(np.int64) - first, 0)
    edge = np.repeat(np.arange(len(start)), count)
    step = np.arange(edge.size) - np.repeat(np.cumsum(count) - count, count)
    line, turned = first[edge] + step, (end < start)[edge, axis]
    line = np.where(turned, first[edge] + count[edge] - 1 - step, line)
    points = _points_on(start[edge], end[edge], axis, line)
    # Of every edge: its start, its crossings in order, its end.
    place = np.cumsum(count + 1) - (count + 1)
    begins, ends = np.empty((len(start) + edge.size, 2)), np.empty((len(start) + edge.size, 2))
    crossing = place[edge] + step
    begins[place], begins[crossing + 1] = start, points
    ends[place + count], ends[crossing] = end, points
    return begins, ends


def _points_on(start: Floats, end: Floats, axis: int, line: Ints) -> Floats:
    """Where edges cross lines of an axis."""
    along = (line - start[:, axis]) / (end - start)[:, axis]
    points = start + along[:, None] * (end - start)
    points[:, axis] = line
    return points
