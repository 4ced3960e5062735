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
        self._expected, self._observed = np.zeros(self._BINS), np.zeros(self._BINS)

    def add(self, expected: Floats, observed: Floats) -> None:
        """Take in one forecast: expected and observed events of n boxes."""
        with np.errstate(divide="ignore"):
            place = np.clip((np.log10(expected) + 30.0) * self._STEPS, 0, self._BINS - 1).astype(np.int64)
        self._expected += np.bincount(place, expected, minlength=self._BINS)
        self._observed += np.bincount(place, observed, minlength=self._BINS)

    def __add__(self, other: Calibration) -> Calibration:
        both = Calibration()
        both._expected, both._observed = self._expected + other._expected, self._observed + other._observed
        return both

    def groups(self, count: int = 5) -> list[tuple[float, float]]:
        """List of (expected, observed), from the boxes with the least to those with the most."""
        total = self._expected.sum()
        if total == 0:
            return []
        middle = (np.cumsum(self._expected) - self._expected / 2) / total
        group = np.minimum((middle * count).astype(np.int64), count - 1)
        return list(zip(np.bincount(group, self._expected, minlength=count).tolist(),
                        np.bincount(group, self._observed, minlength=count).tolist()))
