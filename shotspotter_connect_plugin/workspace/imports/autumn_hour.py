"""Which of the two is meant, of moments in the hour that comes twice when clocks go back: told by their order.

Where a list is in the order of time, or its numbers were given in that order, the wall clock jumps back once in that
hour: what stands before the jump is of the first coming, what stands after it of the second.
"""
from __future__ import annotations

from typing import TYPE_CHECKING, Optional

import numpy as np

from ...forecast.instants import DAY, MINUTE

if TYPE_CHECKING:
    from ...forecast.arrays import Bools, Ints, Objects

_ORDERED, _LEAST = 0.95, 2
"""Share of steps that lead on in time in a list in the order of time, and how many steps must tell that."""
_JUMP = 10 * MINUTE
"""Alerts of one minute may stand in any order; the clock that is set back leads further."""


def comings(first: Ints, second: Ints, known: Bools, numbers: Objects) -> tuple[Bools, Bools]:
    """(which moments are of the second coming, which are not told) of those that can be either.

    Parameters
    ----------
    first, second : int arrays
        Each moment (ns UTC) if the first, and if the second coming is meant; equal for all others. In the order of
        the file.
    known : array of bool
        Which moments are known.
    numbers : array of str
        The source's numbers, which may have been given in the order of time.
    """
    again = np.zeros(len(first), dtype=bool)
    untold = known & (second > first)
    for order in (np.flatnonzero(known), _by_number(numbers, known)):
        if order is None or not untold.any() or not (forward := _direction(first, second, order)):
            continue
        order = order[::forward]
        for night in np.unique(first[untold] // DAY):
            group = order[(second[order] > first[order]) & (first[order] // DAY == night)]
            jumps = np.flatnonzero(np.diff(first[group]) < -_JUMP)
            if jumps.size == 1 and (np.delete(np.diff(first[group]), jumps) > -_JUMP).all():
                again[group[jumps[0] + 1:]] = True
                untold[group] = False
    return again, untold


def _direction(first: Ints, second: Ints, order: Ints) -> int:
    """1 where moments follow each other in an order, -1 where they run backward, 0 where neither; what can be of either
    coming tells nothing."""
    sure = order[first[order] == second[order]]
    steps = np.diff(first[sure])
    steps = steps[steps != 0]
    if steps.size < _LEAST:
        return 0
    return 1 if (steps > 0).mean() >= _ORDERED else -1 if (steps < 0).mean() >= _ORDERED else 0


def _by_number(numbers: Objects, known: Bools) -> Optional[Ints]:
    """The rows that are known in the order of their numbers; None where not all have a number of their own."""
    texts: Objects = np.array([text.rpartition("-")[2] for text in numbers], dtype=object)
    rows = np.flatnonzero(known)
    if not all(text.isdecimal() and len(text) < 18 for text in texts[rows]):
        return None
    values = texts[rows].astype(np.int64)
    return rows[np.argsort(values, kind="stable")] if len(np.unique(values)) == rows.size else None
