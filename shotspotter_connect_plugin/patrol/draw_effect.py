"""What being drawn did: estimates that rest on the published chances of the lottery, and on nothing else.

The unit is a box in a shift. A :class:`Lottery` knows which units the lottery drew and what their chances were; a
:class:`BesideDrawn` which undrawn units had a drawn one around them, with chances from replayed draws. Both compare the
exposed units with the unexposed ones, weighted so that chance alone tells them apart (Hajek 1971), and take the
variance from the draws themselves: each shift has a seed of its own, so the variances of the shifts add up.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .draw import NEARLY

if TYPE_CHECKING:
    from ..forecast.arrays import ArrayLike, Bools, Floats, Ints

WEAK = 10.0
"""First-stage F below which an instrument counts as weak (Staiger and Stock 1997)."""


@dataclass(frozen=True)
class Estimate:
    """A difference in the outcome per unit of dose, with the values that a test at ``level`` does not reject.

    ``low`` and ``high`` are infinite, and ``bounded`` false, where the data set no limit. ``error`` is the standard
    error if there is no effect, ``between_shifts`` the one from the differences between shifts (NaN with fewer than
    two), for comparison. ``degrees`` of freedom of the t-quantiles. ``mean_dose`` is how much more dose an exposed
    unit got, ``strength`` the F of that difference.
    """

    value: float
    low: float
    high: float
    level: float
    error: float
    between_shifts: float
    degrees: float
    mean_dose: float
    strength: float

    @property
    def bounded(self) -> bool:
        """Whether the interval is one."""
        return bool(np.isfinite(self.low) and np.isfinite(self.high))

    @property
    def weak(self) -> bool:
        """Whether the draw moved the dose too little to tell what the dose did."""
        return not self.strength >= WEAK

    @property
    def conclusive(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.bounded and not self.low <= 0 <= self.high

    def detectable(self, power: float = 0.8) -> float:
        """The smallest effect that the data would have shown with this power: (t of the level + t of the power) errors.

        Source: H. S. Bloom (1995), Minimum detectable effects.
        """
        return float((_quantile(0.5 + self.level / 2, self.degrees) + _quantile(power, self.degrees)) * self.error)


@dataclass(frozen=True)
class CountChange(Estimate):
    """What being exposed did to counted events, also as a share of ``base``, the events that an exposed unit would
    have had without: ``share`` -0.2 is a fifth fewer. ``share_high`` is infinite where so few events were to be
    expected that the data set no limit to an increase. Both intervals leave out 0 together.
    """

    base: float
    share: float
    share_low: float
    share_high: float

    @property
    def bounded(self) -> bool:
        """Whether both intervals have two ends."""
        return bool(np.isfinite([self.low, self.high, self.share_high]).all())

    @property
    def conclusive(self) -> bool:
        """Whether the intervals leave out 0, with two ends or one."""
        return not self.low <= 0 <= self.high


@dataclass(frozen=True)
class _Variance:
    """Variance of a difference of mean events where there is no effect, and how an effect changes it.

    If exposed units have ``times`` the events, their part of the variance (``exposed``) grows as counts do, with
    ``times``, and in as far as it is more than that of counts (``beyond``), as forecasts that miss, busy shifts and
    differences between boxes make it, with its square.
    """

    whole: float
    exposed: float
    beyond: float

    def terms(self, square: float, scaled: bool) -> tuple[float, float, float]:
        """Coefficients of ``times`` to the powers 0, 1, 2 in ``square`` x the variance of mean(exposed) - mean(others)
        or, ``scaled``, of mean(exposed) - ``times`` x mean(others)."""
        own, rest = square * self.whole * self.exposed, square * self.whole * (1 - self.exposed)
        linear, quadratic = own * (1 - self.beyond), own * self.beyond
        return (0.0, linear, quadratic + rest) if scaled else (rest, linear, quadratic)


class _Design:
    """Exposed and unexposed units with known chances.

    ``shift`` is the number of each unit's shift from 0. ``pull`` is each unit's signed weight in the difference, such
    that its expectation over the draws is 0; ``against`` the weights of the unexposed, ``toward`` those of the
    exposed; ``spread`` the expectation of ``pull`` squared, ``spread_exposed`` the part of it from being exposed.
    """

    def __init__(self, shift: ArrayLike, exposed: ArrayLike, toward: Floats, against: Floats, spread: Floats,
                 spread_exposed: Floats) -> None:
        self.shift = np.asarray(shift, dtype=np.int64)
        self.exposed = np.asarray(exposed, dtype=bool)
        self.toward, self.against, self.spread, self.spread_exposed = toward, against, spread, spread_exposed
        self.pull = toward - against

    def mean_exposed(self, values: ArrayLike) -> float:
        """Weighted mean of the exposed units; NaN where there is none."""
        return _mean(values, self.toward)

    def mean_unexposed(self, values: ArrayLike) -> float:
        """Weighted mean of the unexposed units, weighted to resemble the exposed ones; NaN where there is none."""
        return _mean(values, self.against)

    def covariance(self, one: Floats, other: Floats) -> float:
        """Design covariance of the sums of ``pull`` times ``one`` and ``other``."""
        raise NotImplementedError

    def estimate(self, outcome: ArrayLike, dose: ArrayLike | None = None, level: float = 0.95) -> Estimate | None:
        """Give the effect of one unit of dose, or None where nothing was exposed or nothing left unexposed.

        For what being exposed did to counted events :meth:`compare` is the better one: an effect on counts changes how
        much they vary, which here it does not.

        Under the hypothesis that dose x adds b * x to the outcome, outcome - b * dose is what would have been seen
        without, whatever was drawn; the draws alone then decide its difference between exposed and unexposed units,
        with mean 0 and a variance that the design tells. The interval holds every b that this does not reject
        (Anderson and Rubin 1949; Rosenbaum 2002), so it stays valid when the draw hardly moves the dose.

        Parameters
        ----------
        outcome : array of float
            By unit: events, less what was forecast before the shift.
        dose : array of float, optional
            By unit, such as hours delivered; if not given, 1 for exposed units: the effect of being drawn.
        level : float

        Returns
        -------
        Estimate or None
        """
        dose = self.exposed.astype(float) if dose is None else np.asarray(dose, dtype=float)
        if not self.toward.sum() > 0 or not self.against.sum() > 0:
            return None
        y, x = (np.asarray(values, dtype=float) - self.mean_unexposed(values) for values in (outcome, dose))
        difference, moved = float(self.pull @ y), float(self.pull @ x)
        yy, yx, xx = self.covariance(y, y), self.covariance(y, x), self.covariance(x, x)
        degrees = self._degrees(y)
        quantile = _quantile(0.5 + level / 2, degrees)
        value = difference / moved if moved else np.nan
        low, high = _not_rejected(difference, moved, yy, yx, xx, quantile)
        total = self.toward.sum()
        return Estimate(value, low, high, level, np.sqrt(max(yy, 0.0)) / abs(moved) if moved else np.inf,
                        self._between_shifts(y - value * x) / abs(moved) if moved else np.nan, degrees,
                        moved / total, moved ** 2 / xx if xx > 0 else np.inf * abs(moved))

    def compare(self, counted: ArrayLike, expected: ArrayLike, level: float = 0.95) -> CountChange | None:
        """Give what being exposed did to counted events, or None where nothing was exposed or nothing left unexposed.

        Counts that an effect makes larger also vary more, and smaller ones less. So each effect is tested with the
        variance that the difference would have under it (a score test; Fieller 1954 for the share), which is a
        quadratic in it. Intervals with the variance of no effect hold a doubling in 82 to 85 % of cases and a halving
        always (``benchmarks/effect.py --intervals``).

        Parameters
        ----------
        counted, expected : arrays of float
            By unit: events, and what was forecast before the shift.
        level : float

        Returns
        -------
        Change or None
        """
        counted, expected = np.asarray(counted, dtype=float), np.asarray(expected, dtype=float)
        plain = self.estimate(counted - expected, level=level)
        if plain is None:
            return None
        beyond = self.mean_unexposed(counted - expected)
        base, rate = self.mean_exposed(expected) + beyond, self.mean_exposed(counted)
        if not base > 0:
            return CountChange(**vars(plain), base=base, share=np.nan, share_low=np.nan, share_high=np.nan)
        # Residuals as they would be without the effect: counts of ``times`` the events spread by its root.
        times, would = rate / base, expected + beyond
        scale = np.where(self.exposed, times, 1.0)
        root = np.sqrt(np.where(scale > 0, scale, np.inf))  # where the exposed had no events they tell nothing of it
        y = (counted - scale * would) / root
        weights, degrees = self.spread * y ** 2, self._degrees(y)
        total = max(weights.sum(), np.finfo(float).tiny)
        varies = _Variance(max(self.covariance(y, y), 0.0) / self.toward.sum() ** 2,
                           self.spread_exposed @ y ** 2 / total,
                           float(np.clip(1 - self.spread @ (counted / root ** 2) / total, 0.0, 1.0)))
        quantile = _quantile(0.5 + level / 2, degrees)
        least, most = _times_not_rejected(rate, base, *varies.terms(quantile ** 2, True))
        low, high = (base * (end - 1) for end in _times_not_rejected(rate, base, *varies.terms(quantile ** 2, False)))
        return CountChange(plain.value, low, high, level, float(np.sqrt(varies.whole)), plain.between_shifts, degrees,
                           plain.mean_dose, plain.strength, base, times - 1, max(least, 0.0) - 1, most - 1)

    def _degrees(self, y: Floats) -> float:
        """Degrees of freedom of the variance of a difference of ``y``, by Satterthwaite (1946)."""
        terms = self.spread * y ** 2
        return float(2 * terms.sum() ** 2 / max((terms ** 2).sum(), np.finfo(float).tiny))

    def _between_shifts(self, rest: Floats) -> float:
        """Standard error of the sum of ``pull`` * ``rest`` as the shifts' sums differ."""
        sums = np.bincount(self.shift, self.pull * rest)
        count = np.unique(self.shift).size
        return float(np.sqrt((sums ** 2).sum() * count / (count - 1))) if count > 1 else np.nan


class Lottery(_Design):
    """Drawn against undrawn boxes of many draws, as if each drawn box were compared with undrawn ones of its chance.

    Drawn boxes weigh 1 and undrawn ones chance / (1 - chance): the estimate speaks of the boxes as the lottery draws
    them. (Weighing every box alike would need weights up to 1 / chance, several hundred for a box of low risk.)

    Parameters
    ----------
    shift : array of n int
    chance : array of n float
        Recorded inclusion probability, above 0 and below 1.
    drawn : array of n bool
        By the original draw.

    Raises
    ------
    ValueError
        When a chance is 0, 1 or none.
    """

    def __init__(self, shift: ArrayLike, chance: ArrayLike, drawn: ArrayLike) -> None:
        chance, drawn = np.asarray(chance, dtype=float), np.asarray(drawn, dtype=bool)
        if not ((chance > 0) & (chance < 1)).all():
            raise ValueError("Boxes that are drawn always or never tell nothing.")
        odds = chance / (1 - chance)
        super().__init__(shift, drawn, np.where(drawn, 1.0, 0.0), np.where(drawn, 0.0, odds), odds, chance)

    def covariance(self, one: Floats, other: Floats) -> float:
        """As if every box were drawn on its own.

        The boxes of a beat compete, so one drawn makes another less likely. Where what the forecast misses is
        unrelated between boxes that leaves the variance as it is; where it is alike in competing boxes, as in a busy
        shift or a busy corner, it cancels, and this variance is too large, never too small. Tests compare it with
        replayed draws.
        """
        return float(self.spread @ (one * other))


class BesideDrawn(_Design):
    """Undrawn boxes with a drawn box around them against undrawn boxes with none: displacement, or relief.

    Chances come from replays of each shift's draw. Exposed units weigh by their chance to be unexposed and the other
    way round (Li, Morgan and Zaslavsky 2018), which is linear in the replayed shares: few replays are enough and bring
    no bias. The estimate so speaks of boxes that could as well have been beside a drawn one as not.

    Parameters
    ----------
    shift : array of n int
    beside, drawn : arrays of n bool
        By the original draw.
    replayed : list of (units, beside, neither)
        By shift: positions of its units among the n, and replays x units, bool: undrawn with a drawn box around,
        undrawn without.
    """

    def __init__(self, shift: ArrayLike, beside: ArrayLike, drawn: ArrayLike,
                 replayed: Sequence[tuple[Ints, Bools, Bools]]) -> None:
        beside, neither = np.asarray(beside, dtype=bool), ~np.asarray(beside, dtype=bool) & ~np.asarray(drawn, bool)
        near, far = np.zeros(beside.size), np.zeros(beside.size)
        self._replayed = []
        for units, replayed_near, replayed_far in replayed:
            near[units], far[units] = replayed_near.mean(axis=0), replayed_far.mean(axis=0)
            both = np.flatnonzero((near[units] > 0) & (far[units] > 0))
            pull = (replayed_near[:, both] * far[units[both]] - replayed_far[:, both] * near[units[both]])
            self._replayed.append((units[both], pull.astype(np.float32)))
        self.chance = np.where(near + far > 0, near / np.maximum(near + far, np.finfo(float).tiny), np.nan)
        self.uncertain = (near > 0) & (far > 0)
        super().__init__(shift, beside, np.where(beside, far, 0.0), np.where(neither, near, 0.0),
                         near * far * (near + far), near * far ** 2)

    def covariance(self, one: Floats, other: Floats) -> float:
        """From the replays, shift by shift: neighbours of one drawn box are exposed together, and this tells it."""
        total = 0.0
        for units, pull in self._replayed:
            count = len(pull)
            if count > 1:  # the actual draw is one more beside the replays that its weights come from
                total += float((pull @ one[units]) @ (pull @ other[units])) / (count - 1) * (1 + 1 / count)
        return total


def _mean(values: ArrayLike, weights: Floats) -> float:
    total = weights.sum()
    return float(np.asarray(values, dtype=float) @ weights / total) if total > 0 else np.nan


def _quantile(probability: float, degrees: float) -> float:
    """Quantile of Student's t; infinite where there are no degrees of freedom."""
    from scipy.special import stdtrit  # scipy.stats would take most of a second to load
    return float(stdtrit(degrees, probability)) if degrees > 0 else np.inf


def _not_rejected(difference: float, moved: float, yy: float, yx: float, xx: float,
                  quantile: float) -> tuple[float, float]:
    """The b for which (difference - b * moved) ** 2 <= quantile ** 2 * (yy - 2 * b * yx + b ** 2 * xx)."""
    if not np.isfinite(quantile):
        return -np.inf, np.inf
    square = quantile ** 2
    a = moved ** 2 - square * xx
    b = difference * moved - square * yx
    c = difference ** 2 - square * yy
    if not a > NEARLY * moved ** 2:
        return -np.inf, np.inf  # the draw did not move the dose enough: no limit in at least one direction
    root = np.sqrt(max(b ** 2 - a * c, 0.0))
    return float((b - root) / a), float((b + root) / a)


def _times_not_rejected(rate: float, base: float, constant: float, linear: float,
                        quadratic: float) -> tuple[float, float]:
    """The ``times`` for which (rate - times * base) ** 2 is at most constant + linear * times + quadratic * times ** 2.

    The upper end is infinite where ``base`` is not surely above 0. Below no events at all nothing varies any less.
    """
    if not np.isfinite(constant + linear + quadratic):
        return -np.inf, np.inf
    a, b, c = base ** 2 - quadratic, rate * base + linear / 2, rate ** 2 - constant
    far = b + np.sqrt(max(b ** 2 - a * c, 0.0))
    low = (rate - np.sqrt(constant)) / base if c < 0 or not far > 0 else c / far
    return float(low), float(far / a) if a > NEARLY * base ** 2 else np.inf
