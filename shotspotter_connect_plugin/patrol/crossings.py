"""Where tracks cross the edges of boxes: every step between two fixes is cut at the lines of the fishnet, exactly."""
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..forecast.box_ids import TENTHS
from ..forecast.box_layout import BoxLayout

if TYPE_CHECKING:
    from ..forecast.arrays import Bools, Floats, Ints
    from ..forecast.box_grid import BoxGrid
    from ..forecast.fishnet import Fishnet


# Two keys so near, relative to their size, may be in the wrong order: four times what a double rounds by.
_DOUBT = 4 * float(np.finfo(np.float64).eps)


@dataclass
class Stays:
    """Stretches of tracks inside one cell, in the order of the tracks and of time; arrays of one length.

    ``start`` and ``end`` are int64 nanoseconds; ``step`` is the position of the fix that begins the step in which the
    stay ends.
    """

    track: Ints
    col: Ints
    row: Ints
    start: Ints
    end: Ints
    step: Ints

    def __len__(self) -> int:
        return self.track.size

    def take(self, which: Ints | Bools) -> Stays:
        """The stays at these positions."""
        return Stays(*(getattr(self, name)[which] for name in self.__dataclass_fields__))


def cut(at: Ints, x: Floats, y: Floats, track: Ints, grid: BoxGrid) -> Stays:
    """Cut tracks at the edges of boxes, as if a unit moved straight and evenly from fix to fix.

    Parameters
    ----------
    at : int64 array
        Nanoseconds, rising within a track.
    x, y : float arrays
        Metres.
    track : int array
        Track of each fix, never falling.
    grid : BoxGrid

    Returns
    -------
    Stays
        Every moment of every track lies in exactly one of them: a point on an edge belongs to the box whose half-open
        square holds it. Stays of no length (a track through a corner, a track of one fix) are left out.
    """
    if not isinstance(grid, BoxLayout):
        return _joined(_cut_at_lines(at, x, y, track, grid))  # type: ignore[arg-type]  # the only other grid
    return _joined(_cut_at_boxes(at, x, y, track, grid))


def _cut_at_lines(at: Ints, x: Floats, y: Floats, track: Ints, fishnet: Fishnet) -> Stays:
    """Cut tracks at the lines of a fishnet; stays that follow each other in one cell are not yet one."""
    cells = fishnet.cell(x, y)
    steps = np.flatnonzero(np.diff(track) == 0)
    return _stays(at, track, _of_lines(steps, cells, (x, y), fishnet.size), cells)[0]


def _cut_at_boxes(at: Ints, x: Floats, y: Floats, track: Ints, layout: BoxLayout) -> Stays:
    """Cut tracks at the lines of the fishnet and where they go into and out of placed squares."""
    fine = layout.lattice.cell(x, y)
    cells = (fine[0] // TENTHS, fine[1] // TENTHS)
    square = layout.squares_of_cells(*fine) + 1  # 0 is none, so that a running sum tells it
    steps = np.flatnonzero(np.diff(track) == 0)
    lines = _of_lines(steps, cells, (x, y), layout.size)
    edges = _of_squares(steps, lines, cells, fine, (x, y), square, layout)
    changes = [np.concatenate([change, np.zeros(edges.step.size, dtype=np.int64)]) for change in lines.changes]
    changes.append(np.concatenate([np.zeros(lines.step.size, dtype=np.int64), *edges.changes]))
    step, share = np.concatenate([lines.step, edges.step]), np.concatenate([lines.share, edges.share])
    # Squares lie apart, so none is entered before another one is left: the sum is always one of them, or none.
    stays, within = _stays(at, track, _Crossings(step, share, changes).in_order(), (*cells, square))
    corners = np.concatenate([[[0, 0]], layout.squares])[within]
    stays.col = np.where(within > 0, corners[:, 0], stays.col * TENTHS)
    stays.row = np.where(within > 0, corners[:, 1], stays.row * TENTHS)
    return stays


@dataclass
class _Crossings:
    """Where steps cross an edge: position of the fix before it, share of the step done there, and what changes, for
    column, row and (with squares) the square one is in; arrays of one length."""

    step: Ints
    share: Floats
    changes: list[Ints]

    def in_order(self) -> _Crossings:
        """The same by step and share."""
        order = _in_order(self.step, self.share)
        return _Crossings(self.step[order], self.share[order], [change[order] for change in self.changes])


def _of_lines(steps: Ints, cells: tuple[Ints, Ints], places: tuple[Floats, Floats], size: float) -> _Crossings:
    """Where steps cross the lines of a fishnet, in order."""
    (step, share, col), (other, other_share, row) = (_lines(steps, cell, value, size)
                                                     for cell, value in zip(cells, places))
    return _Crossings(np.concatenate([step, other]), np.concatenate([share, other_share]), [
        np.concatenate([col, np.zeros(row.size, dtype=np.int64)]),
        np.concatenate([np.zeros(col.size, dtype=np.int64), row])]).in_order()


def _of_squares(steps: Ints, lines: _Crossings, cells: tuple[Ints, Ints], fine: tuple[Ints, Ints],
                places: tuple[Floats, Floats], square: Ints, layout: BoxLayout) -> _Crossings:
    """Where steps go into and out of placed squares; the change is of the number of the square, counted from 1."""
    leaves = np.zeros(square.size, dtype=bool)
    leaves[steps] = (square[steps] == 0) | (square[steps] != square[steps + 1])  # a square is convex
    step, across = _on_the_way(leaves, lines, cells, layout)
    number = across + 1
    begins, ends = square[step] == number, square[step + 1] == number
    enter, leave = np.zeros(step.size), np.ones(step.size)
    for axis, place in enumerate(places):
        low = layout.squares[across, axis]
        start, change = place[step], place[step + 1] - place[step]
        still = change == 0
        with np.errstate(divide="ignore", invalid="ignore"):
            one, other = (low * layout.unit - start) / change, ((low + TENTHS) * layout.unit - start) / change
        beside = still & ((fine[axis][step] < low) | (fine[axis][step] >= low + TENTHS))
        enter = np.maximum(enter, np.where(still, np.where(beside, 2.0, 0.0), np.minimum(one, other)))
        leave = np.minimum(leave, np.where(still, 1.0, np.maximum(one, other)))
    goes_in, goes_out = ~begins & (ends | (enter < leave)), ~ends & (begins | (enter < leave))
    return _Crossings(np.concatenate([step[goes_in], step[goes_out]]),
                      np.clip(np.concatenate([enter[goes_in], leave[goes_out]]), 0.0, 1.0),
                      [number[goes_in], -number[goes_out]])


def _on_the_way(chosen: Bools, lines: _Crossings, cells: tuple[Ints, Ints], layout: BoxLayout) -> tuple[Ints, Ints]:
    """Pairs of chosen steps and placed squares that take something of a box of the fishnet the step runs through."""
    first, later = np.searchsorted(lines.step, lines.step), np.flatnonzero(chosen[lines.step])
    steps = np.flatnonzero(chosen)
    through = []
    for cell, change in zip(cells, lines.changes):
        total = np.append(0, np.cumsum(change))
        through.append(np.concatenate([cell[steps], (cell[lines.step] + total[1:] - total[first])[later]]))
    step = np.concatenate([steps, lines.step[later]])
    position, square = layout.squares_beside(*through)
    squares = max(len(layout.squares), 1)
    pair = np.unique(step[position] * squares + square)
    return pair // squares, pair % squares


def _stays(at: Ints, track: Ints, crossings: _Crossings, cells: tuple[Ints, ...]) -> tuple[Stays, Ints]:
    """Stays between crossings (in order), and the last of the values that crossings change; ``cells`` are these values
    at each fix."""
    if not at.size:
        return Stays(*(np.zeros(0, dtype=np.int64) for _ in Stays.__dataclass_fields__)), np.zeros(0, dtype=np.int64)
    step = crossings.step
    moment = at[step] + np.rint(crossings.share * (at[step + 1] - at[step])).astype(np.int64)
    # A stay begins where a track begins and at each crossing; the running sum of the changes tells the cell.
    begin = np.flatnonzero(np.concatenate([[True], np.diff(track) != 0]))
    last = np.append(begin[1:], at.size) - 1
    place = np.searchsorted(step, begin)
    ends_at = np.append(place[1:] + np.arange(begin.size - 1), step.size + begin.size - 1)
    start, final = np.insert(moment, place, at[begin]), np.append(np.insert(step, place, 0)[1:], 0)
    end = np.append(start[1:], 0)
    end[ends_at], final[ends_at] = at[last], np.maximum(last - 1, begin)
    lasting = end > start
    held = [np.cumsum(np.insert(change, place, cell[begin] - np.concatenate([[0], cell[last[:-1]]])))[lasting]
            for change, cell in zip(crossings.changes, cells)]
    owner = np.insert(track[step], place, track[begin])
    return Stays(owner[lasting], held[0], held[1], start[lasting], end[lasting], final[lasting]), held[-1]


def _in_order(step: Ints, share: Floats) -> Ints:
    """As ``np.lexsort((share, step))``, of crossings that already are in order for each axis: such runs merge fast."""
    # Steps are numbered anew, so that as many digits as can be are left to the shares.
    number = np.cumsum(np.bincount(step) > 0)[step] if step.size else step
    key = number + 0.5 * share
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    doubtful = np.flatnonzero(np.diff(ordered) <= _DOUBT * ordered[1:])
    if doubtful.size:
        near = np.unique(np.concatenate([doubtful, doubtful + 1]))
        picked = order[near]
        order[near] = picked[np.lexsort((np.argsort(np.argsort(picked, kind="stable"), kind="stable"), share[picked],
                                         step[picked]))]
    return order


def _lines(steps: Ints, cell: Ints, value: Floats, size: float) -> tuple[Ints, Floats, Ints]:
    """Crossings of the lines of one axis: step, share of the step done there, change of column or row."""
    change = cell[steps + 1] - cell[steps]
    count = np.abs(change)
    moved = count > 0
    step = np.repeat(steps[moved], count[moved])
    number = np.arange(step.size) - np.repeat(np.cumsum(count[moved]) - count[moved], count[moved])
    change = np.sign(np.repeat(change[moved], count[moved]))
    line = (cell[step] + np.where(change > 0, 1 + number, -number)) * size
    share = (line - value[step]) / (value[step + 1] - value[step])
    return step, np.clip(share, 0.0, 1.0), change


def _joined(stays: Stays) -> Stays:
    """Stays that follow each other in one cell as one: where a track only touched an edge."""
    new = np.ones(len(stays), dtype=bool)
    new[1:] = ((np.diff(stays.track) != 0) | (np.diff(stays.col) != 0) | (np.diff(stays.row) != 0)
               | (stays.start[1:] != stays.end[:-1]))
    joined = stays.take(new)
    final = np.append(np.flatnonzero(new)[1:], len(stays)) - 1 if len(stays) else new
    joined.end, joined.step = stays.end[final], stays.step[final]
    return joined
