"""How good a forecast was: share of events caught in the searched area, and calibration."""
from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .arrays import ArrayLike, Floats, Ints


def searched(expected: Floats, area: Floats, shares: ArrayLike, boxes: Ints | None = None) -> Floats:
    """Share of each box that is searched when the boxes with the highest expected events come first.

    Boxes of equal expected events share what is left at the cut in proportion to their area; so the order of the boxes
    never matters.

    Parameters
    ----------
    expected, area : arrays of n boxes
    shares : array of k
        Shares of the whole area that are searched, above 0 and at most 1.
    boxes : array of m positions, optional
        Boxes that are asked for; all of them if not given.

    Returns
    -------
    numpy.ndarray
        (k, m), from 0 to 1.
    """
    order = np.argsort(-expected, kind="stable")
    tie = np.cumsum(np.concatenate([[False], np.diff(expected[order]) != 0]))
    tie_area = np.bincount(tie, area[order])
    before = np.cumsum(tie_area) - tie_area
    tie_of = np.empty(order.size, dtype=np.int64)
    tie_of[order] = tie
    asked = tie_of if boxes is None else tie_of[boxes]
    left = np.asarray(shares, dtype=float)[:, None] * area.sum() - before[asked]
    return np.clip(left / np.where(tie_area > 0, tie_area, 1.0)[asked], 0.0, 1.0)


def caught(expected: Floats, events: Floats, area: Floats, share: float) -> float:
    """Events caught when a share of the area is searched, the boxes with the highest expected events first.

    Parameters
    ----------
    expected, events, area : arrays of n boxes
    share : float
        As for :func:`searched`.

    Returns
    -------
    float
    """
    boxes = np.flatnonzero(events)
    return float(np.sum(searched(expected, area, [share], boxes)[0] * events[boxes]))


class Calibration:
    """Observed against expected events over many forecasts, in groups of equal expected events."""

    # Chosen: forty steps for each power of ten, so that boxes of one step differ by at most 6 %; more cost memory.
    _STEPS = 40.0
    # Sixty powers of ten from 1e-30 on: no expected number of events lies outside.
    _BINS = 2400

    def __init__(self) -> None:
        self._in_week: dict[int, Floats] = {}

    def add(self, expected: Floats, observed: Floats, week: int = 0) -> None:
        """Take in one forecast: expected and observed events of n boxes, and the week it was for."""
        with np.errstate(divide="ignore"):
            place = np.clip((np.log10(expected) + 30.0) * self._STEPS, 0, self._BINS - 1).astype(np.int64)
        in_week = self._in_week.setdefault(int(week), np.zeros((2, self._BINS)))
        in_week[0] += np.bincount(place, expected, minlength=self._BINS)
        in_week[1] += np.bincount(place, observed, minlength=self._BINS)

    def __add__(self, other: Calibration) -> Calibration:
        both = Calibration()
        for one in (self, other):
            for week, sums in one._in_week.items():
                both._in_week[week] = both._in_week.get(week, np.zeros((2, self._BINS))) + sums
        return both

    def groups(self, count: int = 5) -> list[tuple[float, float]]:
        """List of (expected, observed), from the boxes with the least to those with the most."""
        expected, observed = self.weekly_groups(count)
        return list(zip(expected.sum(axis=0).tolist(), observed.sum(axis=0).tolist()))

    def weekly_groups(self, count: int = 5) -> tuple[Floats, Floats]:
        """Expected and observed events (weeks, groups) of the same groups; no group where nothing was expected."""
        sums = np.array([self._in_week[week] for week in sorted(self._in_week)]).reshape(-1, 2, self._BINS)
        whole = sums[:, 0].sum(axis=0)
        if not whole.sum() > 0:
            return np.zeros((len(sums), 0)), np.zeros((len(sums), 0))
        middle = (np.cumsum(whole) - whole / 2) / whole.sum()
        group = np.minimum((middle * count).astype(np.int64), count - 1)
        found = np.zeros((2, len(sums), count))
        for week, (expected, observed) in enumerate(sums):
            found[0, week] = np.bincount(group, expected, minlength=count)
            found[1, week] = np.bincount(group, observed, minlength=count)
        return found[0], found[1]
