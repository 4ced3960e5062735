"""Place: a layout of boxes, the fishnet with squares of the same size placed where events cluster.

The corners of placed squares lie on a lattice of a tenth of a box (25 m of 250). What they take of the fishnet's boxes
is theirs, what they leave of such a box is a remnant, in one or more parts; every other box of the fishnet stays whole.
Each cell of the lattice belongs to one box, so a point finds its box by a table, and gaps and overlaps cannot be.
"""
from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from shapely.geometry import box
from shapely.ops import unary_union
from shapely.validation import make_valid

from ..errors import ConnectError
from .box_grid import largest_shares
from .box_ids import TENTHS, corners_of, id_of, is_remnant, mark_of
from .fishnet import Fishnet, polygonal_part

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from .arrays import ArrayLike, Bools, Floats, Ints, Objects
    from .box_grid import BoxGrid
    from .forecast_frames import Boxes

# Sides are multiples of so many metres, so that a tenth is a whole number of half metres and edges are exact.
_SIDE_STEP = 5.0
# Boxes in the rectangle round all placed squares: a state of 1,000 x 1,000 km has 16 million, which take 64 MB.
_LARGEST_EXTENT = 20_000_000
_CELLS = TENTHS * TENTHS
_ROUNDING = 1e-9  # of a share: a thousand times what sums of a few doubles lose


def grid_of(size: float, squares: ArrayLike = ()) -> BoxGrid:
    """Give the layout with these squares (as :class:`BoxLayout`), the plain fishnet where they are boxes of it."""
    return BoxLayout(size, squares) if (np.asarray(squares, dtype=np.int64) % TENTHS).any() else Fishnet(size)


def grid_of_boxes(size: float, box_ids: Iterable[str]) -> BoxGrid:
    """Give the layout that boxes are all boxes of: their ids say where its squares are placed."""
    return _grid_of(float(size), tuple(sorted(str(box_id) for box_id in box_ids if "." in str(box_id))))


@lru_cache(maxsize=4)  # a back-test asks for the same layout for every crime type and origin
def _grid_of(size: float, placed: tuple[str, ...]) -> BoxGrid:
    return grid_of(size, np.stack(corners_of(placed), axis=1))


def boxes_in(grid: BoxGrid, box_ids: Iterable[str]) -> Bools:
    """Tell which ids are of boxes of a grid, an array of bool."""
    ids = [str(box_id) for box_id in box_ids]
    if isinstance(grid, BoxLayout):
        return grid.has(ids)
    col, row = corners_of(ids)
    whole = (col % TENTHS == 0) & (row % TENTHS == 0)
    return np.asarray(whole & ~np.array([is_remnant(box_id) for box_id in ids], dtype=bool), dtype=bool)


def rectangles_of(grid: BoxGrid, box_ids: Iterable[str]) -> Floats:
    """Give x_min, y_min, x_max, y_max of boxes of any layout, an (n, 4) array in metres.

    Of a remnant that ``grid`` does not have, only the box of the fishnet it was left of is known.
    """
    ids = [str(box_id) for box_id in box_ids]
    col, row = corners_of(ids)
    low = np.stack([col, row], axis=1) * (grid.size / TENTHS)
    corners = np.concatenate([low, low + grid.size], axis=1)
    if isinstance(grid, BoxLayout):
        own = grid.has(ids)
        corners[own] = grid.rectangles(col[own], row[own])
    return corners


def in_sides(box_ids: Iterable[str], ground: Iterable[str]) -> tuple[Ints, Floats, Floats]:
    """Give boxes of a jurisdiction in sides of a box, for pictures without a scale.

    Parameters
    ----------
    box_ids : iterable of str
        Among the boxes of the ``ground``.
    ground : iterable of str
        All boxes of a jurisdiction: they tell the layout.

    Returns
    -------
    position, rectangles, centres
        Positions of boxes in order and the rectangles (n, 4) they are made of, as :meth:`BoxLayout.pieces`; and the
        centres of mass (boxes, 2).
    """
    grid = grid_of_boxes(float(TENTHS), ground)
    cells = grid.parse(box_ids)
    position, rectangles = grid.pieces(*cells)
    return position, rectangles / TENTHS, np.stack(grid.centres(*cells), axis=1) / TENTHS


def touching(box_ids: Iterable[str]) -> tuple[Ints, Ints]:
    """Pairs of positions (box, box beside it, also across a corner) among all boxes of a jurisdiction, both ways.

    Two int64 arrays, in order of the first, then of the second.
    """
    ids = [str(box_id) for box_id in box_ids]
    if not ids:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    grid = grid_of_boxes(float(TENTHS), ids)
    box, col, row = _cells_of_boxes(grid, *corners_of(ids))
    first, wide = np.array([col.min() - 1, row.min() - 1]), int(col.max() - col.min()) + 3
    place = np.full((int(row.max() - row.min()) + 3) * wide, -1, dtype=np.int64)
    here = (row - first[1]) * wide + col - first[0]
    place[here] = box
    pairs = [(box, place[here + up * wide + along]) for up in (-1, 0, 1) for along in (-1, 0, 1) if up or along]
    one, other = (np.concatenate(part) for part in zip(*pairs))
    apart = (other >= 0) & (one != other)
    pair = np.unique(one[apart] * len(ids) + other[apart])
    return pair // len(ids), pair % len(ids)


def _cells_of_boxes(grid: BoxGrid, corner_col: Ints, corner_row: Ints) -> tuple[Ints, Ints, Ints]:
    """Cells that boxes are made of: position of the box, column and row of the cell, in whole boxes where no square is
    placed, else in tenths."""
    if not isinstance(grid, BoxLayout):
        return np.arange(corner_col.size), corner_col // TENTHS, corner_row // TENTHS
    return grid.cells_of(corner_col, corner_row)


class BoxLayout:
    """The fishnet of one size less what placed squares take of it, and the squares.

    Column and row of a box are its lower left corner in tenths of a box; those of a remnant are those of the box of the
    fishnet it is left of. No two boxes share them: where a square lies on a box of the fishnet, nothing is left of it.

    Parameters
    ----------
    size : float
        Side of a box in metres, a multiple of 5.
    squares : (n, 2) integers
        Column and row of the lower left corners of placed squares in tenths of a box, in any order.

    Raises
    ------
    ConnectError
        When two squares overlap, when they lie farther apart than any jurisdiction, or when the side does not fit.
    """

    def __init__(self, size: float, squares: ArrayLike = ()) -> None:
        self.net = Fishnet(size)
        """The fishnet whose boxes squares are placed over."""
        self.size = self.net.size
        if self.size % _SIDE_STEP:
            raise ConnectError(f"Boxes of {self.size:g} m cannot be placed; their side must be a multiple of 5 m.")
        self.unit = self.size / TENTHS
        self.lattice = Fishnet(self.unit)
        """The cells that boxes are made of."""
        corners = np.asarray(squares, dtype=np.int64).reshape(-1, 2)
        self.squares: Ints = corners[np.lexsort((corners[:, 0], corners[:, 1]))]
        """(n, 2) lower left corners of the placed squares in tenths of a box, by row and column."""
        self._key = _key(self.squares[:, 0], self.squares[:, 1])
        self._lay_table()
        self._mark = ["" if mask.all() or not mask.any() else mark_of(mask) for mask in self._owner < 0]
        self._left = np.sum(self._owner < 0, axis=1)

    def _lay_table(self) -> None:
        """Which square owns which cell of the boxes of the fishnet that squares touch.

        ``_cut`` (k, 2) these boxes, ``_owner`` (k, 100) the square of each of their cells, -1 where it is left;
        ``_slot`` where a box of the fishnet stands in them, -1 for a whole one, over the extent of all.
        """
        step = np.arange(TENTHS)
        col = (self.squares[:, 0, None, None] + step[None, None, :] + np.zeros((1, TENTHS, 1), dtype=np.int64)).ravel()
        row = (self.squares[:, 1, None, None] + step[None, :, None] + np.zeros((1, 1, TENTHS), dtype=np.int64)).ravel()
        boxes = np.stack([col // TENTHS, row // TENTHS], axis=1)
        self._first = boxes.min(axis=0) if len(boxes) else np.zeros(2, dtype=np.int64)
        extent = (boxes.max(axis=0) - self._first + 1).tolist() if len(boxes) else [0, 0]
        if extent[0] * extent[1] > _LARGEST_EXTENT:
            raise ConnectError("The placed squares lie too far apart to be of one jurisdiction.", f"{extent}")
        flat = (boxes[:, 1] - self._first[1]) * extent[0] + boxes[:, 0] - self._first[0]
        cut, place = np.unique(flat, return_inverse=True)
        cell = place.reshape(-1) * _CELLS + row % TENTHS * TENTHS + col % TENTHS
        if cell.size and np.bincount(cell).max() > 1:
            raise ConnectError("Two placed squares overlap; each place may be in one box only.")
        owner = np.full(cut.size * _CELLS, -1, dtype=np.int64)
        owner[cell] = np.repeat(np.arange(len(self.squares)), _CELLS)
        self._owner = owner.reshape(-1, _CELLS)
        slot = np.full(extent[0] * extent[1], -1, dtype=np.int32)
        slot[cut] = np.arange(cut.size)
        self._slot = slot.reshape(extent[1], extent[0])
        self._cut = np.stack([cut % max(extent[0], 1), cut // max(extent[0], 1)], axis=1) + self._first

    def __eq__(self, other: object) -> bool:
        return (isinstance(other, BoxLayout) and self.size == other.size
                and np.array_equal(self.squares, other.squares))

    __hash__ = None  # type: ignore[assignment]

    # -- points -------------------------------------------------------------------------------------------------------

    def cell(self, x: ArrayLike, y: ArrayLike) -> tuple[Ints, Ints]:
        """Give column and row (int64 arrays, tenths of a box) of the boxes of points in metres.

        Raises
        ------
        ConnectError
            When a coordinate is not a finite number.
        """
        fine_col, fine_row = self.lattice.cell(x, y)
        return self.boxes_of_cells(fine_col, fine_row)

    def boxes_of_cells(self, col: Ints, row: Ints) -> tuple[Ints, Ints]:
        """Give column and row of the boxes that hold cells of the lattice, given by column and row in tenths."""
        box_col, box_row = col // TENTHS * TENTHS, row // TENTHS * TENTHS
        owner = self.squares_of_cells(col, row)
        taken = np.nonzero(owner >= 0)
        box_col[taken], box_row[taken] = self.squares[owner[taken]].T
        return box_col, box_row

    def squares_of_cells(self, col: Ints, row: Ints) -> Ints:
        """Give the positions among the squares of those that hold cells of the lattice, -1 where none does."""
        net_col, net_row = col // TENTHS, row // TENTHS
        slot = self._slot_of(net_col, net_row)
        owner = np.full(np.shape(slot), -1, dtype=np.int64)
        cut = np.nonzero(slot >= 0)
        owner[cut] = self._owner[slot[cut], (row[cut] - net_row[cut] * TENTHS) * TENTHS + col[cut]
                                 - net_col[cut] * TENTHS]
        return owner

    def is_cut(self, net_col: Ints, net_row: Ints) -> Bools:
        """Tell which boxes of the fishnet squares take something of."""
        return np.asarray(self._slot_of(net_col, net_row) >= 0, dtype=bool)

    @staticmethod
    def cells_within(net_col: Ints, net_row: Ints) -> tuple[Ints, Ints, Ints]:
        """Give the cells of whole boxes of the fishnet, as :meth:`cells_of`."""
        return _cells_from(net_col * TENTHS, net_row * TENTHS)

    def cells_of(self, col: Ints, row: Ints) -> tuple[Ints, Ints, Ints]:
        """Give the cells of boxes: position of the box, column and row of the cell in tenths, in order of the boxes."""
        box, cell_col, cell_row = _cells_from(col, row)
        own_col, own_row = self.boxes_of_cells(cell_col, cell_row)
        own = (own_col == col[box]) & (own_row == row[box])
        return box[own], cell_col[own], cell_row[own]

    def _slot_of(self, net_col: Ints, net_row: Ints) -> Ints:
        """Where boxes of the fishnet stand among those that squares touch, -1 for whole ones."""
        high, wide = self._slot.shape
        if not high:
            return np.full(np.shape(net_col), -1, dtype=np.int32)
        across, up = net_col - self._first[0], net_row - self._first[1]
        # As unsigned numbers what lies below the first is far above the last.
        there = (across.view(np.uint64) < wide) & (up.view(np.uint64) < high)
        return np.where(there, self._slot.ravel()[np.where(there, up * wide + across, 0)], np.int32(-1))

    # -- boxes --------------------------------------------------------------------------------------------------------

    def ids(self, col: ArrayLike, row: ArrayLike) -> Objects:
        """Give the ids of boxes (:mod:`box_ids`), an object array; the text of each box is built once.

        Raises
        ------
        ConnectError
            When there is no such box in this layout.
        """
        col, row = np.asarray(col, dtype=np.int64), np.asarray(row, dtype=np.int64)
        codes, unique = pd.factorize(_key(col, row).ravel())
        each_col, each_row = _corner(unique)
        square, slot = self._find(each_col, each_row)
        text = np.empty(len(unique), dtype=object)
        text[:] = [id_of(c, r, self._mark[place] if place >= 0 > number else "") for c, r, number, place in zip(
            each_col.tolist(), each_row.tolist(), square.tolist(), slot.tolist())]
        return text[codes].reshape(col.shape)

    def parse(self, ids: Iterable[str]) -> tuple[Ints, Ints]:
        """Give column and row of ids, in tenths of a box.

        Raises
        ------
        ConnectError
            For text that is no box id, and for a box of another layout.
        """
        texts = [str(text) for text in ids]
        col, row = corners_of(texts)
        unknown = [text for text, own in zip(texts, self.ids(col, row)) if text != own]
        if unknown:
            raise ConnectError(f"There is no box {unknown[0]} in this layout of boxes.", f"{len(unknown)} ids")
        return col, row

    def has(self, box_ids: Iterable[str]) -> Bools:
        """Tell which ids are of boxes of this layout."""
        ids = [str(box_id) for box_id in box_ids]
        col, row = corners_of(ids)
        square, slot = self._stand(col, row)
        return np.array([text == id_of(c, r, self._mark[place] if place >= 0 > number else "")
                         for text, c, r, number, place in zip(ids, col.tolist(), row.tolist(), square.tolist(),
                                                              slot.tolist())], dtype=bool) & ~self._not_here(
            col, row, square, slot)

    def _find(self, col: Ints, row: Ints) -> tuple[Ints, Ints]:
        """As :meth:`_stand`; raises ConnectError for what is no box of this layout."""
        square, slot = self._stand(col, row)
        if self._not_here(col, row, square, slot).any():
            raise ConnectError("Some boxes are not in this layout of boxes.")
        return square, slot

    def _not_here(self, col: Ints, row: Ints, square: Ints, slot: Ints) -> Bools:
        off = (col % TENTHS != 0) | (row % TENTHS != 0)
        gone = np.append(self._left, 1)[slot] == 0
        return np.asarray((square < 0) & (off | gone), dtype=bool)

    def _stand(self, col: Ints, row: Ints) -> tuple[Ints, Ints]:
        """Number of the placed square that a box is, -1 if none; and where its box of the fishnet stands among the cut
        ones, -1 for a placed square or a whole box."""
        key = _key(col, row)
        place = np.searchsorted(self._key, key)
        known = np.append(self._key, 0)[place] == key if self._key.size else np.zeros(key.shape, dtype=bool)
        square = np.where(known & (place < self._key.size), place, -1)
        return square, np.where(square < 0, self._slot_of(col // TENTHS, row // TENTHS), -1)

    def rectangles(self, col: ArrayLike, row: ArrayLike) -> Floats:
        """Give x_min, y_min, x_max, y_max of what boxes reach over, an (n, 4) array in metres."""
        col, row = np.asarray(col, dtype=np.int64), np.asarray(row, dtype=np.int64)
        corners = np.stack([col, row, col + TENTHS, row + TENTHS], axis=-1).astype(float)
        slot = self._find(col, row)[1]
        for place in np.unique(slot[slot >= 0]):
            up, across = np.nonzero((self._owner[place] < 0).reshape(TENTHS, TENTHS))
            reach = np.array([across.min(), up.min(), across.max() + 1, up.max() + 1])
            corners[slot == place] = np.tile(self._cut[place] * TENTHS, 2) + reach
        return corners * self.unit

    def pieces(self, col: ArrayLike, row: ArrayLike) -> tuple[Ints, Floats]:
        """Give the disjoint rectangles that boxes are made of: positions of the boxes in order, (n, 4) as
        :meth:`rectangles`."""
        col, row = np.asarray(col, dtype=np.int64), np.asarray(row, dtype=np.int64)
        slot = self._find(col, row)[1]
        count, parts = self._parts
        index = np.repeat(np.arange(col.size), count[slot])
        step = np.arange(index.size) - np.repeat(np.cumsum(count[slot]) - count[slot], count[slot])
        begin = np.cumsum(count) - count
        corner = np.stack([col, row, col, row], axis=1)[index]
        return index, (corner + parts[begin[slot[index]] + step]) * self.unit

    @cached_property
    def _parts(self) -> tuple[Ints, Ints]:
        """Of every remnant, and last of a whole box, how many rectangles it is made of; and all of them, (n, 4)."""
        parts = [_rectangles(free.reshape(TENTHS, TENTHS)) for free in self._owner < 0] + [_WHOLE]
        return np.array([len(part) for part in parts]), np.concatenate(parts)

    def outlines(self, col: ArrayLike, row: ArrayLike) -> list[BaseGeometry]:
        """Give the boxes as shapely polygons; remnants may have several parts."""
        col, row = np.asarray(col, dtype=np.int64), np.asarray(row, dtype=np.int64)
        slot = self._find(col, row)[1]
        return [self._square(x, y) if place < 0 else self._remnant(place)
                for x, y, place in zip(col.tolist(), row.tolist(), slot.tolist())]

    def _square(self, col: int, row: int) -> BaseGeometry:
        left, bottom = col * self.unit, row * self.unit
        return box(left, bottom, left + self.size, bottom + self.size)

    def _remnant(self, place: int) -> BaseGeometry:
        """What squares left of a box of the fishnet."""
        taking = np.unique(self._owner[place])
        taken = unary_union([self._square(*corner) for corner in self.squares[taking[taking >= 0]].tolist()])
        return self._square(*(self._cut[place] * TENTHS).tolist()).difference(taken)

    def centres(self, col: ArrayLike, row: ArrayLike) -> tuple[Floats, Floats]:
        """Give x and y of the centres of mass in metres; that of a remnant may lie outside it."""
        col, row = np.asarray(col, dtype=np.int64), np.asarray(row, dtype=np.int64)
        slot = self._find(col, row)[1]
        cells = np.where(self._owner < 0, 1.0, 0.0).reshape(-1, TENTHS, TENTHS)
        left = np.maximum(self._left, 1)
        middle = np.arange(TENTHS) + 0.5
        across, up = (np.append((cells.sum(axis=axis) @ middle) / left, TENTHS / 2) for axis in (1, 2))
        return (col + across[slot]) * self.unit, (row + up[slot]) * self.unit

    def shares(self, col: ArrayLike, row: ArrayLike) -> Floats:
        """Give the areas of boxes as shares of a whole one: 1 for all but remnants."""
        slot = self._find(np.asarray(col, dtype=np.int64), np.asarray(row, dtype=np.int64))[1]
        return np.append(self._left / _CELLS, 1.0)[slot]

    # -- rectangles ---------------------------------------------------------------------------------------------------

    def overlaps(self, x: Floats, y: Floats, width: Floats,
                 height: Floats) -> Iterator[tuple[Ints, Ints, Ints, Floats]]:
        """Spread rectangles over boxes by area, as :meth:`fishnet.Fishnet.overlaps`."""
        points = np.flatnonzero((width <= 0) & (height <= 0))
        yield (points, *self.cell(x[points], y[points]), np.ones(points.size))
        wide = np.flatnonzero((width > 0) | (height > 0))
        sides = np.stack([x - width / 2, x + width / 2, y - height / 2, y + height / 2])[:, wide]
        of_squares: list[tuple[Ints, Ints, Floats]] = []
        for found, net_col, net_row, share in self.net.overlaps(x[wide], y[wide], width[wide], height[wide]):
            slot = self._slot_of(net_col, net_row)
            part, square = self._squares_of(slot)
            taken = self._share_of_square(sides[:, found[part]], square, net_col[part], net_row[part])
            of_squares.append((found[part], square, taken))
            left = share - np.bincount(part, taken, share.size)
            # What rounding leaves of a rectangle that a square holds is nothing.
            left[(slot >= 0) & ((left <= share * _ROUNDING) | (np.append(self._left, 1)[slot] == 0))] = 0.0
            kept = np.flatnonzero(left > 0)
            yield wide[found[kept]], net_col[kept] * TENTHS, net_row[kept] * TENTHS, left[kept]
        yield self._joined(wide, of_squares)

    def squares_beside(self, net_col: Ints, net_row: Ints) -> tuple[Ints, Ints]:
        """Give pairs of positions: boxes of the fishnet, and the squares that take something of them."""
        return self._squares_of(self._slot_of(net_col, net_row))

    def _squares_of(self, slot: Ints) -> tuple[Ints, Ints]:
        """Pairs of positions in ``slot`` and the squares that take something of that box of the fishnet."""
        cut = np.flatnonzero(slot >= 0)
        count, listed = self._takers
        begin, each = np.cumsum(count) - count, count[slot[cut]]
        part = np.repeat(cut, each)
        return part, listed[begin[slot[part]] + np.arange(part.size) - np.repeat(np.cumsum(each) - each, each)]

    @cached_property
    def _takers(self) -> tuple[Ints, Ints]:
        """Of each cut box how many squares take something of it; and which, one box after the other."""
        owners = [np.unique(owner[owner >= 0]) for owner in self._owner]
        return (np.array([each.size for each in owners], dtype=np.int64),
                np.concatenate(owners) if owners else np.zeros(0, dtype=np.int64))

    def _share_of_square(self, sides: Floats, square: Ints, net_col: Ints, net_row: Ints) -> Floats:
        """Share of rectangles in what squares take of boxes of the fishnet."""
        share = np.ones(square.size)
        for axis, net in enumerate((net_col, net_row)):
            low, high = sides[2 * axis], sides[2 * axis + 1]
            first = np.maximum(self.squares[square, axis] * self.unit, net * self.size)
            last = np.minimum((self.squares[square, axis] + TENTHS) * self.unit, (net + 1) * self.size)
            length = high - low
            overlap = np.maximum(np.minimum(high, last) - np.maximum(low, first), 0.0) / np.where(length > 0, length, 1)
            share *= np.where(length > 0, overlap, (first <= low) & (low < last))
        return share

    def _joined(self, wide: Ints, of_squares: list[tuple[Ints, Ints, Floats]]) -> tuple[Ints, Ints, Ints, Floats]:
        """Parts of rectangles in squares, one for each pair."""
        found, square, share = (np.concatenate(part) for part in zip(*of_squares))
        pair, place = np.unique(found * len(self.squares) + square, return_inverse=True)
        share = np.bincount(place.reshape(-1), share, pair.size)
        pair, share = pair[share > 0], share[share > 0]
        corner = self.squares[pair % len(self.squares)]
        return wide[pair // len(self.squares)], corner[:, 0], corner[:, 1], share

    # -- areas --------------------------------------------------------------------------------------------------------

    def cover(self, polygon: BaseGeometry) -> Boxes:
        """Give the boxes that share area with a polygon, as :meth:`fishnet.Fishnet.cover`.

        Returns
        -------
        pandas.DataFrame
            box_id, col, row (tenths of a box), inside (area inside over that of a whole box, so a remnant that lies
            wholly inside has its own share of a box), by row and column.

        Raises
        ------
        ConnectError
            When the polygon has no area.
        """
        plain = self.net.cover(polygon)
        slot = self._slot_of(plain["col"].to_numpy(), plain["row"].to_numpy())
        touched = np.unique(slot[slot >= 0])
        within = np.zeros(len(self._cut), dtype=bool)
        within[slot[(slot >= 0) & (plain["inside"].to_numpy() == 1.0)]] = True
        square = np.unique(self._owner[touched])
        square, remnant = square[square >= 0], touched[self._left[touched] > 0]
        corners = np.concatenate([self.squares[square], self._cut[remnant] * TENTHS])
        share = self.shares(corners[:, 0], corners[:, 1])
        partly = np.concatenate([self._touch_others(square, within), ~within[remnant]])
        share[partly] = self._inside(polygon, corners[partly])
        whole = plain[slot < 0]
        found = pd.DataFrame({
            "col": np.concatenate([whole["col"].to_numpy() * TENTHS, corners[:, 0]]),
            "row": np.concatenate([whole["row"].to_numpy() * TENTHS, corners[:, 1]]),
            "inside": np.concatenate([whole["inside"].to_numpy(), share])})
        found = found[found["inside"] > 0].sort_values(["row", "col"], ignore_index=True)
        found.insert(0, "box_id", self.ids(found["col"], found["row"]))
        return found

    def _touch_others(self, square: Ints, within: Bools) -> Bools:
        """Which squares take something of a box of the fishnet that is not wholly ``within``."""
        outside = np.unique(self._owner[~within])
        return np.isin(square, outside)

    def _inside(self, polygon: BaseGeometry, corners: Ints) -> Floats:
        """Area inside a polygon over that of a whole box."""
        piece = polygonal_part(polygon if polygon.is_valid else make_valid(polygon))
        areas = [piece.intersection(outline).area for outline in self.outlines(corners[:, 0], corners[:, 1])]
        return np.minimum(np.array(areas, dtype=float) / (self.size * self.size), 1.0)

    def assign_areas(self, boxes: pd.DataFrame, names: Iterable[str],
                     polygons: Iterable[BaseGeometry | None]) -> Objects:
        """Give each box the name of the area that holds most of it, as :meth:`fishnet.Fishnet.assign_areas`."""
        return largest_shares(self, boxes, names, polygons)


def _cells_from(col: Ints, row: Ints) -> tuple[Ints, Ints, Ints]:
    """Position, column and row of the 100 cells that lie right of and above each corner."""
    box, cell = np.repeat(np.arange(col.size), _CELLS), np.tile(np.arange(_CELLS), col.size)
    return box, col[box] + cell % TENTHS, row[box] + cell // TENTHS


_WHOLE = np.array([[0, 0, TENTHS, TENTHS]])  # a whole box as one rectangle, from its corner on


def _rectangles(free: Bools) -> Ints:
    """Rectangles [left, bottom, right, top] that make up the cells of a box that are left: runs of cells in a row,
    joined with equal ones above."""
    found: list[list[int]] = []
    for up, row in enumerate(free):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], row.astype(np.int64), [0]])))
        for left, right in edges.reshape(-1, 2).tolist():
            below = [one for one in found if one[0] == left and one[2] == right and one[3] == up]
            if below:
                below[0][3] = up + 1
            else:
                found.append([left, up, right, up + 1])
    return np.array(found, dtype=np.int64).reshape(-1, 4)


def _key(col: Ints, row: Ints) -> Ints:
    """One number for column and row, in the order of rows and columns; each within 31 bits."""
    return (row << 32) + col


def _corner(key: Ints) -> tuple[Ints, Ints]:
    """Column and row of :func:`_key`."""
    row = (key + (1 << 31)) >> 32
    return key - (row << 32), row
