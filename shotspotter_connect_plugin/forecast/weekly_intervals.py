"""How sure a figure over several weeks is: a ratio of sums, with an interval from how the weeks differ.

Hit rate, PAI, the PAI of one method over that of another and log score per event are sums over weeks divided by sums
over weeks. Such a ratio is nearly the mean of what each week adds to it (its linearisation: Woodruff 1971, Cochran
1977, chapter 6), so its error follows from the weeks' deviations, with Student's t for how few weeks they are. Drawing
weeks again (a bootstrap) knows nothing of that: its 90 % intervals hold the truth in about half of all periods of two
weeks and three quarters of those of four. ``benchmarks/intervals.py`` measures both.
"""
from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .arrays import ArrayLike, Floats

FEWEST_WEEKS = 8
"""Weeks below which no interval is given: with fewer, how weeks differ is itself not known (see the benchmark)."""
FEWEST_EVENTS = 30
"""Events below which no interval is given; the number from which a crime type is not too rare to compare rungs."""
_MISS = 0.05
"""Share of the truths that may lie beyond each end: 90 % intervals."""
_NOTHING = 1e-12
"""Deviations below this are the rounding of sums."""


def why_none(weeks: int, events: float) -> str:
    """Say why there is no interval from so many weeks and events; an empty text where there is one."""
    if weeks < FEWEST_WEEKS:
        return f"only {weeks:,} {'week' if weeks == 1 else 'weeks'}, at least {FEWEST_WEEKS} are needed"
    if events < FEWEST_EVENTS:
        return f"only {events:,.0f} events, at least {FEWEST_EVENTS} are needed"
    return ""


def half_width(deviations: Floats, events: Floats, besides: ArrayLike = 0.0) -> Floats:
    """How far the ends of a 90 % interval are from the sum of the weeks' deviations, which is 0.

    Parameters
    ----------
    deviations : numpy.ndarray
        (..., weeks) what each week adds to an estimate beyond its due.
    events : numpy.ndarray
        (weeks,) events; a week without any tells nothing, so it is not counted among the weeks of Student's t.
    besides : array, optional
        (...,) variance that does not show in how the weeks differ.

    Returns
    -------
    numpy.ndarray
        (...,); NaN where there is no interval: :func:`why_none` says why, or all events came in one week.
    """
    from scipy.special import stdtrit  # scipy.stats would take most of a second to load

    weeks, telling = len(events), int(np.sum(np.asarray(events) > 0))
    if why_none(weeks, float(np.sum(events))) or telling < 2:
        return np.full(np.shape(deviations)[:-1], np.nan)
    variance = np.sum(deviations ** 2, axis=-1)
    # Weeks that follow each other may be good or bad together (Newey and West 1987); they never make it surer.
    lags = int(round(weeks ** (1 / 3)))
    together = sum(2 * (1 - lag / (lags + 1)) * np.sum(deviations[..., lag:] * deviations[..., :-lag], axis=-1)
                   for lag in range(1, lags + 1))
    of_weeks = (variance + np.maximum(together, 0.0)) * telling / (telling - 1)
    return stdtrit(telling - 1, 1 - _MISS) * np.sqrt(of_weeks + np.asarray(besides))


def of_sums(values: Floats) -> Floats:
    """Share (..., weeks) of each week in a sum over weeks; 0 where the sum is 0."""
    total = np.sum(values, axis=-1, keepdims=True)
    return np.divide(values, total, out=np.zeros(np.shape(values)), where=total > 0)


def ratio_interval(ratio: ArrayLike, above: Sequence[Floats], below: Sequence[Floats],
                   events: Floats, besides: ArrayLike = 0.0) -> tuple[Floats, Floats]:
    """90 % interval of products and ratios of sums over weeks.

    The logarithm is linearised, so no end is negative. Where the ratio is 0 because nothing was caught, the upper end
    is left to the caller (:func:`most_unseen`).

    Parameters
    ----------
    ratio : array of n
    above, below : sequence of numpy.ndarray
        (n, weeks) or (weeks,): what is multiplied, and divided by.
    events : numpy.ndarray
        (weeks,).
    besides : array of n, optional
        Relative variance that does not show in how the weeks differ.

    Returns
    -------
    low, high : arrays of n
        NaN where there is no interval.
    """
    deviations = sum(of_sums(values) for values in above) - sum(of_sums(values) for values in below)
    times = np.exp(half_width(np.where(np.abs(deviations) < _NOTHING, 0.0, deviations), events, besides))
    return np.asarray(ratio) / times, np.asarray(ratio) * times


def most_unseen(events: float) -> float:
    """Largest share of hits that would give none in so many events in one of twenty cases (Hanley and Lippman-Hand
    1983)."""
    return 1.0 - _MISS ** (1.0 / events)
