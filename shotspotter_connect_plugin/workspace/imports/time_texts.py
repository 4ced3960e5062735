"""Texts of dates and times as wall clocks, before it is decided what a source means by them.

Each distinct date and each distinct time of day is parsed once.
"""
from __future__ import annotations

import re
from dataclasses import dataclass, fields
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Callable, Optional, Sequence, Union

import numpy as np
import pandas as pd

from ...forecast.instants import DAY, MILLISECOND, NAT, SECOND, iso_texts, nanoseconds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...forecast.arrays import Bools, Ints, Objects

OLDEST_YEAR, NEWEST_YEAR = 1700, 2200
"""Years that are read: others are errors of typing, and nanoseconds in 64 bits do not reach beyond 1677 and 2262."""
_LONGEST = 80
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$")
_NUMERIC = re.compile(r"(?:([A-Za-z]{3,9})\.?,? )?(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})$")
MONTH_FIRST, DAY_FIRST, YEAR_FIRST = ORDERS = ("month first", "day first", "year first")
"""In which order a date of three numbers is written; the year comes first only where it has two digits."""
_MONTH_FIRST = re.compile(r"(?:[A-Za-z]+,? )?([A-Za-z]{3,9})\.?[ -](\d{1,2})(?:st|nd|rd|th)?,?[ -](\d{4}|\d{2})$")
_DAY_FIRST = re.compile(r"(?:[A-Za-z]+,? )?(\d{1,2})[ -]([A-Za-z]{3,9})\.?,?[ -](\d{4}|\d{2})$")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(?:([AaPp])\.?[Mm]\.?)?\s*"
                    r"(Z|z|UTC|GMT|[+-]\d{2}:?(?:\d{2})?)?$")
_HOUR = re.compile(r"(\d{1,2})()()()\s*([AaPp])\.?[Mm]\.?()$")
_MILITARY = re.compile(r"(\d{1,2})(\d{2})()()()()$")
_SPLIT = re.compile(r"(.+?)[ T,]+(\d{1,2}:\d{2}.*|\d{1,2} ?[AaPp]\.?[Mm]\.?)$")
MONTHS = {name: number for number, name in enumerate(
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)}
_EXCEL_EPOCH = 25_569
"""Days from Excel's day 0 to 1970-01-01."""


@dataclass
class ParsedTimes:
    """A column's values as read, before it is decided what they mean; one array element per row.

    ``clock`` is int64 nanoseconds since 1970 of the date and time as written (NAT where there is none), with the offset
    already taken off where the text named one. ``parts`` packs the three numbers of a date that can be read in several
    orders, see :func:`readings`, and is 0 for all others; its clock is of the first order that makes it a date.
    """

    clock: Ints
    timed: Bools
    offset: Bools
    zulu: Bools
    parts: NDArray[np.int32]
    written: Bools

    @classmethod
    def join(cls, parts: list[ParsedTimes]) -> ParsedTimes:
        """One column from its chunks."""
        return cls(*(np.concatenate([getattr(part, item.name) for part in parts]) for item in fields(cls)))

    def take(self, rows: NDArray[Any]) -> ParsedTimes:
        """Some of the rows."""
        return ParsedTimes(*(getattr(self, item.name)[rows] for item in fields(self)))


def parse(texts: Union[Sequence[str], pd.Series], times: Union[Sequence[str], pd.Series, None] = None) -> ParsedTimes:
    """Parse texts of dates with or without times.

    Parameters
    ----------
    texts : sequence of str
        ISO with or without offset, month/day/year and day/month/year, names of months, Excel serials, Unix seconds or
        milliseconds; empty where unknown.
    times : sequence of str, optional
        A separate column of times of day; a row without one keeps its date only.

    Returns
    -------
    ParsedTimes
    """
    codes, unique = pd.factorize(np.asarray(texts, dtype=object))
    parsed = _parse_unique(_objects([_short(text) for text in unique])).take(codes)
    if times is None:
        return parsed
    codes, unique = pd.factorize(np.asarray(times, dtype=object))
    clock, offset, zulu = (part[codes] for part in _times_of_day(unique))
    day = np.where(parsed.clock == NAT, NAT, parsed.clock // DAY * DAY)
    known = (day != NAT) & (clock != NAT)
    parsed.clock = np.where(known, day + np.where(known, clock, 0), day)
    parsed.timed, parsed.offset, parsed.zulu = known, offset & known, zulu & known
    return parsed


def _short(text: object) -> str:
    """Text without blanks around it; what is longer than any date becomes a text that cannot be read."""
    text = str(text).strip()
    return text if len(text) <= _LONGEST else "?"


def _parse_unique(texts: Objects) -> ParsedTimes:
    size = len(texts)
    timed, offset, zulu = np.zeros((3, size), dtype=bool)
    parsed = ParsedTimes(np.full(size, NAT), timed, offset, zulu, np.zeros(size, dtype=np.int32), texts != "")
    is_number = np.array([text.replace(".", "", 1).isdecimal() for text in texts], dtype=bool)
    if is_number.any():
        _numbers(texts, is_number, parsed)
    rest = np.flatnonzero(parsed.written & ~is_number)
    if not rest.size:
        return parsed
    whole = texts[rest]
    dates, clocks = _split(whole)
    codes, unique = pd.factorize(dates)
    days = _days(unique)
    failed = np.flatnonzero(days[0][codes] == NAT)
    if failed.size:
        # A date of several words holds the blank at which the quick split cuts.
        again = [_SPLIT.match(text) for text in whole[failed]]
        dates[failed] = [found[1] if found else text for found, text in zip(again, whole[failed])]
        clocks[failed] = [found[2] if found else "" for found in again]
        codes, unique = pd.factorize(dates)
        days = _days(unique)
    day, parts = (part[codes] for part in days)
    codes, unique = pd.factorize(clocks)
    clock, offset, zulu = (part[codes] for part in _times_of_day(unique))
    timed = clock != NAT
    good = (day != NAT) & (timed | (clocks == ""))
    parsed.clock[rest] = np.where(good, np.where(good, day, 0) + np.where(timed, clock, 0), NAT)
    for name, values in (("timed", timed), ("offset", offset), ("zulu", zulu), ("parts", parts)):
        getattr(parsed, name)[rest] = np.where(good, values, 0)
    return parsed


def _objects(values: Sequence[Any]) -> Objects:
    """A one-dimensional object array, whatever the values are."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def _split(texts: Objects) -> tuple[Objects, Objects]:
    """Date and time of day of each text at the first blank or T."""
    pairs = [text.partition(" ") if " " in text else text.partition("T") for text in texts]
    return _objects([pair[0] for pair in pairs]), _objects([pair[2].strip() for pair in pairs])


def _numbers(texts: Objects, is_number: Bools, parsed: ParsedTimes) -> None:
    """Values that are bare numbers: compact dates, Excel serials, Unix seconds and milliseconds."""
    numbers = np.full(len(texts), np.nan)
    numbers[is_number] = texts[is_number].astype(float)
    with np.errstate(invalid="ignore"):
        excel = (numbers >= 20_000) & (numbers < 80_000)
        compact = (numbers >= 19_000_000) & (numbers < 22_000_000)
        seconds = (numbers >= 1e8) & (numbers < 1e10)
        milliseconds = (numbers >= 1e11) & (numbers < 1e13)
        long = (numbers >= 19_000_000_000_000) & (numbers < 22_000_000_000_000)
    # Excel keeps a time as a fraction of a day, exact to the millisecond.
    parsed.clock[excel] = np.round((numbers[excel] - _EXCEL_EPOCH) * 86_400_000).astype(np.int64) * MILLISECOND
    parsed.timed[excel] = numbers[excel] % 1 != 0
    parsed.clock[seconds] = np.round(numbers[seconds] * 1000).astype(np.int64) * MILLISECOND
    parsed.clock[milliseconds] = numbers[milliseconds].astype(np.int64) * MILLISECOND
    unix = seconds | milliseconds
    parsed.timed[unix] = parsed.offset[unix] = parsed.zulu[unix] = True
    for rows, form in ((compact, "%Y%m%d"), (long, "%Y%m%d%H%M%S")):
        if rows.any():
            parsed.clock[rows] = nanoseconds(pd.to_datetime(pd.Series(texts[rows]), format=form, errors="coerce"))
            parsed.timed[rows] = rows[rows] & (form != "%Y%m%d") & (parsed.clock[rows] != NAT)


def _days(texts: Objects) -> list[NDArray[Any]]:
    """(ns of midnight, numbers of a date that can be read in several orders or 0) of texts of dates."""
    return _columns(texts, _day, (np.int64, np.int32))


def _columns(texts: Objects, read: Callable[[str], tuple[Any, ...]], types: Sequence[type]) -> list[NDArray[Any]]:
    found = [read(text) for text in texts]
    return [np.array(column, dtype=kind) for column, kind in zip(zip(*found) if found else [()] * len(types), types)]


@lru_cache(maxsize=1 << 15)
def _day(text: str) -> tuple[int, int]:
    found = _ISO.match(text)
    if found:
        return _midnight(found[1], found[2], found[3]), 0
    found = _NUMERIC.match(text)
    if found:
        return _numeric(*found.groups())
    found = _MONTH_FIRST.match(text)
    if found:
        return _midnight(found[3], MONTHS.get(found[1][:3].lower(), 0), found[2]), 0
    found = _DAY_FIRST.match(text)
    if found:
        return _midnight(found[3], MONTHS.get(found[2][:3].lower(), 0), found[1]), 0
    return NAT, 0


def _numeric(weekday: Optional[str], first: str, second: str, third: str) -> tuple[int, int]:
    """(midnight in the first order that makes three numbers a date, the numbers packed); a weekday that only one order
    fits leaves that one alone."""
    # A year of two digits has both of them: 3/4/23 does not begin with a year.
    year_first = len(first) == len(third) == 2
    parts = ((int(first) * 100 + int(second)) * 10_000 + int(third)) * (1 if year_first else -1)
    days = (_midnight(third, first, second), _midnight(third, second, first),
            _midnight(first, second, third) if year_first else NAT)
    known = [day for day in days if day != NAT]
    if not known:
        return NAT, 0
    fitting = [row for row, day in enumerate(days) if weekday and day != NAT
               and WEEKDAYS.get(weekday[:3].lower()) == weekday_of(day)]
    if len(fitting) != 1:
        return known[0], parts
    return days[fitting[0]], (abs(parts) + _ONLY * (fitting[0] + 1)) * (1 if year_first else -1)


_ONLY = 100_000_000
"""Added to packed numbers of a date as often as the number of the only order that its weekday fits."""
WEEKDAYS = {name: number for number, name in enumerate(["mon", "tue", "wed", "thu", "fri", "sat", "sun"])}


def weekday_of(clock: Any) -> Any:
    """Number of the weekday of clocks in ns, Monday = 0."""
    return (clock // DAY + 3) % 7


def readings(parts: Union[NDArray[np.int32], Ints, Sequence[int]]) -> Ints:
    """What packed numbers of dates mean in each order.

    Parameters
    ----------
    parts : int array
        Of :class:`ParsedTimes`; negative where no year can stand first.

    Returns
    -------
    int64 array, one row for each of :data:`ORDERS`
        Nanoseconds of midnight, NAT where the numbers are no date in that order. A year of two digits is none of
        the years to come.
    """
    parts = np.asarray(parts, dtype=np.int64)
    only, whole = np.divmod(np.abs(parts), _ONLY)
    first, second, third = whole // 1_000_000, whole // 10_000 % 100, whole % 10_000
    found = np.array([_midnights(third, first, second), _midnights(third, second, first),
                      np.where(parts > 0, _midnights(first, second, third), NAT)])
    rows = np.arange(1, len(ORDERS) + 1)[:, None]
    return np.where((only == 0) | (only == rows), found, NAT)


def _midnights(year: Ints, month: Ints, day: Ints) -> Ints:
    """ns of midnights; NAT where there is no such day, or a year of two digits is still to come."""
    short = year < 100
    # As POSIX does: 69 to 99 are of the last century. No file tells of the years to come in two digits.
    year = year + np.where(short, np.where(year < 69, 2000, 1900), 0)
    good = (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31) & (year >= OLDEST_YEAR) & (year <= NEWEST_YEAR)
    good &= ~short | (year <= date.today().year + 1)
    months = (np.where(good, year, 1970) - 1970) * 12 + np.where(good, month, 1) - 1
    start = months.astype("datetime64[M]").astype("datetime64[D]")
    days = (start + (np.where(good, day, 1) - 1)).astype("datetime64[D]")
    good &= days.astype("datetime64[M]") == start.astype("datetime64[M]")
    return np.where(good, days.astype(np.int64) * DAY, NAT)


def _midnight(year: Union[str, int], month: Union[str, int], day: Union[str, int]) -> int:
    return int(_midnights(*(np.array([int(part)]) for part in (year, month, day)))[0])


def _times_of_day(texts: Objects) -> list[NDArray[Any]]:
    """(ns after midnight less the offset, an offset was named, the offset is zero) of texts of times of day."""
    return _columns(texts, _time_of_day, (np.int64, bool, bool))


@lru_cache(maxsize=1 << 18)
def _time_of_day(text: str) -> tuple[int, bool, bool]:
    text = _short(text)
    # A time that a spreadsheet keeps carries a date of its own.
    if len(text) > 10 and text[4:5] == "-" and text[10] in " T":
        text = text[11:]
    found = _CLOCK.match(text) or _HOUR.match(text) or _MILITARY.match(text)
    if not found:
        return _fraction(text), False, False
    hour, minute, second = (int(part or 0) for part in found.group(1, 2, 3))
    if found[5]:
        if not 1 <= hour <= 12:
            return NAT, False, False
        hour = hour % 12 + (12 if found[5] in "Pp" else 0)
    if hour > 24 or minute > 59 or second > 60 or (hour == 24 and (minute or second)):
        return NAT, False, False
    value = (hour * 3600 + minute * 60 + second) * SECOND + int((found[4] or "0").ljust(9, "0"))
    if not found[6]:
        return value, False, False
    east = _offset(found[6])
    return value - east * SECOND, True, east == 0


def _fraction(text: str) -> int:
    """A time of day as Excel keeps it: a fraction of a day."""
    if re.fullmatch(r"0?\.\d+", text):
        return int(round(float(text) * 86_400_000)) * MILLISECOND
    return NAT


def _offset(text: str) -> int:
    """Seconds east of Greenwich."""
    if text[0] not in "+-":
        return 0
    digits = text[1:].replace(":", "")
    seconds = int(digits[:2]) * 3600 + int(digits[2:] or 0) * 60
    return -seconds if text[0] == "-" else seconds


def in_order(parsed: ParsedTimes, order: str) -> Ints:
    """Clocks with the numbers of dates in an order; NAT where that makes no date. As parsed if the order is ""."""
    clock = parsed.clock.copy()
    if not order:
        return clock
    rows = np.flatnonzero((parsed.parts != 0) & (clock != NAT))
    codes, parts = pd.factorize(parsed.parts[rows])
    days = readings(parts)
    # The clock stands on the day of the first order that makes a date; an offset may have moved it over midnight.
    first = days[0]
    for later in days[1:]:
        first = np.where(first == NAT, later, first)
    meant = days[ORDERS.index(order)]
    move = np.where(meant == NAT, 0, meant - first)
    clock[rows] = np.where((meant == NAT)[codes], NAT, clock[rows] + move[codes])
    return clock


def iso_dates(clocks: Ints) -> Objects:
    """Dates (object array of ISO texts) of wall clocks in ns; None where there is none."""
    dates = np.full(len(clocks), None, dtype=object)
    known = clocks != NAT
    dates[known] = iso_texts(clocks[known], "D")
    return dates
