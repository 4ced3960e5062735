"""What a source's wall clocks mean: instants with an honest earliest and latest.

What a column's values mean (local or UTC, a time or only a date) is decided for the whole column, by what is in it.
"""
from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...forecast.instants import DAY, MILLISECOND, NAT, SECOND, nanoseconds, utc_times, wall_clocks
from .time_texts import DATE, in_order
from .unknown_times import SECONDS, histogram, stand_for_nothing

if TYPE_CHECKING:
    from ...forecast.arrays import Bools, Ints
    from .time_texts import ParsedTimes

OLDEST_EVENT = pd.Timestamp("1990-01-01", tz="UTC").value
"""No record of an event is older, in ns: a date before it is a slip or somebody's birth."""
_QUARTER = 900 * SECOND


_NEARLY_ALL = 0.95
FIRST_SECOND = 3
"""Where the seconds of the day begin among the counts of :func:`survey`."""
_ENOUGH_TIMES = 40
"""Half of all true times lie in the other half of the day: of 40, none does in one of 10 ** 12 files."""
_AS_WRITTEN, _HERE, IN_UTC = "as written", "here", "in UTC"
_YEARS = range(2000, 2036)


@dataclass(frozen=True)
class TimeReading:
    """How the values of a column are to be read.

    ``zone`` is the zone of values without an offset; ``certain`` whether it was named, by the user or the column;
    ``zulu_is_local`` whether a Z is to be taken for wall clock of that zone, ``zone_wins`` the same where the user
    named the zone, which says nothing of seconds since 1970; ``order`` one of :data:`.date_texts.ORDERS`, "" where no
    date needs any; ``only_midnight`` whether no other time can stand for one that is not known. The rest is what
    :func:`settle` finds in the column:
    ``midnights``, whether midnights stand for dates, as written, on the wall clock here, or here but written in UTC
    without saying so; ``unknown``, seconds of the
    day that stand for no time among times.
    """

    zone: str
    certain: bool = False
    zulu_is_local: bool = False
    order: str = ""
    zone_wins: bool = False
    only_midnight: bool = False
    midnights: str = ""
    unknown: tuple[int, ...] = ()


def survey(parsed: ParsedTimes, reading: TimeReading) -> Ints:
    """Counts on which :func:`settle` decides; those of parts of a column sum to those of the column."""
    clock, wall, _ = _clocks(parsed, reading)
    known = clock != NAT
    timed = parsed.timed & known
    return np.concatenate([[known.sum(), timed.sum(), (timed & (clock % DAY == 0)).sum()], histogram(wall[timed])])


def lack_halves(counts: Ints) -> bool:
    """Whether the times that :func:`survey` counted are of a clock of twelve hours without AM and PM: every hour from 1
    to 12 is there, and no other, in so many rows that it is no chance."""
    hours = counts[FIRST_SECOND:FIRST_SECOND + DAY // SECOND].reshape(24, -1).sum(axis=1)
    return bool(hours.sum() >= _ENOUGH_TIMES and (hours[1:13] > 0).all() and hours[1:13].sum() == counts[1])


def settle(reading: TimeReading, counts: Ints) -> TimeReading:
    """The reading of a column, completed by what :func:`survey` counted in it.

    Midnight counts as no time of day where nearly the whole column is at midnight; in other columns, those times do
    that :func:`.unknown_times.stand_for_nothing` finds.
    """
    known, timed, midnight = counts[:FIRST_SECOND].tolist()
    if timed and midnight >= _NEARLY_ALL * timed:
        return replace(reading, midnights=_AS_WRITTEN)
    if timed and counts[FIRST_SECOND] >= _NEARLY_ALL * timed:
        return replace(reading, midnights=_HERE, certain=True)
    if timed and counts[FIRST_SECOND + utc_midnights(reading.zone) // SECOND].sum() >= _NEARLY_ALL * timed:
        return replace(reading, midnights=IN_UTC, certain=True)
    # Dates among times are of the clock of those times.
    return replace(reading, certain=reading.certain or timed > known / 2,
                   unknown=stand_for_nothing(counts[FIRST_SECOND:], reading.only_midnight))


@dataclass
class TimeSpans:
    """Earliest and latest instant each value can mean: int64 nanoseconds UTC, NAT where unknown.

    ``timed`` is False where only a date is known; ``written`` is True where the source wrote something.
    """

    low: Ints
    high: Ints
    timed: Bools
    written: Bools


def time_spans(parsed: ParsedTimes, reading: TimeReading) -> TimeSpans:
    """Instants that values can mean under a settled reading.

    A value without a time of day is the whole day. If a column knows dates only and nobody named its zone, the dates
    may have been cut from a UTC clock, so that the day in the zone and the day in UTC are joined.
    """
    clock, wall, instant = _clocks(parsed, reading)
    known = clock != NAT
    timed, day = parsed.timed & known, wall // DAY
    if reading.midnights == _AS_WRITTEN:
        no_time = clock % DAY == 0
        timed, day = timed & ~no_time, np.where(parsed.timed & no_time, clock // DAY, day)
    elif reading.midnights == _HERE:
        timed = timed & (wall % DAY != 0)
    elif reading.midnights == IN_UTC:
        no_time = parsed.timed & ~instant & np.isin(wall % DAY, utc_midnights(reading.zone))
        timed, day = timed & ~no_time, np.where(no_time, nearest_day(wall) // DAY, day)
    elif reading.unknown:
        meant = np.ones(SECONDS, dtype=bool)
        meant[list(reading.unknown)] = False
        timed = timed & ((wall % SECOND != 0) | meant[wall % DAY // SECOND])
    covers = parsed.covers.astype(np.int64) * SECOND
    low, high = np.full(clock.size, NAT), np.full(clock.size, NAT)
    moments, clocks, dates = instant & timed, timed & ~instant, known & ~timed
    low[moments], high[moments] = clock[moments], _last(clock[moments], covers[moments])
    low[clocks] = to_utc(wall[clocks], reading.zone, True)
    high[clocks] = _last(to_utc(wall[clocks] + covers[clocks], reading.zone, False), covers[clocks], 0)
    days = np.maximum(parsed.covers[dates] // DATE, 1)
    start, end = day[dates] * DAY, (day[dates] + days) * DAY
    low[dates], high[dates] = to_utc(start, reading.zone, True), to_utc(end, reading.zone, True) - MILLISECOND
    if not reading.certain:
        # A month is nobody's cut of a clock.
        low[dates] = np.where(days > 1, low[dates], np.minimum(low[dates], start))
        high[dates] = np.where(days > 1, high[dates], np.maximum(high[dates], end - MILLISECOND))
    # An hour that the clocks skip ends at the moment at which it begins.
    high[clocks] = np.maximum(low[clocks], high[clocks])
    return TimeSpans(_floor(low), _floor(high), timed, parsed.written)


def _last(start: Ints, covers: Ints, add: int = 1) -> Ints:
    """The last moment of what begins at a start and covers some ns, of which ``add`` says whether they are still to be
    added: the start itself where it covers none."""
    return start + add * covers - np.where(covers > 0, MILLISECOND, 0)


def _clocks(parsed: ParsedTimes, reading: TimeReading) -> tuple[Ints, Ints, Bools]:
    """(clock as written, wall clock, whether the clock is an instant) of each value."""
    clock = in_order(parsed, reading.order)
    local = parsed.zulu & (reading.zulu_is_local | (reading.zone_wins & ~parsed.unix))
    instant = parsed.offset & ~local & (clock != NAT)
    wall = clock.copy()
    wall[instant] = to_local(clock[instant], reading.zone)
    return clock, wall, instant


def _floor(values: Ints) -> Ints:
    return np.where(values == NAT, NAT, values // MILLISECOND * MILLISECOND)


def to_local(instants: Ints, zone: str) -> Ints:
    """Wall clock (ns) of instants (ns)."""
    bins, codes = _bins(instants)
    index = utc_times(bins).tz_convert(zone)
    return nanoseconds(index.tz_localize(None))[codes] + instants - bins[codes]


@lru_cache(maxsize=64)
def utc_midnights(zone: str) -> Ints:
    """The times of day (ns) that UTC shows when it is midnight in a zone, in winter and in summer, as 05:00 and 04:00.
    Midnight itself is none of them."""
    starts = wall_clocks(np.array([pd.Timestamp(year, month, 15).value for year in _YEARS for month in (1, 7)]))
    found = np.unique(to_utc(nanoseconds(starts), zone, True) % DAY)
    return found[found != 0]


def nearest_day(clocks: Ints) -> Ints:
    """The midnights (ns) nearest to clocks: those of dates whose midnight is written in UTC."""
    return (clocks + DAY // 2) // DAY * DAY


def to_utc(wall: Ints, zone: str, first: bool) -> Ints:
    """Instants (ns) of wall clocks (ns): a skipped time is the moment of the skip; of a time that comes twice the first
    or the second coming."""
    bins, codes = _bins(wall)
    index = wall_clocks(bins)
    index = index.tz_localize(zone, ambiguous=np.full(len(index), first), nonexistent="shift_forward")
    skipped = nanoseconds(index.tz_localize(None)) != bins
    return nanoseconds(index.tz_convert("UTC"))[codes] + np.where(skipped[codes], 0, wall - bins[codes])


def instants(parsed: ParsedTimes, zone: str, order: str, zone_wins: bool = False) -> pd.Series:
    """Series of the instants of parsed texts, NaT where no time of day is known; clocks without an offset, or with that
    of Greenwich where ``zone_wins``, are of ``zone``, and of those that come twice the first is meant. ``order`` as
    :func:`in_order`."""
    wall = in_order(parsed, order)
    known = (wall != NAT) & parsed.timed
    instant = np.full(wall.size, NAT)
    own = parsed.offset & ~(parsed.zulu & ~parsed.unix & zone_wins)
    instant[known] = np.where(own[known], wall[known], to_utc(wall[known], zone, True))
    return pd.Series(utc_times(_floor(instant)))


def _bins(clocks: Ints) -> tuple[Ints, Ints]:
    """The distinct quarters of an hour, within which no zone changes its offset, and the quarter of each clock."""
    codes, bins = pd.factorize(clocks // _QUARTER * _QUARTER)
    return bins, codes
