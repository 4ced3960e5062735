"""Where tracks cross the edges of boxes: every step between two fixes is cut at the lines of the fishnet, exactly."""
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ..forecast.arrays import Bools, Floats, Ints
    from ..forecast.fishnet import Fishnet


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


def cut(at: Ints, x: Floats, y: Floats, track: Ints, fishnet: Fishnet) -> Stays:
    """Cut tracks at the edges of boxes, as if a unit moved straight and evenly from fix to fix.

    Parameters
    ----------
    at : int64 array
        Nanoseconds, rising within a track.
    x, y : float arrays
        Metres.
    track : int array
        Track of each fix, never falling.
    fishnet : Fishnet

    Returns
    -------
    Stays
        Every moment of every track lies in exactly one of them: a point on an edge belongs to the box whose half-open
        square holds it. Stays of no length (a track through a corner, a track of one fix) are left out.
    """
    if not at.size:
        return Stays(*(np.zeros(0, dtype=np.int64) for _ in Stays.__dataclass_fields__))
    col, row = fishnet.cell(x, y)
    first = np.concatenate([[True], np.diff(track) != 0])
    steps = np.flatnonzero(~first) - 1
    by_col = _lines(steps, col, x, fishnet.size)
    by_row = _lines(steps, row, y, fishnet.size)
    step = np.concatenate([by_col[0], by_row[0]])
    share = np.concatenate([by_col[1], by_row[1]])
    order = np.lexsort((share, step))
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
    return _joined(stays.take(stays.end > stays.start))


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
