"""What a source's wall clocks mean: instants with an honest earliest and latest.

What a column's values mean (local or UTC, a time or only a date) is decided for the whole column, by what is in it.
"""
from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Sequence

import numpy as np
import pandas as pd

from ...forecast.instants import DAY, MILLISECOND, NAT, SECOND, nanoseconds, utc_times, wall_clocks
from .time_texts import in_order

if TYPE_CHECKING:
    from ...forecast.arrays import Bools, Ints
    from .time_texts import ParsedTimes

OLDEST_EVENT = pd.Timestamp("1990-01-01", tz="UTC").value
"""No record of an event is older, in ns: a date before it is a slip or somebody's birth."""
_QUARTER = 900 * SECOND


_NEARLY_ALL = 0.95
_AS_WRITTEN, _HERE = "as written", "here"


@dataclass(frozen=True)
class TimeReading:
    """How the values of a column are to be read.

    ``zone`` is the zone of values without an offset; ``certain`` whether it was named, by the user or the column;
    ``zulu_is_local`` whether a Z is to be taken for wall clock of that zone; ``order`` one of
    :data:`.time_texts.ORDERS`, "" where no date needs any. The rest is what :func:`settle` finds in the column:
    ``midnights``, whether midnights stand for dates, as written or on the wall clock here; ``midnight_is_no_time``
    among times.
    """

    zone: str
    certain: bool = False
    zulu_is_local: bool = False
    order: str = ""
    midnights: str = ""
    midnight_is_no_time: bool = False


def survey(parsed: ParsedTimes, reading: TimeReading) -> Ints:
    """Counts on which :func:`settle` decides; those of parts of a column sum to those of the column."""
    clock, wall, _ = _clocks(parsed, reading)
    known = clock != NAT
    hours = wall[parsed.timed & known] % DAY
    return np.array([known.sum(), parsed.timed.sum(), (parsed.timed & (clock % DAY == 0)).sum(),
                     *((hours == hour * 3600 * SECOND).sum() for hour in (0, 23, 1))])


def settle(reading: TimeReading, counts: Ints) -> TimeReading:
    """The reading of a column, completed by what :func:`survey` counted in it.

    Midnight counts as no time of day where nearly the whole column is at midnight, and in other columns where midnight
    comes more than twice as often as 23:00:00 and as 01:00:00.
    """
    known, timed, midnight, midnight_here, before, after = counts.tolist()
    if timed and midnight >= _NEARLY_ALL * timed:
        return replace(reading, midnights=_AS_WRITTEN)
    if timed and midnight_here >= _NEARLY_ALL * timed:
        return replace(reading, midnights=_HERE, certain=True)
    # Dates among times are of the clock of those times.
    return replace(reading, certain=reading.certain or timed > known / 2,
                   midnight_is_no_time=midnight_here >= 5 and midnight_here > 2 * max(before, after))


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
    elif reading.midnights == _HERE or reading.midnight_is_no_time:
        timed = timed & (wall % DAY != 0)
    low, high = np.full(clock.size, NAT), np.full(clock.size, NAT)
    low[instant & timed] = high[instant & timed] = clock[instant & timed]
    clocks = timed & ~instant
    low[clocks], high[clocks] = to_utc(wall[clocks], reading.zone, True), to_utc(wall[clocks], reading.zone, False)
    dates = known & ~timed
    start, end = day[dates] * DAY, (day[dates] + 1) * DAY
    low[dates], high[dates] = to_utc(start, reading.zone, True), to_utc(end, reading.zone, True) - MILLISECOND
    if not reading.certain:
        low[dates] = np.minimum(low[dates], start)
        high[dates] = np.maximum(high[dates], end - MILLISECOND)
    return TimeSpans(_floor(low), _floor(high), timed, parsed.written)


def _clocks(parsed: ParsedTimes, reading: TimeReading) -> tuple[Ints, Ints, Bools]:
    """(clock as written, wall clock, whether the clock is an instant) of each value."""
    clock = in_order(parsed, reading.order)
    instant = parsed.offset & ~(parsed.zulu & reading.zulu_is_local) & (clock != NAT)
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


def to_utc(wall: Ints, zone: str, first: bool) -> Ints:
    """Instants (ns) of wall clocks (ns): a skipped time is the moment of the skip; of a time that comes twice the first
    or the second coming."""
    bins, codes = _bins(wall)
    index = wall_clocks(bins)
    index = index.tz_localize(zone, ambiguous=np.full(len(index), first), nonexistent="shift_forward")
    skipped = nanoseconds(index.tz_localize(None)) != bins
    return nanoseconds(index.tz_convert("UTC"))[codes] + np.where(skipped[codes], 0, wall - bins[codes])


def instants(parsed: ParsedTimes, zone: str, order: str) -> pd.Series:
    """Series of the instants of parsed texts, NaT where no time of day is known; clocks without an offset are of
    ``zone``, and of those that come twice the first is meant. ``order`` as :func:`in_order`."""
    wall = in_order(parsed, order)
    known = (wall != NAT) & parsed.timed
    instant = np.full(wall.size, NAT)
    instant[known] = np.where(parsed.offset[known], wall[known], to_utc(wall[known], zone, True))
    return pd.Series(utc_times(_floor(instant)))


def _bins(clocks: Ints) -> tuple[Ints, Ints]:
    """The distinct quarters of an hour, within which no zone changes its offset, and the quarter of each clock."""
    codes, bins = pd.factorize(clocks // _QUARTER * _QUARTER)
    return bins, codes


_LABELS = (("DAY", 6, 18), ("EVENING", 14, 24), ("EVE", 14, 24), ("EVN", 14, 24), ("MIDNIGHT", 22, 8), ("MID", 22, 8),
           ("NIGHT", 20, 8), ("MORNING", 4, 13), ("AFTERNOON", 11, 20))
"""Words for shifts, without a plural, and the hours, generously, in which such a shift lies anywhere."""
_LABELLED = 30
_AGREES = 0.9
_CLEARLY = 0.1


def fit_of_labels(parsed: ParsedTimes, labels: Sequence[str], zone: str) -> Ints:
    """How well a file's shift labels fit times that end in Z, read as wall clock and read as UTC.

    Returns
    -------
    array of three int
        Rows compared, and how many of them have an hour within their label's shift under either reading; those of parts
        of a file sum to those of the file.
    """
    codes, unique = pd.factorize(np.asarray(labels, dtype=object))
    words = pd.Series(unique, dtype=object).astype(str).str.strip().str.upper().str.rstrip("S")
    begin, end = (words.map({label[0]: label[hour] for label in _LABELS}).to_numpy(float)[codes] for hour in (1, 2))
    rows = np.flatnonzero(parsed.zulu & parsed.timed & ~np.isnan(begin) & (parsed.clock % DAY != 0))
    clock, begin, end = parsed.clock[rows], begin[rows], end[rows]

    def fit(wall: Ints) -> int:
        hour = wall % DAY / (3600 * SECOND)
        within = np.where(begin < end, (hour >= begin) & (hour < end), (hour >= begin) | (hour < end))
        return int(within.sum())

    return np.array([rows.size, fit(clock), fit(to_local(clock, zone))])


def labels_say_local(counts: Ints) -> bool:
    """Whether labels clearly contradict the Z; otherwise the Z is believed."""
    rows, local, utc = counts.tolist()
    return rows >= _LABELLED and local >= _AGREES * rows and local - utc > _CLEARLY * rows
