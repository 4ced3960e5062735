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


def _cut_at_boxes(at: Ints, x: Floats, y: Floats, track: Ints, layout: BoxLayout) -> Stays:
    """Cut tracks at the lines of the fishnet, and where squares are placed at those of the lattice, then say of each
    stretch in which box it is."""
    col, row = layout.net.cell(x, y)
    moves = np.diff(track) == 0
    fine = moves & layout.touched_between(col[:-1], row[:-1], col[1:], row[1:])
    parts = []
    for chosen, lines in ((moves & ~fine, layout.net), (fine, layout.lattice)):
        pick, piece = _runs_of(chosen)
        stays = _cut_at_lines(at[pick], x[pick], y[pick], piece, lines)
        stays.step = pick[stays.step]
        stays.track = track[stays.step]
        if lines is layout.net:
            stays.col, stays.row = stays.col * TENTHS, stays.row * TENTHS
        else:
            stays.col, stays.row = layout.boxes_of_cells(stays.col, stays.row)
        parts.append(stays)
    both = Stays(*(np.concatenate([getattr(part, name) for part in parts]) for name in Stays.__dataclass_fields__))
    return both.take(np.lexsort((both.start, both.track)))


def _runs_of(steps: Bools) -> tuple[Ints, Ints]:
    """Fixes that some steps (of each fix to the next) run through, and the number of the unbroken run each is of; a
    fix between two runs is in both."""
    begin = np.flatnonzero(steps)
    ends = np.append(np.diff(begin) != 1, True)[:begin.size]
    last = np.flatnonzero(ends)
    pick = np.insert(begin, last + 1, begin[last] + 1)
    piece = np.insert(np.cumsum(np.append(0, ends[:-1]))[:begin.size], last + 1, np.arange(last.size))
    return pick, piece


def _cut_at_lines(at: Ints, x: Floats, y: Floats, track: Ints, fishnet: Fishnet) -> Stays:
    """Cut tracks at the lines of a fishnet; stays that follow each other in one cell are not yet one."""
    if not at.size:
        return Stays(*(np.zeros(0, dtype=np.int64) for _ in Stays.__dataclass_fields__))
    col, row = fishnet.cell(x, y)
    first = np.concatenate([[True], np.diff(track) != 0])
    steps = np.flatnonzero(~first) - 1
    by_col = _lines(steps, col, x, fishnet.size)
    by_row = _lines(steps, row, y, fishnet.size)
    step = np.concatenate([by_col[0], by_row[0]])
    share = np.concatenate([by_col[1], by_row[1]])
    order = _in_order(step, share)
    step, share = step[order], share[order]
    change_col = np.concatenate([by_col[2], np.zeros(by_row[2].size, dtype=np.int64)])[order]
    change_row = np.concatenate([np.zeros(by_col[2].size, dtype=np.int64), by_row[2]])[order]
    moment = at[step] + np.rint(share * (at[step + 1] - at[step])).astype(np.int64)

    # A stay begins where a track begins and at each crossing; the running sum of the changes tells the cell.
    begin = np.flatnonzero(first)
    last = np.append(begin[1:], at.size) - 1
    place = np.searchsorted(step, begin)
    stays = Stays(
        np.insert(track[step], place, track[begin]),
        np.cumsum(np.insert(change_col, place, col[begin] - np.concatenate([[0], col[last[:-1]]]))),
        np.cumsum(np.insert(change_row, place, row[begin] - np.concatenate([[0], row[last[:-1]]]))),
        np.insert(moment, place, at[begin]), step, step)  # ends and steps follow
    ends_at = place[1:] + np.arange(begin.size - 1)
    ends_at = np.append(ends_at, stays.start.size - 1)
    stays.end = np.append(stays.start[1:], 0)
    stays.end[ends_at] = at[last]
    stays.step = np.append(np.insert(step, place, 0)[1:], 0)
    stays.step[ends_at] = np.maximum(last - 1, begin)
    return stays.take(stays.end > stays.start)


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
