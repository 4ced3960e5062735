"""Whether a clock is local time or UTC, told by what stands beside it: an hour, a time, a weekday, the label of
a shift.

A Z or +00 means UTC, and a clock without an offset means local time, unless what stands beside clearly says otherwise.
"""
from __future__ import annotations

from typing import TYPE_CHECKING, Sequence

import numpy as np
import pandas as pd

from ...forecast.instants import DAY, HOUR, MINUTE, NAT
from .date_texts import WEEKDAYS, weekday_of
from .source_times import to_local

if TYPE_CHECKING:
    from ...forecast.arrays import Bools, Ints
    from .time_texts import ParsedClocks, ParsedTimes

LOCAL, UTC = "local time", "UTC"
_LABELS = (("DAY", 6, 18), ("EVENING", 14, 24), ("EVE", 14, 24), ("EVN", 14, 24), ("MIDNIGHT", 22, 8), ("MID", 22, 8),
           ("NIGHT", 20, 8), ("MORNING", 4, 13), ("AFTERNOON", 11, 20))
"""Words for shifts, without a plural, and the hours, generously, in which such a shift lies anywhere."""
LABELLED, BESIDE = 30, 8
"""Rows that are needed: labels of shifts are vague, hours and weekdays are not."""
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
        hour = wall % DAY / HOUR
        within = np.where(begin < end, (hour >= begin) & (hour < end), (hour >= begin) | (hour < end))
        return int(within.sum())

    return np.array([rows.size, fit(clock), fit(to_local(clock, zone))])


def fit_of_clocks(clock: Ints, rows: Bools, beside: ParsedClocks, zone: str) -> Ints:
    """How well times of day in a column of their own fit date-times, read as local time and as UTC.

    Parameters
    ----------
    clock : int64 array
        As written, in the order of the file's dates.
    rows : array of bool
        Those to compare.
    beside : ParsedClocks
        Settled.

    Returns
    -------
    array of three int
        As of :func:`fit_of_labels`; only rows count in which the readings differ.
    """
    places = np.flatnonzero(rows & (beside.clock != NAT) & ~beside.offset)
    clock, time, hourly = clock[places], beside.clock[places] % DAY, beside.covers[places] > 0
    here = to_local(clock, zone)

    def fits(wall: Ints) -> Bools:
        return np.where(hourly, wall % DAY // HOUR == time // HOUR, np.abs(wall % DAY - time) < MINUTE)

    return _compared(fits(clock), fits(here), here != clock)


def fit_of_weekdays(clock: Ints, rows: Bools, names: pd.Categorical, zone: str) -> Ints:
    """The same for a column with names of weekdays; numbers of weekdays begin on any day and tell nothing."""
    told = pd.Series(names.categories, dtype=object).astype(str).str.strip().str[:3].str.lower().map(
        WEEKDAYS).to_numpy(float)[names.codes]
    places = np.flatnonzero(rows & ~np.isnan(told))
    clock, told = clock[places], told[places]
    here = to_local(clock, zone)
    return _compared(weekday_of(clock) == told, weekday_of(here) == told, weekday_of(clock) != weekday_of(here))


def _compared(as_local: Bools, as_utc: Bools, differ: Bools) -> Ints:
    return np.array([differ.sum(), (as_local & differ).sum(), (as_utc & differ).sum()])


def verdict(counts: Ints, least: int = BESIDE) -> str:
    """LOCAL or UTC where counts clearly say one of them, else ""."""
    rows, local, utc = np.asarray(counts).tolist()
    for says, fit, other in ((LOCAL, local, utc), (UTC, utc, local)):
        if rows >= least and fit >= _AGREES * rows and fit - other > _CLEARLY * rows:
            return says
    return ""


def can_tell(parsed: ParsedTimes) -> Bools:
    """Rows whose clock may be local time or UTC: a whole time without an offset, or with that of Greenwich."""
    return parsed.timed & (parsed.covers == 0) & (parsed.zulu | ~parsed.offset)
