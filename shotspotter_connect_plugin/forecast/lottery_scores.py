"""What lotteries of a past period held: harm, events, area, week by week; and what one choice gives beside another."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .stable_product import stable_product
from .weekly_intervals import half_width, ratio_interval

if TYPE_CHECKING:
    from .arrays import Floats, Ints
    from .forecast_frames import ChoiceFigures
    from .rolling_backtest import PlacedEvents

_PER_HOURS = 100.0
"""Patrol hours that events are told for: what a shift of a larger agency spends in its boxes."""


@dataclass(frozen=True)
class LotteryHits:
    """What a lottery would have caught of one crime type, or of several.

    ``hits`` and ``searched`` (weeks,): chance of being drawn x events, and expected searched area as a multiple of the
    whole; ``spread`` the variance of the hits from draw to draw, as if each box were drawn by itself: a draw of a fixed
    number of boxes, and limits that make up for what was drawn before, vary less.
    """

    method: str
    hits: Floats
    searched: Floats
    spread: float


class LotterySums:
    """Sums by week over one history of lotteries, taken in shift by shift.

    Parameters
    ----------
    method : str
    events : sequence of PlacedEvents
        Of each crime type, on the boxes of the lottery.
    week : array of int
        Of each slot.
    """

    def __init__(self, method: str, events: Sequence[PlacedEvents], week: Ints) -> None:
        self.method, self._events, self._week = method, events, week
        weeks = int(week[-1]) + 1
        self._hits = np.zeros((len(events) + 1, weeks))  # the last is all types together
        self._spread = np.zeros(len(events) + 1)
        self.searched, self.boxes, self.covered, self.harm = np.zeros((4, weeks))
        self.spread_of_harm = 0.0

    def add(self, slot: int, chance: Floats, harm: Floats, uniform: Floats) -> None:
        """Take in one shift: (boxes,) chance of being drawn, expected harm, share in the whole area."""
        week, vary = self._week[slot], chance * (1.0 - chance)
        of_types = [one.of(slot) for one in self._events]
        for number, (box, weight) in enumerate(of_types):
            self._take(number, week, box, weight, chance, vary)
        box, which = np.unique(np.concatenate([box for box, _ in of_types]), return_inverse=True)
        weight = np.bincount(which.reshape(-1), np.concatenate([weight for _, weight in of_types]), box.size)
        self._take(len(of_types), week, box.astype(np.int64), weight, chance, vary)
        self.searched[week] += stable_product(chance, uniform)
        self.boxes[week] += chance.sum()
        self.covered[week] += stable_product(chance, harm)
        self.harm[week] += harm.sum()
        self.spread_of_harm += float(np.sum(harm ** 2 * vary))

    def _take(self, number: int, week: int, box: Ints, weight: Floats, chance: Floats, vary: Floats) -> None:
        self._hits[number, week] += np.sum(weight * chance[box])
        self._spread[number] += np.sum(weight ** 2 * vary[box])

    def named(self, method: str) -> LotterySums:
        """The same under another name."""
        other = copy(self)
        other.method = method
        return other

    def of(self, number: int) -> LotteryHits:
        """What it caught of one crime type, by its place among the events; -1 for all together."""
        return LotteryHits(self.method, self._hits[number], self.searched, float(self._spread[number]))


@dataclass(frozen=True)
class Price:
    """What is lost by one choice beside another: share of all expected harm, and events per 100 patrol hours.

    ``_with`` is what the choice that has the price gives, ``_without`` the other; ``harm`` and ``events`` are the other
    less the first, with paired 90 % intervals, NaN where there is none.
    """

    name: str
    harm_with: float
    harm_without: float
    harm: float
    harm_low: float
    harm_high: float
    events_with: float
    events_without: float
    events: float
    events_low: float
    events_high: float


def choice_figures(sums: Mapping[str, LotterySums], minutes: float, by_week: Floats, shifts: int) -> ChoiceFigures:
    """Give what each choice gives an agency.

    Parameters
    ----------
    sums : mapping of method to LotterySums
    minutes : float
        Of patrol in a drawn box and shift, returns included.
    by_week : numpy.ndarray
        (weeks,) events.
    shifts : int

    Returns
    -------
    pandas.DataFrame
        method; boxes (expected, per shift); hours (of patrol, per shift); area_share (per shift); covered, the share of
        all expected harm that the boxes expect to cover, with covered_low and covered_high; hits, the events in drawn
        boxes; per_100, these per 100 patrol hours, with per_100_low and per_100_high. Ends are 90 % intervals from how
        the weeks differ, the draws' own spread in them; NaN where there is none.
    """
    rows = []
    for method, one in sums.items():
        found, hours = one.of(-1), _hours(one, minutes)
        covered, per_100 = _ratio(one.covered, one.harm), _PER_HOURS * _ratio(found.hits, hours)
        of_harm = ratio_interval(covered, (one.covered,), (one.harm,), by_week,
                                 _relative(one.spread_of_harm, one.covered))
        of_hits = ratio_interval(per_100, (found.hits,), (hours,), by_week, _relative(found.spread, found.hits))
        rows.append((method, one.boxes.sum() / shifts, hours.sum() / shifts, one.searched.sum() / shifts, covered,
                     *map(float, of_harm), float(found.hits.sum()), per_100, *map(float, of_hits)))
    return pd.DataFrame(rows, columns=["method", "boxes", "hours", "area_share", "covered", "covered_low",
                                       "covered_high", "hits", "per_100", "per_100_low", "per_100_high"])


def price(name: str, dear: LotterySums, instead: LotterySums, minutes: float, by_week: Floats) -> Price:
    """Give what ``dear`` loses where ``instead`` could be had; parameters as of :func:`choice_figures`."""
    of_harm = _difference([(one.covered, one.harm, one.spread_of_harm) for one in (dear, instead)], by_week)
    of_hits = _difference([(one.of(-1).hits, _hours(one, minutes), one.of(-1).spread) for one in (dear, instead)],
                          by_week)
    return Price(name, *of_harm, *(_PER_HOURS * value for value in of_hits))


def _hours(sums: LotterySums, minutes: float) -> Floats:
    return sums.boxes * (minutes / 60.0)


def _difference(sums: Sequence[tuple[Floats, Floats, float]],
                by_week: Floats) -> tuple[float, float, float, float, float]:
    """Two ratios of sums over weeks, each given as (above, below, variance of the sum above), and the second less the
    first with its paired 90 % interval."""
    (one, own, spread), (other, of_other, spread_of_other) = (_linear(*each) for each in sums)
    beyond = float(half_width(of_other - own, by_week, spread + spread_of_other))
    return one, other, other - one, other - one - beyond, other - one + beyond


def _linear(above: Floats, below: Floats, variance: float) -> tuple[float, Floats, float]:
    """A ratio of sums, what each week adds to it beyond its due, and its variance besides."""
    ratio, total = _ratio(above, below), float(below.sum())
    if not total > 0:
        return ratio, np.full(above.size, np.nan), np.nan
    return ratio, (above - ratio * below) / total, variance / total ** 2


def _ratio(above: Floats, below: Floats) -> float:
    return float(above.sum() / below.sum()) if below.sum() > 0 else float("nan")


def _relative(variance: float, sums: Floats) -> float:
    return float(variance / sums.sum() ** 2) if sums.sum() > 0 else 0.0
