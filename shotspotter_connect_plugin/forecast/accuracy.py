"""How good a forecast was: share of events caught in the searched area, and calibration."""
import numpy as np


def caught(expected, events, area, share):
    """Events caught when the boxes with the highest expected events are searched until a share of the area is reached.

    Boxes of equal expected events share their events in proportion to the area taken from them; so does the box at the
    cut. The order of the boxes therefore never matters.

    Parameters
    ----------
    expected, events, area : arrays of n boxes
    share : float
        Share of the whole area that is searched, above 0 and at most 1.

    Returns
    -------
    float
    """
    order = np.argsort(-expected, kind="stable")
    levels = np.concatenate([[True], np.diff(expected[order]) != 0])
    tie = np.cumsum(levels) - 1
    tie_area, tie_events = np.bincount(tie, area[order]), np.bincount(tie, events[order])
    left = share * area.sum() - (np.cumsum(tie_area) - tie_area)
    taken = np.clip(left / np.where(tie_area > 0, tie_area, 1.0), 0.0, 1.0)
    return float(np.sum(taken * tie_events))


class Calibration:
    """Observed against expected events over many forecasts, in groups of equal expected events."""

    _STEPS = 40.0
    _BINS = 2400

    def __init__(self):
        self._expected, self._observed = np.zeros(self._BINS), np.zeros(self._BINS)

    def add(self, expected, observed):
        """Take in one forecast: expected and observed events of n boxes."""
        with np.errstate(divide="ignore"):
            place = np.clip((np.log10(expected) + 30.0) * self._STEPS, 0, self._BINS - 1).astype(np.int64)
        self._expected += np.bincount(place, expected, minlength=self._BINS)
        self._observed += np.bincount(place, observed, minlength=self._BINS)

    def groups(self, count=5):
        """List of (expected, observed), from the boxes with the least to those with the most."""
        total = self._expected.sum()
        if total == 0:
            return []
        middle = (np.cumsum(self._expected) - self._expected / 2) / total
        group = np.minimum((middle * count).astype(np.int64), count - 1)
        return list(zip(np.bincount(group, self._expected, minlength=count).tolist(),
                        np.bincount(group, self._observed, minlength=count).tolist()))
