"""How sure an expected value is: a gamma distribution around it, its width learnt from validation.

The true rate of a box in a shift is taken as gamma distributed around the forecast, so counts are negative binomial
(Greenwood & Yule 1920). The relative variance of the rate has three parts:

``1 / (expected x evidence)``  few events behind a box tell little; ``evidence`` is how many days of it tell as much;
``misfit``                     what no amount of history would mend in this kind of forecast;
``level``                      the total of the whole jurisdiction is itself uncertain.

The first two are fitted by likelihood to the totals of every box over four weeks of validation, where expected and
observed are both known; the third is what weekly totals vary beyond Poisson. A single shift has fewer events behind
it than the whole day, so its own expected events go into the first part, which makes its interval the wider one. The
interval is about the expected value, not about the count: a count varies around it as well.
"""
from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .arrays import Floats

# Chosen: misfit and evidence (days) where the fit begins, which are also the middle of its prior and what is used
# without validation: a year of history, and a rate that is off by half (the root of 0.3) in spite of it.
_START = (0.3, 365.0)
# Chosen: standard deviation of the prior of both logarithms, a factor of 4.5 either way; few validation weeks leave the
# fit near _START, many overrule it.
_SPREAD_OF_LOG = 1.5
_SMALLEST_SHAPE = 0.1  # where the upper end is farthest from the mean; below it the quantile would shrink again
_LARGEST_SHAPE = 1e4  # misfit and level keep every fitted shape far below it; beyond it the interval stays as wide
# Steps of half a per cent in the shape make the table right to five digits where it matters.
_STEP = 0.005
# Chosen: a low end below a thousandth of the expected value is told as 0, which is what it means to a reader.
_NO_MORE_THAN_ZERO = 1e-3
# The interval that every page, card and table names.
SHARE = 0.90


@dataclass(frozen=True)
class Uncertainty:
    """``evidence`` in days; ``misfit`` and ``level`` relative variances."""

    evidence: float = 365.0
    misfit: float = 0.3
    level: float = 0.05

    def shape(self, expected: Floats, exposure: Any = 1.0, unsure: Any = 0.0) -> Floats:
        """Shape of the gamma distribution of the rates of boxes with so many expected events in a shift.

        ``exposure`` (share of the events that could be recorded) and ``unsure`` (a further relative variance) belong to
        boxes that sensors do not or did not always cover.
        """
        variance = self.misfit + self.level + unsure + 1.0 / np.maximum(expected * self.evidence * exposure, 1e-12)
        return np.maximum(1.0 / variance, _SMALLEST_SHAPE)

    def interval(self, expected: Floats, share: float = SHARE, exposure: Any = 1.0,
                 unsure: Any = 0.0) -> tuple[Floats, Floats]:
        """Give low (0 where it is as good as that) and high of the interval of the expected value of n boxes."""
        shape = self.shape(expected, exposure, unsure)
        tail = (1.0 - share) / 2
        low, high = (expected * _quantile(shape, part) for part in (tail, 1.0 - tail))
        low = np.where(low < _NO_MORE_THAN_ZERO * expected, 0.0, low)
        return np.minimum(low, expected), np.maximum(high, expected)


def _quantile(shape: Floats, part: float) -> Floats:
    """Quantile of gamma distributions with mean 1, read from a table that is right to five digits where it matters."""
    knots, values = _quantiles(part)
    return np.interp(np.log(shape), knots, values)


@lru_cache(maxsize=8)
def _quantiles(part: float) -> tuple[Floats, Floats]:
    """Logs of shapes in steps of half a per cent, and the quantile at each."""
    from scipy.special import gammaincinv

    knots = np.arange(np.log(_SMALLEST_SHAPE), np.log(_LARGEST_SHAPE) + _STEP, _STEP)
    shape = np.exp(knots)
    return knots, gammaincinv(shape, part) / shape


def fit_uncertainty(expected: Floats, observed: Floats, days: float, grain: float, weekly_expected: Floats,
                    weekly_observed: Floats) -> Uncertainty:
    """Fit the uncertainty of one rung.

    Parameters
    ----------
    expected, observed : arrays of n
        Events of boxes over ``days`` days of validation, each shift forecast from what was known before it.
    days : float
    grain : float
        Weight of one piece of an event, see :class:`event_history.EventHistory`.
    weekly_expected, weekly_observed : arrays of w
        Totals of the jurisdiction.

    Returns
    -------
    Uncertainty
    """
    from scipy.optimize import minimize
    from scipy.special import gammaln

    excess = np.sum((weekly_observed - weekly_expected) ** 2 - weekly_expected)
    squares = float(np.sum(weekly_expected ** 2))
    # Where nothing could be expected, as nobody listened, no week tells anything of the level.
    level = float(np.clip(excess / squares, 1e-4, 1.0)) if squares > 0 else Uncertainty().level
    possible = expected > 0
    expected, observed = expected[possible], observed[possible]
    # Boxes in which nothing was seen differ only in what was expected, and they are most: groups of them are enough.
    seen = observed > 0
    quiet, times = _grouped(expected[~seen])
    mean = np.concatenate([expected[seen], quiet])
    count = np.concatenate([observed[seen], np.zeros(quiet.size)]) / grain
    times = np.concatenate([np.ones(int(seen.sum())), times])

    def loss(logs: Floats) -> float:
        misfit, evidence = np.exp(logs)
        shape = 1.0 / (misfit + days / (mean * evidence))
        pieces = mean / grain
        likelihood = (gammaln(count + shape) - gammaln(shape) - shape * np.log1p(pieces / shape)
                      + count * np.log(pieces / (shape + pieces)))
        return 0.5 * np.sum((logs - np.log(_START)) ** 2) / _SPREAD_OF_LOG ** 2 - np.sum(times * likelihood)

    found = minimize(loss, np.log(_START), method="Nelder-Mead", options={"xatol": 1e-3, "fatol": 1e-4, "maxiter": 200})
    misfit, evidence = np.clip(np.exp(found.x), [1e-3, 1.0], [20.0, 1e6])
    return Uncertainty(float(round(evidence, 3)), float(round(misfit, 6)), round(level, 6))


def _grouped(values: Floats) -> tuple[Floats, Floats]:
    """Values in fine logarithmic groups: mean and number of each."""
    if not values.size:
        return np.zeros(0), np.zeros(0)
    group = np.floor(np.log(np.maximum(values, 1e-12)) * 20).astype(np.int64)
    group -= group.min()
    number = np.bincount(group)
    used = number > 0
    return np.bincount(group, values)[used] / number[used], number[used]
