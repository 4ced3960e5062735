"""Chances that hold: a density made steeper or flatter by how it did in weeks of validation.

A forecast may expect too much of the quiet boxes and too little of the busiest, or the other way round, the more so the
busier they are. With ``x`` the logarithm of a box's density over that of an even spread, its density is multiplied by
``exp(slope (x - middle) + bend max(x - bent_from, 0))`` and all are brought back to a sum of 1. Slope and bend are
fitted by Poisson likelihood to what was expected and observed in validation, of weeks that came after everything the
forecasts were fitted to, and held near 0 by a prior, so that few events change nothing. Nothing is changed where what
the earlier of those weeks taught would have made the later ones less likely.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .stable_product import stable_product

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .arrays import Floats

# Chosen: steps of a twentieth of a logarithm, so that boxes of one step differ by 5 %; thirty logarithms hold all.
_STEPS, _LOWEST, _BINS = 20.0, -15.0, 600
# The middle of each step: half a step above where it begins.
_MIDDLES = _LOWEST + (np.arange(_BINS) + 0.5) / _STEPS
# Chosen: the busiest boxes, which together hold a tenth of the events; on development years (Washington 2008, 2012,
# 2015 and 2016) a bend there helped most types and hurt none.
_BUSIEST = 0.1
# Chosen: standard deviation of the priors; a hundred events already move a slope by a part of it.
_SPREAD = 0.1
# Chosen: busier boxes stay busier, whatever the fit says.
_FLATTEST = -0.5
# Newton steps: it is concave and starts near its maximum, so a handful are enough.
_ROUNDS = 30


@dataclass(frozen=True)
class Recalibration:
    """``slope`` and ``bend`` on the log of a density relative to an even spread; 0 and 0 leave it as it is."""

    middle: float = 0.0
    slope: float = 0.0
    bend: float = 0.0
    bent_from: float = 0.0

    def of(self, density: Floats, uniform: Floats) -> Floats:
        """Give densities (boxes, slots), each column of which adds up to 1, recalibrated; ``uniform`` (boxes,)."""
        if self.slope == 0.0 and self.bend == 0.0:
            return density
        changed = density * np.exp(self.log_factor(np.log(np.maximum(density / uniform[:, None], np.exp(_LOWEST)))))
        return changed / changed.sum(axis=0)

    def log_factor(self, x: Floats) -> Floats:
        """Log of what a density is multiplied by before all add up to 1 again, by its ``x``."""
        return self.slope * (x - self.middle) + self.bend * np.maximum(x - self.bent_from, 0.0)


AS_IT_IS = Recalibration()


class ExpectedByDensity:
    """Expected and observed events of boxes by the density that was forecast for them."""

    def __init__(self) -> None:
        self._expected, self._observed = np.zeros(_BINS), np.zeros(_BINS)

    def __add__(self, other: ExpectedByDensity) -> ExpectedByDensity:
        both = ExpectedByDensity()
        both._expected, both._observed = self._expected + other._expected, self._observed + other._observed
        return both

    def add(self, density: Floats, uniform: Floats, expected: Floats, observed: Floats) -> None:
        """Take in one slot: (boxes,) density, share of the area, expected and observed events."""
        with np.errstate(divide="ignore"):
            place = np.clip((np.log(density / uniform) - _LOWEST) * _STEPS, 0, _BINS - 1).astype(np.int64)
        self._expected += np.bincount(place, expected, minlength=_BINS)
        self._observed += np.bincount(place, observed, minlength=_BINS)

    def fit(self) -> Recalibration:
        """What should have been made of the densities, rounded to six digits; the level is left out of it."""
        expected, observed = self._expected, self._observed
        if not (expected.sum() > 0 and observed.sum() > 0):
            return AS_IT_IS
        expected = expected * (observed.sum() / expected.sum())
        x = _MIDDLES
        middle = float(np.sum(expected * x) / expected.sum())
        above = np.cumsum(expected[::-1])[::-1]
        bent_from = float(x[np.flatnonzero(above >= _BUSIEST * expected.sum())[-1]])
        design = np.column_stack([np.ones(_BINS), x - middle, np.maximum(x - bent_from, 0.0)])
        precision = np.array([0.0, _SPREAD ** -2, _SPREAD ** -2])
        found = np.zeros(3)
        for _ in range(_ROUNDS):
            mean = expected * np.exp(stable_product(design, found))
            gradient = stable_product(observed - mean, design) - precision * found
            found = found + np.linalg.solve(stable_product((design * mean[:, None]).T, design) + np.diag(precision),
                                            gradient)
        slope = max(float(found[1]), _FLATTEST)
        bend = max(float(found[2]), _FLATTEST - slope)
        return Recalibration(round(middle, 6), round(slope, 6), round(bend, 6), round(bent_from, 6))

    def gain(self, recalibration: Recalibration) -> float:
        """Log-likelihood that a recalibration would have added, the level left out of it as in :meth:`fit`."""
        if not (self._expected.sum() > 0 and self._observed.sum() > 0):
            return 0.0
        factor = recalibration.log_factor(_MIDDLES)
        norm = np.log(np.sum(self._expected * np.exp(factor)) / self._expected.sum())
        return float(np.sum(self._observed * factor) - self._observed.sum() * norm)


def recalibrate(stretches: Sequence[ExpectedByDensity]) -> Recalibration:
    """What should be made of densities after some stretches of validation, the oldest first.

    Each stretch but the first judges what those before it would have taught; where that gained nothing in all, the
    densities stay as they are: a steepness that changes from season to season tells nothing of the next one.
    """
    before, gained = ExpectedByDensity(), 0.0
    for position, stretch in enumerate(stretches):
        if position:
            gained += stretch.gain(before.fit())
        before = before + stretch
    return before.fit() if gained > 0.0 else AS_IT_IS
