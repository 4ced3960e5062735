"""How many events a slot brings in the whole jurisdiction: recent rate x weekday x season x kind of day and weather.

A Poisson regression on the slots of the past, each seen from the plan moment of its date with what was known then, so
delays of reporting are in the numbers it learns from. Its terms are few and held back by normal priors: with little
data the recent rate is all that is left.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Tuple

import numpy as np

from .allowed_inputs import DAY_TERMS
from .calendar_terms import days_of
from .event_history import EventHistory
from .instants import DAY
from .sources import Lookback
from .stable_product import stable_product
from .surfaces import counts_at, roll

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .arrays import Bools, Floats, Ints
    from .event_history import Timeline

WHOLE_PAST = Lookback("window", float("inf"))
# Chosen: half-lives in days of the rate that all else is relative to, and of a faster one, whose excess over it is the
# trend. Longer ones are steadier, shorter ones follow a change sooner; validation chooses for each crime type. On
# development years (Washington 2006 to 2012, wards 2013 to 2015, alerts 2006 to 2017, totals alone) the fastest was as
# good as the best for ten of twelve types; faster ones than that cost rare types. Weekdays need not weigh alike in a
# memory: their own terms take up what that does.
MEMORIES = ((120.0, 28.0), (60.0, 14.0), (30.0, 7.0), (15.0, 4.0))
# Chosen: standard deviations of the normal priors on the logarithm; 0.1 lets weekday, season and kind of day move the
# total by some 10 % before the data must insist. Wider ones follow chance where events are few.
_SPREAD = {"constant": 0.3, "trend": 0.5, "season": 0.1, "weekday": 0.1, "shift_weekday": 0.05, "day": 0.1}
# A year and a half: in less a season cannot be told from a trend.
_DAYS_FOR_SEASON = 540
# A prior so narrow that its term stays at 0, while the curvature stays invertible.
_NONE = 1e-6
# Position of the trend among the coefficients, see CitywideRate.
_TREND = 1
# At most a factor e in one Newton step, so that a start far off does not overflow.
_LARGEST_STEP = 1.0
# exp(-15) is 3e-7: what is less likely than once in a million is taken for impossible.
_UNLIKELY = 15.0


# Offset (n,) and design (n, terms) of slots.
_Terms = Tuple["Floats", "Floats"]


@dataclass(frozen=True)
class CitywideRate:
    """Coefficients on the log of the recent rate: constant, trend, 4 of the season, 7 of weekdays, 7 per shift,
    and one per term of the calendar. ``memory``: half-lives in days of the slow and the fast rate."""

    coefficients: tuple[float, ...]
    memory: tuple[float, float] = MEMORIES[0]

    def expected(self, terms: _Terms) -> Floats:
        """Expected events of slots whose terms :class:`RateTerms` made."""
        offset, design = terms
        return np.exp(offset + stable_product(design, np.asarray(self.coefficients)))


class RateTerms:
    """Makes the terms of slots from the total history of one crime type.

    A slot counts where the source was there, which is decided for each moment from what was known then. Where sensors
    listen only in places it counts as far as it could be seen, going by what was known at ``moment``. ``memory`` as of
    :class:`CitywideRate`.
    """

    def __init__(self, history: EventHistory, timeline: Timeline, moment: int | None = None,
                 memory: tuple[float, float] = MEMORIES[0]) -> None:
        self.memory = memory
        self._lookbacks = (*(Lookback("decay", days) for days in memory), WHOLE_PAST)
        zero = np.zeros(history.slot.size, dtype=np.int64)
        self._totals = EventHistory(history.slot, zero, history.weight, history.known)
        self.share_seen, self.share_heard = shares(history if moment is None else history.until(moment), timeline)
        self._timeline, self._days = timeline, days_of(timeline)

    def at_origins(self, first: int, last: int) -> tuple[Ints, _Terms]:
        """Terms of every slot of the dates first to before last, seen from their plan moments; and those slots."""
        timeline = self._timeline
        slots = np.flatnonzero((timeline.date >= first) & (timeline.date < last))
        totals, exposure = np.zeros((2, max(last - first, 0), len(self._lookbacks), len(timeline.codes)))
        for day, counts in roll(self._totals, timeline, self._lookbacks, 1, first, last):
            totals[day - first] = counts[0]
        for day, observed in observed_at_origins(self._totals, timeline, first, last):
            exposure[day - first] = self._exposure(observed, int(timeline.origin[day]))
        date = timeline.date[slots] - first
        return slots, self._terms(totals[date], exposure[date], timeline.shift[slots], timeline.weekday[slots],
                                  timeline.season[slots], self._days[slots])

    def at(self, moment: int, slot: int) -> _Terms:
        """Terms of one slot (its position) seen from a moment."""
        timeline, one = self._timeline, slice(slot, slot + 1)
        totals = counts_at(self._totals, timeline, self._lookbacks, 1, moment)
        exposure = self._exposure(observed_dates(self._totals, timeline, moment), moment)[None]
        return self._terms(totals, exposure, timeline.shift[one], timeline.weekday[one], timeline.season[one],
                           self._days[one])

    def _exposure(self, observed: Bools, moment: int) -> Floats:
        """Remembered slots (lookbacks, shifts) in which the source was there, of those begun at a moment."""
        timeline = self._timeline
        begun = slice(0, int(np.searchsorted(timeline.start, moment, side="right")))
        weight = self.share_seen[begun] * observed[timeline.date[begun]]
        age, shifts = (moment - timeline.start[begun]) / DAY, len(timeline.codes)
        return np.stack([np.bincount(timeline.shift[begun], weight * lookback.weight(age), minlength=shifts)
                         for lookback in self._lookbacks])

    @staticmethod
    def _terms(totals: Floats, exposure: Floats, shift: Ints, weekday: Ints, season: Floats,
               kind_of_day: Floats) -> _Terms:
        """Offset (n,) and design (n, terms) from totals and exposure (n, lookbacks, shifts)."""
        pooled, slots = totals.sum(axis=2), exposure.sum(axis=2)
        ever = (pooled[:, 2] + 0.5) / (slots[:, 2] + 0.5)
        pick = np.arange(shift.size)
        # Two pseudo-events at the long-run rate keep a shift with few events from a rate of zero.
        own = (totals[pick, 0, shift] + 2.0) / (exposure[pick, 0, shift] + 2.0 / ever)
        slow = (pooled[:, 0] + 2.0) / (slots[:, 0] + 2.0 / ever)
        trend = np.log((pooled[:, 1] + 5.0) / (slots[:, 1] * slow + 5.0))
        angle = 2 * np.pi * season
        shifts = totals.shape[2]
        days, shift_days = np.eye(7)[weekday], np.zeros((shift.size, shifts * 7))
        shift_days[pick, shift * 7 + weekday] = 1.0
        design = np.column_stack([np.ones(shift.size), trend, np.cos(angle), np.sin(angle), np.cos(2 * angle),
                                  np.sin(2 * angle), days, shift_days, kind_of_day])
        return np.log(own), design


def shares(history: EventHistory, timeline: Timeline) -> tuple[Floats, Floats]:
    """Shares (slots,) of all events that can have been seen, and heard, in each slot, by where events are on record."""
    listening = history.listening
    if listening is None:
        return (np.ones(timeline.start.size),) * 2
    boxes, last = listening.uniform.size, history.known[-1] if history.known.size else listening.begin
    counts = counts_at(history, timeline, [WHOLE_PAST], boxes, last).sum(axis=(1, 2))
    at = listening.at(timeline.start)
    return (np.maximum(listening.share_of_events(counts, listening.seen()), 1e-3)[at],
            listening.share_of_events(counts, listening.heard)[at])


def coefficients_needed(shifts: int) -> int:
    """Number of coefficients with so many shift codes."""
    return 13 + 7 * shifts + len(DAY_TERMS)


def fit_rate(terms: _Terms, observed_events: Floats, shifts: int, days: float,
             memory: tuple[float, float] = MEMORIES[0]) -> CitywideRate:
    """Fit the coefficients by Newton steps on the penalised Poisson likelihood.

    Parameters
    ----------
    terms : tuple
        Offset and design of n slots.
    observed_events : array of n
        Events that the slots brought.
    shifts : int
        Number of shift codes.
    days : float
        Days the slots span; under a year and a half a season cannot be told from a trend and is left out.
    memory : tuple of float
        That of the terms.

    Returns
    -------
    CitywideRate
    """
    offset, design = terms
    season = _SPREAD["season"] if days >= _DAYS_FOR_SEASON else _NONE
    spread = np.array([_SPREAD["constant"], _SPREAD["trend"], *[season] * 4, *[_SPREAD["weekday"]] * 7,
                       *[_SPREAD["shift_weekday"]] * 7 * shifts, *[_SPREAD["day"]] * len(DAY_TERMS)])
    coefficients = _newton(offset, design, observed_events, spread)
    if coefficients[_TREND] < 0:
        # More events lately must not mean fewer to come: then the slow rate alone is the better guide.
        spread[_TREND] = _NONE
        coefficients = _newton(offset, design, observed_events, spread)
    return CitywideRate(tuple(float(value) for value in np.round(coefficients, 8)), memory)


def _newton(offset: Floats, design: Floats, observed_events: Floats, spread: Floats) -> Floats:
    precision = spread ** -2
    coefficients = np.zeros(spread.size)
    for _ in range(50):
        expected = np.exp(offset + stable_product(design, coefficients))
        gradient = stable_product(observed_events - expected, design) - precision * coefficients
        curvature = stable_product((design * expected[:, None]).T, design) + np.diag(precision)
        step = np.clip(np.linalg.solve(curvature, gradient), -_LARGEST_STEP, _LARGEST_STEP)
        coefficients += step
        if np.abs(step).max() < 1e-10:
            break
    return coefficients


def observed_dates(history: EventHistory, timeline: Timeline, moment: int) -> Bools:
    """Tell on which dates the source was there at all, going by what was known at a moment.

    A silence so long that it would come by chance less than once in a million (where the rate is well known, 15 events
    expected and none seen) is a gap in the data, not a quiet time. Dates whose plan moment is still to come are not
    observed.

    Returns
    -------
    numpy.ndarray
        (dates,) bool.
    """
    known = history.until(moment)
    daily = np.bincount(timeline.date[known.slot], known.weight, minlength=len(timeline.dates))
    return _without_gaps(daily, int(np.searchsorted(timeline.origin, moment, side="right")))


def observed_at_origins(history: EventHistory, timeline: Timeline, first: int,
                        last: int) -> Iterator[tuple[int, Bools]]:
    """The same for the plan moment of each date from ``first`` to before ``last``: position of the date, (dates,)
    bool."""
    known_by = np.searchsorted(history.known, timeline.origin, side="right")
    date, daily, done = timeline.date[history.slot], np.zeros(len(timeline.dates)), 0
    for day in range(first, last):
        new = slice(done, known_by[day])
        daily += np.bincount(date[new], history.weight[new], minlength=daily.size)
        done = known_by[day]
        yield day, _without_gaps(daily, day + 1)


def _without_gaps(daily: Floats, last: int) -> Bools:
    """Which dates were observed, from the events of each; those from position ``last`` on are not."""
    observed = np.zeros(daily.size, dtype=bool)
    observed[:last] = True
    active = np.flatnonzero(daily[:last] > 0)
    if active.size:
        # n events in T days leave their rate unsure: no further one comes in L days with chance (1 + L / T) ** -n.
        longest = (active[-1] - active[0] + 1) * np.expm1(_UNLIKELY / daily[:last].sum())
        edges = np.concatenate([[-1], active, [last]])
        for gap in np.flatnonzero(np.diff(edges) - 1 > longest):
            observed[edges[gap] + 1:edges[gap + 1]] = False
    return observed
