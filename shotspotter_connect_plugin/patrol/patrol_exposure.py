"""The measures of exposure, functions of arrays: minutes per resident and group, evenness, runs, breaches of limits.

``workspace/numbers/exposure_data.py`` reads a workspace for them, ``exposure_figures.py`` there puts them together.
"""
from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from ..forecast.arrays import ArrayLike, Floats, Ints


def lorenz(amounts: ArrayLike, weights: ArrayLike | None = None) -> tuple[Floats, Floats]:
    """How much of the amount the least served have.

    Parameters
    ----------
    amounts : array of n float
        Such as minutes of each box.
    weights : array of n float, optional
        Such as residents of each box; 1 each if not given.

    Returns
    -------
    shares, amount_shares : numpy.ndarray
        Cumulative shares from 0 to 1 of weights and of amounts, from the least to the most per weight. The line of
        equality where nobody has any, or where there is no weight.

    Source: M. O. Lorenz (1905), Methods of measuring the concentration of wealth.
    """
    amounts = _checked(amounts)
    weights = np.ones(amounts.size) if weights is None else _checked(weights)
    if not amounts.sum() or not weights.sum():
        return np.array([0.0, 1.0]), np.array([0.0, 1.0])
    kept = (weights > 0) | (amounts > 0)
    amounts, weights = amounts[kept], weights[kept]
    with np.errstate(divide="ignore"):
        order = np.argsort(amounts / weights, kind="stable")
    return _cumulative(weights[order]), _cumulative(amounts[order])


def gini(amounts: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Gini coefficient: 0 where all have the same per weight, near 1 where one has all; 0 if nobody has any.

    Parameters as for :func:`lorenz`. Source: C. Gini (1912), as twice the area between the line of equality and the
    Lorenz curve.
    """
    shares, amount_shares = lorenz(amounts, weights)
    return float(1.0 - (np.diff(shares) * (amount_shares[1:] + amount_shares[:-1])).sum())


def effective_number(amounts: ArrayLike) -> float:
    """How many equally served boxes would be as spread out: exp of the entropy of the shares; 0 if nobody has any.

    Source: M. O. Hill (1973), the number of order 1.
    """
    amounts = _checked(amounts)
    shares = amounts[amounts > 0] / max(amounts.sum(), np.finfo(float).tiny)
    return float(np.exp(-(shares * np.log(shares)).sum())) if shares.size else 0.0


def longest_streak(served: ArrayLike) -> Ints:
    """Longest run of consecutive periods in which a box was served.

    Parameters
    ----------
    served : array of bool, periods x boxes

    Returns
    -------
    numpy.ndarray of int
        By box.
    """
    served = np.asarray(served, dtype=bool)
    longest = run = np.zeros(served.shape[1], dtype=np.int64)
    for row in served:
        run = np.where(row, run + 1, 0)
        longest = np.maximum(longest, run)
    return longest


def within(counts: ArrayLike, periods: int) -> Ints:
    """Sum of each row of ``counts`` (periods x boxes) and the ``periods`` - 1 rows before it."""
    sums = np.cumsum(np.pad(np.asarray(counts), ((periods, 0), (0, 0))), axis=0)
    return sums[periods:] - sums[:-periods]


def most_within(counts: ArrayLike, periods: int) -> Ints:
    """Largest sum of any ``periods`` consecutive rows of ``counts`` (periods x boxes), by box."""
    return within(counts, periods).max(axis=0, initial=0)


def breaches_of_rest(served: ArrayLike, shifts: int) -> Ints:
    """Pairs of patrols of a box with fewer than ``shifts`` shifts between them.

    Parameters
    ----------
    served : array of bool, shifts in their order x boxes
    shifts : int
        Shifts that a box rests after a patrol.

    Returns
    -------
    numpy.ndarray of int
        By shift of the later patrol.
    """
    served = np.asarray(served, dtype=bool)
    breaches = np.zeros(len(served), dtype=np.int64)
    for gap in range(1, min(shifts, len(served) - 1) + 1):
        breaches[gap:] += (served[gap:] & served[:-gap]).sum(axis=1)
    return breaches


def per_thousand(amounts: ArrayLike, residents: ArrayLike) -> Floats:
    """Amounts per 1,000 residents; NaN where nobody lives."""
    amounts, residents = np.asarray(amounts, dtype=float), np.asarray(residents, dtype=float)
    return 1000.0 * np.divide(amounts, residents, out=np.full(amounts.shape, np.nan), where=residents > 0)


def by_group(amounts: pd.Series, residents: pd.DataFrame, everybody: str = "all") -> pd.Series:
    """What falls on a group of residents, per 1,000 of them.

    A box's amount is shared by its residents alike: group g has E_g = sum over boxes i of m_i * pop_ig / pop_i, over
    Pop_g, the sum of pop_ig. Amounts of boxes where nobody lives fall on nobody.

    Parameters
    ----------
    amounts : pandas.Series
        Such as minutes, by box.
    residents : pandas.DataFrame
        By box, one column per group, and ``everybody``.

    Returns
    -------
    pandas.Series
        By group; NaN for a group without residents.
    """
    people = residents[everybody].to_numpy(dtype=float)
    each = np.divide(amounts.reindex(residents.index).fillna(0.0).to_numpy(dtype=float), people,
                     out=np.zeros(len(people)), where=people > 0)
    fallen = residents.mul(each, axis=0).sum()
    return pd.Series(per_thousand(fallen, residents.sum()), index=residents.columns)


def relative(amounts: ArrayLike, reference: ArrayLike) -> Floats:
    """Share of the amounts over share of the reference: 1 = as much patrol as harm, say; NaN where there is neither."""
    amounts, reference = np.asarray(amounts, dtype=float), np.asarray(reference, dtype=float)
    whole, base = np.nansum(amounts), np.nansum(reference)
    if not whole or not base:
        return np.full(amounts.shape, np.nan)
    return np.divide(amounts / whole, reference / base, out=np.full(amounts.shape, np.nan), where=reference > 0)


def lowest_to_highest(values: ArrayLike) -> float:
    """Smallest value over the largest; NaN with fewer than two known values or where the largest is 0."""
    known = np.asarray(values, dtype=float)
    known = known[np.isfinite(known)]
    return float(known.min() / known.max()) if known.size > 1 and known.max() > 0 else float("nan")


def classes(values: ArrayLike, count: int = 5) -> tuple[list[float], Ints]:
    """Classes of values for a map, about as many values in each, with round edges.

    Parameters
    ----------
    values : array of float
        NaN belongs to no class.

    Returns
    -------
    edges : list of float
        Between the classes; a value equal to an edge belongs to the class above it. May be fewer than ``count`` - 1.
    which : numpy.ndarray of int
        Class of each value from 0, -1 for NaN.
    """
    values = np.asarray(values, dtype=float)
    known = values[np.isfinite(values)]
    count = min(count, np.unique(known).size)
    if count < 2:
        return [], np.where(np.isfinite(values), 0, -1)
    quantiles = np.quantile(known, np.arange(1, count) / count)
    edges = sorted({float(f"{edge:.2g}") for edge in quantiles if known.min() < edge <= known.max()})
    edges = [edge for edge in edges if known.min() < edge <= known.max()]
    return edges, np.where(np.isfinite(values), np.searchsorted(edges, values, side="right"), -1)


def _cumulative(parts: Floats) -> Floats:
    sums = np.concatenate([[0.0], np.cumsum(parts)])
    return sums / sums[-1]


def _checked(amounts: ArrayLike) -> Floats:
    amounts = np.asarray(amounts, dtype=float)
    if not (np.isfinite(amounts) & (amounts >= 0)).all():
        raise ValueError("Amounts must be finite numbers, at least 0.")
    return amounts
